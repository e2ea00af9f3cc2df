//go:build !linux

package edge

func kernelSynchronised() (yes, known bool) { return false, false }
