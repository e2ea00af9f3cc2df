//go:build !linux

package chaos

import (
	"errors"
	"syscall"
)

func childAttributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func beforeFirstInstruction(int, func(pid int) error) error { return errors.ErrUnsupported }
