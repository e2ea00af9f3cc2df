package energy

import (
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

// minTempHours is the least number of hours with a temperature in a valid
// day; longestFill is the longest run of absent hours that is interpolated.
const (
	minTempHours = 12
	longestFill  = 6
)

// TempReading is one outdoor temperature, in °C.
type TempReading struct {
	At time.Time
	C  float64
}

// TempDay is the outdoor temperature of one calendar day and its degree-days.
type TempDay struct {
	Date time.Time
	// Mean is the mean of the day's hours; Min and Max are the extremes of
	// the readings. In °C.
	Mean, Min, Max float64
	// Hours counts the hours that have a reading.
	Hours int
	// DJ15 is (15 − (Min+Max)/2)⁺, the degree-day 15/15.
	DJ15 float64
	// DJ165 is (16.5 − Mean)⁺, the degree-day 16.5/16.5.
	DJ165 float64
	// DJ165Eq is the equivalent degree-day: 0.6, 0.3 and 0.1 of the DJ165 of
	// the day and of the two before it. It counts only if HasEq.
	DJ165Eq float64
	// HasEq says that the two days before are known.
	HasEq bool
	// Source is "" for what the station's own sensor made, import for what came
	// from a file, station:<id> for what another station lent.
	Source string
}

// Valid reports whether the day has enough hours (12) to stand for itself.
func (d TempDay) Valid() bool { return d.Hours >= minTempHours }

// hourTemp is the temperature of one hour.
type hourTemp struct {
	start                time.Time
	sum, lowest, highest float64
	n                    int // readings; 0 for an interpolated hour
}

// mean returns the hour's mean temperature.
func (h hourTemp) mean() float64 { return h.sum / float64(max(h.n, 1)) }

// TemperatureDays returns the calendar days of loc for which there is a
// temperature. Each hour counts once, however many readings it has; runs of
// up to six absent hours are interpolated for the mean but not counted in
// Hours. Values that are not numbers or outside −60 to 60 °C are left out.
func TemperatureDays(readings []TempReading, loc *time.Location) []TempDay {
	var out []TempDay
	n := 0 // hours in the mean of the last day
	for _, h := range fillHours(hourTemps(readings)) {
		day := midnight(h.start, loc)
		if k := len(out); k == 0 || !out[k-1].Date.Equal(day) {
			out = append(out, TempDay{Date: day, Min: math.Inf(1), Max: math.Inf(-1)})
			n = 0
		}
		d := &out[len(out)-1]
		n++
		d.Mean += (h.mean() - d.Mean) / float64(n)
		if h.n > 0 {
			d.Hours++
			d.Min, d.Max = math.Min(d.Min, h.lowest), math.Max(d.Max, h.highest)
		}
	}
	out = slices.DeleteFunc(out, func(d TempDay) bool { return d.Hours == 0 })
	degreeDays(out)
	return out
}

// hourTemps returns the hours that have a reading, in order of time.
func hourTemps(readings []TempReading) []hourTemp {
	rs := make([]TempReading, 0, len(readings))
	for _, r := range readings {
		if plausibleTemp(r.C) {
			rs = append(rs, r)
		}
	}
	slices.SortStableFunc(rs, func(a, b TempReading) int { return a.At.Compare(b.At) })
	var out []hourTemp
	for _, r := range rs {
		start := r.At.UTC().Truncate(time.Hour)
		if n := len(out); n == 0 || !out[n-1].start.Equal(start) {
			out = append(out, hourTemp{start: start, lowest: r.C, highest: r.C})
		}
		h := &out[len(out)-1]
		h.sum += r.C
		h.n++
		h.lowest, h.highest = math.Min(h.lowest, r.C), math.Max(h.highest, r.C)
	}
	return out
}

// plausibleTemp reports whether c can be an outdoor temperature in °C.
func plausibleTemp(c float64) bool { return c >= -60 && c <= 60 }

// fillHours puts interpolated hours into short gaps.
func fillHours(hours []hourTemp) []hourTemp {
	out := make([]hourTemp, 0, len(hours))
	for _, h := range hours {
		if n := len(out); n > 0 {
			out = append(out, missingHours(out[n-1], h)...)
		}
		out = append(out, h)
	}
	return out
}

// missingHours returns the hours between a and b, none when they are too many
// to be interpolated.
func missingHours(a, b hourTemp) []hourTemp {
	steps := int(b.start.Sub(a.start) / time.Hour)
	if steps < 2 || steps > longestFill+1 {
		return nil
	}
	out := make([]hourTemp, 0, steps-1)
	for k := 1; k < steps; k++ {
		c := a.mean() + (b.mean()-a.mean())*float64(k)/float64(steps)
		out = append(out, hourTemp{start: a.start.Add(time.Duration(k) * time.Hour), sum: c})
	}
	return out
}

// FillDegreeDays fills the degree-days of days of which mean, minimum, maximum
// and hours are known, in order of date.
func FillDegreeDays(days []TempDay) { degreeDays(days) }

// degreeDays fills the degree-days of days in order of time.
func degreeDays(days []TempDay) {
	for i := range days {
		d := &days[i]
		d.DJ15 = degreeday.Of15(d.Min, d.Max)
		d.DJ165 = degreeday.Of165(d.Mean)
		if i < 2 || !days[i-1].Date.Equal(d.Date.AddDate(0, 0, -1)) || !days[i-2].Date.Equal(d.Date.AddDate(0, 0, -2)) {
			continue
		}
		if d.Valid() && days[i-1].Valid() && days[i-2].Valid() {
			d.DJ165Eq = degreeday.Equivalent(d.DJ165, days[i-1].DJ165, days[i-2].DJ165)
			d.HasEq = true
		}
	}
}
