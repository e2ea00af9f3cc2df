package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// inOrder puts meters after those that they are made of.
func (e *energyRules) inOrder() {
	depth := map[meterKey]int{}
	var of func(k meterKey, left int) int
	of = func(k meterKey, left int) int {
		ms := e.meters[k]
		if d, known := depth[k]; known || ms == nil || left == 0 { // no circle: the configuration was checked
			return d
		}
		d := 0
		for _, t := range ms.meter.Terms {
			d = max(d, 1+of(keyOf(t), left-1))
		}
		depth[k] = d
		return d
	}
	for _, ms := range e.order {
		of(ms.key(), len(e.order))
		for _, t := range ms.meter.Terms {
			e.uses[keyOf(t)] = append(e.uses[keyOf(t)], ms)
		}
	}
	slices.SortStableFunc(e.order, func(a, b *meterState) int { return depth[a.key()] - depth[b.key()] })
}

func keyOf(t gtc.MeterTerm) meterKey { return meterKey{t.Site, t.Meter, t.Direction} }

// touchUses marks what is made of a meter.
func (e *energyRules) touchUses(k meterKey, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ms := range e.uses[k] {
		touch(&ms.touched, at)
	}
}

// made reports whether a meter has no index of its own.
func made(m gtc.Meter) bool { return len(m.Terms) > 0 || m.Tank != nil }

// rollMade brings the days of a virtual meter or a tank up to date and returns
// from which day on they changed, zero when they did not.
func (e *energyRules) rollMade(ctx context.Context, ms *meterState, from, now time.Time) (time.Time, error) {
	var news []energy.Interval
	var err error
	if ms.meter.Tank != nil {
		from = time.Unix(0, 0)
		news, err = e.tankDays(ctx, ms)
	} else {
		parts := make([][]energy.Interval, len(ms.meter.Terms))
		for i, t := range ms.meter.Terms {
			if part := e.meters[keyOf(t)]; part != nil {
				parts[i] = part.days.Since(from)
			}
		}
		news = energy.Combine(ms.meter, parts)
	}
	if err != nil {
		return time.Time{}, err
	}
	first, changed := firstChange(ms.days.Since(from), news)
	if !changed {
		return time.Time{}, nil
	}
	if len(ms.meter.Terms) > 0 {
		if err := e.combineHours(ctx, ms, first, now); err != nil {
			return time.Time{}, err
		}
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepDay, since(news, first), ms.expectation(e.temps(ms.site.WeatherStation))); err != nil {
		return time.Time{}, err
	}
	e.replace(func() {
		ms.days = ms.days.Merge(first, since(news, first))
	})
	return first, nil
}

// combineHours writes the hours of a virtual meter from an instant on.
func (e *energyRules) combineHours(ctx context.Context, ms *meterState, from, now time.Time) error {
	parts := make([][]energy.Interval, len(ms.meter.Terms))
	for i, t := range ms.meter.Terms {
		part := e.meters[keyOf(t)]
		if part == nil {
			return nil
		}
		var err error
		if parts[i], err = e.hours(ctx, part.site.ID, part.meter, from, now.Add(time.Hour)); err != nil {
			return err
		}
	}
	return e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepHour, energy.Combine(ms.meter, parts), nil)
}

// since returns the part of days, in order, that starts at or after from.
func since(days []energy.Interval, from time.Time) []energy.Interval {
	i, _ := slices.BinarySearchFunc(days, from, func(d energy.Interval, t time.Time) int { return d.Start.Compare(t) })
	return days[i:]
}

// firstChange returns the first day in which two lists differ.
func firstChange(have, news []energy.Interval) (time.Time, bool) {
	for i := range news {
		if i >= len(have) || !sameDay(have[i], news[i]) {
			first := news[i].Start
			if i < len(have) && have[i].Start.Before(first) {
				first = have[i].Start
			}
			return first, true
		}
	}
	if len(have) > len(news) {
		return have[len(news)].Start, true
	}
	return time.Time{}, false
}

func sameDay(a, b energy.Interval) bool {
	return a.Start.Equal(b.Start) && a.KWh == b.KWh && a.Volume == b.Volume && a.Coverage == b.Coverage &&
		a.Estimated == b.Estimated && a.Source == b.Source && a.Low == b.Low && a.High == b.High
}

// tankDays spreads what is known of a tank over its days.
func (e *energyRules) tankDays(ctx context.Context, ms *meterState) ([]energy.Interval, error) {
	entries, err := e.tankEntries(ctx, ms.site.ID, ms.meter)
	if err != nil {
		return nil, err
	}
	uses, odd := energy.TankUses(ms.meter.Tank, entries, ms.site.Location)
	for _, what := range odd {
		e.log.Warn().Str("site", string(ms.site.ID)).Str("meter", string(ms.meter.Equipment)).Msg(what)
	}
	e.replace(func() { ms.notes = odd })
	return energy.TankDays(ms.meter, uses, e.temps(ms.site.WeatherStation)), nil
}

// tankEntries returns the levels and deliveries of a tank.
func (h history) tankEntries(ctx context.Context, site gtc.SiteID, m gtc.Meter) ([]energy.TankEntry, error) {
	var out []energy.TankEntry
	err := h.db.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     fmt.Sprintf("SELECT %s, %s FROM %s WHERE site = $site AND meter = $meter", rollup.FieldDelivery, rollup.FieldLevel, rollup.MeasurementTank),
		Params:   influx.Params{"site": string(site), "meter": string(m.Equipment)},
		Limits:   influx.Limits{MaxRows: 100_000, Timeout: time.Minute},
	}, func(t *influx.Table) error {
		for i := range t.Values {
			if v, ok := t.Float(i, 1); ok {
				out = append(out, energy.TankEntry{At: t.Time(i), Units: v, Delivery: true})
			}
			if v, ok := t.Float(i, 2); ok {
				out = append(out, energy.TankEntry{At: t.Time(i), Units: v})
			}
		}
		return nil
	})
	return out, err
}
