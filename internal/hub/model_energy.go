package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// Energy returns one meter's days, its baseline and its findings.
func (h *Hub) Energy(_ context.Context, site gtc.SiteID, meter gtc.EquipmentID, from, to time.Time) (console.Energy, error) {
	s := h.byID[site]
	if s == nil {
		return console.Energy{}, console.ErrUnknown
	}
	i := slices.IndexFunc(s.Meters, func(m gtc.Meter) bool { return m.Equipment == meter })
	if i < 0 {
		return console.Energy{}, console.ErrUnknown
	}
	m := s.Meters[i]
	now := h.now()
	out := console.Energy{
		At: now, Site: site, SiteLabel: s.Label, Meter: meterRef(s, m), Meters: meterRefs(s),
		From: from, To: to, Query: daysQuery(site, m, from, to),
	}
	h.energy.describe(meterKey{site, m.Equipment, m.Direction}, &out)
	out.Baseline.NormalYear = h.normalYear(s, m, now)
	if t, ok := gtc.TariffAt(h.tariffs, m.Carrier, now); ok && out.Baseline.ProvableKWh != nil {
		out.Baseline.ProvableEUR = new(*out.Baseline.ProvableKWh * t.EURPerKWh)
	}
	for _, f := range h.findings.of(site, meter) {
		out.Findings = append(out.Findings, h.price(f, now))
	}
	sortFindings(out.Findings)
	return out, nil
}

// describe fills in the days and the baseline of a meter.
func (e *energyRules) describe(k meterKey, out *console.Energy) {
	e.mu.Lock()
	out.Baseline = e.meters[k].summary()
	e.amongOthers(e.meters[k], out)
	e.mu.Unlock()
	m := e.daysOf(k)[0]
	if m.days.Len() == 0 {
		return
	}
	// The day that has not ended is left out: a part of a day against a whole
	// one would look like a saving. A day of which nothing is known stays in,
	// as a gap.
	c := newCalendar(m.begin(out.From), earlier(out.To, midnight(out.At, m.site.Location)), m.temps)
	cusum := 0.0
	for d := range m.between(c, out.From) {
		if d.counts {
			cusum += d.kwh - d.expected.KWh
		}
		if !d.start.Before(out.From) {
			out.Days = append(out.Days, d.shown(cusum))
		}
	}
}

// shown is the day as a screen shows it.
func (d *meterDay) shown(cusum float64) console.EnergyDay {
	iv := d.known()
	x := console.EnergyDay{Day: d.start, Coverage: iv.Coverage, Source: sourceOf(iv)}
	if d.metered {
		x.KWh = &iv.KWh
	}
	if iv.High > 0 {
		x.KWhLow, x.KWhHigh = &iv.Low, &iv.High
	}
	if iv.PCS > 0 {
		x.PCS = &iv.PCS
	}
	if d.temp != nil {
		x.Temperature = new(d.temp.Mean)
	}
	if d.judged {
		e := d.expected
		x.Expected, x.Low, x.High = &e.KWh, &e.Low, &e.High
	}
	if d.counts {
		x.CUSUM = &cusum
	}
	return x
}

// summary says how expected consumption is computed.
func (ms *meterState) summary() console.BaselineSummary {
	b := ms.baseline
	if len(b.Segments) == 0 {
		return console.BaselineSummary{Reason: ms.why}
	}
	out := console.BaselineSummary{
		Model: b.Model, Eligible: b.Eligible, Judgeable: b.Judgeable, Reason: b.Reason,
		From: b.From.Format(time.DateOnly), To: b.To.AddDate(0, 0, -1).Format(time.DateOnly),
		Intercept: b.Whole.Intercept, R2: b.Metrics.R2, CVRMSE: b.Metrics.CVRMSE, N: b.Metrics.N,
	}
	if b.Whole.Heating != 0 {
		out.Balance, out.Slope = &b.Whole.HeatingBP, &b.Whole.Heating
	}
	if p := b.ProvablePct(); p > 0 {
		out.ProvablePct, out.ProvableKWh = &p, new(p/100*b.Metrics.Mean*baseline.DaysPerYear)
	}
	return out
}

// price computes money and CO2 of a finding: its excess at the mean of the
// prices and factors that held on its days, its weekly excess at today's.
func (h *Hub) price(f gtc.Finding, now time.Time) console.PricedFinding {
	out := console.PricedFinding{Finding: f}
	if s := h.byID[f.Site]; s != nil {
		out.SiteLabel = s.Label
		for _, m := range s.Meters {
			if m.Equipment == f.Meter {
				out.MeterLabel = meterRef(s, m).Label
			}
		}
	}
	end := f.End
	if end.IsZero() {
		end = f.Through
	}
	loc := time.UTC
	if s := h.byID[f.Site]; s != nil {
		loc = s.Location
	}
	if t, ok := gtc.TariffAt(h.tariffs, f.Carrier, civil(now, loc)); ok {
		out.EURPerWeek, out.Tariff = new(f.KWhPerWeek*t.EURPerKWh), t.Source
		mean, missing := meanWhole(f.Onset, end, loc, t.EURPerKWh, func(d time.Time) (float64, bool) {
			x, ok := gtc.TariffAt(h.tariffs, f.Carrier, d)
			return x.EURPerKWh, ok
		})
		if missing.IsZero() {
			out.EUR = new(f.ExcessKWh * mean)
		} else {
			out.Tariff += " (aucun prix au " + missing.Format(time.DateOnly) + ")"
		}
	}
	if c, ok := gtc.FactorAt(h.factors, f.Carrier, civil(now, loc)); ok {
		out.KgCO2PerWeek, out.FactorSet = new(f.KWhPerWeek*c.KgCO2PerKWh), carbon.Statement(c, "fr")
		mean, missing := meanWhole(f.Onset, end, loc, c.KgCO2PerKWh, func(d time.Time) (float64, bool) {
			x, ok := gtc.FactorAt(h.factors, f.Carrier, d)
			return x.KgCO2PerKWh, ok
		})
		if missing.IsZero() {
			out.KgCO2 = new(f.ExcessKWh * mean)
		} else {
			out.FactorSet += " (aucun facteur au " + missing.Format(time.DateOnly) + ")"
		}
	}
	return out
}

// civil is the calendar day of an instant as prices and factors count them.
func civil(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// meanWhole is the mean of a dated figure over the days [from,to) of a place,
// or otherwise when there is none; missing is the first day without a figure,
// of which a sum is not known.
func meanWhole(from, to time.Time, loc *time.Location, otherwise float64, at func(time.Time) (float64, bool)) (mean float64, missing time.Time) {
	total, n := 0.0, 0
	for d := civil(from, loc); d.Before(civil(to, loc)); d = d.AddDate(0, 0, 1) {
		v, ok := at(d)
		if !ok {
			return 0, d
		}
		total += v
		n++
	}
	if n == 0 {
		return otherwise, time.Time{}
	}
	return total / float64(n), time.Time{}
}

// sortFindings puts open ones first, the costliest first.
func sortFindings(fs []console.PricedFinding) {
	slices.SortStableFunc(fs, func(a, b console.PricedFinding) int {
		if a.End.IsZero() != b.End.IsZero() {
			if a.End.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Or(-cmp.Compare(a.KWhPerWeek, b.KWhPerWeek), -a.Onset.Compare(b.Onset), cmp.Compare(a.ID, b.ID))
	})
}

// trendPoints is about how many points a trend has.
const trendPoints = 500

// Trend returns the samples of one series between two instants.
func (h *Hub) Trend(ctx context.Context, s gtc.Series, from, to time.Time) (console.Trend, error) {
	info := h.byID[s.Site]
	if info == nil {
		return console.Trend{}, console.ErrUnknown
	}
	i := slices.IndexFunc(info.points, func(p pointInfo) bool { return p.Equipment == s.Equipment && p.Point == s.Point })
	if i < 0 {
		return console.Trend{}, console.ErrUnknown
	}
	p := info.points[i]
	step := trendStep(to.Sub(from), p.poll)
	selector := "mean"
	if p.meta.Type != gtc.TypeFloat || p.meta.Counter {
		selector = "last"
	}
	q := fmt.Sprintf("SELECT %s(%s) FROM %s WHERE site=%s AND equipment=%s AND time >= %dms AND time < %dms GROUP BY time(%ds) fill(none)",
		selector, influx.Ident(string(p.Point)), influx.Ident(string(p.Kind)), influx.Quote(string(p.Site)), influx.Quote(string(p.Equipment)),
		from.UnixMilli(), to.UnixMilli(), int(step/time.Second))
	out := console.Trend{Series: p.Series, Label: p.meta.Label, Unit: p.meta.Unit, From: from, To: to, Query: q}
	gap := max(3*step, staleAfter*p.poll, to.Sub(from)/72)
	err := h.db.Query(ctx, influx.DatabaseOf(p.privacy), q, func(t *influx.Table) error {
		for i := range t.Values {
			v, ok := t.Float(i, 1)
			if !ok {
				continue
			}
			at := t.Time(i)
			if n := len(out.Points); n > 0 && at.Sub(out.Points[n-1].At) > gap {
				out.Points = append(out.Points, console.TrendPoint{At: out.Points[n-1].At.Add(step)})
			}
			out.Points = append(out.Points, console.TrendPoint{At: at, Value: &v})
		}
		return nil
	})
	return out, err
}

// trendStep is the resolution of a trend: a round step that gives about
// trendPoints, never finer than the poll interval.
func trendStep(span, poll time.Duration) time.Duration {
	least := max(span/trendPoints, poll)
	for _, s := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour} {
		if s >= least {
			return s
		}
	}
	return 24 * time.Hour
}
