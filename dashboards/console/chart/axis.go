package chart

import (
	"math"
	"strconv"
	"time"
)

// shortSpan is the number of days up to which hours are told apart: two days,
// one of which may have 25 hours.
const shortSpan = 2.1

// tick is one labelled place on the time axis.
type tick struct {
	t     time.Time
	label string
	// strong marks the start of a day or a year.
	strong bool
}

// numberTicks returns about n round numbers that cover lo to hi, and the
// decimals they need.
func numberTicks(lo, hi float64, n int) (ticks []float64, decimals int) {
	if math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		lo, hi = 0, 1
	}
	if hi-lo < 1e-9*math.Max(1, math.Abs(hi)) {
		pad := math.Max(1, math.Abs(hi)*0.1)
		lo, hi = lo-pad, hi+pad
	}
	step := roundStep((hi - lo) / float64(max(n, 1)))
	first := math.Floor(lo/step + 1e-9)
	last := math.Ceil(hi/step - 1e-9)
	for i := first; i <= last; i++ {
		ticks = append(ticks, i*step)
	}
	for s := step; decimals < 6 && math.Abs(s-math.Round(s)) > 1e-6; decimals++ {
		s *= 10
	}
	return ticks, decimals
}

// roundStep returns the smallest of 1, 2, 2.5 and 5 times a power of ten that
// is not below raw.
func roundStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// timeTicks returns the labelled instants between from and to on a plot of the
// given width: hours, days, weeks or months, whichever leaves room to read.
func timeTicks(from, to time.Time, l Locale, width float64) []tick {
	days := to.Sub(from).Hours() / 24
	switch {
	case days <= 0:
		return nil
	case days <= shortSpan:
		return hourTicks(from, to, l, width)
	case days <= 16:
		return dayTicks(from, to, l, width)
	case days <= 100:
		return weekTicks(from, to, l, width)
	}
	return monthTicks(from, to, l, width)
}

// fit returns the first step whose labels are at least room wide.
func fit(steps []int, perStep func(int) float64, room float64) int {
	for _, s := range steps {
		if perStep(s) >= room {
			return s
		}
	}
	return steps[len(steps)-1]
}

func hourTicks(from, to time.Time, l Locale, width float64) []tick {
	hours := to.Sub(from).Hours()
	step := fit([]int{1, 2, 3, 4, 6, 12}, func(s int) float64 { return width * float64(s) / hours }, 46)
	var out []tick
	day := midnight(from)
	for ; !day.After(to); day = day.AddDate(0, 0, 1) {
		for h := 0; h < 24; h += step {
			t := time.Date(day.Year(), day.Month(), day.Day(), h, 0, 0, 0, day.Location())
			if t.Before(from) || t.After(to) {
				continue
			}
			label := Clock(t)
			if h == 0 {
				label = l.Day(t)
			}
			out = append(out, tick{t: t, label: label, strong: h == 0})
		}
	}
	return out
}

func dayTicks(from, to time.Time, l Locale, width float64) []tick {
	days := to.Sub(from).Hours() / 24
	step := fit([]int{1, 2, 4}, func(s int) float64 { return width * float64(s) / days }, 46)
	var out []tick
	for t, i := nextMidnight(from), 0; !t.After(to); t, i = t.AddDate(0, 0, 1), i+1 {
		if i%step == 0 {
			out = append(out, tick{t: t, label: l.Weekdays[t.Weekday()] + " " + strconv.Itoa(t.Day()), strong: true})
		}
	}
	return out
}

func weekTicks(from, to time.Time, l Locale, width float64) []tick {
	weeks := to.Sub(from).Hours() / 24 / 7
	step := fit([]int{1, 2, 4}, func(s int) float64 { return width * float64(s) / weeks }, 52)
	t := nextMidnight(from)
	for t.Weekday() != time.Monday {
		t = t.AddDate(0, 0, 1)
	}
	var out []tick
	for ; !t.After(to); t = t.AddDate(0, 0, 7*step) {
		out = append(out, tick{t: t, label: l.Day(t)})
	}
	return out
}

func monthTicks(from, to time.Time, l Locale, width float64) []tick {
	months := to.Sub(from).Hours() / 24 / 30.44
	step := fit([]int{1, 2, 3, 6, 12}, func(s int) float64 { return width * float64(s) / months }, 40)
	t := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, from.Location())
	var out []tick
	for ; !t.After(to); t = t.AddDate(0, 1, 0) {
		if t.Before(from) || (int(t.Month())-1)%step != 0 {
			continue
		}
		k := tick{t: t, label: l.Months[t.Month()-1], strong: t.Month() == time.January}
		if k.strong {
			k.label = strconv.Itoa(t.Year())
		}
		out = append(out, k)
	}
	return out
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func nextMidnight(t time.Time) time.Time {
	m := midnight(t)
	if m.Before(t) {
		m = m.AddDate(0, 0, 1)
	}
	return m
}

// clockChange is an instant at which the clock is put forward or back.
type clockChange struct {
	t      time.Time
	summer bool
}

// clockChanges returns the changes of the clock between two instants.
func clockChanges(from, to time.Time) []clockChange {
	var out []clockChange
	for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		_, a := day.Zone()
		_, b := next.Zone()
		if a == b {
			continue
		}
		lo, hi := day, next
		for hi.Sub(lo) > time.Minute {
			mid := lo.Add(hi.Sub(lo) / 2)
			if _, m := mid.Zone(); m == a {
				lo = mid
			} else {
				hi = mid
			}
		}
		at := hi.Truncate(time.Minute)
		if !at.Before(from) && at.Before(to) {
			out = append(out, clockChange{t: at, summer: b > a})
		}
	}
	return out
}
