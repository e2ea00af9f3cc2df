package energy

import (
	"math"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// maxStep is the longest time between two readings that still counts as
// metering: hourly readings with half an hour of lateness. A longer step is a
// gap, whose total is known but not its course.
const maxStep = 90 * time.Minute

// Reading is one reading of a meter's index, in the index's own unit.
type Reading struct {
	At    time.Time
	Index float64
}

// Interval is the consumption of one hour or of one calendar day.
type Interval struct {
	// Start is the instant at which the interval begins: UTC for an hour,
	// midnight of the site for a day.
	Start time.Time
	// KWh is the energy, 0 when the medium is not energy.
	KWh float64
	// NoEnergy says that the energy is not known although the medium is one: a
	// volume of gas of a date without a calorific value.
	NoEnergy bool
	// Volume is the rise of the index when it counts a volume, in its unit,
	// and 0 when the index counts energy.
	Volume float64
	// NormalVolume is the gas in m³(n) and PCS the calorific value in kWh/m³(n)
	// that KWh was computed with, both 0 when it was not computed so.
	NormalVolume, PCS float64
	// Low and High bound the energy of an estimated day, both 0 when nothing
	// bounds it.
	Low, High float64
	// Coverage is the metered part of the interval, 0 to 1.
	Coverage float64
	// Estimated says that a part of the figures was spread over a gap of
	// which only the total is known.
	Estimated bool
	// Source of an interval that was imported (metered, manual, invoice or
	// estimated) or made of others (these, or allocated), empty for what was
	// rolled up from samples. What was spread over days or estimated has no
	// coverage, so no baseline is fitted on it.
	Source string
}

// Yields reports whether an interval rolled up from samples leaves its place
// to one that was imported: it knows less of it.
func (i Interval) Yields(imported Interval) bool {
	return imported.Source != "" && i.Coverage < imported.Coverage
}

// Hours returns the consumption of one meter for the UTC hours from from
// (rounded down) up to to. An hour of which nothing is known is not returned.
// The index is interpolated linearly at the hours' limits; the difference
// across a gap is spread evenly over it with coverage 0. Rollover, meter
// swaps, resets and implausible readings are resolved once for all readings,
// so the hours of a part of the time equal those of the whole. The readings
// may be in any order and are not changed. Gas is converted with the pressure
// and temperature of the configuration.
func Hours(m gtc.Meter, readings []Reading, from, to time.Time) []Interval {
	return HoursAt(m, readings, nil, from, to)
}

// HoursAt is [Hours] with what the meter's own points say of its gas, in order
// of time; only a meter with a dated conversion looks at it.
func HoursAt(m gtc.Meter, readings []Reading, gas []GasState, from, to time.Time) []Interval {
	segments := segmentsOf(m, readings)
	start := from.UTC().Truncate(time.Hour)
	if len(segments) > 0 && segments[0].from.After(start) {
		start = segments[0].from.UTC().Truncate(time.Hour)
	}
	volume := countsVolume(m)
	var out []Interval
	next := 0
	for ; start.Before(to) && next < len(segments); start = start.Add(time.Hour) {
		end := start.Add(time.Hour)
		for next < len(segments) && !segments[next].to.After(start) {
			next++
		}
		rise, covered, known, spread := overlap(segments[next:], start, end)
		if known <= 0 {
			continue
		}
		i := Interval{Start: start, KWh: rise * m.KWhPerUnit, Coverage: share(covered, time.Hour), Estimated: spread}
		if volume {
			i.Volume = rise
		}
		out = append(out, i)
	}
	if m.Gas != nil {
		convert(m.Gas, out, gas)
	}
	return out
}

// overlap sums what the segments give to [start,end): the rise of the index,
// the metered time, the time of which the rise is known, and whether a gap
// took part.
//
//nolint:revive // four small sums of one loop; a struct would only rename them
func overlap(segments []segment, start, end time.Time) (rise float64, covered, known time.Duration, spread bool) {
	for _, s := range segments {
		if !s.from.Before(end) {
			break
		}
		a, b := later(s.from, start), earlier(s.to, end)
		if !s.known || !b.After(a) {
			continue
		}
		part := b.Sub(a)
		whole := s.to.Sub(s.from)
		rise += s.rise * (float64(part) / float64(whole))
		known += part
		if s.gap {
			spread = true
			continue
		}
		covered += part
	}
	return rise, covered, known, spread
}

// Days sums hours into the calendar days of loc. Hours must be in order of
// time, as [Hours] returns them. A day of which no hour is known is not
// returned; the coverage is relative to the 23, 24 or 25 hours of the day.
func Days(hours []Interval, loc *time.Location) []Interval {
	var out []Interval
	for _, h := range hours {
		day := midnight(h.Start, loc)
		if len(out) == 0 || !out[len(out)-1].Start.Equal(day) {
			out = append(out, Interval{Start: day})
		}
		d := &out[len(out)-1]
		d.KWh += h.KWh
		d.Volume += h.Volume
		d.NormalVolume += h.NormalVolume
		d.PCS = math.Max(d.PCS, h.PCS) // it changes at midnight only
		d.NoEnergy = d.NoEnergy || h.NoEnergy
		d.Coverage += h.Coverage
		d.Estimated = d.Estimated || h.Estimated
	}
	for i := range out {
		out[i].Coverage = math.Min(1, out[i].Coverage/dayLength(out[i].Start).Hours())
	}
	return out
}

// countsVolume reports whether the meter's index is a volume.
func countsVolume(m gtc.Meter) bool {
	p := string(m.Point)
	return strings.HasSuffix(p, "_m3") || strings.HasSuffix(p, "_l") || strings.HasSuffix(p, "_litre")
}

// share returns part/whole, with whole covered hours exactly 1.
func share(part, whole time.Duration) float64 {
	if part >= whole {
		return 1
	}
	return float64(part) / float64(whole)
}

// midnight returns the start of the calendar day of t in loc.
func midnight(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

// dayLength returns the length of the calendar day that begins at start.
func dayLength(start time.Time) time.Duration {
	return start.AddDate(0, 0, 1).Sub(start)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
