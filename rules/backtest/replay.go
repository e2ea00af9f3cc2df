package backtest

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
)

// Meter is one meter with its history.
type Meter struct {
	Site    gtc.SiteID
	ID      gtc.EquipmentID
	Carrier gtc.Carrier
	// Group names what the site is, "" for nothing.
	Group string
	// Days are complete calendar days with their temperature, in order.
	Days []baseline.Day
	// Baseline is the period of the baseline; zero is the first full year.
	Baseline gtc.Period
	// Calendar and Factors are what the site says of its use; none if empty.
	Calendar *baseline.Calendar
	Factors  []baseline.Factor
}

// Run is what the rules said of one meter.
type Run struct {
	Meter
	// Fitted is the baseline; Reason says why there is none or why nothing was
	// judged against it, "" when days were.
	Fitted baseline.Baseline
	Reason string
	// Judged counts the days after the baseline that could be judged.
	Judged int
	// Findings are in the order of detection.
	Findings []gtc.Finding
}

// Options limit what is replayed and scored; both ends are calendar days of
// the site and may be zero for no limit.
type Options struct {
	// From is the first day of which detections count; the rules see the days
	// before it.
	From time.Time
	// To is the day after the last one that the rules see.
	To time.Time
}

// Fitted is a meter with its baseline, ready to be judged.
type Fitted struct {
	run      Run
	detector *drift.Detector
	series   drift.Series
}

// Replay fits the meter's baseline and judges every day after it, without
// other meters. It depends on nothing but its arguments.
func Replay(m Meter, o Options) Run { return Fit(m, o).Judge(nil, o) }

// Together makes the portfolio that the meters are judged beside, like on a
// hub.
func Together(all []*Fitted) *portfolio.Portfolio {
	meters := make([]portfolio.Meter, len(all))
	for i, f := range all {
		meters[i] = portfolio.Meter{Series: f.series, Group: f.run.Group, Counts: true}
	}
	return portfolio.New(meters)
}

// Fit fits the meter's baseline and sets its days against it.
func Fit(m Meter, o Options) *Fitted {
	if !o.To.IsZero() {
		end := civil(o.To)
		for n := len(m.Days); n > 0 && !civil(m.Days[n-1].Date).Before(end); n-- {
			m.Days = m.Days[:n-1]
		}
	}
	f := &Fitted{run: Run{Meter: m}}
	r := &f.run
	if len(m.Days) == 0 {
		r.Reason = "no day has a consumption"
		return f
	}
	period := m.period()
	fitted, err := baseline.Fit(m.Days, baseline.FitOptions{
		Carrier: m.Carrier, From: period.From, To: period.To, Calendar: m.Calendar, Factors: m.Factors,
	})
	if err != nil {
		r.Reason = err.Error()
		return f
	}
	r.Fitted = fitted
	if !fitted.Judgeable {
		r.Reason = fitted.Reason
	}
	f.detector = drift.New(fitted)
	f.series = f.detector.Series(m.Days, f.options())
	return f
}

func (f *Fitted) options() drift.Options {
	return drift.Options{Site: f.run.Site, Meter: f.run.ID, Carrier: f.run.Carrier}
}

// Judge judges every day after the baseline, beside the meters of a portfolio
// or, with nil, alone.
func (f *Fitted) Judge(all *portfolio.Portfolio, o Options) Run {
	r := f.run
	if f.detector == nil {
		return r
	}
	d := f.options()
	if all != nil {
		d.Shared = all.Beside(r.Carrier, r.Group, r.Site)
	}
	for _, f := range f.detector.Detect(r.Days, d) {
		if o.From.IsZero() || !civil(f.Detected).Before(civil(o.From)) {
			r.Findings = append(r.Findings, f)
		}
	}
	if r.Judged = r.judged(o); r.Judged == 0 && r.Reason == "" {
		r.Reason = "no day after the baseline"
	}
	return r
}

// period is the configured period of the baseline, or the first full year.
func (m Meter) period() gtc.Period {
	if !m.Baseline.IsZero() {
		return m.Baseline
	}
	first := m.Days[0].Date
	if m.Days[0].Coverage < 1 { // usually a part of a day
		first = first.AddDate(0, 0, 1)
	}
	return gtc.Period{From: first, To: first.AddDate(1, 0, 0)}
}

// judged counts the days that are judged and scored.
func (r Run) judged(o Options) int {
	if !r.Fitted.Judgeable {
		return 0
	}
	n := 0
	for _, d := range r.Days {
		if d.HasKWh && d.HasTemp && !d.Date.Before(r.Fitted.To) && (o.From.IsZero() || !civil(d.Date).Before(civil(o.From))) {
			n++
		}
	}
	return n
}

// location is the zone of the meter's calendar days.
func (r Run) location() *time.Location {
	if len(r.Days) == 0 {
		return time.UTC
	}
	return r.Days[0].Date.Location()
}

// end is the day after the last one seen, as midnight UTC.
func (r Run) end() time.Time {
	if len(r.Days) == 0 {
		return time.Time{}
	}
	return civil(r.Days[len(r.Days)-1].Date).AddDate(0, 0, 1)
}

// size is the meter's consumption in the baseline, kWh, to compare meters of
// one carrier of a site.
func (r Run) size() float64 {
	return r.Fitted.Metrics.Mean * float64(r.Fitted.Metrics.N)
}

// against sums what was used on the days [from,to), midnight UTC, and what the
// baseline expects of them.
func (r Run) against(from, to time.Time) (used, expected float64) {
	for _, d := range r.between(from, to) {
		if e, ok := r.Fitted.Predict(d); ok && d.HasKWh {
			used, expected = used+d.KWh, expected+e.KWh
		}
	}
	return used, expected
}

// band returns the half-width of the 90 % band of the days' total, kWh; NaN
// when nothing can be proven.
func (r Run) band(from, to time.Time) float64 {
	if len(r.Fitted.Segments) == 0 {
		return math.NaN()
	}
	return r.Fitted.Compare(r.between(from, to)).BandKWh
}

// between returns the days of [from,to), midnight UTC.
func (r Run) between(from, to time.Time) []baseline.Day {
	a, b := 0, len(r.Days)
	for a < b && civil(r.Days[a].Date).Before(from) {
		a++
	}
	for b > a && !civil(r.Days[b-1].Date).Before(to) {
		b--
	}
	return r.Days[a:b]
}
