package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// Heard is what was on a line while nothing was asked.
type Heard struct {
	// Bytes that arrived.
	Bytes int
	// Frames among them that are whole, and the units they name.
	Frames int
	Units  []uint8
}

// ListenLine listens to a serial line for a while without sending anything.
// Whatever is heard comes from another master or from a device that one asked:
// a Modbus line has one master, so nothing may be sent there.
func ListenLine(ctx context.Context, rawURL string, d time.Duration) (Heard, error) {
	e, err := endpoint.Parse(rawURL)
	if err != nil {
		return Heard{}, err
	}
	p, err := dial(ctx, e)
	if err != nil {
		return Heard{}, fmt.Errorf("listen on %s: %w", rawURL, err)
	}
	defer p.Close() //nolint:errcheck // nothing was written
	var h Heard
	var raw []byte
	buf := make([]byte, wire.MaxFrame)
	stop := context.AfterFunc(ctx, func() { _ = p.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := p.SetDeadline(time.Now().Add(d)); err != nil {
		return h, fmt.Errorf("listen on %s: %w", rawURL, err)
	}
	for {
		n, err := p.Read(buf)
		h.Bytes += n
		raw = h.frames(append(raw, buf[:n]...))
		switch {
		case ctx.Err() != nil:
			return h, ctx.Err()
		case isTimeout(err):
			return h, nil
		case err != nil:
			return h, fmt.Errorf("listen on %s: %w", rawURL, err)
		}
	}
}

// frames takes the whole frames off what was heard and returns the rest. A
// byte that begins no frame is left out, to find the next one that does.
func (h *Heard) frames(raw []byte) []byte {
	for len(raw) > 0 {
		f, n, err := wire.CutRTURequest(raw)
		if n == 0 {
			var more error
			if f, n, more = wire.CutRTU(raw); n == 0 && errors.Join(err, more) == nil {
				break // not complete yet
			}
		}
		if n == 0 {
			raw = raw[1:]
			continue
		}
		h.Frames++
		if !slices.Contains(h.Units, f.Unit) {
			h.Units = append(h.Units, f.Unit)
		}
		raw = raw[n:]
	}
	return slices.Clip(raw)
}
