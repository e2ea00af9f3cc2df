// Package modbus reads devices over Modbus TCP. [Plan] turns the points of a
// device into as few requests as its limits allow; [Bus] owns one connection
// and cannot write; [Source] shares the connection fairly among the devices
// behind it, keeps dead ones from slowing the others and isolates registers
// that a device refuses.
//
// A value that could not be read is never a value: it is an absent value with
// a quality. Every sample carries the instant at which its own request left.
package modbus

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// Table is one of the four address spaces of a device.
type Table string

// The tables, as profiles name them.
const (
	Holding  Table = "holding"
	Input    Table = "input"
	Coil     Table = "coil"
	Discrete Table = "discrete"
)

// Bits reports whether the table's cells are single bits.
func (t Table) Bits() bool { return t == Coil || t == Discrete }

// The limits of the protocol itself.
const (
	protocolRegisters = 125
	protocolBits      = 2000
	addresses         = 1 << 16
)

// Point is one register or bit and the series it feeds.
type Point struct {
	Series   gtc.Series
	Type     gtc.ValueType
	Register profile.Register
}

func (p *Point) table() Table { return Table(p.Register.Table) }

func (p *Point) start() int { return int(p.Register.Address) }

// width is the number of cells of the table that the point takes.
func (p *Point) width() int {
	if p.table().Bits() {
		return 1
	}
	return p.Register.Words()
}

// Limits are what one request to a device may ask. The zero value is the
// protocol's own limits and no holes.
type Limits struct {
	// MaxRegisters of one read (0: 125) and MaxBits of one read (0: 2000).
	MaxRegisters int
	MaxBits      int
	// MaxHole is the number of consecutive unasked cells a read may span.
	MaxHole int
}

func (l Limits) cells(t Table) int {
	limit, asked := protocolRegisters, l.MaxRegisters
	if t.Bits() {
		limit, asked = protocolBits, l.MaxBits
	}
	if asked <= 0 || asked > limit {
		return limit
	}
	return asked
}

// Request is one read: Count cells of a table from Address on, serving points.
type Request struct {
	Table   Table
	Class   string
	Address uint16
	Count   uint16
	// Points are indexes into the points that were planned, by address.
	Points []int
}

// String returns table address+count, for example "holding 100+8".
func (r Request) String() string { return fmt.Sprintf("%s %d+%d", r.Table, r.Address, r.Count) }

// Plan returns the requests that read every point exactly once: each within
// one table and poll class and within the limits, spanning no more unasked
// cells than allowed. It returns an error when a point cannot be read within
// the limits or lies outside the address space.
func Plan(points []Point, l Limits) ([]Request, error) {
	order := make([]int, len(points))
	for i := range points {
		order[i] = i
		if err := fits(&points[i], l); err != nil {
			return nil, err
		}
	}
	return plan(points, order, l), nil
}

func fits(p *Point, l Limits) error {
	switch p.table() {
	case Holding, Input, Coil, Discrete:
	default:
		return fmt.Errorf("plan %s: unknown table %q", p.Series, p.Register.Table)
	}
	if w := p.width(); w < 1 || w > l.cells(p.table()) {
		return fmt.Errorf("plan %s: %d registers in one value, the device allows %d", p.Series, w, l.cells(p.table()))
	}
	if p.start()+p.width() > addresses {
		return fmt.Errorf("plan %s: address %d+%d is past the end of the table", p.Series, p.start(), p.width())
	}
	return nil
}

// plan is Plan for the points listed in chosen, which are known to fit.
func plan(points []Point, chosen []int, l Limits) []Request {
	order := slices.Clone(chosen)
	slices.SortFunc(order, func(a, b int) int {
		x, y := &points[a], &points[b]
		return cmp.Or(
			cmp.Compare(x.table(), y.table()),
			cmp.Compare(x.Register.Poll, y.Register.Poll),
			cmp.Compare(x.start(), y.start()),
			cmp.Compare(a, b))
	})
	var out []Request
	for _, i := range order {
		p := &points[i]
		if n := len(out); n > 0 && extend(&out[n-1], p, l) {
			out[n-1].Points = append(out[n-1].Points, i)
			continue
		}
		out = append(out, Request{
			Table: p.table(), Class: p.Register.Poll,
			Address: p.Register.Address, Count: uint16(p.width()), Points: []int{i},
		})
	}
	return out
}

// extend lengthens r to cover p when that stays within the limits.
func extend(r *Request, p *Point, l Limits) bool {
	if r.Table != p.table() || r.Class != p.Register.Poll {
		return false
	}
	start, end := int(r.Address), int(r.Address)+int(r.Count)
	if p.start() > end+l.MaxHole {
		return false
	}
	end = max(end, p.start()+p.width())
	if end-start > l.cells(r.Table) {
		return false
	}
	r.Count = uint16(end - start)
	return true
}

// Split divides a request that a device refused as a whole: first into
// requests without holes, then into halves. It returns nil for a request that
// serves one point and spans nothing else: that point is what is refused.
func Split(points []Point, r Request, l Limits) []Request {
	l.MaxHole = 0
	if parts := plan(points, r.Points, l); len(parts) > 1 {
		return parts
	}
	if len(r.Points) < 2 {
		return nil
	}
	half := len(r.Points) / 2
	return append(plan(points, r.Points[:half], l), plan(points, r.Points[half:], l)...)
}
