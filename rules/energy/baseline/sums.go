package baseline

import (
	"math"
	"sort"
)

// sums answers for any balance point the least squares of a change-point
// model in constant time after one pass, from running sums over the days in
// order of temperature. Temperatures and consumptions are taken about their
// means, so that little precision is lost.
type sums struct {
	n            int
	ts           []float64 // temperatures about meanT, ascending
	t, tt, y, ty []float64 // running sums over the first i days
	meanT, meanY float64
	sst          float64
}

// knee is one degree-day variable: its balance point and its sums.
type knee struct {
	at     float64 // balance point in °C
	days   int     // days that are not zero
	s1, s2 float64 // sum and sum of squares
	sy     float64 // sum of products with the consumption about its mean
}

// newSums prepares points that are in order of temperature, in room where that is
// enough: a fit makes many one after the other.
func newSums(points []point, room []float64) sums {
	n := len(points)
	if len(room) < roomFor(n) {
		room = make([]float64, roomFor(n))
	}
	take := func(k int) []float64 {
		out := room[:k:k]
		room = room[k:]
		return out
	}
	s := sums{n: n, ts: take(n), t: take(n + 1), tt: take(n + 1), y: take(n + 1), ty: take(n + 1)}
	s.t[0], s.tt[0], s.y[0], s.ty[0] = 0, 0, 0, 0
	for _, p := range points {
		s.meanT += p.t
		s.meanY += p.y
	}
	s.meanT /= float64(n)
	s.meanY /= float64(n)
	for i, p := range points {
		t, y := p.t-s.meanT, p.y-s.meanY
		s.ts[i] = t
		s.t[i+1], s.tt[i+1] = s.t[i]+t, s.tt[i]+t*t
		s.y[i+1], s.ty[i+1] = s.y[i]+y, s.ty[i]+t*y
		s.sst += y * y
	}
	return s
}

// roomFor is the room that the sums of so many days take.
func roomFor(days int) int { return 5*days + 4 }

// heating returns the sums of (at − T)⁺.
func (s sums) heating(at float64) knee {
	b := at - s.meanT
	i := sort.SearchFloat64s(s.ts, b) // days strictly colder
	n := float64(i)
	return knee{
		at: at, days: i,
		s1: n*b - s.t[i],
		s2: n*b*b - 2*b*s.t[i] + s.tt[i],
		sy: b*s.y[i] - s.ty[i],
	}
}

// cooling returns the sums of (T − at)⁺.
func (s sums) cooling(at float64) knee {
	b := at - s.meanT
	i := sort.Search(s.n, func(k int) bool { return s.ts[k] > b })
	n := float64(s.n - i)
	t, tt, y, ty := s.t[s.n]-s.t[i], s.tt[s.n]-s.tt[i], s.y[s.n]-s.y[i], s.ty[s.n]-s.ty[i]
	return knee{
		at: at, days: s.n - i,
		s1: t - n*b,
		s2: tt - 2*b*t + n*b*b,
		sy: ty - b*y,
	}
}

// flat returns the model that is the mean.
func (s sums) flat() Segment {
	return Segment{Model: ModelFlat, Intercept: s.meanY, N: s.n, SSE: s.sst}
}

// oneKnee returns the least squares on one degree-day variable; the Model is
// empty when the variable does not vary.
func (s sums) oneKnee(k knee, model string) Segment {
	n := float64(s.n)
	sxx := k.s2 - k.s1*k.s1/n
	if !(sxx > 1e-9*math.Max(1, k.s2)) {
		return Segment{}
	}
	slope := k.sy / sxx
	out := Segment{Model: model, Intercept: s.meanY - slope*k.s1/n, N: s.n, SSE: math.Max(0, s.sst-slope*k.sy)}
	if model == ModelHeating {
		out.Heating, out.HeatingBP = slope, k.at
	} else {
		out.Cooling, out.CoolingBP = slope, k.at
	}
	return out
}

// twoKnees returns the least squares on a heating and a cooling variable that
// are never both non-zero.
func (s sums) twoKnees(h, c knee) Segment {
	n := float64(s.n)
	hh, cc, hc := h.s2-h.s1*h.s1/n, c.s2-c.s1*c.s1/n, -h.s1*c.s1/n
	det := hh*cc - hc*hc
	if !(det > 1e-9*hh*cc) {
		return Segment{}
	}
	bh := (h.sy*cc - c.sy*hc) / det
	bc := (c.sy*hh - h.sy*hc) / det
	return Segment{
		Model: ModelBoth, N: s.n,
		Intercept: s.meanY - (bh*h.s1+bc*c.s1)/n,
		Heating:   bh, HeatingBP: h.at, Cooling: bc, CoolingBP: c.at,
		SSE: math.Max(0, s.sst-bh*h.sy-bc*c.sy),
	}
}

// linear returns the straight line, which is held constant beyond the warmest
// day when it falls and beyond the coldest when it rises; the Model is empty
// when that would be below zero, or when it rises and may not.
func (s sums) linear(cooling bool) Segment {
	if s.tt[s.n] <= 1e-9*float64(s.n) {
		return Segment{}
	}
	slope := s.ty[s.n] / s.tt[s.n]
	out := Segment{Model: ModelLinear, N: s.n, SSE: math.Max(0, s.sst-slope*s.ty[s.n])}
	if slope < 0 {
		warmest := s.ts[s.n-1]
		out.Heating, out.HeatingBP, out.Intercept = -slope, warmest+s.meanT, s.meanY+slope*warmest
	} else {
		coldest := s.ts[0]
		out.Cooling, out.CoolingBP, out.Intercept = slope, coldest+s.meanT, s.meanY+slope*coldest
	}
	if out.Intercept < 0 || slope > 0 && !cooling {
		return Segment{}
	}
	return out
}

// bestTwoSlopes returns the best model of one balance point with a slope of
// its own on each side.
func (s sums) bestTwoSlopes(cooling bool) Segment {
	try := func(at float64) Segment { return s.twoSlopes(at, cooling) }
	at, ok := s.search(false, func(at float64) float64 { return loss(try(at)) })
	if !ok {
		return Segment{}
	}
	return try(at)
}

// twoSlopes fits one balance point with a slope on each side. Nothing is used
// less than nothing at any temperature seen; without cooling both slopes fall
// towards the warm, with it they are not both below zero.
func (s sums) twoSlopes(at float64, cooling bool) Segment {
	cold, warm := s.heating(at), s.cooling(at)
	if cold.days < minKneeDays || warm.days < minKneeDays {
		return Segment{}
	}
	m := s.twoKnees(cold, warm)
	if m.Model == "" || m.Intercept < 0 {
		return Segment{}
	}
	m.Model = ModelTwoSlopes
	if !cooling && (m.Heating < 0 || m.Cooling > 0) || m.Heating < 0 && m.Cooling < 0 {
		return Segment{}
	}
	if m.At(s.ts[0]+s.meanT) < 0 || m.At(s.ts[s.n-1]+s.meanT) < 0 {
		return Segment{}
	}
	return m
}
