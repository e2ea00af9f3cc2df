package baseline

import (
	"fmt"
	"math"
	"time"
)

// What a change of level inside the baseline must be to be named.
const (
	// shiftMargin is the least number of days on each side.
	shiftMargin = 45
	// shiftSize is its least size relative to the expectation, shiftSigma its
	// least size in standard deviations of the difference of the two sides;
	// from shiftRefused on the baseline is refused.
	shiftSize, shiftSigma, shiftRefused = 0.20, 4.0, 0.30
	// A difference as large as all that is expected makes the model itself bad,
	// and with it the standard deviation.
	shiftWhole, shiftWholeSigma = 1.0, 2.4
	// One that is refused is not judged either when it is at least shiftBroken
	// or, at shiftClear standard deviations, beyond doubt; where there is no
	// weather to tell a season by, from shiftNoWeather on.
	shiftBroken, shiftClear, shiftNoWeather = 0.40, 8.0, 0.50
	// shiftUnit times or a part of the former level is rather another unit.
	shiftUnit = 5.0
)

// Shift is a change of level inside a baseline's own days.
type Shift struct {
	// From is the first day of the new level, Ratio what it is of the former
	// one, relative to what is expected; +Inf after none at all.
	From  time.Time
	Ratio float64
}

// String says what changed.
func (s Shift) String() string {
	since := s.From.Format(time.DateOnly)
	switch {
	case math.IsInf(s.Ratio, 1):
		return "the level rises from zero from " + since + " on: works, or another use"
	case s.Ratio >= shiftUnit || s.Ratio <= 1/shiftUnit:
		return fmt.Sprintf("the level is multiplied by about %.2g from %s on: another unit or factor, or works", s.Ratio, since)
	}
	return fmt.Sprintf("the level changes by %+.0f %% from %s on: works, or another use", 100*(s.Ratio-1), since)
}

// levels are two levels relative to what is expected, before a day and from it
// on. Size is their difference, sigma how many standard deviations that is.
type levels struct {
	at            int
	before, after float64
	size, sigma   float64
}

// ratio is the new level over the former one.
func (l levels) ratio() float64 {
	if l.before <= 0 {
		return math.Inf(1)
	}
	return math.Max(0, l.after) / l.before
}

// named reports whether the change is worth naming.
func (l levels) named() bool {
	size := math.Abs(l.size)
	return size >= shiftSize && l.sigma >= shiftSigma || size >= shiftWhole && l.sigma >= shiftWholeSigma
}

// broken reports whether nothing can be judged against days on both sides.
func (l levels) broken(weather bool) bool {
	size := math.Abs(l.size)
	switch {
	case !l.named():
		return false
	case !weather:
		return size >= shiftNoWeather
	}
	return size >= shiftBroken || size >= shiftRefused && l.sigma >= shiftClear
}

// shift returns the day that best divides days into two of different level
// relative to what is expected of them.
func shift(y, e []float64) levels {
	var l levels
	n := len(y)
	if n < 2*shiftMargin {
		return l
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
		if z := math.Abs(b-a) / math.Sqrt(rr[k]/before/before+(rr[n]-rr[k])/after/after); z > l.sigma {
			l = levels{k, 1 + a, 1 + b, b - a, z}
		}
	}
	// Days resemble one another less once each side has its own level.
	for i := range rest {
		if i < l.at {
			rest[i] -= e[i] * (l.before - 1)
		} else {
			rest[i] -= e[i] * (l.after - 1)
		}
	}
	l.sigma *= math.Sqrt(effectiveDays(n, clampRho(lagOne(rest))) / float64(n))
	return l
}
