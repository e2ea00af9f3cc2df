package baseline

import (
	"math"

	"github.com/cpas-charleroi/gtc"
)

// The balance points looked at, in °C, and the precision of the refinement.
const (
	nativeLow, nativeHigh = 5.0, 25.0
	nativeStep            = 0.5
	nativePrecision       = 0.005
	nativeFine            = 10
	// minKneeDays is the least number of days on each side of a balance point.
	minKneeDays = 10
	// minSegmentDays is the least number of days of one group of a split that
	// has a model of its own, minScaledDays that of one that has its own size.
	minSegmentDays = 40
	minScaledDays  = 10
)

// fitter fits the native models of one selection.
type fitter struct {
	s selection
	// cooling says that the consumption can rise with temperature.
	cooling bool
	// worth is the number of independent days that the days are worth.
	worth float64
	// room is for the sums of one fit after the other.
	room []float64
}

func newFitter(s selection, c gtc.Carrier) fitter {
	return fitter{s: s, cooling: cools(c), room: make([]float64, roomFor(len(s.days)))}
}

// fitNative fits the whole and chooses the thermal inertia and the split.
func fitNative(b *Baseline, s selection, o FitOptions) {
	f := newFitter(s, b.Carrier)
	plain := fitPoints(s.points, f.cooling, f.room)
	// Successive days resemble one another: the days are worth fewer.
	f.worth = effectiveDays(len(s.days), clampRho(lagOne(f.residuals(plain))))
	best := math.Inf(1)
	var felt view
	for _, lag := range o.lags() {
		v := f.view(lag)
		whole := f.whole(v, nil)
		if c := f.score(lag, []Segment{whole}); c < best {
			best, b.Lag, b.Whole, felt = c, lag, whole, v
		}
	}
	b.Segments = []Segment{b.Whole}
	for _, split := range o.splits() {
		segments := f.groups(f.divide(felt, groupingOf(split, o.Calendar)), nil, func() Segment { return b.Whole })
		if segments == nil {
			continue
		}
		if c := f.score(b.Lag, segments); c < best {
			best, b.Segments, b.Split = c, segments, split
		}
	}
	f.settle(b, o)
}

// residuals returns observed minus modelled in the order of days, without
// inertia.
func (f fitter) residuals(m Segment) []float64 {
	out := make([]float64, len(f.s.rows))
	for i, r := range f.s.rows {
		out[i] = r.y - m.At(r.t[0])
	}
	return out
}

// score is the criterion of segments fitted with an inertia.
func (f fitter) score(lag float64, segments []Segment) float64 {
	return criterion(segments, f.worth) + float64(bit(lag > 0))*math.Log(f.worth)
}

// scaled is the model of all days times what fits a few of them.
func scaled(whole Segment, points []point) Segment {
	var xy, xx float64
	for _, p := range points {
		m := whole.At(p.t)
		xy, xx = xy+m*p.y, xx+m*m
	}
	if xx <= 0 {
		return Segment{Model: ModelFlat, N: len(points)}
	}
	k := xy / xx
	out := whole
	out.Scaled, out.N, out.SSE = true, len(points), 0
	out.Intercept, out.Heating, out.Cooling = k*whole.Intercept, k*whole.Heating, k*whole.Cooling
	for _, p := range points {
		out.SSE += (p.y - out.At(p.t)) * (p.y - out.At(p.t))
	}
	return out
}

// fitForms returns the form that the information criterion prefers. The second
// slope of the two-slope form must be worth it on the independent days that the
// days are worth; the others are told apart on all days, because of few
// independent ones the mean would always be chosen. Points are in order of
// temperature.
func fitForms(points []point, cooling bool, worth float64, room []float64) Segment {
	s := newSums(points, room)
	best := s.flat()
	n := float64(s.n)
	consider := func(c Segment, worth float64) {
		if c.Model != "" && criterion([]Segment{c}, worth) < criterion([]Segment{best}, worth) {
			best = c
		}
	}
	consider(s.linear(cooling), n)
	consider(s.bestKnee(ModelHeating), n)
	if cooling {
		consider(s.bestKnee(ModelCooling), n)
		consider(s.bestTwoKnees(), n)
	}
	consider(s.bestTwoSlopes(cooling), worth)
	return best
}
