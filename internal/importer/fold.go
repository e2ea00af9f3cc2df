package importer

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Interval is the consumption of an hour or of a calendar day of the site, as
// it is kept.
type Interval struct {
	Start     time.Time
	KWh       float64
	HasKWh    bool
	Volume    float64
	HasVolume bool
	// NormalVolume is the gas in m³(n) that KWh was computed from, 0 when it was
	// not.
	NormalVolume float64
	// Coverage is the part that was measured, 0 to 1. What was spread over
	// days or estimated is no part of it.
	Coverage float64
	Source   string
	// Quality holds the operator's codes.
	Quality string
}

// rank orders the sources by how little they prove: an interval has the least
// proven of its parts.
func rank(source string) int {
	return slices.Index([]string{SourceMetered, SourceManual, SourceInvoice, SourceEstimated}, source)
}

// Fold sums consumptions into the hours (UTC) and calendar days (of loc) in
// which they lie. Intervals of an hour or less make hours; those of up to a
// day make days; longer ones are spread evenly over their days, with coverage
// 0: their total is known, their course is not.
func Fold(all []Consumption, loc *time.Location) (hours, days []Interval) {
	byHour, byDay := folder{}, folder{}
	for _, c := range all {
		length := c.To.Sub(c.From)
		if length <= time.Hour {
			byHour.spread(c, c.From.UTC().Truncate(time.Hour), func(t time.Time) time.Time { return t.Add(time.Hour) })
		}
		byDay.spread(c, midnight(c.From, loc), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) })
	}
	return byHour.sorted(), byDay.sorted()
}

func midnight(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

// folder is intervals by their start, in Unix seconds.
type folder map[int64]*Interval

// spread gives each interval that c touches its share.
func (f folder) spread(c Consumption, start time.Time, next func(time.Time) time.Time) {
	whole := c.To.Sub(c.From)
	for ; start.Before(c.To); start = next(start) {
		end := next(start)
		a, b := c.From, c.To
		if start.After(a) {
			a = start
		}
		if end.Before(b) {
			b = end
		}
		if !b.After(a) {
			continue
		}
		i := f[start.Unix()]
		if i == nil {
			i = &Interval{Start: start, Source: c.Source}
			f[start.Unix()] = i
		}
		i.add(c, float64(b.Sub(a))/float64(whole), float64(b.Sub(a))/float64(end.Sub(start)), whole)
	}
}

// add takes a part of a consumption, which is share of the interval's time.
func (i *Interval) add(c Consumption, part, share float64, whole time.Duration) {
	i.KWh, i.HasKWh = i.KWh+c.KWh*part, i.HasKWh || c.HasKWh
	i.NormalVolume += c.NormalVolume * part
	i.Volume, i.HasVolume = i.Volume+c.Volume*part, i.HasVolume || c.HasVolume
	source := c.Source
	if c.Estimated && source != SourceInvoice {
		source = SourceEstimated
	}
	if rank(source) > rank(i.Source) {
		i.Source = source
	}
	if !c.Estimated && c.Source != SourceInvoice && whole < longFrom {
		i.Coverage = math.Min(1, i.Coverage+share)
		if i.Coverage > 1-1e-9 {
			i.Coverage = 1
		}
	}
	if c.Quality != "" && !slices.Contains(strings.Split(i.Quality, ", "), c.Quality) {
		i.Quality = strings.TrimPrefix(i.Quality+", "+c.Quality, ", ")
	}
}

func (f folder) sorted() []Interval {
	out := make([]Interval, 0, len(f))
	for _, start := range slices.Sorted(maps.Keys(f)) {
		out = append(out, *f[start])
	}
	return out
}
