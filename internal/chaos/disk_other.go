//go:build !linux

package chaos

import "errors"

type disk struct{}

func newDisk(string, int64) (*disk, error) { return nil, errors.ErrUnsupported }

func (*disk) fill() (string, error) { return "", errors.ErrUnsupported }
func (*disk) full() bool            { return false }
func (*disk) free() error           { return errors.ErrUnsupported }
func (*disk) remove() error         { return errors.ErrUnsupported }
