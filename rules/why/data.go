package why

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// lookStuck sees whether supply or return of a circuit stood still all day
// while the other moved and the pump ran: the kelvin that it moved, 0 when none
// stood still. A room that is held well stands still rightly.
func lookStuck(d *day) look {
	worst, any := 0.0, false
	if pump := d.points("pump_run", 0, 24); pump != nil && !(mean(pump) >= d.rule.Param("least_run")) {
		return nil
	}
	for _, pair := range [...][2]gtc.PointID{{"flow_temp", "return_temp"}, {"return_temp", "flow_temp"}} {
		x, twin := d.points(pair[0], 0, 24), d.points(pair[1], 0, 24)
		if known(x) < len(x)*3/4 || known(twin) < len(twin)*3/4 || len(x) == 0 || len(twin) == 0 {
			continue
		}
		any = true
		least, most := extremes(x)
		if most-least > d.rule.Param("resolution") {
			continue
		}
		if low, high := extremes(twin); high-low > worst {
			worst = high - low
		}
	}
	if !any {
		return nil
	}
	return look{worst}
}

// lookStuckRoom sees by how much the set point of a circuit's room moved on a day
// on which the room stood still, 0 when the room moved. A room that is held well
// stands still rightly, but not while it is asked to become warmer or colder.
func lookStuckRoom(d *day) look {
	room, sp := d.points("room_temp", 0, 24), d.points("room_temp_sp", 0, 24)
	if known(room) < len(room)*3/4 || len(room) == 0 || known(sp) < len(sp)*3/4 || len(sp) == 0 {
		return nil
	}
	if least, most := extremes(room); most-least > d.rule.Param("resolution") {
		return look{0}
	}
	least, most := extremes(sp)
	if most-least < d.rule.Param(paramThreshold) {
		return nil // a room that stands still then proves nothing
	}
	return look{most - least}
}

// lookIndex counts the steps at which an index fell or rose faster than the
// meter can; a rollover and a swap that the site file knows are none.
func lookIndex(d *day) look {
	m := d.meter
	if m == nil {
		return nil
	}
	x := part(d.ev.Points[Point{m.Equipment, m.Point}], d.ev.From, Step, d.at(-24), d.end)
	begin := int(d.start.Sub(d.at(-24)) / Step)
	if known(x) < 2 || known(x[min(begin, len(x)):]) == 0 {
		return nil
	}
	n, last, lastAt := 0, math.NaN(), 0
	for i, v := range x {
		if math.IsNaN(v) {
			continue
		}
		if !math.IsNaN(last) && i >= begin && odd(m, last, v, time.Duration(i-lastAt)*Step) && !swapped(m, d.at(-24), lastAt, i) {
			n++
		}
		last, lastAt = v, i
	}
	return look{float64(n)}
}

// rolls is the share of the register above which a fall is a rollover.
const rolls = 0.9

// odd reports whether a meter cannot have gone from one index to the next.
func odd(m *gtc.Meter, from, to float64, span time.Duration) bool {
	if to < from {
		return !(m.RolloverAt > 0 && from > rolls*m.RolloverAt)
	}
	return m.MaxPerHour > 0 && to-from > 2*m.MaxPerHour*math.Max(span.Hours(), 0.25)
}

// swapped reports whether the meter was replaced between two steps.
func swapped(m *gtc.Meter, from time.Time, a, b int) bool {
	lo, hi := from.Add(time.Duration(a-1)*Step), from.Add(time.Duration(b+1)*Step)
	for _, s := range m.Swaps {
		if !s.At.Before(lo) && !s.At.After(hi) {
			return true
		}
	}
	return false
}

// lookGap counts the hours of the day of which the meter says nothing. Before
// its first hour and while no meter of the site says anything it is not asked.
func lookGap(d *day) look {
	if d.meter == nil {
		return nil
	}
	all := d.ev.Hours[d.meter.Equipment]
	i := int(d.start.Sub(d.ev.From) / time.Hour)
	if known(all[:min(max(i, 0), len(all))]) == 0 {
		return nil
	}
	hours := int(d.end.Sub(d.start) / time.Hour)
	return look{float64(hours - known(d.hours(0, 24)))}
}

// lookProfile sees the shape of a working day in hours of local time.
func lookProfile(d *day) look {
	if _, _, ok := opening(d.ev.Site.Category); !ok || !working(d.ev.Site, d.start) {
		return nil
	}
	h := d.hours(0, 24)
	if known(h) != 24 || len(h) != 24 {
		return nil
	}
	return look(append([]float64(nil), h...))
}

// Figures of the comparison of shapes.
const (
	shapeDays, usualDays = 5, 20
	mostShift            = 4
)

// sayShift is by how many hours the shape of the last five working days is
// displaced against that of the twenty before, 0 when displacing it does not
// clearly explain the difference.
func sayShift(c course, i, ref int, r *Rule) reading {
	now := shape(c, i+1, shapeDays)
	was := shape(c, min(ref, i+1-7), usualDays)
	if c[i].x == nil || now == nil || was == nil {
		return reading{}
	}
	best, at, still := math.Inf(-1), 0, 0.0
	for lag := -mostShift; lag <= mostShift; lag++ {
		v := correlation(now, was, lag)
		if lag == 0 {
			still = v
		}
		if v > best {
			best, at = v, lag
		}
	}
	if at == 0 || best < r.Param("least_correlation") || best-still < r.Param("least_gain") {
		return reading{0, 0, true}
	}
	return reading{math.Abs(float64(at)), 0, true}
}

// shape is the mean day of up to n days before ref, nil with too few.
func shape(c course, ref, n int) look {
	sum := make(look, 24)
	k := 0
	for i := ref - 1; i >= 0 && i > ref-3*n && k < n; i-- {
		if c[i].x == nil || c[i].spoilt {
			continue
		}
		k++
		for h, v := range c[i].x {
			sum[h] += v
		}
	}
	if k < n*3/5 {
		return nil
	}
	return sum
}

// correlation is that of a day with another displaced by some hours.
func correlation(x, y look, lag int) float64 {
	var sx, sy, sxx, syy, sxy float64
	n := float64(len(x))
	for i := range x {
		u, v := x[i], y[((i-lag)%len(y)+len(y))%len(y)]
		sx, sy, sxx, syy, sxy = sx+u, sy+v, sxx+u*u, syy+v*v, sxy+u*v
	}
	d := (sxx - sx*sx/n) * (syy - sy*sy/n)
	if d <= 0 {
		return 0
	}
	return (sxy - sx*sy/n) / math.Sqrt(d)
}

// lookBias sees how far the site's outdoor sensor is from the temperature
// elsewhere at night, when no sun can be to blame.
func lookBias(d *day) look {
	here := mean(d.points("air_temp", 0, 5))
	there := mean(part(d.ev.Elsewhere, d.ev.From, Step, d.at(0), d.at(5)))
	if math.IsNaN(here) || math.IsNaN(there) {
		return nil
	}
	return look{math.Abs(here - there)}
}

// lookDial sees an index read by hand and what the system had then.
func lookDial(d *day) look {
	if d.meter == nil {
		return nil
	}
	for _, dial := range d.ev.Dials[d.meter.Equipment] {
		if dial.At.Before(d.start) || !dial.At.Before(d.end) {
			continue
		}
		have := d.indexAt(dial.At)
		if math.IsNaN(have) {
			return nil
		}
		return look{dial.Index, have}
	}
	return nil
}

// dialReach is how far from a reading by hand the meter may have spoken.
const dialReach = 6 * time.Hour

// indexAt returns the meter's index at an instant, evenly between what it said
// before and after; NaN when one of them is far off.
func (d *day) indexAt(at time.Time) float64 {
	x := d.ev.Points[Point{d.meter.Equipment, d.meter.Point}]
	share := float64(at.Sub(d.ev.From))/float64(Step) - 1 // a step holds its last value
	before, after := int(math.Floor(share)), int(math.Ceil(share))
	for n := int(dialReach / Step); n > 0 && math.IsNaN(value(x, before)); n-- {
		before--
	}
	for n := int(dialReach / Step); n > 0 && math.IsNaN(value(x, after)); n-- {
		after++
	}
	a, b := value(x, before), value(x, after)
	if after == before {
		return a
	}
	return a + (b-a)*(share-float64(before))/float64(after-before)
}

// sayDial compares what two readings by hand, some days apart, say was used with what the system
// counted, in per cent.
func sayDial(c course, i, _ int, r *Rule) reading {
	x := c[i].x
	for k := i - int(r.Param("least_days")); k >= 0 && x != nil; k-- {
		y := c[k].x
		if y == nil {
			continue
		}
		if c.worked(k, i) {
			return reading{} // the meter between the two may be another one
		}
		used, counted := x[0]-y[0], x[1]-y[1]
		if used <= 0 {
			return reading{}
		}
		// Both readings were cut to the full unit: what that explains is nothing.
		off := math.Max(0, math.Abs(counted-used)-r.Param("rounding"))
		return reading{value: 100 * off / used, known: true}
	}
	return reading{}
}
