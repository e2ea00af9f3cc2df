package config

import (
	"fmt"
	"time"
)

// Date is a civil date without a time of day or a time zone, in YAML written
// 2026-01-31. The zero Date means "not given".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const dateLayout = "2006-01-02"

// ParseDate reads a date such as 2026-01-31.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return Date{}, fmt.Errorf("read date %q: not a day written as 2026-01-31", s)
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

// UnmarshalText reads a date such as 2026-01-31.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// Expected says what a date looks like.
func (d *Date) Expected() string { return "a date such as 2026-01-31" }

// In returns the first instant of the day in a time zone.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// IsZero reports whether the date was not given.
func (d Date) IsZero() bool { return d == Date{} }

// Next returns the following day.
func (d Date) Next() Date {
	y, m, day := d.In(time.UTC).AddDate(0, 0, 1).Date()
	return Date{y, m, day}
}

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.In(time.UTC).Before(o.In(time.UTC)) }

// String returns the date as 2026-01-31, "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.In(time.UTC).Format(dateLayout)
}
