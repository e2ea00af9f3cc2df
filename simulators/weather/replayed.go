package weather

import (
	"slices"
	"time"
)

// From returns the first instant of the record.
func (w *Recorded) From() time.Time { return time.Unix(w.rows[0].at, 0).UTC() }

// To returns the last instant of the record.
func (w *Recorded) To() time.Time { return time.Unix(w.rows[len(w.rows)-1].at, 0).UTC() }

// Gaps lists the spans longer than [MaxGap] that the record does not have and
// that are bridged evenly.
func (w *Recorded) Gaps() []Gap { return slices.Clone(w.gaps) }

// fillSun gives a record without sun the one of a half-clouded sky.
func (w *Recorded) fillSun(absent bool) {
	if !absent {
		return
	}
	for i := range w.rows {
		t := time.Unix(w.rows[i].at, 0)
		w.rows[i].SolarWM2 = 0.55 * clearSky(t, solarHour(t))
	}
}

// At returns the conditions at t.
func (w *Recorded) At(t time.Time) Conditions {
	at := float64(w.within(t.Unix())) + float64(t.Nanosecond())*1e-9
	i, _ := slices.BinarySearchFunc(w.rows, at, func(r row, at float64) int {
		if float64(r.at) <= at {
			return -1
		}
		return 1
	})
	switch i {
	case 0:
		return w.rows[0].Conditions
	case len(w.rows):
		return w.rows[i-1].Conditions
	}
	a, b := &w.rows[i-1], &w.rows[i]
	x := (at - float64(a.at)) / float64(b.at-a.at)
	mix := func(from, to float64) float64 { return from + float64(x*(to-from)) }
	return Conditions{
		AirTemp:     mix(a.AirTemp, b.AirTemp),
		HumidityPct: mix(a.HumidityPct, b.HumidityPct),
		SolarWM2:    mix(a.SolarWM2, b.SolarWM2),
		WindMS:      mix(a.WindMS, b.WindMS),
	}
}

// within moves an instant outside the record by whole years into it.
func (w *Recorded) within(at int64) int64 {
	const year = 31556952 // 365.2425 days: the season stays, the hour is cut below
	first, last := w.rows[0].at, w.rows[len(w.rows)-1].at
	if at >= first && at <= last {
		return at
	}
	span := max((last-first)/year, 1)
	// Whole years, cut to whole days so that noon stays noon.
	shift := func(years int64) int64 { return years * year / 86400 * 86400 }
	switch {
	case at > last:
		n := (at - last + span*year - 1) / (span * year)
		return max(at-shift(n*span), first)
	default:
		n := (first - at + span*year - 1) / (span * year)
		return min(at+shift(n*span), last)
	}
}
