package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
)

// port is what a link needs of a socket or a serial device.
type port interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
	// pending reads what has arrived already, without waiting.
	pending(buf []byte) (int, error)
}

// dial opens the way to an endpoint.
func dial(ctx context.Context, e endpoint.Endpoint) (port, error) {
	if e.Scheme == endpoint.SchemeRTU {
		return openSerial(e.Address, e.Serial)
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", e.Address)
	if err != nil {
		return nil, err
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &rawPort{deadliner: c, raw: raw}, nil
}

type deadliner interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
}

// rawPort adds reading without waiting to a socket or a file.
type rawPort struct {
	deadliner
	raw syscall.RawConn
}

func (p *rawPort) pending(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	var n int
	var err error
	rawErr := p.raw.Read(func(fd uintptr) bool {
		n, err = syscall.Read(int(fd), buf)
		return true // whatever came, do not wait
	})
	switch {
	case rawErr != nil:
		return 0, fmt.Errorf("look for bytes: %w", rawErr)
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("look for bytes: %w", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
