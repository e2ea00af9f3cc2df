package modbus

import (
	"time"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// Line is what a request costs on its way to the devices and back. The zero
// value is a network without a serial part.
type Line struct {
	// Baud is bits a second on the serial part, 0 where there is none.
	Baud int
	// CharBits is the length of a character on the serial part, with start,
	// parity and stop bits: 0 means 11, as 8E1 and 8N2 have.
	CharBits int
	// Turnaround is what a device takes before it answers, 0 for
	// [DefaultTurnaround] on a serial line.
	Turnaround time.Duration
	// RTT is the round trip on the network, 0 when not known.
	RTT time.Duration
}

const (
	// DefaultTurnaround is assumed of a serial device until it was measured.
	DefaultTurnaround = 10 * time.Millisecond
	// fastBaud is the rate above which the pause between frames is fixed.
	fastBaud  = 19200
	fastPause = 1750 * time.Microsecond
	// networkByte is what a byte costs at 100 Mbit/s: it only tells plans with
	// the same number of requests apart.
	networkByte = 80 * time.Nanosecond
	// Bytes around the data of a read: the request and the rest of the answer.
	rtuOverhead = 8 + 5
	tcpOverhead = 12 + 9
)

// LineOf returns what a URL says about the cost of a request.
func LineOf(e endpoint.Endpoint) Line {
	if e.Serial.Baud == 0 {
		return Line{}
	}
	return Line{Baud: e.Serial.Baud, CharBits: e.Serial.CharBits()}
}

// Serial reports whether there is a serial part, where every byte costs.
func (l Line) Serial() bool { return l.Baud > 0 }

// char is the time of one character on the serial part.
func (l Line) char() time.Duration {
	bits := l.CharBits
	if bits <= 0 {
		bits = 11
	}
	return time.Duration(bits) * time.Second / time.Duration(l.Baud)
}

// silence is the pause that ends a frame: 3.5 characters, 1.75 ms above 19200
// baud.
func (l Line) silence() time.Duration {
	if l.Baud > fastBaud {
		return fastPause
	}
	return l.char() * 7 / 2
}

// Time returns how long the line is taken by a request and its answer.
func (l Line) Time(r Request) time.Duration {
	data := wire.DataBytes(r.Table.function(), r.Count)
	if !l.Serial() {
		return l.RTT + l.Turnaround + time.Duration(tcpOverhead+data)*networkByte
	}
	turnaround := l.Turnaround
	if turnaround <= 0 {
		turnaround = DefaultTurnaround
	}
	return l.RTT + turnaround + 2*l.silence() + time.Duration(rtuOverhead+data)*l.char()
}

// transfer is the part of Time that does not depend on the device.
func (l Line) transfer(r Request) time.Duration {
	l.RTT, l.Turnaround = 0, time.Nanosecond
	return l.Time(r)
}

// cost of a plan, to be compared by first, then by second. On a serial line
// time counts, then requests; on a network a request costs its round trip and
// a byte next to nothing, so requests count, then bytes.
type cost struct{ first, second int64 }

func (c cost) less(o cost) bool {
	return c.first < o.first || c.first == o.first && c.second < o.second
}

func (c cost) plus(o cost) cost { return cost{c.first + o.first, c.second + o.second} }

func (l Line) cost(t Table, cells int) cost {
	r := Request{Table: t, Count: uint16(cells)} //nolint:gosec // within the limits of a read
	if l.Serial() {
		return cost{int64(l.Time(r)), 1}
	}
	return cost{1, int64(cells)}
}
