package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// ErrReadBack says that a device took a write and shows another value.
var ErrReadBack = errors.New("device shows another value than was written")

const (
	// backTries and backPause are how often and after how long a written value
	// is read back until the device shows it.
	backTries = 5
	backPause = 200 * time.Millisecond
)

// Write is one write to a device.
type Write struct {
	// Function is 5 or 15 for coils, 6 or 16 for registers.
	Function uint8
	Address  uint16
	// Words are the registers: one for function 6, 1 to 123 for 16.
	Words []uint16
	// Bits are the coils: one for function 5, 1 to 1968 for 15.
	Bits []bool
}

// String returns table address+count, for example "holding 100+2".
func (w Write) String() string { return w.back().String() }

// back is the read that shows what was written.
func (w Write) back() Request {
	r := Request{Table: Holding, Address: w.Address, Count: uint16(len(w.Words))} //nolint:gosec // at most 123
	if w.Function == wire.WriteCoil || w.Function == wire.WriteCoils {
		r.Table, r.Count = Coil, uint16(len(w.Bits)) //nolint:gosec // at most 1968
	}
	return r
}

// pdu returns the request, or an error for one that cannot be sent.
func (w Write) pdu() ([]byte, error) {
	words, bits := len(w.Words), len(w.Bits)
	switch {
	case w.Function == wire.WriteCoil && bits == 1 && words == 0:
		value := uint16(0)
		if w.Bits[0] {
			value = 0xff00
		}
		return wire.AppendWrite(nil, w.Function, w.Address, value), nil
	case w.Function == wire.WriteRegister && words == 1 && bits == 0:
		return wire.AppendWrite(nil, w.Function, w.Address, w.Words[0]), nil
	case w.Function == wire.WriteRegisters && words >= 1 && words <= wire.MaxWrite && bits == 0:
		return wire.AppendWriteRegisters(nil, w.Address, w.Words), nil
	case w.Function == wire.WriteCoils && bits >= 1 && bits <= wire.MaxWriteBits && words == 0:
		return wire.AppendWriteCoils(nil, w.Address, w.Bits), nil
	}
	return nil, fmt.Errorf("no such write: function %d with %d registers and %d coils", w.Function, words, bits)
}

// Writer is one Modbus connection that reads and writes. It can only be made
// from a [config.WriteGrant], which is refused for every endpoint that carries
// fire or intrusion equipment. It belongs to one goroutine.
type Writer struct {
	*Bus
}

// NewWriter returns a closed connection to the endpoint that the grant names.
func NewWriter(grant config.WriteGrant, t Timeouts) (*Writer, error) {
	bus, err := NewBus(grant.URL(), t)
	if err != nil {
		return nil, fmt.Errorf("open for writing: %w", err)
	}
	return &Writer{bus}, nil
}

// Write writes once, checks that the device repeats what it took, reads the
// value back and returns it. A value read back that differs is [ErrReadBack],
// after about a second in which the device may take its time. Nothing is ever
// written twice: after a timeout it is not known whether the device took the
// write.
func (w *Writer) Write(ctx context.Context, unit uint8, order Write) (Reading, error) {
	got, err := w.write(ctx, unit, order)
	if err != nil {
		return got, fmt.Errorf("write %s unit %d %s: %w", w.link.end.URL, unit, order, err)
	}
	return got, nil
}

func (w *Writer) write(ctx context.Context, unit uint8, order Write) (Reading, error) {
	pdu, err := order.pdu()
	if err != nil {
		return Reading{}, err
	}
	a, err := w.link.ask(ctx, unit, pdu, 0)
	if err != nil {
		return Reading{}, err
	}
	if err := wire.CheckEcho(a.pdu, pdu); err != nil {
		return Reading{}, w.link.doubt(fmt.Errorf("%w: %w", ErrDoubt, err))
	}
	var got Reading
	for try := range backTries {
		if try > 0 {
			if err := clock.Sleep(ctx, backPause); err != nil {
				return got, err
			}
		}
		if got, err = w.Read(ctx, unit, order.back()); err != nil {
			return got, fmt.Errorf("written, but not read back: %w", err)
		}
		if slices.Equal(got.Words, order.Words) && slices.Equal(got.Bits, order.Bits) {
			return got, nil
		}
	}
	return got, fmt.Errorf("%w: %v%v instead of %v%v", ErrReadBack, got.Words, got.Bits, order.Words, order.Bits)
}
