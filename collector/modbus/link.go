package modbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// noise is fewer bytes than any frame has: glitches of a serial line.
const noise = 4

// link exchanges one request at a time for its answer. It never takes a late
// answer for that to a later request:
//
//   - In TCP frames the transaction identifier tells; it goes on counting
//     over reconnections.
//   - RTU frames have none. After any error the connection is closed, left
//     silent and opened again, and every request left without an answer is
//     remembered as a ghost, by what its answer would look like. While a unit
//     has ghosts, it is only asked what has an answer of another look; such an
//     answer proves that those before it will not come any more, because a
//     device answers in the order it is asked.
//
// It belongs to one goroutine.
type link struct {
	end   endpoint.Endpoint
	times Timeouts
	port  port
	// now stamps requests; the machine's clock unless told otherwise.
	now func() time.Time
	// raw are bytes that arrived and were not used yet; buf is their memory.
	raw []byte
	buf [2 * wire.MaxFrame]byte
	out []byte

	transaction uint16
	ghosts      map[uint8][]look
	// syncs are reads of a unit that can prove it to be in step.
	syncs map[uint8][]Request
	// longest is the longest that an answer took.
	longest time.Duration
	// quietFrom is when the line was left in doubt, zero when it is not.
	quietFrom time.Time
	// heard: something arrived while the line settled.
	heard bool
	// misses counts the timeouts since the last answer, answers those since the
	// connection was opened.
	misses, answers int
}

// look is what ties an RTU answer to a request: function and bytes of data.
type look struct {
	function uint8
	bytes    int
}

func lookOf(pdu []byte) look {
	if len(pdu) > 1 && pdu[0] >= wire.ReadCoils && pdu[0] <= wire.ReadInput {
		return look{pdu[0], int(pdu[1])}
	}
	return look{pdu[0], 0}
}

// expected is the look of the answer to a request.
func expected(pdu []byte) look {
	if pdu[0] <= wire.ReadInput {
		return look{pdu[0], wire.DataBytes(pdu[0], uint16(pdu[3])<<8|uint16(pdu[4]))}
	}
	return look{pdu[0], 0}
}

// look is the look of the answer to a read.
func (r Request) look() look {
	function := r.Table.function()
	return look{function, wire.DataBytes(function, r.Count)}
}

func newLink(end endpoint.Endpoint, t Timeouts) *link {
	return &link{
		end: end, times: t.filled(), now: time.Now,
		transaction: uint16(rand.Uint32()), //nolint:gosec // a start that differs from run to run, guards nothing
		ghosts:      map[uint8][]look{}, syncs: map[uint8][]Request{},
	}
}

// silence is how long a line in doubt is left alone.
func (l *link) silence() time.Duration {
	switch {
	case l.times.Silence > 0:
		return l.times.Silence
	case l.longest == 0:
		return l.times.Request
	default:
		return min(max(l.longest, leastSilence), l.times.Request)
	}
}

// open connects unless connected; a line in doubt is first left to fall
// silent.
func (l *link) open(ctx context.Context) error {
	if l.port != nil {
		return nil
	}
	doubt := !l.quietFrom.IsZero()
	if doubt {
		if err := clock.Sleep(ctx, l.silence()-time.Since(l.quietFrom)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, l.times.Dial)
	defer cancel()
	p, err := dial(ctx, l.end)
	if err != nil {
		return err
	}
	l.port, l.raw, l.misses, l.answers = p, l.buf[:0], 0, 0
	if doubt && l.end.RTU() {
		if err := l.settle(ctx, l.silence()); err != nil {
			l.close()
			return err
		}
	}
	l.quietFrom = time.Time{}
	return nil
}

// settle discards what arrives until the line was silent for d.
func (l *link) settle(ctx context.Context, d time.Duration) error {
	stop := l.cancelWith(ctx)
	defer stop()
	for l.heard = false; ; l.heard = true {
		if err := l.port.SetDeadline(time.Now().Add(d)); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.raw = l.buf[:0]
		_, err := l.port.Read(l.buf[:])
		if isTimeout(err) {
			return ctx.Err()
		}
		if err != nil {
			return closedBy(err)
		}
	}
}

// cancelWith makes the end of ctx end the read or write under way.
func (l *link) cancelWith(ctx context.Context) (stop func() bool) {
	p := l.port
	return context.AfterFunc(ctx, func() {
		// What is closed already needs no cancelling.
		_ = p.SetDeadline(time.Unix(1, 0))
	})
}

func (l *link) close() {
	if l.port == nil {
		return
	}
	// A close that fails leaves nothing to do: the connection is given up.
	_ = l.port.Close()
	l.port = nil
}

// doubt closes the connection because of err and has the line fall silent
// before it is opened again.
func (l *link) doubt(err error) error {
	l.close()
	l.quietFrom = time.Now()
	return err
}

// answer is an answer and the instant at which its request left, by the clock
// that stamps requests.
type answer struct {
	pdu  []byte
	at   time.Time
	took time.Duration
}

// ask sends a request to a unit and returns its answer, valid until the next
// one. An exception is an error and leaves the connection open.
func (l *link) ask(ctx context.Context, unit uint8, pdu []byte, timeout time.Duration) (answer, error) {
	timeout = max(timeout, l.times.Request)
	proves, err := l.inStep(ctx, unit, pdu, timeout)
	if err != nil {
		return answer{at: l.now()}, err
	}
	a, err := l.exchange(ctx, unit, pdu, timeout)
	if err == nil && proves {
		a.pdu = slices.Clone(a.pdu) // its memory is used while the line settles
		err = l.laid(ctx, unit, max(l.silence(), leastSilence))
	}
	if err != nil {
		return a, err
	}
	if a.pdu[0]&0x80 != 0 {
		return a, wire.Frame{PDU: a.pdu}.Exception()
	}
	return a, nil
}

// exchange sends one frame and waits for the one that answers it.
func (l *link) exchange(ctx context.Context, unit uint8, pdu []byte, timeout time.Duration) (answer, error) {
	if l.port == nil {
		return answer{}, errNotOpen
	}
	if !l.quietFrom.IsZero() {
		if err := l.settle(ctx, l.silence()); err != nil {
			return answer{at: l.now()}, l.doubt(err)
		}
		l.quietFrom = time.Time{}
	}
	stop := l.cancelWith(ctx)
	defer stop()
	// In this order: what is answered was made between at and at + took, however
	// long the machine is away between two lines.
	sent := time.Now()
	a := answer{at: l.now()}
	deadline := sent.Add(timeout)
	if err := l.port.SetDeadline(deadline); err != nil {
		return a, l.doubt(err)
	}
	if ctx.Err() != nil { // ended before the deadline was set
		return a, ctx.Err()
	}
	if err := l.leftover(unit); err != nil {
		return a, l.doubt(err)
	}
	l.frame(unit, pdu)
	_, err := l.port.Write(l.out)
	var f wire.Frame
	if err == nil {
		f, err = l.await(unit, expected(pdu), deadline)
	}
	a.took = time.Since(sent)
	if err != nil {
		return a, l.failed(ctx, unit, expected(pdu), err)
	}
	a.pdu, l.misses = f.PDU, 0
	l.answers++
	l.longest = max(l.longest, a.took)
	return a, nil
}

func (l *link) frame(unit uint8, pdu []byte) {
	if l.end.RTU() {
		l.out = wire.AppendRTU(l.out[:0], unit, pdu)
		return
	}
	l.transaction++
	l.out = wire.AppendTCP(l.out[:0], l.transaction, unit, pdu)
}

// leftover takes what arrived since the last answer without being asked for.
// It finds out, too, whether the other side closed the connection meanwhile.
func (l *link) leftover(unit uint8) error {
	n, err := l.port.pending(l.buf[len(l.raw):])
	l.raw = l.buf[:len(l.raw)+n]
	if err != nil {
		return closedBy(err)
	}
	if !l.end.RTU() {
		return nil // told by their transactions
	}
	for len(l.raw) >= noise {
		f, n, err := wire.CutRTU(l.raw)
		if err != nil || n == 0 || !l.late(f) {
			return fmt.Errorf("%w: %d bytes nobody asked for before a request to unit %d", ErrDoubt, len(l.raw), unit)
		}
		l.drop(n)
	}
	l.raw = l.buf[:0]
	return nil
}

// drop removes the first n bytes that arrived.
func (l *link) drop(n int) { l.raw = l.buf[:copy(l.buf[:], l.raw[n:])] }

// failed says what an exchange without an answer means for the connection.
func (l *link) failed(ctx context.Context, unit uint8, missing look, err error) error {
	if l.end.RTU() {
		if !slices.Contains(l.ghosts[unit], missing) {
			l.ghosts[unit] = append(l.ghosts[unit], missing)
		}
	}
	l.misses++
	switch {
	case !errors.Is(err, ErrTimeout) || l.misses > 1:
		err = l.doubt(err)
	case !l.end.RTU():
		// One timeout leaves a TCP connection in step, but perhaps dead.
	case l.answers == 0:
		// Some gateways ignore the first request of a connection: closing this
		// one would begin all over again. The line has to fall silent as well.
		l.quietFrom = time.Now()
	default:
		err = l.doubt(err)
	}
	if ctx.Err() != nil {
		l.close()
		return ctx.Err()
	}
	return err
}
