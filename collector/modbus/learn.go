package modbus

import (
	"slices"
	"time"
)

// How long what a device refuses is left out before it is asked for again. A
// refusal that is confirmed doubles the time.
const (
	relearnFirst = time.Hour
	relearnLast  = 24 * time.Hour
	// relearnSilent is relearnFirst for a register that brought no answer at
	// all: that may have been the line.
	relearnSilent = time.Minute
	// patience is how often in a row a request may stay without an answer from
	// a device that answers others, before it is taken for refused.
	patience = 3
)

// refusal is a point that the device does not serve.
type refusal struct {
	wait time.Duration
	next time.Time
}

// learned is what a device was found to refuse. It is kept as long as the
// process runs; everything in it is tried again from time to time.
type learned struct {
	// points refused, by index.
	points map[int]refusal
	// holes that are refused although the points on either side are not.
	holes []Hole
	// registers and bits are the most cells that were read at once since a
	// read was refused that is only too long; 0 while none was.
	registers, bits int
	// forget is when holes and lengths are tried again, zero when there are
	// none.
	forget time.Time
	// unanswered counts the requests in a row without an answer, while the
	// device answers others.
	unanswered map[key]int
}

// key names a request.
type key struct {
	table          Table
	class          string
	address, count uint16
}

func (r Request) key() key { return key{r.Table, r.Class, r.Address, r.Count} }

// division watches the two parts of a request that was refused. When both are
// answered, what lies between them is refused; when nothing does, the request
// was too long.
type division struct {
	between Hole
	longest uint16
	open    int
	failed  bool
	// silent: the request was not refused, it brought no answer. Nothing is
	// concluded from that.
	silent bool
}

// conclude notes that a part was answered or not, and reports whether
// something was learned from it.
func (l *learned) conclude(d *division, answered bool, now time.Time) bool {
	if d == nil {
		return false
	}
	d.open--
	d.failed = d.failed || !answered
	if d.open > 0 || d.failed || d.silent {
		return false
	}
	switch {
	case d.between.From < d.between.To:
		l.holes = append(l.holes, d.between)
	case d.between.Table.Bits():
		l.bits = int(d.longest)
	default:
		l.registers = int(d.longest)
	}
	if l.forget.IsZero() {
		l.forget = now.Add(relearnLast)
	}
	return true
}

// limits are a device's limits with what was learned.
func (l *learned) limits(own Limits, points []Point) Limits {
	own.Avoid = slices.Concat(own.Avoid, l.holes)
	for i := range l.points {
		p := &points[i]
		own.Avoid = append(own.Avoid, Hole{p.table(), p.start(), p.start() + p.width()})
	}
	if l.registers > 0 {
		own.MaxRegisters = min(own.Cells(Holding), l.registers)
	}
	if l.bits > 0 {
		own.MaxBits = min(own.Cells(Coil), l.bits)
	}
	return own
}

// refuse notes that a point is not served; first is how long it is left out
// the first time.
func (l *learned) refuse(point int, now time.Time, first time.Duration) {
	if l.points == nil {
		l.points = map[int]refusal{}
	}
	r, known := l.points[point]
	r.wait = min(2*r.wait, relearnLast)
	if !known {
		r.wait = first
	}
	r.next = now.Add(r.wait)
	l.points[point] = r
}

// due returns a point that is to be asked for again, and the time of the next
// one when there is none.
func (l *learned) due(now time.Time) (point int, ok bool, next time.Time) {
	for i, r := range l.points {
		if !now.Before(r.next) {
			return i, true, now
		}
		if next.IsZero() || r.next.Before(next) {
			next = r.next
		}
	}
	return 0, false, next
}

// expired reports whether holes and lengths are to be tried again, and
// forgets them.
func (l *learned) expired(now time.Time) bool {
	if l.forget.IsZero() || now.Before(l.forget) {
		return false
	}
	l.holes, l.registers, l.bits, l.forget = nil, 0, 0, time.Time{}
	return true
}

// missed counts a request without an answer and reports whether it has to be
// taken for refused.
func (l *learned) missed(r Request) bool {
	if l.unanswered == nil {
		l.unanswered = map[key]int{}
	}
	l.unanswered[r.key()]++
	return l.unanswered[r.key()] >= patience
}
