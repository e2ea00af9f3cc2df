package baseline

import (
	"fmt"
	"math"
	"time"
)

const (
	// wholeYear is how many days of a year must have a temperature.
	wholeYear = 355
	// normalYears is how many own years of a station make a normal.
	normalYears = 10
)

// Climate is the daily mean temperatures of the years of one place. What a
// model expects of it is the mean of what it expects of each year, and not of
// mean temperatures: these would hide the cold days of mild months.
type Climate struct {
	// years are the temperatures by month and day, the newest year first; NaN
	// where one is not known.
	years []yearTemps
	first int
	last  int
}

type yearTemps [13][32]float64

// ClimateOf takes the calendar years that are known on 355 days at least; days
// are in order of date, of which only the temperature is looked at.
func ClimateOf(days []Day) Climate {
	var c Climate
	for to := len(days); to > 0; {
		from, year := to, days[to-1].Date.Year()
		for from > 0 && days[from-1].Date.Year() == year {
			from--
		}
		if y, ok := yearOf(days[from:to]); ok {
			if len(c.years) == 0 {
				c.last = year
			}
			c.years, c.first = append(c.years, y), year
		}
		to = from
	}
	return c
}

func yearOf(days []Day) (y yearTemps, whole bool) {
	for m := range y {
		for d := range y[m] {
			y[m][d] = math.NaN()
		}
	}
	known := 0
	for _, d := range days {
		if _, m, n := d.Date.Date(); d.HasTemp && math.IsNaN(y[m][n]) {
			y[m][n] = d.Temp
			known++
		}
	}
	return y, known >= wholeYear
}

// Years is the number of whole years known.
func (c Climate) Years() int { return len(c.years) }

// Normal reports whether there are enough years, ten, to speak of a normal.
func (c Climate) Normal() bool { return len(c.years) >= normalYears }

// Period names the years, such as 2016-2025, "" without one.
func (c Climate) Period() string {
	if len(c.years) == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%d", c.first, c.last)
}

// InClimate returns what the baseline expects of a span of days, [from,to) at
// midnights of the site, in the mean of the years of a climate. Weekdays,
// calendar and static factors are those of the span. A day that a year lacks
// counts as the mean of its other days. It is zero without a year or a day.
func (b Baseline) InClimate(c Climate, from, to time.Time) NormalYear {
	var out NormalYear
	var span []Day
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		span = append(span, Day{Date: d})
	}
	if len(span) == 0 || len(c.years) == 0 || len(b.Segments) == 0 {
		return out
	}
	sum := 0.0
	for i := range c.years {
		for j := range span {
			_, m, n := span[j].Date.Date()
			t := c.years[i][m][n]
			if m == time.February && n == 29 && math.IsNaN(t) { // not a leap year
				t = c.years[i][m][28]
			}
			span[j].Temp, span[j].HasTemp = t, !math.IsNaN(t)
		}
		y := b.NormalYear(span)
		if y.Days == 0 {
			return NormalYear{}
		}
		sum += y.KWh * float64(len(span)) / float64(y.Days)
	}
	out.Days, out.KWh = len(span), sum/float64(len(c.years))
	out.BandKWh = b.BandKWh(out.Days, out.KWh)
	return out
}
