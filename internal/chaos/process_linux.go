package chaos

import (
	"fmt"
	"syscall"
)

// childAttributes make a child end with this process, in a group of its own,
// and, when traced, stop before its first instruction.
func childAttributes(traced bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Ptrace: traced}
}

// beforeFirstInstruction calls prepare while a child that was started traced
// by this thread stands still, and lets it go.
func beforeFirstInstruction(pid int, prepare func(pid int) error) error {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		return fmt.Errorf("wait for the start: %w", err)
	}
	if !status.Stopped() {
		return fmt.Errorf("wait for the start: status %#x", uint32(status))
	}
	prepared := prepare(pid)
	if err := syscall.PtraceDetach(pid); err != nil {
		return fmt.Errorf("let it go: %w", err)
	}
	return prepared
}
