package baseline

import (
	"errors"
	"fmt"
	"time"
)

// Factor is something that consumption follows and that does not change with
// the weather: beds, heated area, opening hours. On a day with the value v the
// expected consumption is multiplied by 1 − Share + Share·v/v₀, v₀ being the
// first value.
type Factor struct {
	// Name says what it is, such as "beds".
	Name string
	// Share is the part of the consumption that follows the factor, above 0
	// to 1.
	Share float64
	// Steps are its values in order of date; the first holds before its date
	// too.
	Steps []Step
}

// Step is the value of a factor from a day on, above 0.
type Step struct {
	From  time.Time
	Value float64
}

// errFactor says that a factor makes no sense.
var errFactor = errors.New("fit baseline: wrong static factor")

// check reports what is wrong with a factor.
func (f Factor) check() error {
	if !(f.Share > 0 && f.Share <= 1) {
		return fmt.Errorf("%w %q: the share %g is not above 0 and up to 1", errFactor, f.Name, f.Share)
	}
	if len(f.Steps) == 0 {
		return fmt.Errorf("%w %q: no value", errFactor, f.Name)
	}
	for i, s := range f.Steps {
		if !(s.Value > 0) {
			return fmt.Errorf("%w %q: the value %g is not above 0", errFactor, f.Name, s.Value)
		}
		if i > 0 && !f.Steps[i-1].From.Before(s.From) {
			return fmt.Errorf("%w %q: the steps are not in order of date", errFactor, f.Name)
		}
	}
	return nil
}

// at returns what the factor multiplies the consumption of a day by.
func (f Factor) at(day time.Time) float64 {
	v := f.Steps[0].Value
	for _, s := range f.Steps[1:] {
		if day.Before(s.From) {
			break
		}
		v = s.Value
	}
	return 1 - f.Share + f.Share*v/f.Steps[0].Value
}

// factors are static factors that hold at once.
type factors []Factor

// at returns the product of the factors on a day, 1 without any.
func (fs factors) at(day time.Time) float64 {
	g := 1.0
	for _, f := range fs {
		g *= f.at(day)
	}
	return g
}
