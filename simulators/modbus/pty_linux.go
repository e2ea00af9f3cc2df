package modbus

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openPTY opens a new pseudo terminal that passes bytes as they
// are. The slave is kept open so that the master survives clients that leave.
func openPTY() (pty, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return pty{}, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	m := os.NewFile(uintptr(fd), "/dev/ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return pty{}, errors.Join(fmt.Errorf("unlock pseudo terminal: %w", err), m.Close())
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return pty{}, errors.Join(fmt.Errorf("name pseudo terminal: %w", err), m.Close())
	}
	path := fmt.Sprintf("/dev/pts/%d", n)
	s, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return pty{}, errors.Join(err, m.Close())
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		err = unix.IoctlSetTermios(fd, unix.TCSETS, t)
	}
	if err != nil {
		return pty{}, errors.Join(fmt.Errorf("set pseudo terminal: %w", err), s.Close(), m.Close())
	}
	return pty{m, s, path}, nil
}
