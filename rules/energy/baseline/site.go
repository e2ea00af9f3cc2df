package baseline

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// OfSite returns the options that hold for every fit of a meter of a site: its
// carrier, and the site's operating calendar and static factors.
func OfSite(s *gtc.Site, c gtc.Carrier) FitOptions {
	o := FitOptions{Carrier: c, Calendar: (*Calendar)(s.Calendar)}
	for _, f := range s.StaticFactors {
		steps := make([]Step, 1, len(f.Steps)+1)
		steps[0] = Step{From: time.Time{}, Value: 1}
		for _, x := range f.Steps {
			steps = append(steps, Step{From: x.From, Value: x.Value})
		}
		o.Factors = append(o.Factors, Factor{Name: f.Name, Share: f.Share, Steps: steps})
	}
	return o
}

// errWeekdays says that a text names no weekdays.
var errWeekdays = errors.New("want weekdays such as mon-fri or sat")

// weekdayNames are the weekdays as written in files, by time.Weekday.
func weekdayNames() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// ParseWeekdays reads weekdays, each one or a range of them: mon-fri, sat.
func ParseWeekdays(texts ...string) (out [7]bool, err error) {
	for _, text := range texts {
		from, to, ok := strings.Cut(strings.ToLower(text), "-")
		if !ok {
			to = from
		}
		a, b := slices.Index(weekdayNames(), from), slices.Index(weekdayNames(), to)
		if a < 0 || b < 0 {
			return out, fmt.Errorf("read weekdays %q: %w", text, errWeekdays)
		}
		for day := a; ; day = (day + 1) % len(out) {
			out[day] = true
			if day == b {
				break
			}
		}
	}
	return out, nil
}

// String writes the calendar in the words of the site file, "" for none:
// "open mon tue, holidays belgium, closed 2025-07-01..2025-08-31".
func (c *Calendar) String() string {
	if c == nil {
		return ""
	}
	var open []string
	for i := range c.Open {
		day := (i + 1) % len(c.Open) // Monday first
		if c.Open[day] {
			open = append(open, weekdayNames()[day])
		}
	}
	holidays := "belgium"
	if c.OpenOnHolidays {
		holidays = "none"
	}
	parts := []string{"open " + strings.Join(open, " "), "holidays " + holidays}
	for _, p := range c.Closed {
		parts = append(parts, "closed "+p.From.Format(time.DateOnly)+".."+p.To.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	return strings.Join(parts, ", ")
}

// FactorText writes a static factor as "area (share 0.8): 1.3 from 2025-03-01 (annexe)".
func FactorText(f gtc.StaticFactor) string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	steps := make([]string, len(f.Steps))
	for i, s := range f.Steps {
		steps[i] = number(s.Value) + " from " + s.From.Format(time.DateOnly)
		if s.Why != "" {
			steps[i] += " (" + s.Why + ")"
		}
	}
	return f.Name + " (share " + number(f.Share) + "): " + strings.Join(steps, ", ")
}
