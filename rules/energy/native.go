package energy

import (
	"math"
	"slices"
	"time"
)

// The balance points looked at, in °C, and the precision of the refinement.
const (
	nativeLow, nativeHigh = 5.0, 25.0
	nativeStep            = 0.5
	nativePrecision       = 0.005
	nativeFine            = 10
	// minKneeDays is the least number of days on each side of a balance point.
	minKneeDays = 10
	// minSegmentDays is the least number of days of one group of a split.
	minSegmentDays = 40
)

// The splits of the days into groups of their own model.
const (
	splitNone   = "none"
	splitWeek   = "week"
	splitSeason = "season"
	splitBoth   = "season+week"
)

// groupNames returns the names of a split's groups, in the order of groupOf.
func groupNames(split string) []string {
	switch split {
	case splitWeek:
		return []string{"weekday", "weekend"}
	case splitSeason:
		return []string{"winter", "shoulder", "summer"}
	case splitBoth:
		return []string{
			"winter weekday", "winter weekend", "shoulder weekday", "shoulder weekend",
			"summer weekday", "summer weekend",
		}
	default:
		return []string{"all"}
	}
}

// groupOf returns the group of a date in a split.
func groupOf(split string, date time.Time) int {
	week := 0
	if d := date.Weekday(); d == time.Saturday || d == time.Sunday {
		week = 1
	}
	switch split {
	case splitWeek:
		return week
	case splitSeason:
		return seasonOf(date.Month())
	case splitBoth:
		return 2*seasonOf(date.Month()) + week
	default:
		return 0
	}
}

// seasonOf returns 0 for winter (November to February), 2 for summer (June to
// September) and 1 for the months between.
func seasonOf(m time.Month) int {
	switch m {
	case time.November, time.December, time.January, time.February:
		return 0
	case time.June, time.July, time.August, time.September:
		return 2
	default:
		return 1
	}
}

// fitNative fits the whole and chooses the split.
func fitNative(b *Baseline, s selection) {
	cooling := cools(b.Carrier)
	b.Whole = fitPoints(s.points, cooling)
	b.Whole.Name = "all"
	b.Segments = []Segment{b.Whole}
	// Successive days resemble one another: the days are worth fewer.
	worth := effectiveDays(len(s.days), clampRho(lagOne(residuals(*b, s.days))))
	best := criterion(b.Segments, worth)
	for _, split := range []string{splitWeek, splitSeason, splitBoth} {
		segments := fitGroups(s, split, cooling)
		if segments == nil {
			continue
		}
		if c := criterion(segments, worth); c < best {
			best, b.Segments, b.Split = c, segments, split
		}
	}
}

// fitGroups fits each group of a split, nil when a group has too few days.
func fitGroups(s selection, split string, cooling bool) []Segment {
	names := groupNames(split)
	groups := make([][]point, len(names))
	for _, d := range s.days {
		g := groupOf(split, d.Date)
		groups[g] = append(groups[g], point{d.Temp, d.KWh})
	}
	out := make([]Segment, len(names))
	for i, g := range groups {
		if len(g) < minSegmentDays {
			return nil
		}
		slices.SortStableFunc(g, byTemperature)
		out[i] = fitPoints(g, cooling)
		out[i].Name = names[i]
	}
	return out
}

// criterion is the Bayesian information criterion of segments, counting each
// intercept, slope and balance point, when n days are worth `worth` days.
func criterion(segments []Segment, worth float64) float64 {
	n, sse, k := 0, 0.0, 0
	for _, s := range segments {
		n, sse, k = n+s.N, sse+s.SSE, k+s.parameters()
	}
	return worth*math.Log(math.Max(sse, 1e-12)/float64(n)) + float64(k)*math.Log(worth)
}

// parameters counts what was fitted: the intercept, slopes, balance points.
func (s Segment) parameters() int { return 1 + 2*s.slopes() }

// slopes counts the slopes.
func (s Segment) slopes() int {
	switch s.Model {
	case ModelHeating, ModelCooling:
		return 1
	case ModelBoth:
		return 2
	default:
		return 0
	}
}

// fitPoints returns the form that the information criterion prefers. Points
// are in order of temperature.
func fitPoints(points []point, cooling bool) Segment {
	s := newSums(points)
	best := s.flat()
	score := criterion([]Segment{best}, float64(s.n))
	consider := func(c Segment) {
		if c.Model == "" {
			return
		}
		if v := criterion([]Segment{c}, float64(s.n)); v < score {
			best, score = c, v
		}
	}
	consider(s.bestKnee(ModelHeating))
	if cooling {
		consider(s.bestKnee(ModelCooling))
		consider(s.bestTwoKnees())
	}
	return best
}

// bestKnee returns the one-knee model with the least squares over continuous
// balance points, an empty one when no slope is admissible.
func (s sums) bestKnee(model string) Segment {
	try := func(at float64) Segment { return s.admissible(at, model) }
	at, ok := s.search(func(at float64) float64 { return loss(try(at)) })
	if !ok {
		return Segment{}
	}
	return try(at)
}

// admissible fits one knee with a slope that is positive and an intercept
// that is not negative.
func (s sums) admissible(at float64, model string) Segment {
	k := s.heating(at)
	if model == ModelCooling {
		k = s.cooling(at)
	}
	if k.days < minKneeDays {
		return Segment{}
	}
	out := s.oneKnee(k, model)
	if out.Intercept < 0 {
		out = s.throughZero(k, model)
	}
	if out.Heating < 0 || out.Cooling < 0 {
		return Segment{}
	}
	return out
}

// throughZero fits one knee without a base load.
func (s sums) throughZero(k knee, model string) Segment {
	if k.s2 <= 0 {
		return Segment{}
	}
	n := float64(s.n)
	xy := k.sy + s.meanY*k.s1
	slope := xy / k.s2
	out := Segment{Model: model, N: s.n, SSE: math.Max(0, s.sst+n*s.meanY*s.meanY-slope*xy)}
	if model == ModelHeating {
		out.Heating, out.HeatingBP = slope, k.at
	} else {
		out.Cooling, out.CoolingBP = slope, k.at
	}
	return out
}

// bestTwoKnees searches a grid of pairs, then refines each in turn.
func (s sums) bestTwoKnees() Segment {
	var best Segment
	for h := nativeLow; h <= nativeHigh; h += 2 * nativeStep {
		for c := h; c <= nativeHigh; c += 2 * nativeStep {
			if m := s.pair(h, c); loss(m) < loss(best) {
				best = m
			}
		}
	}
	if best.Model == "" {
		return best
	}
	for range 3 {
		h := golden(func(x float64) float64 { return loss(s.pair(x, best.CoolingBP)) }, best.HeatingBP-2*nativeStep, best.HeatingBP+2*nativeStep)
		if m := s.pair(h, best.CoolingBP); loss(m) < loss(best) {
			best = m
		}
		c := golden(func(x float64) float64 { return loss(s.pair(best.HeatingBP, x)) }, best.CoolingBP-2*nativeStep, best.CoolingBP+2*nativeStep)
		if m := s.pair(best.HeatingBP, c); loss(m) < loss(best) {
			best = m
		}
	}
	return best
}

// pair fits two knees with admissible slopes and intercept.
func (s sums) pair(h, c float64) Segment {
	if c < h || h < nativeLow || c > nativeHigh {
		return Segment{}
	}
	kh, kc := s.heating(h), s.cooling(c)
	if kh.days < minKneeDays || kc.days < minKneeDays {
		return Segment{}
	}
	m := s.twoKnees(kh, kc)
	if m.Intercept < 0 || m.Heating < 0 || m.Cooling < 0 {
		return Segment{}
	}
	return m
}

// loss is the sum of squares of a model, infinite for none.
func loss(s Segment) float64 {
	if s.Model == "" {
		return math.Inf(1)
	}
	return s.SSE
}

// search finds the balance point with the least loss: the best of a coarse
// grid and of the whole degrees Fahrenheit, of a fine grid about it, and of
// what lies between the neighbours.
func (s sums) search(f func(float64) float64) (float64, bool) {
	best, at := math.Inf(1), 0.0
	try := func(b float64) {
		if b < nativeLow || b > nativeHigh {
			return
		}
		if v := f(b); v < best {
			best, at = v, b
		}
	}
	for b := nativeLow; b <= nativeHigh; b += nativeStep {
		try(b)
	}
	for d := caltrackLowF; d <= caltrackHighF; d++ {
		try(celsius(float64(d)))
	}
	if math.IsInf(best, 1) {
		return 0, false
	}
	for centre, k := at, -nativeFine; k <= nativeFine; k++ {
		try(centre + nativeStep*float64(k)/nativeFine)
	}
	try(golden(f, at-nativeStep/nativeFine, at+nativeStep/nativeFine))
	return at, true
}

// golden returns the least point of a function with one minimum in [lo,hi].
func golden(f func(float64) float64, lo, hi float64) float64 {
	const ratio = 0.6180339887498949
	a, b := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fa, fb := f(a), f(b)
	for hi-lo > nativePrecision {
		if fa <= fb {
			hi, b, fb = b, a, fa
			a = hi - ratio*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + ratio*(hi-lo)
			fb = f(b)
		}
	}
	return (lo + hi) / 2
}
