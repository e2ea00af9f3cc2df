package energy

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Packed are the days of a meter in a sixth of the room that a list of
// [Interval] takes: a park keeps those of a thousand meters for years. Figures
// are in columns, and what stays the same for days on end is held once. It gives
// back what was put in, each day at its instant in the location it was packed
// with. It is never changed, so that one goroutine may read what another
// replaces; its zero value has no days.
type Packed struct {
	loc *time.Location
	n   int
	// starts are the Unix seconds of each day less 86 400 for each day before
	// it: they change where a day is absent and with summer time.
	starts                                              column[int64]
	kwh, volume, normalVolume, pcs, low, high, coverage column[uint64] // bits of a float64
	marks                                               column[mark]
}

// mark is what is not a figure of a day.
type mark struct {
	noEnergy, estimated bool
	source              string
}

const secondsPerDay = 24 * 60 * 60

// Pack packs days that are in order of time and begin at full seconds.
func Pack(loc *time.Location, days []Interval) Packed {
	p := Packed{loc: loc}
	return p.join(0, days)
}

// Merge returns the days with those that begin at or after an instant replaced
// by news, which are in order of time.
func (p *Packed) Merge(from time.Time, news []Interval) Packed { return p.join(p.Find(from), news) }

// join returns the first kept days and news after them.
func (p *Packed) join(kept int, news []Interval) Packed {
	figures := func(old *column[uint64], get func(*Interval) float64) column[uint64] {
		return joined(old, kept, len(news), func(i int) uint64 { return math.Float64bits(get(&news[i])) })
	}
	return Packed{
		loc: p.loc, n: kept + len(news),
		starts: joined(&p.starts, kept, len(news), func(i int) int64 { return news[i].Start.Unix() - int64(kept+i)*secondsPerDay }),
		marks: joined(&p.marks, kept, len(news), func(i int) mark {
			return mark{news[i].NoEnergy, news[i].Estimated, news[i].Source}
		}),
		kwh:          figures(&p.kwh, func(d *Interval) float64 { return d.KWh }),
		volume:       figures(&p.volume, func(d *Interval) float64 { return d.Volume }),
		normalVolume: figures(&p.normalVolume, func(d *Interval) float64 { return d.NormalVolume }),
		pcs:          figures(&p.pcs, func(d *Interval) float64 { return d.PCS }),
		low:          figures(&p.low, func(d *Interval) float64 { return d.Low }),
		high:         figures(&p.high, func(d *Interval) float64 { return d.High }),
		coverage:     figures(&p.coverage, func(d *Interval) float64 { return d.Coverage }),
	}
}

// Len counts the days.
func (p *Packed) Len() int { return p.n }

// Start returns the beginning of day i.
func (p *Packed) Start(i int) time.Time {
	return time.Unix(p.starts.at(i)+int64(i)*secondsPerDay, 0).In(p.loc)
}

// At returns day i.
func (p *Packed) At(i int) Interval {
	m := p.marks.at(i)
	return Interval{
		Start: p.Start(i), KWh: figure(&p.kwh, i), NoEnergy: m.noEnergy, Volume: figure(&p.volume, i),
		NormalVolume: figure(&p.normalVolume, i), PCS: figure(&p.pcs, i), Low: figure(&p.low, i), High: figure(&p.high, i),
		Coverage: figure(&p.coverage, i), Estimated: m.estimated, Source: m.source,
	}
}

// Energy returns the energy of day i in kWh, false when it is not known.
func (p *Packed) Energy(i int) (float64, bool) {
	return figure(&p.kwh, i), !p.marks.at(i).noEnergy
}

func figure(c *column[uint64], i int) float64 { return math.Float64frombits(c.at(i)) }

// Find returns the place of the first day that begins at or after an instant,
// their number when none does.
func (p *Packed) Find(from time.Time) int {
	return sort.Search(p.n, func(i int) bool { return !p.Start(i).Before(from) })
}

// Range returns the days [from,to) by their places.
func (p *Packed) Range(from, to int) []Interval {
	out := make([]Interval, 0, max(0, to-from))
	for i := from; i < to; i++ {
		out = append(out, p.At(i))
	}
	return out
}

// All returns all days.
func (p *Packed) All() []Interval { return p.Range(0, p.n) }

// Since returns the days that begin at or after an instant, Before those that
// begin before it.
func (p *Packed) Since(from time.Time) []Interval { return p.Range(p.Find(from), p.n) }

// Before returns the days that begin before an instant.
func (p *Packed) Before(to time.Time) []Interval { return p.Range(0, p.Find(to)) }

// column are values by place, as they are or, where that is less, each with the
// place up to which it holds.
type column[T comparable] struct {
	values []T
	until  []uint32 // nil: one value a place
}

// joined returns the first kept values of a column and n more after them.
func joined[T comparable](old *column[T], kept, n int, more func(int) T) column[T] {
	at := func(i int) T {
		if i < kept {
			return old.at(i)
		}
		return more(i - kept)
	}
	n += kept
	var last T
	runs := 0
	for i := range n {
		if v := at(i); i == 0 || v != last {
			runs, last = runs+1, v
		}
	}
	if 2*runs > n { // hardly less room, or none
		c := column[T]{values: make([]T, n)}
		for i := range c.values {
			c.values[i] = at(i)
		}
		return c
	}
	c := column[T]{values: make([]T, 0, runs), until: make([]uint32, 0, runs)}
	for i := range n {
		if v := at(i); i == 0 || v != last {
			c.values, c.until, last = append(c.values, v), append(c.until, 0), v
		}
		c.until[len(c.until)-1] = uint32(i) + 1 //nolint:gosec // days since a meter was there
	}
	return c
}

// at returns the value at a place.
func (c *column[T]) at(i int) T {
	switch {
	case c.until == nil:
		return c.values[i]
	case len(c.until) == 1:
		return c.values[0]
	}
	k, _ := slices.BinarySearch(c.until, uint32(i)+1) //nolint:gosec // as above
	return c.values[k]
}
