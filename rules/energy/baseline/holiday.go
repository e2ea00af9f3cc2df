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

// Holiday reports whether a day is a public holiday of Belgium.
func Holiday(day time.Time) bool { return gtc.PublicHoliday(day) }

// Easter returns Easter Sunday of a year as midnight UTC.
func Easter(year int) time.Time { return gtc.Easter(year) }
