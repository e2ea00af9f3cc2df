// Package degreeday sums the cold of a year in degree-days and corrects a
// consumption to the climate of a normal year.
//
// Belgium has two bases, and an equivalent form of the second. A sum of one
// says nothing about a normal of another, so that each base is a type: what
// mixes them does not compile. Likewise the normal of one station is refused
// for the year of another. The package reads no clock and does no I/O.
//
// Sources: energie.wallonie.be and Energie+ for DJ 15/15; Synergrid, the
// federation of network operators, for DJ 16.5/16.5 and its equivalent form.
package degreeday

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// The limits of the bases in °C and the weights of the equivalent degree-day:
// those of the day itself and of the two days before it.
const (
	Limit15  = 15.0
	Limit165 = 16.5

	weightToday, weightYesterday, weightBefore = 0.6, 0.3, 0.1
)

// LeastYears is how many whole years of its own make a normal of a station.
const LeastYears = 10

// missingDays is how many days of a year may be unknown before its sum is no
// longer that of a year.
const missingDays = 3

// Day is the outdoor temperature of one calendar day, in °C.
type Day struct {
	Date time.Time
	// Mean is that of all hours, Min and Max are the extremes.
	Mean, Min, Max float64
}

// DJ15 is the base 15/15: (15 − (Tmin+Tmax)/2)⁺.
type DJ15 struct{}

// DJ165 is the base 16.5/16.5: (16.5 − Tmean)⁺.
type DJ165 struct{}

// DJ165Eq is the equivalent form of DJ165, which counts with the heat that
// walls keep: 0.6 of the day, 0.3 of the day before and 0.1 of the one before
// that.
type DJ165Eq struct{}

// Base is one of the bases.
type Base interface {
	DJ15 | DJ165 | DJ165Eq
	// Name is how people write the base.
	Name() string
	// of returns the degree-days of the i-th day, false when the days before
	// that it needs are not known.
	of(days []Day, i int) (float64, bool)
}

// Name returns "15/15".
func (DJ15) Name() string { return "15/15" }

// Name returns "16,5/16,5".
func (DJ165) Name() string { return "16,5/16,5" }

// Name returns "16,5/16,5 équivalents".
func (DJ165Eq) Name() string { return "16,5/16,5 équivalents" }

func (DJ15) of(days []Day, i int) (float64, bool) { return Of15(days[i].Min, days[i].Max), true }

func (DJ165) of(days []Day, i int) (float64, bool) { return Of165(days[i].Mean), true }

func (DJ165Eq) of(days []Day, i int) (float64, bool) {
	if i < 2 || !follows(days[i-1], days[i]) || !follows(days[i-2], days[i-1]) {
		return 0, false
	}
	return Equivalent(Of165(days[i].Mean), Of165(days[i-1].Mean), Of165(days[i-2].Mean)), true
}

func follows(a, b Day) bool { return a.Date.AddDate(0, 0, 1).Equal(b.Date) }

// Of15 returns the degree-days 15/15 of a day with these extremes in °C.
func Of15(lowest, highest float64) float64 { return math.Max(0, Limit15-(lowest+highest)/2) }

// Of165 returns the degree-days 16.5/16.5 of a day with this mean in °C.
func Of165(mean float64) float64 { return math.Max(0, Limit165-mean) }

// Equivalent weighs the degree-days 16.5/16.5 of a day and of the two before.
func Equivalent(today, yesterday, before float64) float64 {
	return weightToday*today + weightYesterday*yesterday + weightBefore*before
}

// Sum is the degree-days of a station over some days.
type Sum[B Base] struct {
	Station string
	// Year is the calendar year, 0 for another span.
	Year int
	// Value in degree-days, of the Known of the Of days of the span.
	Value     float64
	Known, Of int
	// Source says where a published value stands, "" for one made of days.
	Source string
}

// Whole reports whether so few days are unknown that the sum stands for all.
func (s Sum[B]) Whole() bool { return s.Of > 0 && s.Of-s.Known <= missingDays }

// Published returns a yearly value as published for a station.
func Published[B Base](station string, year int, value float64, source string) Sum[B] {
	n := daysIn(year)
	return Sum[B]{Station: station, Year: year, Value: value, Known: n, Of: n, Source: source}
}

// Between sums the days of [from,to), both midnights of the days' calendar;
// days are in order.
func Between[B Base](station string, days []Day, from, to time.Time) Sum[B] {
	out := Sum[B]{Station: station, Of: int(math.Round(to.Sub(from).Hours() / 24))}
	first, _ := slices.BinarySearchFunc(days, from, func(d Day, t time.Time) int { return d.Date.Compare(t) })
	var b B
	for i := first; i < len(days) && days[i].Date.Before(to); i++ {
		if v, ok := b.of(days, i); ok {
			out.Value += v
			out.Known++
		}
	}
	return out
}

// Years sums every calendar year of which there is a day; days are in order.
func Years[B Base](station string, days []Day) []Sum[B] {
	if len(days) == 0 {
		return nil
	}
	var out []Sum[B]
	loc := days[0].Date.Location()
	for y := days[0].Date.Year(); y <= days[len(days)-1].Date.Year(); y++ {
		s := Between[B](station, days, time.Date(y, 1, 1, 0, 0, 0, 0, loc), time.Date(y+1, 1, 1, 0, 0, 0, 0, loc))
		if s.Year = y; s.Known > 0 {
			out = append(out, s)
		}
	}
	return out
}

func daysIn(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }

// Normal is the degree-days of a normal year of a station.
type Normal[B Base] struct {
	Station string
	Value   float64
	// Period says over which years, for example "1991-2020".
	Period string
	Source string
	// Own is how many years of the station itself it is the mean of, 0 for a
	// published normal.
	Own int
}

// Mean returns the normal of a station as the mean of its whole years, false
// when there are fewer than ten.
func Mean[B Base](years []Sum[B]) (Normal[B], bool) {
	out := Normal[B]{}
	first, last := 0, 0
	for _, y := range years {
		if !y.Whole() || y.Year == 0 || out.Own > 0 && y.Station != out.Station {
			continue
		}
		if out.Own == 0 {
			first, out.Station = y.Year, y.Station
		}
		first, last = min(first, y.Year), max(last, y.Year)
		out.Own++
		out.Value += (y.Value - out.Value) / float64(out.Own)
	}
	if out.Own < LeastYears {
		return Normal[B]{}, false
	}
	out.Period = fmt.Sprintf("%d-%d", first, last)
	return out, true
}

// Correct returns what a consumption in kWh would have been in a normal year:
// base + (kWh − base) · normal / observed, base being the part that does not
// follow the cold (hot water, kitchens) of the same span. It refuses another
// station, an incomplete sum, and a year without cold.
func (n Normal[B]) Correct(kwh, base float64, observed Sum[B]) (float64, error) {
	var b B
	switch {
	case n.Value <= 0:
		return 0, fmt.Errorf("correct to normal climate: station %s has no normal of DJ %s", observed.Station, b.Name())
	case n.Station != observed.Station:
		return 0, fmt.Errorf("correct to normal climate: normal of station %s for degree-days of %s", n.Station, observed.Station)
	case !observed.Whole():
		return 0, fmt.Errorf("correct to normal climate: DJ %s of station %s known on %d of %d days", b.Name(), observed.Station, observed.Known, observed.Of)
	case observed.Value <= 0:
		return 0, fmt.Errorf("correct to normal climate: station %s has no degree-days", observed.Station)
	case base < 0 || kwh < base:
		return 0, fmt.Errorf("correct to normal climate: base load of %.0f kWh in %.0f kWh", base, kwh)
	}
	return base + (kwh-base)*n.Value/observed.Value, nil
}
