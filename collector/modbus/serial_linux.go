package modbus

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
)

// openSerial opens a serial device for this process alone and sets it.
func openSerial(path string, s endpoint.Serial) (port, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open serial device %s: %w", path, err)
	}
	if err := setSerial(fd, s); err != nil {
		return nil, errors.Join(fmt.Errorf("set serial device %s: %w", path, err), unix.Close(fd))
	}
	f := os.NewFile(uintptr(fd), path)
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open serial device %s: %w", path, err), f.Close())
	}
	return &rawPort{deadliner: f, raw: raw}, nil
}

// setSerial locks the device, makes it pass bytes unchanged, and discards what
// waits in it.
func setSerial(fd int, s endpoint.Serial) error {
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("another program uses it: %w", err)
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = unix.IGNBRK, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.BOTHER
	if s.Parity != endpoint.ParityNone {
		t.Cflag |= unix.PARENB
		t.Iflag |= unix.INPCK
	}
	if s.Parity == endpoint.ParityOdd {
		t.Cflag |= unix.PARODD
	}
	if s.Stop == 2 {
		t.Cflag |= unix.CSTOPB
	}
	t.Ispeed, t.Ospeed = uint32(s.Baud), uint32(s.Baud) //nolint:gosec // at most 4 million
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS2, t); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH)
}
