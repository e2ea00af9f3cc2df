package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// await reads until the answer to the request just sent is there.
func (l *link) await(unit uint8, want look, deadline time.Time) (wire.Frame, error) {
	waited := false
	for {
		f, n, err := l.cut()
		if err != nil {
			return wire.Frame{}, fmt.Errorf("%w: %w", ErrDoubt, err)
		}
		if n > 0 {
			mine, err := l.judge(f, unit, want)
			if err != nil {
				return wire.Frame{}, err
			}
			if !mine {
				l.drop(n)
				continue
			}
			return l.accept(f, n)
		}
		if len(l.raw) > 0 { // a frame under way: from here on its own time counts
			if err := l.port.SetDeadline(earlier(deadline, time.Now().Add(l.times.Frame))); err != nil {
				return wire.Frame{}, err
			}
			waited = true
		} else if waited {
			if err := l.port.SetDeadline(deadline); err != nil {
				return wire.Frame{}, err
			}
			waited = false
		}
		got, err := l.port.Read(l.buf[len(l.raw):])
		l.raw = l.buf[:len(l.raw)+got]
		if err != nil && got == 0 {
			return wire.Frame{}, l.readError(err)
		}
	}
}

func (l *link) readError(err error) error {
	switch {
	case !isTimeout(err):
		return closedBy(err)
	case len(l.raw) > 0:
		return fmt.Errorf("%w after %d bytes", ErrTorn, len(l.raw))
	default:
		return ErrTimeout
	}
}

func (l *link) cut() (wire.Frame, int, error) {
	if l.end.RTU() {
		return wire.CutRTU(l.raw)
	}
	return wire.CutTCP(l.raw)
}

// judge tells whether a frame answers the request just sent. A frame that is
// known to be late is none of it and no error; one that nobody asked for is an
// error.
func (l *link) judge(f wire.Frame, unit uint8, want look) (mine bool, err error) {
	if !l.end.RTU() {
		switch {
		case f.Transaction != l.transaction:
			return false, nil
		case f.Unit != unit || f.Function() != want.function:
			return false, fmt.Errorf("%w: unit %d answers function %d for unit %d function %d", ErrDoubt, f.Unit, f.Function(), unit, want.function)
		}
		return true, nil
	}
	got := lookOf(f.PDU)
	refusal := f.PDU[0]&0x80 != 0
	switch {
	case l.late(f):
		return false, nil
	case f.Unit == unit && f.Function() == want.function && (refusal || got == want):
		return true, nil
	}
	return false, fmt.Errorf("%w: unit %d answers function %d with %d bytes, asked was unit %d function %d for %d",
		ErrDoubt, f.Unit, f.PDU[0], got.bytes, unit, want.function, want.bytes)
}

// late reports whether a frame may answer a request before the last one.
func (l *link) late(f wire.Frame) bool {
	refusal := f.PDU[0]&0x80 != 0
	return slices.ContainsFunc(l.ghosts[f.Unit], func(g look) bool {
		return g == lookOf(f.PDU) || refusal && g.function == f.Function()
	})
}

// accept takes the answer out of what arrived. What follows it at once on an
// RTU line nobody asked for.
func (l *link) accept(f wire.Frame, n int) (wire.Frame, error) {
	rest := len(l.raw) - n
	if !l.end.RTU() {
		if rest == 0 {
			l.raw = l.buf[:0]
			return f, nil
		}
		f.PDU = slices.Clone(f.PDU) // the memory is moved
		l.drop(n)
		return f, nil
	}
	if rest >= noise {
		return wire.Frame{}, fmt.Errorf("%w: %d bytes follow the answer", ErrDoubt, rest)
	}
	l.raw = l.buf[:0]
	return f, nil
}

// inStep makes sure that no answer to an earlier request to the unit can be
// taken for that to the next one. It reports whether the next one's own answer
// will prove that.
func (l *link) inStep(ctx context.Context, unit uint8, next []byte, timeout time.Duration) (proves bool, err error) {
	if len(l.ghosts[unit]) == 0 {
		return false, nil
	}
	if l.port == nil {
		return false, errNotOpen
	}
	for sacrificed := false; ; sacrificed = true {
		if !slices.Contains(l.ghosts[unit], expected(next)) {
			return true, nil
		}
		if probe := l.probe(unit); probe != nil {
			if _, err := l.exchange(ctx, unit, probe, timeout); err != nil {
				return false, fmt.Errorf("find out whether the unit is in step: %w", err)
			}
			return false, l.laid(ctx, unit, max(l.silence(), leastSilence))
		}
		if sacrificed {
			// All answers look alike, and the line has brought what it had.
			delete(l.ghosts, unit)
			return false, nil
		}
		if next[0] > wire.ReadInput { // what writes is never sent twice
			return false, l.laid(ctx, unit, max(l.silence(), l.times.Request))
		}
		if err := l.sacrifice(ctx, unit, next); err != nil {
			return false, err
		}
	}
}

// probe returns a read of a unit whose answer cannot be mistaken for an
// earlier one, nil when there is none.
func (l *link) probe(unit uint8) []byte {
	for _, r := range l.syncs[unit] {
		if !slices.Contains(l.ghosts[unit], r.look()) {
			return wire.AppendRead(nil, r.Table.function(), r.Address, r.Count)
		}
	}
	return nil
}

// laid ends the wait for answers to earlier requests to a unit: the line has
// to be silent for d.
func (l *link) laid(ctx context.Context, unit uint8, d time.Duration) error {
	if err := l.settle(ctx, d); err != nil {
		return l.doubt(err)
	}
	delete(l.ghosts, unit)
	return nil
}

// mostSyncs is how many reads of a unit are kept to prove it in step.
const mostSyncs = 8

// remember keeps a read that a unit answers, and shorter reads of the same
// cells, one of each look.
func (l *link) remember(unit uint8, r Request) {
	for ; l.end.RTU() && r.Count > 0 && len(l.syncs[unit]) < mostSyncs; r.Count /= 2 {
		if !slices.ContainsFunc(l.syncs[unit], func(known Request) bool { return known.look() == r.look() }) {
			l.syncs[unit] = append(l.syncs[unit], Request{Table: r.Table, Address: r.Address, Count: r.Count})
		}
	}
}

// sacrifice asks a unit once and discards what comes: where every answer could
// be mistaken for an earlier one, the line must bring them all and fall silent
// for as long as an answer may take.
func (l *link) sacrifice(ctx context.Context, unit uint8, pdu []byte) error {
	if err := l.port.SetDeadline(time.Now().Add(l.times.Request)); err != nil {
		return l.doubt(err)
	}
	l.frame(unit, pdu)
	if _, err := l.port.Write(l.out); err != nil {
		return l.doubt(closedBy(err))
	}
	if err := l.laid(ctx, unit, max(l.silence(), l.times.Request)); err != nil {
		return err
	}
	l.ghosts[unit] = []look{expected(pdu)} // its own answer may still be under way
	if !l.heard {
		return l.doubt(ErrTimeout)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// closedBy says that the other side closed the connection, keeping the cause.
func closedBy(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrClosed
	}
	return err
}
