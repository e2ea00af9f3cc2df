package modbus

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
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

// function is the code of the table's read, 0 for a table that is not known.
func (t Table) function() uint8 {
	switch t {
	case Coil:
		return wire.ReadCoils
	case Discrete:
		return wire.ReadDiscrete
	case Holding:
		return wire.ReadHolding
	case Input:
		return wire.ReadInput
	default:
		return 0
	}
}

const addresses = 1 << 16

// Point is one value of a device and the series it feeds.
type Point struct {
	Series   gtc.Series
	Type     gtc.ValueType
	Register profile.Register
}

func (p *Point) table() Table { return Table(p.Register.Table) }

func (p *Point) start() int { return int(p.Register.Start()) }

// width is the number of cells of the table that the point takes.
func (p *Point) width() int { return p.Register.Words() }

// Hole is a range of cells from From up to, not including, To.
type Hole struct {
	Table    Table
	From, To int
}

func (h Hole) meets(t Table, from, to int) bool { return h.Table == t && h.From < to && from < h.To }

// Limits are what one request to a device may ask. The zero value is the
// protocol's own limits and no holes.
type Limits struct {
	// MaxRegisters of one read (0: 125) and MaxBits of one read (0: 2000).
	MaxRegisters int
	MaxBits      int
	// MaxHole is the number of consecutive unasked cells a read may span.
	MaxHole int
	// Avoid lists cells that no read may span: the device refuses them.
	Avoid []Hole
}

// Cells returns how many cells of a table one read may ask for.
func (l Limits) Cells(t Table) int {
	limit, asked := wire.MaxRegisters, l.MaxRegisters
	if t.Bits() {
		limit, asked = wire.MaxBits, l.MaxBits
	}
	if asked <= 0 || asked > limit {
		return limit
	}
	return asked
}

// Spans reports whether a read may span the unasked cells from from up to to.
func (l Limits) Spans(t Table, from, to int) bool {
	return from >= to || to-from <= l.MaxHole &&
		!slices.ContainsFunc(l.Avoid, func(h Hole) bool { return h.meets(t, from, to) })
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

// end is the address after the last cell.
func (r Request) end() int { return int(r.Address) + int(r.Count) }

// same reports whether both ask for the same cells.
func (r Request) same(o Request) bool {
	return r.Table == o.Table && r.Address == o.Address && r.Count == o.Count && r.Class == o.Class
}

// Plan returns the requests that read every point exactly once: each within
// one table and poll class and within the limits. Where holes are allowed one
// is spanned only when that takes the line less time than another request, so
// on a serial line no hole budget does better; on a network the plan has the
// fewest requests there can be. It returns an error when a point cannot be
// read within the limits or lies outside the address space.
func Plan(points []Point, l Limits, line Line) ([]Request, error) {
	chosen := make([]int, len(points))
	for i := range points {
		chosen[i] = i
		if err := fits(&points[i], l); err != nil {
			return nil, err
		}
	}
	return plan(points, chosen, l, line), nil
}

func fits(p *Point, l Limits) error {
	if p.table().function() == 0 {
		return fmt.Errorf("plan %s: unknown table %q", p.Series, p.Register.Table)
	}
	if w := p.width(); w < 1 || w > l.Cells(p.table()) {
		return fmt.Errorf("plan %s: %d registers in one value, the device allows %d", p.Series, w, l.Cells(p.table()))
	}
	if p.start()+p.width() > addresses {
		return fmt.Errorf("plan %s: address %d+%d is past the end of the table", p.Series, p.start(), p.width())
	}
	return nil
}

// item is a point to be planned.
type item struct {
	index      int
	start, end int
	alone      bool
}

// plan is Plan for the points listed in chosen, which are known to fit.
func plan(points []Point, chosen []int, l Limits, line Line) []Request {
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
	for len(order) > 0 {
		first := &points[order[0]]
		n := 0
		var items []item
		for ; n < len(order); n++ {
			p := &points[order[n]]
			if p.table() != first.table() || p.Register.Poll != first.Register.Poll {
				break
			}
			items = append(items, item{order[n], p.start(), p.start() + p.width(), p.Register.Alone})
		}
		order = order[n:]
		out = append(out, divide(items, first.table(), first.Register.Poll, l, line)...)
	}
	return out
}

// divide cuts items, which are in the order of their addresses, into the
// requests that cost least: best[i] is what reading the first i of them costs.
func divide(items []item, t Table, class string, l Limits, line Line) []Request {
	type step struct {
		cost cost
		from int
		end  int
	}
	best := make([]step, len(items)+1)
	for i := 1; i <= len(items); i++ {
		best[i].from = -1
	}
	for i := range items {
		end := items[i].start
		for k := i; k < len(items); k++ {
			it := items[k]
			if k > i && (it.alone || items[i].alone || !l.Spans(t, end, it.start)) {
				break
			}
			end = max(end, it.end)
			if end-items[i].start > l.Cells(t) {
				break
			}
			c := best[i].cost.plus(line.cost(t, end-items[i].start))
			if best[k+1].from < 0 || !best[k+1].cost.less(c) {
				best[k+1] = step{c, i, end}
			}
		}
	}
	var out []Request
	for i := len(items); i > 0; i = best[i].from {
		from := best[i].from
		r := Request{
			Table: t, Class: class, Address: uint16(items[from].start), //nolint:gosec // an address
			Count: uint16(best[i].end - items[from].start), //nolint:gosec // within the limits of a read
		}
		for _, it := range items[from:i] {
			r.Points = append(r.Points, it.index)
		}
		out = append(out, r)
	}
	slices.Reverse(out)
	return out
}

// request returns the one read that serves the points listed, by address.
func request(points []Point, chosen []int) Request {
	first := &points[chosen[0]]
	r := Request{Table: first.table(), Class: first.Register.Poll, Address: first.Register.Start(), Points: slices.Clone(chosen)}
	end := 0
	for _, i := range chosen {
		end = max(end, points[i].start()+points[i].width())
	}
	r.Count = uint16(end - first.start()) //nolint:gosec // part of a read within the limits
	return r
}

// Split divides a request that a device refused as a whole into two halves,
// and tells the unasked cells between them. It returns nil for a request whose
// points all lie in the same cells: they are what is refused.
func Split(points []Point, r Request) (parts []Request, between Hole) {
	half := len(r.Points) / 2
	for half < len(r.Points) && half > 0 && sameCells(&points[r.Points[half-1]], &points[r.Points[half]]) {
		half++
	}
	if half == len(r.Points) { // the upper half is one register: try below it
		for half = len(r.Points) / 2; half > 0 && sameCells(&points[r.Points[half-1]], &points[r.Points[half]]); {
			half--
		}
	}
	if half == 0 {
		return nil, Hole{}
	}
	left, right := request(points, r.Points[:half]), request(points, r.Points[half:])
	return []Request{left, right}, Hole{Table: r.Table, From: left.end(), To: int(right.Address)}
}

func sameCells(a, b *Point) bool { return a.start() == b.start() && a.width() == b.width() }
