package hub

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// energyGroup sums meters by steps of their calendar.
type energyGroup struct {
	row   api.ConsumptionGroup
	areas map[gtc.SiteID]float64
	cells map[int64]*cell
	// carry is the CUSUM before the first step.
	carry float64
	// zone is the calendar of the steps.
	zone *time.Location
}

// cell is one step of a group.
type cell struct {
	// actual is all that is known; against is the part of it that has an
	// expectation.
	actual, against, expected       float64
	below, above                    float64 // squared half-widths of the band
	hasActual, hasExpected, hasBoth bool
	counted                         float64 // residual that is part of the CUSUM
	counts                          bool
	covered                         float64 // seconds
	temps, tempSpan                 float64
	// dj are the degree-days by date: meters of a site have them in common.
	dj map[int64]float64
	// alone is the expectation of what was not measured, its band squared.
	alone, aloneBelow, aloneAbove float64
}

func newEnergyGroup(m metered) *energyGroup {
	return &energyGroup{
		row: api.ConsumptionGroup{
			Site: m.site.ID, SiteLabel: m.site.Label, Category: m.site.Category, Meter: m.Equipment, MeterLabel: meterRef(m.site, m.Meter).Label,
			Carrier: m.Carrier, Direction: m.Direction,
		},
		areas: map[gtc.SiteID]float64{}, cells: map[int64]*cell{}, zone: m.site.Location,
	}
}

// join takes a meter into the group: what it does not share with the others
// is not said of the group.
func (g *energyGroup) join(m metered, r reading) {
	w := &g.row
	if w.Site != m.site.ID {
		w.Site, w.SiteLabel = "", nil
	}
	if w.Category != m.site.Category {
		w.Category = ""
	}
	if w.Meters++; w.Meters > 1 {
		w.Meter, w.MeterLabel, w.Baseline = "", nil, nil
	} else {
		w.Baseline = r.baseline
	}
	if w.Carrier != m.Carrier {
		w.Carrier = ""
	}
	if w.Direction != m.Direction {
		w.Direction = ""
	}
	if !r.judged {
		w.Unjudged++
	}
	if !r.priced {
		w.Unpriced++
	}
	g.areas[m.site.ID] = m.site.AreaM2
	g.carry += r.carry
}

// span is how long the step is that begins at an instant, in seconds.
func (g *energyGroup) span(ms int64, q api.EnergyQuery) float64 {
	start := time.UnixMilli(ms).In(g.zone)
	end := start.Add(time.Hour)
	switch q.Step {
	case api.StepDay:
		end = start.AddDate(0, 0, 1)
	case api.StepWeek:
		end = start.AddDate(0, 0, 7)
	case api.StepMonth:
		end = start.AddDate(0, 1, 0)
	case api.StepYear:
		end = start.AddDate(1, 0, 0)
	case api.StepTotal:
		end = q.To
	}
	return end.Sub(start).Seconds()
}

// stepStart is the start of the calendar step that an instant is in.
func stepStart(at time.Time, q api.EnergyQuery, loc *time.Location) time.Time {
	switch q.Step {
	case api.StepHour:
		return at
	case api.StepTotal:
		return midnight(q.From, loc)
	}
	d := midnight(at, loc)
	switch q.Step {
	case api.StepWeek:
		return d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
	case api.StepMonth:
		return d.AddDate(0, 0, 1-d.Day())
	case api.StepYear:
		return time.Date(d.Year(), 1, 1, 0, 0, 0, 0, loc)
	}
	return d
}

// add puts a day or hour of a meter into its step.
func (g *energyGroup) add(u unit, q api.EnergyQuery, loc *time.Location) {
	ms := stepStart(u.start, q, loc).UnixMilli()
	c := g.cells[ms]
	if c == nil {
		c = &cell{dj: map[int64]float64{}}
		g.cells[ms] = c
	}
	measured := !math.IsNaN(u.actual)
	if measured {
		c.hasActual = true
		c.actual += u.actual
		c.covered += u.coverage * u.span.Seconds()
	}
	if !math.IsNaN(u.expected) {
		c.hasExpected = true
		// Beside what was measured stands the expectation of just that, so that
		// the two can be held against each other.
		if !measured {
			c.alone += u.expected
			c.aloneBelow += square(u.expected - u.low)
			c.aloneAbove += square(u.high - u.expected)
		} else {
			c.hasBoth = true
			c.against += u.actual
			c.expected += u.expected
			c.below += square(u.expected - u.low)
			c.above += square(u.high - u.expected)
			if u.counts {
				c.counts = true
				c.counted += u.actual - u.expected
			}
		}
	}
	if !math.IsNaN(u.temperature) {
		c.temps += u.temperature * u.span.Seconds()
		c.tempSpan += u.span.Seconds()
	}
	if !math.IsNaN(u.dj15) {
		c.dj[u.start.Unix()] = u.dj15
	}
}

func square(x float64) float64 { return x * x }

// area is that of the sites of the group, 0 when one is not known.
func (g *energyGroup) area() float64 {
	sum := 0.0
	for _, a := range g.areas {
		if a <= 0 {
			return 0
		}
		sum += a
	}
	return sum
}

// rows finishes the group: steps in order, running sum, divisions.
func (g *energyGroup) rows(q api.EnergyQuery) api.ConsumptionGroup {
	out := g.row
	out.AreaM2 = g.area()
	starts := make([]int64, 0, len(g.cells))
	for ms := range g.cells {
		starts = append(starts, ms)
	}
	slices.Sort(starts)
	out.Intervals = make([]api.ConsumptionInterval, 0, len(starts))
	cusum := g.carry
	for _, ms := range starts {
		c := g.cells[ms]
		iv := c.interval(ms)
		iv.Coverage = min(1, c.covered/(g.span(ms, q)*float64(out.Meters)))
		if c.counts {
			cusum += c.counted
			sum := cusum
			iv.CUSUM = &sum
		}
		iv.divide(q.Per, out.AreaM2)
		out.Intervals = append(out.Intervals, iv.ConsumptionInterval)
	}
	return out
}

// interval is a step before any division.
type interval struct{ api.ConsumptionInterval }

func (c *cell) interval(ms int64) interval {
	iv := interval{api.ConsumptionInterval{At: ms}}
	if c.hasActual {
		iv.Actual = &c.actual
	}
	if c.hasBoth {
		low, high, residual := c.expected-math.Sqrt(c.below), c.expected+math.Sqrt(c.above), c.against-c.expected
		iv.Expected, iv.Low, iv.High, iv.Residual = &c.expected, &low, &high, &residual
		if c.expected > 0 {
			pct := 100 * residual / c.expected
			iv.ResidualPct = &pct
		}
	} else if c.hasExpected && !c.hasActual {
		low, high := c.alone-math.Sqrt(c.aloneBelow), c.alone+math.Sqrt(c.aloneAbove)
		iv.Expected, iv.Low, iv.High = &c.alone, &low, &high
	}
	if c.tempSpan > 0 {
		t := c.temps / c.tempSpan
		iv.Temperature = &t
	}
	if len(c.dj) > 0 {
		sum := 0.0
		for _, d := range c.dj {
			sum += d
		}
		iv.DJ15 = &sum
	}
	return iv
}

// divide makes the consumption one of a square metre or a degree-day. What
// cannot be divided is not known; a running sum by degree-days has no meaning.
func (iv *interval) divide(per string, area float64) {
	by, ok := 1.0, true
	if per == api.PerM2 || per == api.PerM2DJ15 {
		by, ok = area, area > 0
	}
	if per == api.PerDJ15 || per == api.PerM2DJ15 {
		iv.CUSUM = nil
		if iv.DJ15 == nil || *iv.DJ15 <= 0 {
			ok = false
		} else {
			by *= *iv.DJ15
		}
	}
	if per == api.PerNothing {
		return
	}
	for _, v := range []**float64{&iv.Actual, &iv.Expected, &iv.Low, &iv.High, &iv.Residual, &iv.CUSUM} {
		*v = times(*v, 1/by, ok)
	}
}

// times is a number times a factor, nil when one is not known.
func times(v *float64, factor float64, ok bool) *float64 {
	if v == nil || !ok {
		return nil
	}
	return new(*v * factor)
}
