package datasource

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

func sortMS(ms []int64) { slices.Sort(ms) }

// values answers with what is known now of points.
func (d *Datasource) values(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "table", formatNumeric)
	if err != nil {
		return nil, err
	}
	ask, err := d.selection(ctx, q)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = usualLimit
	}
	if q.Abnormal {
		ask.Set("abnormal", "true")
	}
	if len(q.States) == 0 && !q.filters("quality", "state") {
		ask.Set("limit", strconv.Itoa(limit))
	}
	got, err := hubapi.Get[api.Values](ctx, d.hub, "/api/v1/values", ask)
	if err != nil {
		return nil, err
	}
	var rows []*api.Value
	var doubtful []string
	for i := range got.Values {
		v := &got.Values[i]
		state := v.State()
		if !q.States.wants(state) || !q.pass(row{"quality": v.Quality, "state": state}) {
			continue
		}
		if state != "normal" && state != "abnormal" {
			doubtful = append(doubtful, d.name(v))
		}
		rows = append(rows, v)
	}
	total := len(rows) + got.Total - len(got.Values)
	rows = rows[:min(len(rows), limit)]
	var frames data.Frames
	if format == formatNumeric && len(rows) == 0 {
		return nil, errNothing
	}
	if format == formatNumeric {
		frames = d.numericValues(rows)
	} else {
		frames = data.Frames{d.valueTable(rows, got.At).frame}
	}
	for _, f := range frames {
		meta(f, "", d.asked("/api/v1/values", ask), hubTime(got.At))
	}
	if total > limit && len(frames) > 0 {
		note(frames[0], d.say.f("note.cut", limit, total))
	}
	if len(doubtful) > 0 && len(frames) > 0 {
		note(frames[0], d.say.f("note.doubtful", len(doubtful), some(doubtful)))
	}
	return frames, nil
}

func (d *Datasource) valueTable(rows []*api.Value, now time.Time) *table {
	t := d.table("values",
		column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "equipment", zero: ""},
		column{name: "equipment_label", zero: ""}, column{name: "kind", zero: ""}, column{name: "point", zero: ""},
		column{name: "point_label", zero: ""}, column{name: "value", zero: (*float64)(nil)}, column{name: "text", zero: ""},
		column{name: "unit", zero: ""}, column{name: "at", zero: (*time.Time)(nil)}, column{name: "age_s", zero: (*float64)(nil), unit: "s"},
		column{name: "quality", zero: ""},
		column{name: "state", zero: "", maps: d.say.states([2]string{"abnormal", colourP2}, [2]string{"unknown", colourPlain},
			[2]string{"stale", colourPlain}, [2]string{"doubtful", colourPlain}, [2]string{"normal", colourPlain})},
	)
	for _, v := range rows {
		t.add(string(v.Site), d.say.label(v.SiteLabel, string(v.Site)), string(v.Equipment), d.say.label(v.EquipmentLabel, string(v.Equipment)),
			string(v.Kind), string(v.Point), d.say.label(v.Label, string(v.Point)), v.Now, d.inWords(v), v.Unit, known(v.NowAt),
			age(now, v.NowAt), v.Quality, v.State())
	}
	return t
}

// inWords is a value with its unit, or its state.
func (d *Datasource) inWords(v *api.Value) string {
	switch {
	case v.Now == nil:
		return strings.ToLower(d.say.f("state.unknown"))
	case v.Type == "enum":
		return d.say.label(v.Text, d.say.number(*v.Now))
	case v.Type == "bool" && *v.Now != 0:
		return d.say.f("yes")
	case v.Type == "bool":
		return d.say.f("no")
	case v.Unit == "":
		return d.say.number(*v.Now)
	}
	return d.say.number(*v.Now) + " " + v.Unit
}

// numericValues are numbers for gauges and alert rules. A value that is not
// current is null: an alert rule must not take an old number for today's.
func (d *Datasource) numericValues(rows []*api.Value) data.Frames {
	var out data.Frames
	for _, v := range rows {
		now := v.Now
		if s := v.State(); s != "normal" && s != "abnormal" {
			now = nil
		}
		field := data.NewField("value", d.labels(v), []*float64{now})
		field.Config = d.config(v, nil)
		f := data.NewFrame(d.name(v), field)
		f.SetMeta(&data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: data.FrameTypeVersion{0, 1}})
		out = append(out, f)
	}
	return out
}
