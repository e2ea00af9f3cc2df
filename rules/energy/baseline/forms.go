package baseline

import "math"

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
func (s Segment) parameters() int {
	switch {
	case s.Scaled || s.Model == ModelFlat:
		return 1
	case s.Model == ModelLinear:
		return 2
	case s.Model == ModelTwoSlopes:
		return 4
	}
	return 1 + 2*s.slopes()
}

// slopes counts the slopes.
func (s Segment) slopes() int {
	switch s.Model {
	case ModelHeating, ModelCooling, ModelLinear:
		return 1
	case ModelBoth, ModelTwoSlopes:
		return 2
	default:
		return 0
	}
}

// fitPoints returns the form that the information criterion prefers. Points
// are in order of temperature.
func fitPoints(points []point, cooling bool, room []float64) Segment {
	s := newSums(points, room)
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
	at, ok := s.search(true, func(at float64) float64 { return loss(try(at)) })
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
// grid and, if asked, of the whole degrees Fahrenheit, of a fine grid about it,
// and of what lies between the neighbours.
func (s sums) search(fahrenheit bool, f func(float64) float64) (float64, bool) {
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
	for d := caltrackLowF; fahrenheit && d <= caltrackHighF; d++ {
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
