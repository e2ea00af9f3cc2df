package edge

import "golang.org/x/sys/unix"

// kernelSynchronised asks the kernel; known is false where that is forbidden.
func kernelSynchronised() (yes, known bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, false
	}
	return state != unix.TIME_ERROR, true
}
