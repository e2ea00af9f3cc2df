//go:build !linux

package modbus

import "errors"

func openPTY() (pty, error) {
	return pty{}, errors.ErrUnsupported
}
