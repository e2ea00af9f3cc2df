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
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// writeLines is how many lines one write of rollups holds.
const writeLines = 5000

// lookback is how far before a span its readings are also read, so that the
// index at its start can be interpolated; an older reading is asked for alone.
const lookback = 6 * time.Hour

// history reads raw samples and keeps the rollups.
type history struct{ db *influx.Client }

// readings returns the index readings of a meter that are needed to know its
// hours in [from,to): one every five minutes at most (the lowest of each five
// minutes, at its own instant), and the last one before.
func (h history) readings(ctx context.Context, site gtc.SiteID, m gtc.Meter, from, to time.Time) ([]energy.Reading, error) {
	var out []energy.Reading
	each := func(t *influx.Table) error {
		for i := range t.Values {
			if v, ok := t.Float(i, 1); ok {
				out = append(out, energy.Reading{At: t.Time(i), Index: v})
			}
		}
		return nil
	}
	where := fmt.Sprintf("FROM %s WHERE site=%s AND equipment=%s", influx.Ident(string(m.Kind)), influx.Quote(string(site)), influx.Quote(string(m.Equipment)))
	point := influx.Ident(string(m.Point))
	start := from.Add(-lookback)
	if err := h.beside(ctx, site, m, start, true, each); err != nil {
		return nil, err
	}
	q := fmt.Sprintf("SELECT bottom(%s,1) %s AND time >= %dms AND time < %dms GROUP BY time(5m) fill(none)", point, where, start.UnixMilli(), to.UnixMilli())
	if err := h.db.Query(ctx, influx.Raw, q, each); err != nil {
		return nil, err
	}
	return out, nil
}

// since returns how far back the hours of a meter change when a reading at an
// instant is new: to the reading before, as what ran through between the two is
// known only now.
func (h history) since(ctx context.Context, site gtc.SiteID, m gtc.Meter, at time.Time) (time.Time, error) {
	before := at
	err := h.beside(ctx, site, m, at, true, func(t *influx.Table) error {
		if len(t.Values) > 0 {
			before = t.Time(0)
		}
		return nil
	})
	return before, err
}

// next returns the instant of the first reading after an instant, zero if there
// is none.
func (h history) next(ctx context.Context, site gtc.SiteID, m gtc.Meter, at time.Time) (time.Time, error) {
	var after time.Time
	err := h.beside(ctx, site, m, at, false, func(t *influx.Table) error {
		if len(t.Values) > 0 {
			after = t.Time(0)
		}
		return nil
	})
	return after, err
}

// near is how far about an instant its neighbour is looked for first: without a
// bound InfluxDB opens every week of three years for one row.
const near = 8 * 24 * time.Hour

// beside gives each the last reading before an instant, or the first after it.
func (h history) beside(ctx context.Context, site gtc.SiteID, m gtc.Meter, at time.Time, before bool, each func(*influx.Table) error) error {
	ms := at.UnixMilli()
	far, closer, order := fmt.Sprintf("time > %dms", ms), fmt.Sprintf(" AND time < %dms", ms+near.Milliseconds()), "time"
	if before {
		far, closer, order = fmt.Sprintf("time < %dms", ms), fmt.Sprintf(" AND time >= %dms", ms-near.Milliseconds()), "time DESC"
	}
	for _, bound := range []string{closer, ""} {
		found := false
		q := fmt.Sprintf("SELECT %s FROM %s WHERE site=%s AND equipment=%s AND %s%s ORDER BY %s LIMIT 1",
			influx.Ident(string(m.Point)), influx.Ident(string(m.Kind)), influx.Quote(string(site)), influx.Quote(string(m.Equipment)), far, bound, order)
		err := h.db.Query(ctx, influx.Raw, q, func(t *influx.Table) error {
			found = found || len(t.Values) > 0
			return each(t)
		})
		if err != nil || found {
			return err
		}
	}
	return nil
}

// temperatures returns the outdoor temperatures of a weather equipment, the
// mean of each ten minutes.
func (h history) temperatures(ctx context.Context, site gtc.SiteID, eq gtc.EquipmentID, from, to time.Time) ([]energy.TempReading, error) {
	var out []energy.TempReading
	q := fmt.Sprintf("SELECT mean(air_temp) FROM weather WHERE site=%s AND equipment=%s AND time >= %dms AND time < %dms GROUP BY time(10m) fill(none)",
		influx.Quote(string(site)), influx.Quote(string(eq)), from.UnixMilli(), to.UnixMilli())
	err := h.db.Query(ctx, influx.Raw, q, func(t *influx.Table) error {
		for i := range t.Values {
			if v, ok := t.Float(i, 1); ok {
				out = append(out, energy.TempReading{At: t.Time(i), C: v})
			}
		}
		return nil
	})
	return out, err
}

// first returns the instant of the oldest sample of a point, false if none.
func (h history) first(ctx context.Context, s gtc.Series) (at time.Time, ok bool, err error) {
	q := fmt.Sprintf("SELECT first(%s) FROM %s WHERE site=%s AND equipment=%s", influx.Ident(string(s.Point)), influx.Ident(string(s.Kind)),
		influx.Quote(string(s.Site)), influx.Quote(string(s.Equipment)))
	err = h.db.Query(ctx, influx.Raw, q, func(t *influx.Table) error {
		if len(t.Values) > 0 {
			at, ok = t.Time(0), true
		}
		return nil
	})
	return at, ok, err
}

// days returns the rolled days of a meter from a date on, each starting at
// midnight of the site.
func (h history) days(ctx context.Context, site *gtc.Site, m gtc.Meter, from time.Time) ([]energy.Interval, error) {
	var out []energy.Interval
	err := h.db.Query(ctx, influx.Rollup, daysQuery(site.ID, m, from, time.Time{}), func(t *influx.Table) error {
		read := newIntervalReader(t, m)
		out = slices.Grow(out, len(t.Values))
		for i := range t.Values {
			d := read.interval(t, i)
			d.Start = d.Start.In(site.Location)
			out = append(out, d)
		}
		return nil
	})
	return out, err
}

// intervalReader reads hours or days of a meter from a table.
type intervalReader struct {
	meter                                              gtc.Meter
	kwh, volume, nm3, pcs, low, high, cov, src, origin int
}

func newIntervalReader(t *influx.Table, m gtc.Meter) intervalReader {
	col := t.Column
	return intervalReader{
		meter: m, kwh: col("kwh"), volume: col(rollup.VolumeField(m)), nm3: col(rollup.FieldNormalVolume), pcs: col(rollup.FieldPCS),
		low: col(rollup.FieldLow), high: col(rollup.FieldHigh), cov: col("coverage"), src: col("source"), origin: col(rollup.FieldOrigin),
	}
}

func (r intervalReader) interval(t *influx.Table, i int) energy.Interval {
	d := energy.Interval{Start: t.Time(i)}
	known := false
	d.KWh, known = optional(t, i, r.kwh)
	d.NoEnergy = !known && r.meter.KWhPerUnit > 0
	d.Volume, _ = optional(t, i, r.volume)
	d.NormalVolume, _ = optional(t, i, r.nm3)
	d.PCS, _ = optional(t, i, r.pcs)
	d.Low, _ = optional(t, i, r.low)
	d.High, _ = optional(t, i, r.high)
	d.Coverage, _ = optional(t, i, r.cov)
	source := t.Text(i, r.src)
	d.Estimated = source == energy.SourceEstimated
	if made(r.meter) && source != energy.SourceMetered || t.Text(i, r.origin) == rollup.OriginImport {
		d.Source = source
	}
	return d
}

// optional is the value of a column that a query need not have asked for.
func optional(t *influx.Table, i, column int) (float64, bool) {
	if column < 0 {
		return 0, false
	}
	return t.Float(i, column)
}

// intervalsQuery is the query of the hours or days of a meter; a zero to means
// no end.
func intervalsQuery(site gtc.SiteID, m gtc.Meter, step string, from, to time.Time) string {
	fields := "kwh, " + rollup.VolumeField(m) + ", "
	if m.Gas != nil {
		fields += rollup.FieldNormalVolume + ", " + rollup.FieldPCS + ", "
	}
	if m.Tank != nil {
		fields += rollup.FieldLow + ", " + rollup.FieldHigh + ", "
	}
	q := fmt.Sprintf("SELECT %scoverage, source, origin, expected_kwh, expected_low, expected_high FROM energy WHERE site=%s AND meter=%s AND direction=%s AND step=%s AND time >= %dms",
		fields, influx.Quote(string(site)), influx.Quote(string(m.Equipment)), influx.Quote(string(m.Direction)), influx.Quote(step), from.UnixMilli())
	if !to.IsZero() {
		q += fmt.Sprintf(" AND time < %dms", to.UnixMilli())
	}
	return q
}

// daysQuery is the query that shows a meter's days; screens quote it as the
// source of their figures. A zero to means no end.
func daysQuery(site gtc.SiteID, m gtc.Meter, from, to time.Time) string {
	return intervalsQuery(site, m, rollup.StepDay, from, to)
}

// tempDays returns the kept days of a weather station.
func (h history) tempDays(ctx context.Context, station string, from time.Time, loc *time.Location) ([]energy.TempDay, error) {
	var out []energy.TempDay
	q := fmt.Sprintf("SELECT temp_mean, temp_min, temp_max, dj15, dj165, dj165eq, hours, source FROM weather_day WHERE station=%s AND time >= %dms", influx.Quote(station), from.UnixMilli())
	err := h.db.Query(ctx, influx.Rollup, q, func(t *influx.Table) error {
		for i := range t.Values {
			d := energy.TempDay{Date: t.Time(i).In(loc)}
			d.Mean, _ = t.Float(i, 1)
			d.Min, _ = t.Float(i, 2)
			d.Max, _ = t.Float(i, 3)
			d.DJ15, _ = t.Float(i, 4)
			d.DJ165, _ = t.Float(i, 5)
			d.DJ165Eq, d.HasEq = t.Float(i, 6)
			n, _ := t.Float(i, 7)
			d.Hours = int(n)
			if source := t.Text(i, 8); source != rollup.SourceSite {
				d.Source = source
			}
			out = append(out, d)
		}
		return nil
	})
	return out, err
}

// writeIntervals keeps hours or days of a meter, in writes of bounded size.
func (h history) writeIntervals(ctx context.Context, site gtc.SiteID, m gtc.Meter, step string, intervals []energy.Interval, expected func(energy.Interval) (baseline.Expectation, bool)) error {
	var buf []byte
	for i, iv := range intervals {
		buf = rollup.AppendInterval(buf, site, m, step, iv, expected)
		if (i+1)%writeLines == 0 || i == len(intervals)-1 {
			if err := h.db.Write(ctx, influx.Rollup, buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return nil
}

// writeTempDays keeps the days of a weather station.
func (h history) writeTempDays(ctx context.Context, station string, days []energy.TempDay) error {
	var buf []byte
	for _, d := range days {
		buf = rollup.AppendTempDay(buf, station, d)
	}
	return h.db.Write(ctx, influx.Rollup, buf)
}
