//go:build !linux

package modbus

import (
	"errors"
	"fmt"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
)

func openSerial(path string, _ endpoint.Serial) (port, error) {
	return nil, fmt.Errorf("open serial device %s: %w", path, errors.ErrUnsupported)
}
