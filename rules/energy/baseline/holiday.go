package baseline

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Calendar says when a building is used. The zero calendar is not given: the
// fit then tries weekdays, weekends and public holidays on its own.
type Calendar struct {
	// Open are the weekdays on which the building is open, by time.Weekday.
	Open [7]bool
	// Closed are spans in which it is closed, such as school holidays.
	Closed []gtc.Period
	// OpenOnHolidays says that public holidays are days like others.
	OpenOnHolidays bool
}

// given reports whether there is a calendar.
func (c *Calendar) given() bool { return c != nil && (c.Open != [7]bool{} || len(c.Closed) > 0) }

// vacant reports whether a day lies in a closed span.
func (c *Calendar) vacant(day time.Time) bool {
	if c == nil {
		return false
	}
	for _, p := range c.Closed {
		if inside(day, p.From, p.To) {
			return true
		}
	}
	return false
}

// IsOpen reports whether the building is open on a day. Without weekdays given
// it is open from Monday to Friday.
func (c *Calendar) IsOpen(day time.Time) bool {
	if c.vacant(day) || !c.OpenOnHolidays && Holiday(day) {
		return false
	}
	if c.Open == [7]bool{} {
		return !weekend(day)
	}
	return c.Open[day.Weekday()]
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// Holiday reports whether a day is one of the ten legal public holidays of
// Belgium (royal decree of 18 April 1974).
func Holiday(day time.Time) bool {
	y, m, d := day.Date()
	switch {
	case m == time.January && d == 1, m == time.May && d == 1, m == time.July && d == 21, m == time.August && d == 15,
		m == time.November && (d == 1 || d == 11), m == time.December && d == 25:
		return true
	case m < time.March || m > time.June:
		return false
	}
	after := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(Easter(y)) / (24 * time.Hour)
	return after == 1 || after == 39 || after == 50 // Easter Monday, Ascension, Whit Monday
}

// Easter returns Easter Sunday of a year as midnight UTC, by the Gregorian
// computus (Meeus, Astronomical Algorithms, chapter 8).
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
