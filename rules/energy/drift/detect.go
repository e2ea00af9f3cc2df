package drift

import (
	"slices"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// Options says whose findings are made.
type Options struct {
	Site  gtc.SiteID
	Meter gtc.EquipmentID
	// Carrier of the meter; the baseline's if empty.
	Carrier gtc.Carrier
	// Shared is what comparable meters did at the same time, nil when nothing is
	// known of them. What they did too is no finding of this meter.
	Shared Shared
}

// The rules that make findings.
const (
	RuleDrift  = "energy-drift"
	RuleSudden = "energy-sudden"
	RuleWorse  = "energy-worse"
	RuleSaving = "energy-saving"
	RuleZero   = "meter-zero"
	RuleStuck  = "meter-stuck"
	RuleUnit   = "meter-unit"
	RuleSpike  = "meter-spike"
)

// judged is one calendar day after the baseline, set against it.
type judged struct {
	date time.Time
	// y is the consumption, e what was expected, in kWh; sigma is the standard
	// deviation of a week's mean about e, times √7.
	y, e, sigma float64
	temp        float64
	// whole is the expectation of the model that is not split.
	whole float64
	// ok says that the day counts: it is metered, has a temperature and no
	// finding on its data.
	ok bool
	// seen says that there is a consumption and an expectation at all.
	seen bool
	// spike says that the consumption is more than a day can have.
	spike bool
	// weight is what is expected whatever the weekday, in sigma, but not
	// below a share of what is usual.
	weight float64
	// doy is the day of the year.
	doy int
}

// Detector judges days against one baseline. The limits at which it speaks are
// simulated once, when the first day is judged, and kept; it may be used by
// several goroutines at once.
type Detector struct {
	base   baseline.Baseline
	watch  watch
	tuning tuning

	scaled sync.Once
	scale  scale
}

// New makes the detector of a baseline. That of an empty baseline finds
// nothing.
func New(b baseline.Baseline) *Detector { return tuned(b, standard()) }

// tuned makes a detector with other parameters.
func tuned(b baseline.Baseline, t tuning) *Detector {
	d := &Detector{base: b, tuning: t}
	if b.Course() != nil {
		d.watch = newWatch(b)
	}
	return d
}

// limits returns the scale, made when it is first asked for.
func (d *Detector) limits() scale {
	d.scaled.Do(func() { d.scale = newScale(d.watch.mean, d.watch.train(d.base.Days()), d.tuning) })
	return d.scale
}

// Detect judges the days after the baseline one by one, each with nothing but
// the days before it, and returns the findings in order of detection. What a
// finding says of its beginning never depends on later days; its size and its
// end are those known on the last day given.
func (d *Detector) Detect(days []baseline.Day, o Options) []gtc.Finding {
	if o.Carrier == "" {
		o.Carrier = d.base.Carrier
	}
	if d.watch.course == nil || !hasAfter(days, d.base.To) {
		return nil
	}
	line := timeline(d.base.To, days, &d.watch)
	out := dataFindings(d.base, &d.watch, line, o)
	if d.base.Judgeable {
		t := track{base: d.base, scale: d.limits(), split: d.watch.course.Split(), line: line, opts: o}
		out = append(out, t.run()...)
	}
	slices.SortStableFunc(out, func(a, b gtc.Finding) int { return a.Detected.Compare(b.Detected) })
	return out
}

// hasAfter reports whether a day with a consumption follows the baseline.
func hasAfter(days []baseline.Day, end time.Time) bool {
	return slices.ContainsFunc(days, func(d baseline.Day) bool { return d.HasKWh && !d.Date.Before(end) })
}

// timeline returns every calendar day from the end of the baseline to the
// last day with a consumption, without holes, each set against the watch.
func timeline(from time.Time, days []baseline.Day, w *watch) []judged {
	byDate := func(x, y baseline.Day) int { return x.Date.Compare(y.Date) }
	if !slices.IsSortedFunc(days, byDate) {
		days = slices.Clone(days)
		slices.SortStableFunc(days, byDate)
	}
	for len(days) > 0 && !days[len(days)-1].HasKWh {
		days = days[:len(days)-1]
	}
	if len(days) == 0 || days[len(days)-1].Date.Before(from) {
		return nil
	}
	out := make([]judged, 0, civilDay(days[len(days)-1].Date)-civilDay(from)+1)
	next := from
	for _, d := range days {
		if d.Date.Before(from) || !d.HasKWh {
			continue
		}
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
