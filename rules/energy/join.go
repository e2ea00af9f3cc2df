package energy

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// Join puts the consumption and the temperature of each day together. A day
// with fewer than 12 hours of temperature has none.
func Join(days []Interval, temps []TempDay) []baseline.Day {
	return join(make([]baseline.Day, 0, len(days)), len(days), func(i int) Interval { return days[i] }, temps)
}

// Join is [Join] of the first n days; they are appended to buf.
func (p *Packed) Join(buf []baseline.Day, n int, temps []TempDay) []baseline.Day {
	return join(slices.Grow(buf, n), n, p.At, temps)
}

func join(out []baseline.Day, n int, at func(int) Interval, temps []TempDay) []baseline.Day {
	dates := newDates(temps)
	for i := range n {
		d := at(i)
		day := baseline.Day{Date: d.Start, KWh: d.KWh, HasKWh: !d.NoEnergy, Coverage: d.Coverage}
		if t := dates.find(d.Start); t != nil && t.Valid() {
			day.Temp, day.HasTemp = t.Mean, true
		}
		out = append(out, day)
	}
	return out
}

// dates find days of temperature by their calendar date, each in its own zone.
type dates struct {
	days  []TempDay
	civil []int32 // of days, in order
	// next is the first day later than the date last asked for.
	next int
}

func newDates(temps []TempDay) dates {
	d := dates{days: temps, civil: civilDays(temps)}
	if !slices.IsSorted(d.civil) {
		d.days = slices.Clone(temps)
		slices.SortStableFunc(d.days, func(a, b TempDay) int { return cmp.Compare(civilDay(a.Date), civilDay(b.Date)) })
		d.civil = civilDays(d.days)
	}
	return d
}

func civilDays(temps []TempDay) []int32 {
	out := make([]int32, len(temps))
	for i := range temps {
		out[i] = civilDay(temps[i].Date)
	}
	return out
}

// find returns the last day of a date, nil when there is none.
func (d *dates) find(date time.Time) *TempDay {
	day := civilDay(date)
	if d.next > 0 && d.civil[d.next-1] > day { // the dates asked for go back
		d.next = 0
	}
	for d.next < len(d.civil) && d.civil[d.next] <= day {
		d.next++
	}
	if d.next == 0 || d.civil[d.next-1] != day {
		return nil
	}
	return &d.days[d.next-1]
}

// civilDay numbers the calendar day of t in its own zone.
func civilDay(t time.Time) int32 {
	_, east := t.Zone()
	seconds := t.Unix() + int64(east)
	return int32((seconds - (seconds%secondsPerDay+secondsPerDay)%secondsPerDay) / secondsPerDay) //nolint:gosec // days since 1970
}
