package baseline

import "math"

// What a change of level inside the baseline must be to be named.
const (
	// shiftMargin is the least number of days on each side.
	shiftMargin = 45
	// shiftSize is its least size relative to the expectation, shiftSigma its
	// least size in standard deviations of the difference of the two sides;
	// from shiftRefused on the baseline is refused.
	shiftSize, shiftSigma, shiftRefused = 0.20, 4.0, 0.30
)

// shift returns the day that best divides days into two of different level
// relative to what is expected of them, the difference of the level, and how
// many standard deviations it is.
func shift(y, e []float64) (at int, size, sigma float64) {
	n := len(y)
	if n < 2*shiftMargin {
		return 0, 0, 0
	}
	rest := make([]float64, n)
	r, x, rr := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for i := range y {
		rest[i] = y[i] - e[i]
		r[i+1], x[i+1], rr[i+1] = r[i]+rest[i], x[i]+e[i], rr[i]+rest[i]*rest[i]
	}
	for k := shiftMargin; k <= n-shiftMargin; k++ {
		before, after := x[k], x[n]-x[k]
		if before <= 0.1*x[n] || after <= 0.1*x[n] {
			continue
		}
		a, b := r[k]/before, (r[n]-r[k])/after
		if z := math.Abs(b-a) / math.Sqrt(rr[k]/before/before+(rr[n]-rr[k])/after/after); z > sigma {
			at, size, sigma = k, b-a, z
		}
	}
	// Days resemble one another less once each side has its own level.
	for i := range rest {
		if i < at {
			rest[i] -= e[i] * r[at] / x[at]
		} else {
			rest[i] -= e[i] * (r[n] - r[at]) / (x[n] - x[at])
		}
	}
	return at, size, sigma * math.Sqrt(effectiveDays(n, clampRho(lagOne(rest)))/float64(n))
}
