package hub

import (
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// importSlack is how far the clocks of the hub and of who imports may be
// apart. A mark taken twice does no harm.
const importSlack = time.Hour

// besideImports leaves out what was rolled up from samples where an import
// knows more of the day, and says of imported days that samples take over.
func (e *energyRules) besideImports(ctx context.Context, ms *meterState, hours, days []energy.Interval) (keptHours, keptDays []energy.Interval, err error) {
	imported := map[int64]energy.Interval{}
	for i := range ms.days.Len() {
		if d := ms.days.At(i); d.Source != "" {
			imported[d.Start.Unix()] = d
		}
	}
	if len(imported) == 0 {
		return hours, days, nil
	}
	var lines []byte
	yields := map[int64]bool{}
	for _, d := range days {
		old, ok := imported[d.Start.Unix()]
		switch {
		case !ok:
		case d.Yields(old):
			yields[d.Start.Unix()] = true
		default:
			lines = rollup.AppendOrigin(lines, ms.site.ID, ms.meter, rollup.StepDay, d)
		}
	}
	for _, h := range hours {
		if day := midnight(h.Start, ms.site.Location).Unix(); imported[day].Source != "" && !yields[day] {
			lines = rollup.AppendOrigin(lines, ms.site.ID, ms.meter, rollup.StepHour, h)
		}
	}
	if err := e.db.Write(ctx, influx.Rollup, lines); err != nil {
		return nil, nil, err
	}
	keptHours = slices.DeleteFunc(hours, func(h energy.Interval) bool { return yields[midnight(h.Start, ms.site.Location).Unix()] })
	keptDays = slices.DeleteFunc(days, func(d energy.Interval) bool { return yields[d.Start.Unix()] })
	return keptHours, keptDays, nil
}

// withKept adds to new days, from a day on, those that are kept and that they
// do not replace: imported ones, and those whose samples are gone, as they are
// after a restore. What is in memory is what is in InfluxDB.
func withKept[D any](have, news []D, from time.Time, start func(D) time.Time) []D {
	known := map[int64]bool{}
	for _, d := range news {
		known[start(d).Unix()] = true
	}
	out := slices.Clone(news)
	for _, d := range have {
		if at := start(d); !at.Before(from) && !known[at.Unix()] {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b D) int { return start(a).Compare(start(b)) })
	return out
}

// takeImports reads the marks that gtc import left since the last time: the
// days of those meters are read again, and what was imported as readings is
// rolled up.
func (e *energyRules) takeImports(ctx context.Context, now time.Time) error {
	since := e.imported
	if since.IsZero() {
		since = now.Add(-importSlack)
	}
	latest := since
	from := map[meterKey]time.Time{} // of imported readings, zero for none
	oldest := map[meterKey]time.Time{}
	err := e.db.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     "SELECT from_ms, readings, dials FROM " + rollup.MeasurementImport + " WHERE time > $since GROUP BY site, meter, direction, station",
		Params:   influx.Params{"since": since},
	}, func(t *influx.Table) error {
		k := meterKey{gtc.SiteID(t.Tags[influx.TagSite]), gtc.EquipmentID(t.Tags[influx.TagMeter]), gtc.Direction(t.Tags[influx.TagDirection])}
		for i := range t.Values {
			if at := t.Time(i); at.After(latest) {
				latest = at
			}
			if id := t.Tags[influx.TagStation]; id != "" {
				e.weatherImported(id, t, i)
				continue
			}
			first := from[k]
			ms, ok := t.Float(i, 1)
			if readings, _ := t.Float(i, 2); ok && readings != 0 {
				touch(&first, time.UnixMilli(int64(ms)))
			}
			if j := t.Column("dials"); ok && j >= 0 {
				if dials, _ := t.Float(i, j); dials != 0 {
					e.lookAgain(k.site, time.UnixMilli(int64(ms)))
				}
			}
			from[k] = first
			at := oldest[k]
			touch(&at, time.UnixMilli(int64(ms)))
			oldest[k] = at
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k, first := range from {
		if err := e.takeImport(ctx, k, first); err != nil {
			return err
		}
		// A day that begins before its first imported hour is another one too.
		e.touchUses(k, oldest[k].AddDate(0, 0, -1))
	}
	e.imported = latest
	return nil
}

// lookAgain makes the rules of package why look again at the days of a site
// from an instant on.
func (e *energyRules) lookAgain(site gtc.SiteID, from time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.again[site]
	touch(&at, from)
	e.again[site] = at
}

// takeAgain returns from when on a site is to be looked at again, and forgets it.
func (e *energyRules) takeAgain(site gtc.SiteID) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at, ok := e.again[site]
	delete(e.again, site)
	return at, ok
}

func (e *energyRules) takeImport(ctx context.Context, k meterKey, readings time.Time) error {
	ms := e.meters[k]
	if ms == nil {
		return nil // of a site that this configuration has no more
	}
	days, err := e.days(ctx, ms.site, ms.meter, time.Unix(0, 0))
	if err != nil {
		return err
	}
	e.replace(func() {
		ms.days, ms.judged = energy.Pack(ms.site.Location, days), false
		if ms.meter.Tank != nil {
			touch(&ms.touched, time.Unix(0, 0))
		}
		if !readings.IsZero() {
			touch(&ms.touched, readings)
		}
	})
	e.log.Info().Str("site", string(k.site)).Str("meter", string(k.meter)).Int("days", len(days)).Msg("import taken over")
	return nil
}
