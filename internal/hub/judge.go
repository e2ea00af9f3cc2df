package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
)

// pass rolls up what was touched since the last pass and judges every meter of
// which a complete day changed. It returns the findings of each meter judged.
// What could not be read stays touched for the next pass.
func (e *energyRules) pass(ctx context.Context, now time.Time) (map[meterKey][]gtc.Finding, error) {
	changed, err := e.passStations(ctx, now)
	if err != nil {
		return nil, err
	}
	e.takeReconsidered()
	due, err := e.prepareTouched(ctx, now, changed)
	judged := e.detect(due)
	if err != nil {
		return judged, err
	}
	e.compare(judged, now)
	return judged, nil
}

// prepareTouched rolls up and fits the meters that were touched, and returns
// those to judge.
func (e *energyRules) prepareTouched(ctx context.Context, now time.Time, changed map[string]time.Time) ([]*meterState, error) {
	var due []*meterState
	for i, ms := range e.order {
		if e.passes != nil {
			e.passes(i, len(e.order))
		}
		if t, ok := changed[ms.site.WeatherStation]; ok && ms.meter.Tank != nil {
			e.giveBack(&ms.touched, t)
		}
		redoFrom, err := e.rollMeter(ctx, ms, now)
		if err != nil {
			return due, err
		}
		if !redoFrom.IsZero() {
			e.touchUses(ms.key(), redoFrom)
		}
		if t, ok := changed[ms.site.WeatherStation]; ok && (redoFrom.IsZero() || t.Before(redoFrom)) {
			redoFrom = t
		}
		today := midnight(now, ms.site.Location)
		if ms.judged && (redoFrom.IsZero() || !redoFrom.Before(today)) {
			continue
		}
		if err := e.prepare(ctx, ms, redoFrom, today); err != nil {
			return due, err
		}
		due = append(due, ms)
	}
	if e.passes != nil {
		e.passes(len(e.order), len(e.order))
	}
	return due, nil
}

// passStations brings the days of the touched weather stations up to date and
// returns from which day on each changed.
func (e *energyRules) passStations(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	changed := map[string]time.Time{}
	for _, st := range e.stations {
		from, ok := e.take(&st.touched)
		if !ok {
			continue
		}
		from = midnight(from, st.site.Location)
		if err := e.rollStation(ctx, st, from, now); err != nil {
			e.giveBack(&st.touched, from)
			return nil, fmt.Errorf("roll up weather of %s: %w", st.id, err)
		}
		changed[st.id] = from
	}
	return changed, e.fillStations(ctx, changed, now)
}

func (e *energyRules) rollStation(ctx context.Context, st *station, from, now time.Time) error {
	if st.weather == "" || st.imported { // its days come from files, or some do
		days, err := e.tempDays(ctx, st.id, time.Unix(0, 0), st.site.Location)
		if err != nil {
			return err
		}
		e.replace(func() { st.days, st.imported = days, false })
		if st.weather == "" {
			return nil
		}
	}
	// Two days more: the equivalent degree-day looks at the two days before.
	readings, err := e.temperatures(ctx, st.site.ID, st.weather, from.AddDate(0, 0, -2), now)
	if err != nil {
		return err
	}
	days := energy.TemperatureDays(readings, st.site.Location)
	for len(days) > 0 && days[0].Date.Before(from) {
		days = days[1:]
	}
	if err := e.writeTempDays(ctx, st.id, days); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	start := func(d energy.TempDay) time.Time { return d.Date }
	st.days = merge(st.days, withKept(st.days, days, from, start), from, start)
	return nil
}

// prepare fits the baseline when it must and sets the days against it. Only
// the pass changes a meter's state, so it reads it without the lock.
func (e *energyRules) prepare(ctx context.Context, ms *meterState, from, today time.Time) error {
	temps := e.temps(ms.site.WeatherStation)
	if why := energy.NotJudged(ms.site, ms.meter); why != "" {
		e.replace(func() {
			ms.why, ms.detector, ms.series, ms.judged = why, nil, drift.Series{}, true
			ms.until = today
		})
		return nil
	}
	e.joined = ms.days.Join(e.joined[:0], ms.days.Len(), temps)
	joined := e.joined[:ms.days.Find(today)]
	reg, id := e.registerOf(ms.site.ID), ms.meter.Equipment
	detector, fitted, why, period := ms.detector, ms.baseline, ms.why, baselinePeriod(ms.meter, joined)
	if m, ok := reg.Moved(id); ok {
		period = m.Period(ms.site.Location)
	}
	refit := !ms.judged || period != ms.period || from.Before(period.To)
	if refit {
		fitted, why = fit(ms, reg.Prepare(id, joined, nil), period)
		detector = drift.New(fitted)
	}
	e.replace(func() {
		ms.baseline, ms.detector, ms.period, ms.why, ms.judged = fitted, detector, period, why, true
		ms.until = today
		ms.register, ms.series = reg, drift.Series{}
	})
	if why == "" {
		ms.series = detector.Series(ms.prepared(joined), ms.options()) // nobody but the pass reads it
	}
	if !refit {
		return nil
	}
	if err := e.writeExpected(ctx, ms, e.joined); err != nil {
		e.replace(func() { ms.judged = false })
		return fmt.Errorf("keep expected consumption of %s/%s: %w", ms.site.ID, ms.meter.Equipment, err)
	}
	return nil
}

// replace changes what the console reads, under the lock.
func (e *energyRules) replace(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

// baselinePeriod is the configured period of a meter, or its first full year.
func baselinePeriod(m gtc.Meter, days []baseline.Day) gtc.Period {
	if !m.Baseline.IsZero() || len(days) == 0 {
		return m.Baseline
	}
	first := days[0].Date
	// The first day is usually a part of one.
	if days[0].Coverage < 1 {
		first = first.AddDate(0, 0, 1)
	}
	return gtc.Period{From: first, To: first.AddDate(1, 0, 0)}
}

// fit fits the baseline on the period, by what the site says of its use; why
// says why there is none.
func fit(ms *meterState, days []baseline.Day, period gtc.Period) (fitted baseline.Baseline, why string) {
	o := baseline.OfSite(ms.site, ms.meter.Carrier)
	o.From, o.To = period.From, period.To
	b, err := baseline.Fit(days, o)
	if err != nil {
		return baseline.Baseline{}, err.Error()
	}
	return b, ""
}

// expectation predicts a day of the meter, from the temperatures given.
func (ms *meterState) expectation(temps []energy.TempDay) func(energy.Interval) (baseline.Expectation, bool) {
	if len(ms.baseline.Segments) == 0 {
		return nil
	}
	return func(iv energy.Interval) (baseline.Expectation, bool) {
		days := energy.Join([]energy.Interval{iv}, at(temps, iv.Start))
		x, ok := ms.baseline.Predict(days[0])
		return ms.adjusted(x, iv.Start), ok
	}
}

// at returns the part of temps, in order of date, that covers one day.
func at(temps []energy.TempDay, day time.Time) []energy.TempDay {
	lo, hi := 0, len(temps)
	for lo < hi {
		mid := (lo + hi) / 2
		if temps[mid].Date.Before(day) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return temps[lo:min(lo+1, len(temps))]
}

// before returns the part of days, in order, that starts before an instant.
func before(days []energy.Interval, t time.Time) []energy.Interval {
	return days[:len(days)-len(since(days, t))]
}

// joinedOf returns the days of a meter that were judged, with the temperatures
// that are known now.
func (e *energyRules) joinedOf(k meterKey) []baseline.Day {
	e.mu.Lock()
	ms := e.meters[k]
	days, until, temps := ms.days, ms.until, e.stationDays(ms.site.WeatherStation)
	e.mu.Unlock()
	return days.Join(nil, days.Find(until), temps)
}

// temps returns the days of a station, with the lock taken.
func (e *energyRules) temps(id string) []energy.TempDay {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stationDays(id)
}

func (e *energyRules) stationDays(id string) []energy.TempDay {
	if st := e.stations[id]; st != nil {
		return st.days
	}
	return nil
}

func (e *energyRules) take(t *time.Time) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := *t
	*t = time.Time{}
	return v, !v.IsZero()
}

func (e *energyRules) giveBack(t *time.Time, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	touch(t, at)
}

func midnight(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, loc)
}
