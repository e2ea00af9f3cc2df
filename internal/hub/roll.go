package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// lateBy is how far before the last known day a sample is late: its days are
// rolled up alone, and not all from them to now.
const lateBy = 2

// timespan is a span in which samples came late, zero when none did.
type timespan struct{ from, to time.Time }

func (s *timespan) add(at time.Time) {
	touch(&s.from, at)
	if at.After(s.to) {
		s.to = at
	}
}

// sampled notes a sample of the meter's index.
func (ms *meterState) sampled(at time.Time) {
	if n := ms.days.Len(); n > 0 && at.Before(ms.days.Start(n-1).AddDate(0, 0, -lateBy)) {
		ms.late.add(at)
		return
	}
	touch(&ms.touched, at)
}

// rollMeter brings the hours and days of a touched meter up to date and
// returns from which day on they changed, zero when nothing was touched.
func (e *energyRules) rollMeter(ctx context.Context, ms *meterState, now time.Time) (time.Time, error) {
	from, ok := e.take(&ms.touched)
	late := e.takeLate(ms)
	if !ok && late.from.IsZero() {
		return time.Time{}, nil
	}
	first, err := e.rollTouched(ctx, ms, from, late, now)
	if err != nil {
		for _, at := range []time.Time{from, late.from} {
			if !at.IsZero() {
				e.giveBack(&ms.touched, at)
			}
		}
		return time.Time{}, fmt.Errorf("roll up %s/%s: %w", ms.site.ID, ms.meter.Equipment, err)
	}
	return first, nil
}

// rollTouched rolls up what came late and what is new from an instant on; each
// is zero for nothing.
func (e *energyRules) rollTouched(ctx context.Context, ms *meterState, from time.Time, late timespan, now time.Time) (time.Time, error) {
	if made(ms.meter) {
		return e.rollMade(ctx, ms, from, now)
	}
	var first time.Time
	if !late.from.IsZero() {
		at, err := e.since(ctx, ms.site.ID, ms.meter, late.from)
		if err != nil {
			return time.Time{}, err
		}
		// The reading after the late ones ends what ran through between.
		next, err := e.next(ctx, ms.site.ID, ms.meter, late.to)
		if err != nil {
			return time.Time{}, err
		}
		first = midnight(at, ms.site.Location)
		to := ms.settledFrom(midnight(next, ms.site.Location).AddDate(0, 0, 1))
		if to.After(now) || next.IsZero() {
			to = now
		}
		if err := e.rollSpan(ctx, ms, first, to, now); err != nil {
			return time.Time{}, err
		}
	}
	if from.IsZero() {
		return first, nil
	}
	at, err := e.since(ctx, ms.site.ID, ms.meter, from)
	if err != nil {
		return time.Time{}, err
	}
	at = midnight(at, ms.site.Location)
	touch(&first, at)
	return first, e.rollSpan(ctx, ms, at, now, now)
}

// settledFrom returns the first day from a day on that was measured in full by
// the meter itself: what came late may go on until there.
func (ms *meterState) settledFrom(day time.Time) time.Time {
	for i := ms.days.Find(day); i < ms.days.Len(); i++ {
		d := ms.days.At(i)
		if d.Coverage >= 1 && !d.Estimated && d.Source == "" {
			return d.Start
		}
		day = d.Start.AddDate(0, 0, 1)
	}
	return day
}

// rollSpan makes the hours and days in [from,to) anew.
func (e *energyRules) rollSpan(ctx context.Context, ms *meterState, from, to, now time.Time) error {
	until := to.Add(lookback) // a spike shows by what follows it
	if until.After(now) {
		until = now.Add(time.Minute)
	}
	readings, err := e.readings(ctx, ms.site.ID, ms.meter, from, until)
	if err != nil {
		return err
	}
	gas, err := e.gasStates(ctx, ms.site.ID, ms.meter, from, until)
	if err != nil {
		return err
	}
	hours := energy.HoursAt(ms.meter, readings, gas, from, to)
	days := energy.Days(hours, ms.site.Location)
	hours, days, err = e.besideImports(ctx, ms, hours, days)
	if err != nil {
		return err
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepHour, hours, nil); err != nil {
		return err
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepDay, days, ms.expectation(e.temps(ms.site.WeatherStation))); err != nil {
		return err
	}
	e.replace(func() {
		start := func(d energy.Interval) time.Time { return d.Start }
		ms.days = ms.days.Merge(from, withKept(ms.days.Since(from), days, from, start))
	})
	return nil
}

func (e *energyRules) takeLate(ms *meterState) timespan {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := ms.late
	ms.late = timespan{}
	return s
}
