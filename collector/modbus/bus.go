package modbus

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// Reading is the raw answer to a request: words for registers, bits for coils
// and discrete inputs.
type Reading struct {
	Words []uint16
	Bits  []bool
	// At is when the request left, Took how long the answer was under way.
	At   time.Time
	Took time.Duration
}

// Bus is one Modbus connection that reads: it sends function codes 1 to 4 and
// no other, and has no method that writes. It belongs to one goroutine.
type Bus struct {
	link *link
	pdu  []byte
	// reads counts the answers since the connection was opened.
	reads int
	// opened counts how often it was opened.
	opened int
}

// NewBus returns a closed connection to a Modbus URL (see [endpoint.Parse]).
func NewBus(rawURL string, t Timeouts) (*Bus, error) {
	end, err := endpoint.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	return &Bus{link: newLink(end, t)}, nil
}

// Endpoint tells where the connection leads.
func (b *Bus) Endpoint() endpoint.Endpoint { return b.link.end }

// Open connects unless connected. After an error that left the line in doubt
// it first waits until the line has fallen silent.
func (b *Bus) Open(ctx context.Context) error {
	if b.IsOpen() {
		return nil
	}
	if err := b.link.open(ctx); err != nil {
		return fmt.Errorf("open %s: %w", b.link.end.URL, err)
	}
	b.reads = 0
	b.opened++
	return nil
}

// IsOpen reports whether the connection is up as far as known.
func (b *Bus) IsOpen() bool { return b.link.port != nil }

// Used reports whether the present connection has answered before: a cut of
// such a connection is worth one new attempt.
func (b *Bus) Used() bool { return b.reads > 0 }

// Opened returns how often the connection was opened.
func (b *Bus) Opened() int { return b.opened }

// Close closes the connection if it is open.
func (b *Bus) Close() { b.link.close() }

// KeepInStep names reads that a unit serves. On an RTU line one of them is
// used after an error, to be sure that an answer to an earlier request cannot
// be taken for that to the next. Reads that were answered are used as well;
// where all look alike, an answer is sacrificed instead.
func (b *Bus) KeepInStep(unit uint8, reads []Request) {
	for _, r := range reads {
		b.link.remember(unit, r)
	}
}

// Read sends one request to a unit and returns its answer; least is the least
// time the unit is given, where that is more than the connection's own. A
// Modbus exception is a [wire.Exception] and leaves the connection open. Any
// error that leaves the line in doubt closes it. When ctx ends, Read returns
// at once.
func (b *Bus) Read(ctx context.Context, unit uint8, r Request, least ...time.Duration) (Reading, error) {
	var timeout time.Duration
	if len(least) > 0 {
		timeout = least[0]
	}
	reading, err := b.read(ctx, unit, r, timeout)
	if err != nil {
		return reading, fmt.Errorf("%s unit %d %s: %w", b.link.end.URL, unit, r, err)
	}
	b.reads++
	return reading, nil
}

func (b *Bus) read(ctx context.Context, unit uint8, r Request, timeout time.Duration) (Reading, error) {
	function := r.Table.function()
	if function == 0 || r.Count == 0 || int(r.Count) > (Limits{}).Cells(r.Table) {
		return Reading{}, fmt.Errorf("no such read: table %q", r.Table)
	}
	b.pdu = wire.AppendRead(b.pdu[:0], function, r.Address, r.Count)
	a, err := b.link.ask(ctx, unit, b.pdu, timeout)
	out := Reading{At: a.at, Took: a.took}
	if err != nil {
		return out, err
	}
	if r.Table.Bits() {
		out.Bits, err = wire.AppendBits(make([]bool, 0, r.Count), a.pdu, function, r.Count)
	} else {
		out.Words, err = wire.AppendWords(make([]uint16, 0, r.Count), a.pdu, function, r.Count)
	}
	if err != nil {
		// Over TCP it is this device's answer to this request all the same:
		// some cut an answer short at the end of their map.
		return Reading{At: a.at, Took: a.took}, err
	}
	b.link.remember(unit, r)
	return out, nil
}
