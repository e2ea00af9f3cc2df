package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// pass rolls up what was touched since the last pass and judges every meter of
// which a complete day changed. It returns the findings of each meter judged.
// What could not be read stays touched for the next pass.
func (e *energyRules) pass(ctx context.Context, now time.Time) (map[meterKey][]gtc.Finding, error) {
	changed, err := e.passStations(ctx, now)
	if err != nil {
		return nil, err
	}
	judged := map[meterKey][]gtc.Finding{}
	for i, ms := range e.order {
		if e.passes != nil {
			e.passes(i, len(e.order))
		}
		redoFrom, err := e.rollMeter(ctx, ms, now)
		if err != nil {
			return judged, err
		}
		if t, ok := changed[ms.site.WeatherStation]; ok && (redoFrom.IsZero() || t.Before(redoFrom)) {
			redoFrom = t
		}
		today := midnight(now, ms.site.Location)
		if ms.judged && (redoFrom.IsZero() || !redoFrom.Before(today)) {
			continue
		}
		if err := e.judge(ctx, ms, redoFrom, today); err != nil {
			return judged, err
		}
		judged[ms.key()] = ms.findings
	}
	if e.passes != nil {
		e.passes(len(e.order), len(e.order))
	}
	return judged, nil
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
	return changed, nil
}

func (e *energyRules) rollStation(ctx context.Context, st *station, from, now time.Time) error {
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

// rollMeter brings the hours and days of a touched meter up to date and
// returns from which day on they changed, zero when nothing was touched.
func (e *energyRules) rollMeter(ctx context.Context, ms *meterState, now time.Time) (time.Time, error) {
	from, ok := e.take(&ms.touched)
	if !ok {
		return time.Time{}, nil
	}
	from, err := e.since(ctx, ms.site.ID, ms.meter, from)
	if err != nil {
		e.giveBack(&ms.touched, from)
		return time.Time{}, fmt.Errorf("roll up %s/%s: %w", ms.site.ID, ms.meter.Equipment, err)
	}
	from = midnight(from, ms.site.Location)
	err = func() error {
		readings, err := e.readings(ctx, ms.site.ID, ms.meter, from, now.Add(time.Minute))
		if err != nil {
			return err
		}
		hours := energy.Hours(ms.meter, readings, from, now)
		days := energy.Days(hours, ms.site.Location)
		hours, days, err = e.besideImports(ctx, ms, hours, days)
		if err != nil {
			return err
		}
		if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, "hour", hours, nil); err != nil {
			return err
		}
		if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, "day", days, ms.expectation(e.temps(ms.site.WeatherStation))); err != nil {
			return err
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		start := func(d energy.Interval) time.Time { return d.Start }
		ms.days = merge(ms.days, withKept(ms.days, days, from, start), from, start)
		return nil
	}()
	if err != nil {
		e.giveBack(&ms.touched, from)
		return time.Time{}, fmt.Errorf("roll up %s/%s: %w", ms.site.ID, ms.meter.Equipment, err)
	}
	return from, nil
}

// judge fits the baseline when it must and looks for drift. Only the pass
// changes a meter's state, so it reads it without the lock.
func (e *energyRules) judge(ctx context.Context, ms *meterState, from, today time.Time) error {
	temps := e.temps(ms.site.WeatherStation)
	joined := energy.Join(before(ms.days, today), temps)
	if ms.meter.KWhPerUnit == 0 {
		e.replace(func() { ms.joined, ms.judged = joined, true })
		return nil
	}
	baseline, why, period := ms.baseline, ms.why, baselinePeriod(ms.meter, joined)
	refit := !ms.judged || period != ms.period || from.Before(period.To)
	if refit {
		baseline, why = fit(ms.meter, joined, period)
	}
	var findings []gtc.Finding
	if why == "" {
		findings = energy.Detect(baseline, joined, energy.DetectOptions{Site: ms.site.ID, Meter: ms.meter.Equipment, Carrier: ms.meter.Carrier})
	}
	e.replace(func() {
		ms.joined, ms.baseline, ms.period, ms.why, ms.findings, ms.judged = joined, baseline, period, why, findings, true
	})
	if !refit {
		return nil
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, "day", ms.days, ms.expectation(temps)); err != nil {
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
func baselinePeriod(m gtc.Meter, days []energy.Day) gtc.Period {
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

// fit fits the baseline on the period; why says why there is none.
func fit(m gtc.Meter, days []energy.Day, period gtc.Period) (baseline energy.Baseline, why string) {
	b, err := energy.Fit(days, energy.FitOptions{Carrier: m.Carrier, From: period.From, To: period.To})
	if err != nil {
		return energy.Baseline{}, err.Error()
	}
	return b, ""
}

// expectation predicts a day of the meter, from the temperatures given.
func (ms *meterState) expectation(temps []energy.TempDay) func(energy.Interval) (energy.Expectation, bool) {
	if len(ms.baseline.Segments) == 0 {
		return nil
	}
	return func(iv energy.Interval) (energy.Expectation, bool) {
		days := energy.Join([]energy.Interval{iv}, at(temps, iv.Start))
		return ms.baseline.Predict(days[0])
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

func before(days []energy.Interval, t time.Time) []energy.Interval {
	n := len(days)
	for n > 0 && !days[n-1].Start.Before(t) {
		n--
	}
	return days[:n]
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
