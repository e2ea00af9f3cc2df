package baseline

import (
	"math"
	"slices"
)

// The robust last fit: Tukey's bisquare.
const (
	// bisquare is its tuning constant for 95 % efficiency on normal residuals.
	bisquare = 4.685
	// madToSigma turns a median absolute deviation into a standard deviation.
	madToSigma  = 1.4826
	robustSteps = 4
	// robustGain is the share of the squares of days left out that a robust
	// fit must save to be kept.
	robustGain = 0.01
	// robustCost is the most that it may add to the CV(RMSE) of the days fitted.
	robustCost = 0.005
)

// robust fits the coefficients of a model again, days far from it counting
// less; balance points stay. A model that would no longer be admissible is
// returned as it was.
func (s Segment) robust(points []point) Segment {
	if s.Scaled || len(points) < minSegmentDays {
		return s
	}
	out := s
	rest := make([]float64, len(points))
	for range robustSteps {
		for i, p := range points {
			rest[i] = math.Abs(p.y - out.At(p.t))
		}
		sorted := slices.Clone(rest)
		slices.Sort(sorted)
		width := bisquare * madToSigma * sorted[len(sorted)/2]
		if width <= 0 {
			return s
		}
		next, ok := out.weighted(points, func(i int) float64 {
			u := rest[i] / width
			if u >= 1 {
				return 0
			}
			return (1 - u*u) * (1 - u*u)
		})
		if !ok {
			return s
		}
		out = next
	}
	out.SSE = 0
	for _, p := range points {
		out.SSE += (p.y - out.At(p.t)) * (p.y - out.At(p.t))
	}
	return out
}

// weighted fits the coefficients by weighted least squares; false when they
// are not determined or not admissible.
func (s Segment) weighted(points []point, weight func(i int) float64) (Segment, bool) {
	var n normal3
	for i, p := range points {
		n.add(weight(i), [3]float64{1, math.Max(0, s.HeatingBP-p.t) * float64(bit(s.Heating != 0)), math.Max(0, p.t-s.CoolingBP) * float64(bit(s.Cooling != 0))}, p.y)
	}
	beta, ok := n.solve([3]bool{true, s.Heating != 0, s.Cooling != 0})
	if !ok {
		return s, false
	}
	out := s
	out.Intercept = beta[0]
	if s.Heating*beta[1] < 0 || s.Cooling*beta[2] < 0 {
		return s, false
	}
	out.Heating, out.Cooling = beta[1], beta[2]
	return out, out.Intercept >= 0
}
