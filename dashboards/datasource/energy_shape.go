package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // Grafana's image has no time zones

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// frameTypeHeatmapCells is the form of Grafana's heat map in which each row is a
// cell that begins at xMin and yMin. In the other, heatmap-rows, cells end at
// their time: each day would be drawn over the day before.
const frameTypeHeatmapCells data.FrameType = "heatmap-cells"

// shapes are the formats of energy that an auditor's pictures need.
func shapes() []string { return []string{"signature", "carpet", "duration"} }

// energyShape answers with consumption against temperature, by hour and day,
// or sorted by power: a frame a group.
func (d *Datasource) energyShape(ctx context.Context, q query) (data.Frames, error) {
	q.Measures = list{"actual"}
	switch {
	case q.Format == "signature":
		q.Measures = list{"temperature", "actual", "expected"}
	case q.Step == "":
		q.Step = api.StepHour
	case q.Step != api.StepHour:
		return nil, badQuery{"step", q.Step}
	}
	if q.Format == "duration" && (q.Unit != "" && q.Unit != api.UnitKWh || q.Per != "") {
		return nil, badQuery{"unit", q.Unit + q.Per} // power is energy by time and nothing else
	}
	wanted, err := q.measures()
	if err != nil {
		return nil, err
	}
	ask, err := d.meters(ctx, q)
	if err != nil {
		return nil, err
	}
	got, err := hubapi.Get[api.Consumption](ctx, d.hub, "/api/v1/energy", ask)
	if err != nil {
		return nil, err
	}
	if len(got.Rows) == 0 {
		return nil, errNothing
	}
	custom := hubTime(got.At)
	custom["baselines"] = baselines(got.Rows)
	var frames data.Frames
	for i := range got.Rows {
		f, err := d.shape(ctx, q.Format, &got, &got.Rows[i])
		if err != nil {
			return nil, err
		}
		meta(f, "", d.asked("/api/v1/energy", ask), custom)
		frames = append(frames, f)
	}
	d.noteEnergy(frames[0], &got, wanted)
	return frames, nil
}

func (d *Datasource) shape(ctx context.Context, format string, got *api.Consumption, r *api.ConsumptionGroup) (*data.Frame, error) {
	switch format {
	case "carpet":
		zone, err := d.zone(ctx, r)
		if err != nil {
			return nil, err
		}
		return d.carpet(got, r, zone), nil
	case "duration":
		return d.duration(got, r), nil
	}
	return d.signature(got, r), nil
}

// emptyShape has the fields of a shape and no row: Grafana's panels look for
// their fields before they look whether there is anything in them.
func (d *Datasource) emptyShape(format string) *data.Frame {
	var got api.Consumption
	var r api.ConsumptionGroup
	switch format {
	case "carpet":
		return d.carpet(&got, &r, time.UTC)
	case "duration":
		return d.duration(&got, &r)
	}
	return d.signature(&got, &r)
}

// zone is the time zone of a group's days: its site's, the park's is that of
// its first site.
func (d *Datasource) zone(ctx context.Context, r *api.ConsumptionGroup) (*time.Location, error) {
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range cat.Sites {
		if s.ID == r.Site || r.Site == "" {
			zone, err := time.LoadLocation(s.TimeZone)
			if err != nil {
				return nil, fmt.Errorf("days of %s: %w", s.ID, err)
			}
			return zone, nil
		}
	}
	return nil, errNothing
}

// signature has a row for each interval of which the temperature and the
// consumption are known, the coldest first, so that the model draws as a line.
func (d *Datasource) signature(got *api.Consumption, r *api.ConsumptionGroup) *data.Frame {
	known := slices.DeleteFunc(slices.Clone(r.Intervals), func(i api.ConsumptionInterval) bool { return i.Temperature == nil || i.Actual == nil })
	slices.SortStableFunc(known, func(a, b api.ConsumptionInterval) int { return cmp.Compare(*a.Temperature, *b.Temperature) })
	t := d.table(d.groupName(got, r),
		column{name: "temperature", zero: 0.0, unit: unitOfMeasure("temperature", "", "")},
		column{name: "actual", zero: 0.0, unit: unitOfMeasure("actual", got.Unit, got.Per)},
		column{name: "expected", zero: (*float64)(nil), unit: unitOfMeasure("expected", got.Unit, got.Per)},
		column{name: "time", zero: time.Time{}},
	)
	for _, i := range known {
		t.add(*i.Temperature, *i.Actual, i.Expected, time.UnixMilli(i.At).UTC())
	}
	return t.frame
}

// carpet has a row for each hour of the clock of each day of the zone, day by
// day, as Grafana's heat map takes cells that all have the same size: every day
// has 24, no day is left out, and there are at least two, because the width of
// a cell is how far the second day is from the first. The hour that a day in
// spring does not have is unknown; the two that one in autumn has under one
// name are their mean, as they share a cell.
func (d *Datasource) carpet(got *api.Consumption, r *api.ConsumptionGroup, zone *time.Location) *data.Frame {
	cells := map[int64]*cell{}
	var first, last time.Time
	for i := range r.Intervals {
		at := time.UnixMilli(r.Intervals[i].At).In(zone)
		if first.IsZero() {
			first = midnight(at)
		}
		last = midnight(at)
		if v := r.Intervals[i].Actual; v != nil {
			key := hourOf(at)
			if cells[key] == nil {
				cells[key] = &cell{}
			}
			cells[key].add(*v)
		}
	}
	if !first.IsZero() && last.Equal(first) {
		last = first.AddDate(0, 0, 1)
	}
	t := d.table(d.groupName(got, r),
		column{name: "xMin", zero: time.Time{}}, column{name: "yMin", zero: 0.0, unit: "suffix: h"},
		column{name: "actual", zero: (*float64)(nil), unit: unitOfMeasure("actual", got.Unit, got.Per)},
	)
	for day := first; !first.IsZero() && !day.After(last); day = day.AddDate(0, 0, 1) {
		for hour := range 24 {
			t.add(day.UTC(), float64(hour), cells[hourKey(day, hour)].mean())
		}
	}
	meta(t.frame, frameTypeHeatmapCells, "", nil)
	return t.frame
}

// cell gathers what was measured in one hour of the clock.
type cell struct {
	sum   float64
	heard int
}

func (c *cell) add(v float64) { c.sum, c.heard = c.sum+v, c.heard+1 }

// mean is nil of a cell in which nothing was measured.
func (c *cell) mean() *float64 {
	if c == nil {
		return nil
	}
	return new(c.sum / float64(c.heard))
}

func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

func hourOf(at time.Time) int64 { return hourKey(at, at.Hour()) }

// hourKey numbers the hours of the clock, two of the same name once.
func hourKey(day time.Time, hour int) int64 {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, time.UTC).Unix()
}

// duration sorts the hours whose consumption is known by their mean power, the
// highest first: during hours, at least kw were needed.
func (d *Datasource) duration(got *api.Consumption, r *api.ConsumptionGroup) *data.Frame {
	var kw []float64
	for i := range r.Intervals {
		if v := r.Intervals[i].Actual; v != nil {
			kw = append(kw, *v)
		}
	}
	slices.SortFunc(kw, func(a, b float64) int { return cmp.Compare(b, a) })
	hours := make([]float64, len(kw))
	for i := range hours {
		hours[i] = float64(i + 1)
	}
	f := data.NewFrame(d.groupName(got, r), data.NewField("hours", nil, hours), data.NewField("kw", nil, kw))
	f.Fields[0].Config = &data.FieldConfig{DisplayNameFromDS: in("Heures", "Uren", "Hours").In(d.say.lang), Unit: "suffix: h"}
	f.Fields[1].Config = &data.FieldConfig{DisplayNameFromDS: in("Puissance", "Vermogen", "Power").In(d.say.lang), Unit: "kwatt"}
	meta(f, data.FrameTypeTable, "", nil)
	return f
}
