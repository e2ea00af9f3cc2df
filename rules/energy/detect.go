package energy

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// DetectOptions says whose findings are made.
type DetectOptions struct {
	Site  gtc.SiteID
	Meter gtc.EquipmentID
	// Carrier of the meter; the baseline's if empty.
	Carrier gtc.Carrier
}

// The rules that make findings.
const (
	RuleDrift  = "energy-drift"
	RuleSudden = "energy-sudden"
	RuleSaving = "energy-saving"
	RuleZero   = "meter-zero"
	RuleStuck  = "meter-stuck"
	RuleUnit   = "meter-unit"
)

// judged is one calendar day after the baseline, set against it.
type judged struct {
	date time.Time
	// y is the consumption, e what was expected, in kWh; sigma the standard
	// deviation of the day about e.
	y, e, sigma float64
	temp        float64
	// whole is the expectation of the model that is not split.
	whole float64
	// ok says that the day counts: it is metered, has a temperature and no
	// finding on its data.
	ok bool
	// seen says that there is a consumption and an expectation at all.
	seen bool
	// doy is the day of the year.
	doy int
}

// Detect judges the days after the baseline one by one, each with nothing but
// the days before it, and returns the findings in order of detection. What a
// finding says of its beginning never depends on later days; its size and its
// end are those known on the last day given.
func Detect(b Baseline, days []Day, o DetectOptions) []gtc.Finding {
	if o.Carrier == "" {
		o.Carrier = b.Carrier
	}
	if len(b.Segments) == 0 || !hasAfter(days, b.To) {
		return nil
	}
	w := newWatch(b)
	line := timeline(b.To, days, w)
	out := dataFindings(b, w, line, o)
	if b.Judgeable {
		s := newScale(w)
		out = append(out, track{base: b, scale: s, line: line, opts: o, sign: 1}.run()...)
		out = append(out, track{base: b, scale: s, line: line, opts: o, sign: -1}.run()...)
	}
	slices.SortStableFunc(out, func(a, b gtc.Finding) int { return a.Detected.Compare(b.Detected) })
	return out
}

// hasAfter reports whether a day with a consumption follows the baseline.
func hasAfter(days []Day, end time.Time) bool {
	return slices.ContainsFunc(days, func(d Day) bool { return d.HasKWh && !d.Date.Before(end) })
}

// timeline returns every calendar day from the end of the baseline to the
// last day with a consumption, without holes, each set against the watch.
func timeline(from time.Time, days []Day, w watch) []judged {
	var after []Day
	for _, d := range days {
		if !d.Date.Before(from) && d.HasKWh {
			after = append(after, d)
		}
	}
	slices.SortStableFunc(after, func(x, y Day) int { return x.Date.Compare(y.Date) })
	var out []judged
	next := from
	for _, d := range after {
		for ; next.Before(d.Date); next = next.AddDate(0, 0, 1) {
			out = append(out, judged{date: next})
		}
		if n := len(out); n > 0 && out[n-1].date.Equal(d.Date) {
			continue // a second row of the same day
		}
		out = append(out, w.judge(d))
		next = d.Date.AddDate(0, 0, 1)
	}
	return out
}

// track follows one direction: sign 1 looks for too much, −1 for savings.
type track struct {
	base  Baseline
	scale scale
	line  []judged
	opts  DetectOptions
	sign  float64
}

// run returns the findings of one direction.
func (t track) run() []gtc.Finding {
	var out []gtc.Finding
	sums := newRunning(len(t.line))
	sums.fill(t.line, t.sign)
	g := t.scale.gauge(sums)
	open := -1 // index of the open finding in out
	var on alarm
	origin := 0 // no window reaches back beyond it
	for k := range t.line {
		if !t.line[k].ok {
			continue
		}
		if open < 0 {
			a, fired := t.scale.fire(sums, g, origin, k, t.sign)
			if !fired || t.suspectUnit(a.onset, k) {
				continue
			}
			on = a
			out = append(out, t.begin(a))
			open = len(out) - 1
			continue
		}
		if end, over := t.scale.over(sums, on, k); over {
			out[open].End = t.line[end].date
			t.size(&out[open], on, end)
			open, origin = -1, end
		}
	}
	if open >= 0 {
		t.size(&out[open], on, len(t.line))
	}
	return out
}

// suspectUnit reports whether the days from onset to k look like a unit or
// factor error, on which the data rule speaks.
func (t track) suspectUnit(onset, k int) bool {
	var y, e float64
	for _, d := range t.line[onset : k+1] {
		if d.ok {
			y, e = y+d.y, e+d.e
		}
	}
	return k-onset < unitDays && e > 0 && unitFactor(y/e) != 0
}
