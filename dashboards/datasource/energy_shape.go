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

// frameTypeHeatmapRows is the form of Grafana's heat map in which each field is
// a row of cells.
const frameTypeHeatmapRows data.FrameType = "heatmap-rows"

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
		return d.duration(r), nil
	}
	return d.signature(got, r), nil
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
	t := d.table(d.groupName(r),
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

// carpet has a row for each day of the zone and a field for each hour of the
// clock. The hour that a day in spring does not have is unknown; the two that
// one in autumn has under one name are their mean, as they share a cell.
func (d *Datasource) carpet(got *api.Consumption, r *api.ConsumptionGroup, zone *time.Location) *data.Frame {
	var days []time.Time
	var hours [24][]*float64
	var heard [24]int
	for i := range r.Intervals {
		at := time.UnixMilli(r.Intervals[i].At).In(zone)
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
		if n := len(days); n == 0 || !days[n-1].Equal(day) {
			days, heard = append(days, day), [24]int{}
			for h := range hours {
				hours[h] = append(hours[h], nil)
			}
		}
		v, h, last := r.Intervals[i].Actual, at.Hour(), len(days)-1
		if v == nil {
			continue
		}
		sum := *v
		if before := hours[h][last]; before != nil {
			sum += *before * float64(heard[h])
		}
		heard[h]++
		hours[h][last] = new(sum / float64(heard[h]))
	}
	for i := range days {
		days[i] = days[i].UTC()
	}
	f := data.NewFrame(d.groupName(r), data.NewField("time", nil, days))
	for h, values := range hours {
		field := data.NewField(fmt.Sprintf("%02d", h), nil, values)
		field.Config = &data.FieldConfig{DisplayNameFromDS: fmt.Sprintf("%02d h", h), Unit: unitOfMeasure("actual", got.Unit, got.Per)}
		f.Fields = append(f.Fields, field)
	}
	meta(f, frameTypeHeatmapRows, "", nil)
	return f
}

// duration sorts the hours whose consumption is known by their mean power, the
// highest first: during hours, at least kw were needed.
func (d *Datasource) duration(r *api.ConsumptionGroup) *data.Frame {
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
	f := data.NewFrame(d.groupName(r), data.NewField("hours", nil, hours), data.NewField("kw", nil, kw))
	f.Fields[0].Config = &data.FieldConfig{DisplayNameFromDS: in("Heures", "Uren", "Hours").In(d.say.lang), Unit: "suffix: h"}
	f.Fields[1].Config = &data.FieldConfig{DisplayNameFromDS: in("Puissance", "Vermogen", "Power").In(d.say.lang), Unit: "kwatt"}
	meta(f, data.FrameTypeTable, "", nil)
	return f
}
