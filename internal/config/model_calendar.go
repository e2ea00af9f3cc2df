package config

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The words of calendar.holidays.
const (
	holidaysBelgium = "belgium"
	holidaysNone    = "none"
)

// Calendar says on which days a site is used.
type Calendar struct {
	// Open are weekdays, such as mon-fri and sat.
	Open []string `yaml:"open"`
	// Holidays is belgium (closed on its ten public holidays, if not given) or
	// none (they are days like others).
	Holidays string `yaml:"holidays"`
	// Closed are spans in which the site is closed, such as school holidays.
	Closed []ClosedSpan `yaml:"closed"`
}

// ClosedSpan is a span of days, both included.
type ClosedSpan struct {
	From Date   `yaml:"from"`
	To   Date   `yaml:"to"`
	Why  string `yaml:"why"`
}

// StaticFactor is a change of what consumption follows beside the weather.
type StaticFactor struct {
	// From is the first day on which it holds.
	From Date `yaml:"from"`
	// Name is beds, area or hours.
	Name string `yaml:"name"`
	// Factor is its size from that day on, that before the first entry of its
	// name being 1.
	Factor float64 `yaml:"factor"`
	// Share is the part of the consumption that follows it, above 0 to 1; the
	// same for all entries of a name, and given at one of them at least.
	Share float64 `yaml:"share"`
	Why   string  `yaml:"why"`
}

// calendar returns the operating calendar at midnights of the site.
func (s *Site) calendar(loc *time.Location) *gtc.Calendar {
	if s.Calendar == nil {
		return nil
	}
	open, err := baseline.ParseWeekdays(s.Calendar.Open...)
	if err != nil { // Load has refused such a site
		return nil
	}
	out := &gtc.Calendar{Open: open, OpenOnHolidays: s.Calendar.Holidays == holidaysNone}
	for _, c := range s.Calendar.Closed {
		out.Closed = append(out.Closed, gtc.Period{From: c.From.In(loc), To: c.To.Next().In(loc)})
	}
	return out
}

// staticFactors returns the factors by name, each in order of date.
func (s *Site) staticFactors(loc *time.Location) []gtc.StaticFactor {
	sorted := slices.Clone(s.StaticFactors)
	slices.SortStableFunc(sorted, func(a, b StaticFactor) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.From.In(time.UTC).Compare(b.From.In(time.UTC)))
	})
	var out []gtc.StaticFactor
	for _, f := range sorted {
		if n := len(out); n == 0 || out[n-1].Name != f.Name {
			out = append(out, gtc.StaticFactor{Name: f.Name})
		}
		last := &out[len(out)-1]
		last.Share = max(last.Share, f.Share)
		last.Steps = append(last.Steps, gtc.FactorStep{From: f.From.In(loc), Value: f.Factor, Why: f.Why})
	}
	return out
}
