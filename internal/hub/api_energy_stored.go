package hub

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// storedUnits are the hours or days of meters as the rollup keeps them. They
// have no expectation: baselines are of days of energy.
func (h *Hub) storedUnits(ctx context.Context, meters []metered, q api.EnergyQuery) ([]reading, error) {
	step, span := api.StepDay, day
	if q.Step == api.StepHour {
		step, span = api.StepHour, time.Hour
	}
	at := map[string]int{}
	places := make([]string, 0, len(meters))
	out := make([]reading, len(meters))
	for i, m := range meters {
		out[i].priced = true
		at[string(m.site.ID)+"/"+string(m.Equipment)+"/"+string(m.Direction)] = i
		places = append(places, fmt.Sprintf("(site=%s AND meter=%s AND direction=%s)",
			influx.Quote(string(m.site.ID)), influx.Quote(string(m.Equipment)), influx.Quote(string(m.Direction))))
	}
	from := q.From
	if step == api.StepDay {
		from = stepStart(q.From, q, meters[0].site.Location)
	}
	text := fmt.Sprintf("SELECT kwh, m3, coverage FROM %s WHERE step=%s AND time >= %dms AND time < %dms AND (%s) GROUP BY site, meter, direction",
		influx.Ident(influx.MeasurementEnergy), influx.Quote(step), from.UnixMilli(), q.To.UnixMilli(), strings.Join(places, " OR "))
	err := h.db.Read(ctx, influx.Query{Database: influx.Rollup, Text: text, Limits: influx.Limits{MaxRows: api.MostValues}}, func(t *influx.Table) error {
		i, ok := at[t.Tags[influx.TagSite]+"/"+t.Tags[influx.TagMeter]+"/"+t.Tags[influx.TagDirection]]
		if !ok {
			return nil
		}
		for row := range t.Values {
			h.addStored(&out[i], meters[i], q.Unit, t, row, span)
		}
		return nil
	})
	return out, err
}

func (h *Hub) addStored(r *reading, m metered, wanted string, t *influx.Table, row int, span time.Duration) {
	start := t.Time(row).In(m.site.Location)
	nan := math.NaN()
	u := unit{start: start, span: span, actual: nan, expected: nan, low: nan, high: nan, temperature: nan, dj15: nan}
	if span == day {
		u.span = start.AddDate(0, 0, 1).Sub(start)
	}
	u.coverage, _ = t.Float(row, 3)
	column, rate, ok := 1, 1.0, true
	if wanted == api.UnitM3 {
		column = 2
	} else {
		rate, ok = h.rate(m.Carrier, wanted, start)
	}
	if !ok {
		r.priced = false
	}
	if v, known := t.Float(row, column); known && ok {
		u.actual = v * rate
	}
	r.units = append(r.units, u)
}
