package energy

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// minDayShare is the least share of a day's hours from which the rest of the
// day is filled with their mean.
const minDayShare = 0.5

// maxNamed is how many gaps are named one by one in the notes.
const maxNamed = 20

// finish turns the rows into days and notes what is absent.
func (p *parser) finish() {
	slices.SortStableFunc(p.rows, func(a, b row) int { return a.at.Compare(b.at) })
	for column, n := range p.empty {
		if n > 0 {
			p.table.Notes = append(p.table.Notes, fmt.Sprintf("%d rows have no %s", n, columnNames()[column]))
		}
	}
	if p.hourly() {
		p.hoursToDays()
	} else {
		for _, r := range p.rows {
			p.addDay(baseline.Day{Date: p.dayOf(r.at), KWh: r.kwh, Temp: r.temp, HasKWh: r.hasKWh, HasTemp: r.hasTemp, Coverage: 1}, r.line)
		}
	}
	p.gaps()
}

// dayOf is the calendar day of a daily row. A midnight is that of the day it
// is written with, whatever its offset.
func (p *parser) dayOf(at time.Time) time.Time {
	if h, m, s := at.Clock(); h == 0 && m == 0 && s == 0 {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, p.opts.Location)
	}
	return midnight(at, p.opts.Location)
}

// hourly reports whether any day has more than one row, or a row that is not
// written as a date and does not begin a day.
func (p *parser) hourly() bool {
	for i, r := range p.rows {
		if r.date {
			continue
		}
		if i > 0 && r.at.Sub(p.rows[i-1].at) < 20*time.Hour {
			return true
		}
	}
	return false
}

// addDay appends a day, refusing a second row of the same calendar day.
func (p *parser) addDay(d baseline.Day, line int) {
	if n := len(p.table.Days); n > 0 && p.table.Days[n-1].Date.Equal(d.Date) {
		p.table.Bad = append(p.table.Bad, Mistake{p.opts.Name, line, 1, "the day " + d.Date.Format(time.DateOnly) + " is there twice"})
		p.table.Rows--
		return
	}
	p.table.Days = append(p.table.Days, d)
}

// dayOfHours sums the rows of one day.
type dayOfHours struct {
	date            time.Time
	kwh, temp       float64
	hours, tempRows int
}

// hoursToDays sums hourly rows into calendar days.
func (p *parser) hoursToDays() {
	var days []dayOfHours
	for _, r := range p.rows {
		date := midnight(r.at, p.opts.Location)
		if n := len(days); n == 0 || !days[n-1].date.Equal(date) {
			days = append(days, dayOfHours{date: date})
		}
		d := &days[len(days)-1]
		if r.hasKWh {
			d.kwh += r.kwh
			d.hours++
		}
		if r.hasTemp {
			d.temp += r.temp
			d.tempRows++
		}
	}
	step := p.step()
	p.table.Hours = hoursOf(p.rows, step, p.opts.Location)
	for _, d := range days {
		p.table.Days = append(p.table.Days, p.day(d, step))
	}
}

// hoursOf sums the rows of each hour that is complete; rows that are longer
// than an hour make none.
func hoursOf(rows []row, step time.Duration, loc *time.Location) []baseline.Hour {
	if step > time.Hour {
		return nil
	}
	want := int(time.Hour / step)
	var out []baseline.Hour
	n := 0 // rows of the last hour
	for _, r := range rows {
		start := r.at.Truncate(time.Hour).In(loc)
		if k := len(out); k == 0 || !out[k-1].Start.Equal(start) {
			if k > 0 && n < want {
				out = out[:k-1]
			}
			out, n = append(out, baseline.Hour{Start: start}), 0
		}
		if r.hasKWh && r.hasTemp {
			h := &out[len(out)-1]
			h.KWh += r.kwh
			h.Temp += r.temp / float64(want)
			n++
		}
	}
	if n < want && len(out) > 0 {
		out = out[:len(out)-1]
	}
	return out
}

// step returns the usual distance of two rows.
func (p *parser) step() time.Duration {
	steps := make([]time.Duration, 0, len(p.rows))
	for i := 1; i < len(p.rows); i++ {
		steps = append(steps, p.rows[i].at.Sub(p.rows[i-1].at))
	}
	slices.Sort(steps)
	return max(steps[len(steps)/2], time.Second)
}

// day makes a day of its rows, filling it when at least half is there.
func (p *parser) day(d dayOfHours, step time.Duration) baseline.Day {
	whole := float64(dayLength(d.date)) / float64(step)
	out := baseline.Day{Date: d.date, Coverage: math.Min(1, float64(d.hours)/whole)}
	switch {
	case out.Coverage > 1-1e-9:
		out.KWh, out.HasKWh = d.kwh, true
	case out.Coverage >= minDayShare:
		out.KWh, out.HasKWh = d.kwh/out.Coverage, true
		p.note("%s has %d of %.0f values: the rest is taken as their mean", d.date, d.hours, whole)
	default:
		p.note("%s has %d of %.0f values: the day is left out", d.date, d.hours, whole)
	}
	if float64(d.tempRows) >= minDayShare*whole {
		out.Temp, out.HasTemp = d.temp/float64(d.tempRows), true
	}
	return out
}

// note adds a remark on a day.
func (p *parser) note(format string, date time.Time, args ...any) {
	p.table.Notes = append(p.table.Notes, fmt.Sprintf(format, append([]any{date.Format(time.DateOnly)}, args...)...))
}

// gaps names the days between the first and the last that have no row.
func (p *parser) gaps() {
	var named, days int
	for i := 1; i < len(p.table.Days); i++ {
		from, to := p.table.Days[i-1].Date.AddDate(0, 0, 1), p.table.Days[i].Date
		if !from.Before(to) {
			continue
		}
		n := daysBetween(from, to)
		days += n
		if named++; named <= maxNamed {
			p.table.Notes = append(p.table.Notes, fmt.Sprintf("gap: %d days from %s to %s have no row", n, from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly)))
		}
	}
	if named > maxNamed {
		p.table.Notes = append(p.table.Notes, fmt.Sprintf("%d gaps more; %d days have no row in all", named-maxNamed, days))
	}
}

// daysBetween counts the calendar days from a to b.
func daysBetween(a, b time.Time) int {
	const half = 12 * time.Hour // summer time makes a day 23 or 25 hours
	return int((b.Sub(a) + half) / (24 * time.Hour))
}
