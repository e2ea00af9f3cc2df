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

// The points of a gas meter that say at what pressure and temperature its m³
// are.
const (
	pointGasPressure gtc.PointID = "gas_pressure_mbar"
	pointGasTemp     gtc.PointID = "gas_temp"
)

// corrected reports whether the meter's m³ are to be corrected for pressure and
// temperature.
func corrected(m gtc.Meter) bool { return m.Gas != nil && !m.Gas.Normal }

// gasStates returns the hourly means of pressure and temperature of a gas
// meter, those that it has.
func (h history) gasStates(ctx context.Context, site gtc.SiteID, m gtc.Meter, from, to time.Time) ([]energy.GasState, error) {
	if !corrected(m) {
		return nil, nil
	}
	var out []energy.GasState
	err := h.db.Read(ctx, influx.Query{
		Database: influx.Raw,
		Text: fmt.Sprintf("SELECT mean(%s), mean(%s) FROM %s WHERE site = $site AND equipment = $equipment AND time >= $from AND time < $to GROUP BY time(1h) fill(none)",
			pointGasPressure, pointGasTemp, influx.Ident(string(m.Kind))),
		Params: influx.Params{"site": string(site), "equipment": string(m.Equipment), "from": from.UTC().Truncate(time.Hour), "to": to},
		Limits: influx.Limits{MaxRows: 200_000, Timeout: time.Minute},
	}, func(t *influx.Table) error {
		for i := range t.Values {
			s := energy.GasState{Start: t.Time(i)}
			s.Mbar, s.HasMbar = t.Float(i, 1)
			s.C, s.HasC = t.Float(i, 2)
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// hours returns the kept hours of a meter in [from,to).
func (h history) hours(ctx context.Context, site gtc.SiteID, m gtc.Meter, from, to time.Time) ([]energy.Interval, error) {
	var out []energy.Interval
	err := h.db.Query(ctx, influx.Rollup, intervalsQuery(site, m, rollup.StepHour, from, to), func(t *influx.Table) error {
		read := newIntervalReader(t, m)
		for i := range t.Values {
			out = append(out, read.interval(t, i))
		}
		return nil
	})
	return out, err
}

// revalue gives the kept hours and days of a gas meter the calorific values of
// the configuration, where these are others than they were computed with.
func (e *energyRules) revalue(ctx context.Context, ms *meterState, days []energy.Interval) error {
	if ms.meter.Gas == nil {
		return nil
	}
	var news []energy.Interval
	for i := range days {
		if energy.Revalue(ms.meter.Gas, &days[i]) {
			news = append(news, days[i])
		}
	}
	if len(news) == 0 {
		return nil
	}
	from, to := news[0].Start, news[len(news)-1].Start.AddDate(0, 0, 1)
	hours, err := e.hours(ctx, ms.site.ID, ms.meter, from, to)
	if err != nil {
		return err
	}
	hours = slices.DeleteFunc(hours, func(h energy.Interval) bool { return !energy.Revalue(ms.meter.Gas, &h) })
	for i := range hours { // the one above was a copy
		energy.Revalue(ms.meter.Gas, &hours[i])
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepHour, hours, nil); err != nil {
		return err
	}
	if err := e.writeIntervals(ctx, ms.site.ID, ms.meter, rollup.StepDay, news, nil); err != nil {
		return err
	}
	e.log.Info().Str("site", string(ms.site.ID)).Str("meter", string(ms.meter.Equipment)).Int("days", len(news)).
		Time("from", from).Time("to", to).Msg("calorific values changed: days computed again")
	return nil
}
