package baseline

import (
	"math"
	"slices"
)

// Course is what a baseline expects of the days of a year and what drift is
// judged by: not split by season, whose hard limits raise false findings in
// the first warm or cold weeks, but following the baseline year's departure
// from the model smoothly through the year.
type Course struct {
	split    string
	factors  factors
	segments []Segment
	whole    Segment
	season   season
	// noise is that of a day about the expectation.
	noise noise
	// rests are the weekdays on which cold days of zero are a habit; on the
	// others they are gaps. Unset when zero is as good as any value.
	rests   [7]bool
	zeroGap bool
}

// Standing is a day set against a course, in kWh.
type Standing struct {
	// Expected is the expectation of the day; Whole is that of the model of
	// all days together, Level the same in its season.
	Expected, Whole, Level float64
	// Sigma is the standard deviation of a week's mean about the expectation,
	// times √7.
	Sigma float64
	// Seen says that the day has a consumption and an expectation at all;
	// Counts that it is metered well enough to be judged by.
	Seen, Counts bool
}

// residual is a fitted day set against the models of a course.
type residual struct {
	doy  int
	y, e float64
	// counts says that the day is metered well enough to be judged by.
	counts bool
}

// newCourse prepares the course of a baseline: the plain model of all days, or
// of weekdays and weekends. A CalTRACK baseline is left as it is.
func newCourse(b Baseline, s selection) *Course {
	c := &Course{rests: zeroHabit(s.days), zeroGap: s.zeroGap, split: splitNone, factors: b.Factors, segments: b.Segments, whole: b.Whole}
	if b.Mode == Native {
		f := newFitter(s, b.Carrier)
		c.whole = fitPoints(s.points, f.cooling, f.room)
		c.segments = []Segment{c.whole}
		f.worth = effectiveDays(len(s.days), clampRho(lagOne(f.residuals(c.whole))))
		if week := f.plainWeek(); week != nil && criterion(week, f.worth) < criterion(c.segments, f.worth) {
			c.split, c.segments = splitWeek, week
		}
	}
	rest := make([]residual, len(s.days))
	for i, d := range s.days {
		rest[i] = residual{doy: d.Date.YearDay(), y: s.rows[i].y, e: c.model(d), counts: c.counts(d)}
	}
	c.season = seasonOfYear(rest)
	if b.Mode == CalTRACK {
		clear(c.season.mean[:])
	}
	for i := range rest {
		rest[i].e = math.Max(0, rest[i].e+c.season.mean[Ring(rest[i].doy)])
	}
	c.noise = noiseOf(rest, 3*len(c.segments))
	return c
}

// Split names the grouping of days that the course follows: "none" or "week".
func (c *Course) Split() string { return c.split }

// model returns the expectation of a day without the season.
func (c *Course) model(d Day) float64 {
	return math.Max(0, c.segments[bit(c.split == splitWeek && weekend(d.Date))].At(d.Temp))
}

// counts reports whether a day that is seen is metered well enough, and is no
// gap written as zero.
func (c *Course) counts(d Day) bool {
	return d.Coverage >= minCoverage && (!c.zeroGap || !coldZero(d) || c.rests[d.Date.Weekday()])
}

// Stand sets a day against the course. A day without a consumption or a
// temperature has the zero standing.
func (c *Course) Stand(d Day) Standing {
	if !usable(d, minCoverageCaltrack) || d.KWh < 0 {
		return Standing{}
	}
	at, g := Ring(d.Date.YearDay()), c.factors.at(d.Date)
	whole := math.Max(0, c.whole.At(d.Temp))
	return Standing{
		Seen: true, Counts: c.counts(d), Whole: g * whole, Sigma: g * c.season.sigma[at],
		Expected: g * math.Max(0, c.model(d)+c.season.mean[at]),
		Level:    g * math.Max(0, whole+c.season.mean[at]),
	}
}

// expect returns what is expected of a day with a temperature.
func (c *Course) expect(d Day) Expectation {
	g := c.factors.at(d.Date)
	e := math.Max(0, c.model(d)+c.season.mean[Ring(d.Date.YearDay())])
	half := g * c.noise.day(e) * Z90
	e *= g
	return Expectation{KWh: e, Low: math.Max(0, e-half), High: e + half}
}

// plainWeek fits weekdays and weekends without inertia, nil when there are too
// few of one.
func (f fitter) plainWeek() []Segment {
	var groups [2][]point
	for i, r := range f.s.rows {
		g := bit(weekend(f.s.days[i].Date))
		groups[g] = append(groups[g], point{r.t[0], r.y})
	}
	out := make([]Segment, 0, len(groups))
	for _, g := range groups {
		if len(g) < minSegmentDays {
			return nil
		}
		slices.SortStableFunc(g, byTemperature)
		out = append(out, fitPoints(g, f.cooling, f.room))
	}
	return out
}
