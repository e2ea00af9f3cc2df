package baseline

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Limits of what is fitted.
const (
	// minFitDays is the least number of days on which anything is fitted.
	minFitDays = 10
	// The least coverage of a day: CalTRACK's and our own.
	minCoverageCaltrack = 0.5
	minCoverage         = 0.9
	// zeroBelow is the outdoor temperature in °C under which a day without
	// any heating energy is doubtful.
	zeroBelow = 10.0
	// habitualZero is the share of such days on one weekday from which they
	// are a habit of the building and not a fault of the meter.
	habitualZero = 0.5
)

// ErrTooFew says that no baseline can be fitted at all.
var ErrTooFew = errors.New("fit baseline: fewer than 10 days have both a consumption and a temperature")

// point is one day as the regression sees it.
type point struct{ t, y float64 }

// byTemperature orders points by temperature.
func byTemperature(a, b point) int { return cmp.Compare(a.t, b.t) }

// row is one fitted day as the native fit sees it.
type row struct {
	// t are the temperatures of the day and of the two before it.
	t [3]float64
	// y is the consumption, without what static factors add.
	y float64
}

// temp returns the temperature that a building of this inertia feels.
func (r row) temp(lag float64) float64 { return felt(r.t, lag) }

// felt weights the temperatures of a day and of the two before it.
func felt(t [3]float64, lag float64) float64 {
	if lag == 0 {
		return t[0]
	}
	return (t[0] + lag*t[1] + lag*lag*t[2]) / (1 + lag + lag*lag)
}

// selection is what a baseline is fitted on.
type selection struct {
	days []Day
	rows []row
	// points are the days in order of temperature.
	points []point
	// asked counts the days of the period, zeros the winter days of zero
	// taken for gaps, negative the days below zero left out.
	asked, zeros, negative int
	// excluded counts the days that were not to be fitted.
	excluded int
	// spikes are the days left out because they are far above all others.
	spikes []Day
	// same are the most days in a row with one and the same consumption.
	same sameDays
	// zeroGap says that a cold day of zero is a gap for this carrier.
	zeroGap bool
}

// selectDays keeps the days that can be fitted, in order of date.
func selectDays(days []Day, o FitOptions) (selection, error) {
	var s selection
	least := minCoverage
	if o.Mode == CalTRACK {
		least = minCoverageCaltrack
	}
	for _, d := range days {
		s.asked += bit(inside(d.Date, o.From, o.To))
	}
	s.days = make([]Day, 0, s.asked)
	for _, d := range days {
		if !inside(d.Date, o.From, o.To) {
			continue
		}
		switch {
		case slices.ContainsFunc(o.Exclude, func(p gtc.Period) bool { return inside(d.Date, p.From, p.To) }):
			s.excluded++
		case !usable(d, least):
		case d.KWh < 0:
			s.negative++
		default:
			s.days = append(s.days, d)
		}
	}
	slices.SortStableFunc(s.days, func(a, b Day) int { return a.Date.Compare(b.Date) })
	s.zeroGap = o.Mode == Native && !cools(o.Carrier)
	if s.zeroGap {
		s.dropZeroDays()
	}
	if o.Mode == Native {
		s.dropSpikes()
	}
	if len(s.days) < minFitDays {
		return selection{}, ErrTooFew
	}
	s.rows = make([]row, len(s.days))
	var temps series
	if o.Mode == Native {
		from := o.From
		if !from.IsZero() {
			from = from.AddDate(0, 0, -3)
		}
		temps = temperatures(days, from, o.To)
	}
	for i, d := range s.days {
		s.rows[i] = row{t: temps.felt(d), y: d.KWh / factors(o.Factors).at(d.Date)}
	}
	s.sortPoints()
	return s, nil
}

// usable reports whether a day has what a fit needs.
func usable(d Day, least float64) bool {
	return d.HasKWh && d.HasTemp && d.Coverage >= least && !math.IsNaN(d.KWh) && !math.IsInf(d.KWh, 0) && !math.IsNaN(d.Temp)
}

// inside reports whether from ≤ t < to, a zero limit being none.
func inside(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to))
}

// dropZeroDays takes cold days of zero for gaps, because exports write zero
// for missing, unless the building rests on that weekday as a habit.
func (s *selection) dropZeroDays() {
	habit := zeroHabit(s.days)
	s.days = slices.DeleteFunc(s.days, func(d Day) bool {
		if !coldZero(d) || habit[d.Date.Weekday()] {
			return false
		}
		s.zeros++
		return true
	})
}

// coldZero reports whether a day is cold and without consumption.
func coldZero(d Day) bool { return d.KWh == 0 && d.HasKWh && d.HasTemp && d.Temp < zeroBelow }

// zeroHabit reports for each weekday whether cold days of zero are the rule.
func zeroHabit(days []Day) [7]bool {
	var zero, cold [7]int
	for _, d := range days {
		if !d.HasKWh || !d.HasTemp || d.Temp >= zeroBelow {
			continue
		}
		cold[d.Date.Weekday()]++
		if d.KWh == 0 {
			zero[d.Date.Weekday()]++
		}
	}
	var habit [7]bool
	for i := range habit {
		habit[i] = cold[i] > 0 && float64(zero[i]) > habitualZero*float64(cold[i])
	}
	return habit
}

// series are temperatures by date.
type series map[int]float64

// dayNumber counts days, whatever their length.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// temperatures collects those of days in [from,to), a zero limit being none.
func temperatures(days []Day, from, to time.Time) series {
	out := series{}
	for _, d := range days {
		if d.HasTemp && !math.IsNaN(d.Temp) && inside(d.Date, from, to) {
			out[dayNumber(d.Date)] = d.Temp
		}
	}
	return out
}

// felt returns the temperatures of a day and of the two before it; one that
// is not known is that of the day after it.
func (s series) felt(d Day) (t [3]float64) {
	n := dayNumber(d.Date)
	t[0] = d.Temp
	for i := 1; i < 3; i++ {
		v, ok := s[n-i]
		if !ok {
			v = t[i-1]
		}
		t[i] = v
	}
	return t
}
