package datasource

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// leastAlign is to what the ends of a range are rounded at least, so that many
// viewers of one wall ask one question.
const leastAlign = 5 * time.Second

// align widens a range to whole intervals.
func align(from, to time.Time, every time.Duration) (time.Time, time.Time) {
	every = min(max(every, leastAlign), time.Hour)
	start, end := from.Truncate(every), to.Truncate(every)
	if end.Before(to) {
		end = end.Add(every)
	}
	return start, end
}

func put(q url.Values, name string, values []string) {
	for _, v := range values {
		q.Add(name, v)
	}
}

// selection says to the hub which points are meant. Ad-hoc filters are
// resolved here, by the catalogue.
func (d *Datasource) selection(ctx context.Context, q query) (url.Values, error) {
	out := url.Values{}
	if !q.filters("site", "category", "kind", "equipment", "point") {
		put(out, "site", q.Sites)
		put(out, "category", q.Categories)
		put(out, "kind", q.Kinds)
		put(out, "equipment", q.Equipment)
		put(out, "point", q.Points)
		put(out, "series", q.Series)
		return out, nil
	}
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	byList := len(q.Sites)+len(q.Categories)+len(q.Kinds)+len(q.Equipment)+len(q.Points) > 0
	for _, s := range cat.Sites {
		for _, e := range s.Equipment {
			for _, p := range e.Points {
				name := string(s.ID) + "/" + string(e.ID) + "/" + string(p.ID)
				listed := q.Sites.wants(string(s.ID)) && q.Categories.wants(string(s.Category)) && q.Kinds.wants(string(e.Kind)) &&
					q.Equipment.wants(string(e.ID)) && q.Points.wants(string(p.ID)) && (byList || len(q.Series) == 0)
				named := len(q.Series) > 0 && q.Series.wants(name)
				if (listed || named) && q.pass(row{
					"site": string(s.ID), "category": string(s.Category), "kind": string(e.Kind), "equipment": string(e.ID), "point": string(p.ID),
				}) {
					out.Add("series", name)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	return out, nil
}

// points answers with the history of points.
func (d *Datasource) points(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "time_series", "wide")
	if err != nil {
		return nil, err
	}
	if len(q.Points) == 0 && len(q.Series) == 0 {
		return nil, badQuery{"points", ""}
	}
	ask, err := d.selection(ctx, q)
	if err != nil {
		return nil, err
	}
	every := max(q.every, time.Second).Truncate(time.Millisecond)
	from, to := align(q.from, q.to, every)
	ask.Set("from", from.Format(time.RFC3339Nano))
	ask.Set("to", to.Format(time.RFC3339Nano))
	ask.Set("aggregate", q.Aggregate)
	ask.Set("interval", every.String())
	if q.Aggregate == "" {
		ask.Set("aggregate", string(api.AggregateAuto))
	}
	got, err := hubapi.Get[api.Points](ctx, d.hub, "/api/v1/points", ask)
	if err != nil {
		return nil, err
	}
	asked := strings.Join(append([]string{d.asked("/api/v1/points", ask)}, got.Queries...), "\n")
	var frames data.Frames
	if format == "wide" {
		frames = data.Frames{d.wide(q, got)}
		meta(frames[0], data.FrameTypeTimeSeriesWide, asked, hubTime(got.At))
	} else {
		for i := range got.Series {
			f := d.seriesFrame(&got.Series[i], q)
			meta(f, data.FrameTypeTimeSeriesMulti, asked, hubTime(got.At))
			frames = append(frames, f)
		}
	}
	d.noteSeries(frames[0], got.Series)
	return frames, nil
}

func hubTime(at time.Time) map[string]any { return map[string]any{"at": at.UTC().Format(time.RFC3339)} }

func (d *Datasource) asked(path string, q url.Values) string {
	return "GET " + path + "?" + q.Encode()
}

// name is how a series is called on a panel.
func (d *Datasource) name(v *api.Value) string {
	return d.say.label(v.SiteLabel, string(v.Site)) + " · " + d.say.label(v.EquipmentLabel, string(v.Equipment)) + " · " + d.say.label(v.Label, string(v.Point))
}

func (d *Datasource) labels(v *api.Value) data.Labels {
	return data.Labels{
		"site": string(v.Site), "site_label": d.say.label(v.SiteLabel, string(v.Site)), "kind": string(v.Kind),
		"equipment": string(v.Equipment), "equipment_label": d.say.label(v.EquipmentLabel, string(v.Equipment)), "point": string(v.Point),
	}
}

// config is how the numbers of a point are shown.
func (d *Datasource) config(v *api.Value, enum map[int]gtc.Label) *data.FieldConfig {
	c := &data.FieldConfig{
		DisplayNameFromDS: d.name(v), Unit: unitOf(v.Unit), Custom: map[string]any{"quality": v.Quality, "stale": v.Stale},
	}
	switch v.Type {
	case "bool":
		c.Mappings = mappings(mapped{"0", d.say.f("no"), ""}, mapped{"1", d.say.f("yes"), ""})
	case "enum":
		var all []mapped
		for _, i := range slices.Sorted(maps.Keys(enum)) {
			all = append(all, mapped{strconv.Itoa(i), d.say.label(enum[i], strconv.Itoa(i)), ""})
		}
		c.Mappings = mappings(all...)
	}
	return c
}

// seriesFrame is one series with its gaps: a null stands where nothing was
// heard for longer than a gap.
func (d *Datasource) seriesFrame(s *api.PointSeries, q query) *data.Frame {
	times, values := make([]time.Time, 0, len(s.Times)), make([]*float64, 0, len(s.Times))
	for i, ms := range s.Times {
		if i > 0 && s.GapMS > 0 && ms-s.Times[i-1] > s.GapMS {
			times = append(times, time.UnixMilli(s.Times[i-1]+(ms-s.Times[i-1])/2).UTC())
			values = append(values, nil)
		}
		times = append(times, time.UnixMilli(ms).UTC())
		values = append(values, &s.Values[i])
	}
	value := data.NewField("value", d.labels(&s.Value), values)
	value.Config = d.config(&s.Value, s.Enum)
	f := data.NewFrame(d.name(&s.Value), data.NewField("time", nil, times), value)
	if q.Live {
		meta(f, "", "", nil)
		f.Meta.Channel = "ds/" + d.uid + "/points/" + s.String()
	}
	return f
}

// wide puts all series beside each other on the instants of all.
func (d *Datasource) wide(q query, got api.Points) *data.Frame {
	var frames data.Frames
	index := map[int64]int{}
	var order []int64
	for i := range got.Series {
		f := d.seriesFrame(&got.Series[i], q)
		frames = append(frames, f)
		for r := range f.Rows() {
			ms := millis(f, r)
			if _, ok := index[ms]; !ok {
				index[ms] = 0
				order = append(order, ms)
			}
		}
	}
	sortMS(order)
	times := make([]time.Time, len(order))
	for i, ms := range order {
		index[ms], times[i] = i, time.UnixMilli(ms).UTC()
	}
	out := data.NewFrame("points", data.NewField("time", nil, times))
	for _, f := range frames {
		values := make([]*float64, len(order))
		for r := range f.Rows() {
			values[index[millis(f, r)]], _ = f.Fields[1].At(r).(*float64)
		}
		field := data.NewField("value", f.Fields[1].Labels, values)
		field.Config = f.Fields[1].Config
		out.Fields = append(out.Fields, field)
	}
	return out
}

// millis is the instant of a row of a series.
func millis(f *data.Frame, row int) int64 {
	at, _ := f.Fields[0].At(row).(time.Time)
	return at.UnixMilli()
}

// noteSeries says of which series nothing was heard in the range, and which
// are not current now.
func (d *Datasource) noteSeries(f *data.Frame, all []api.PointSeries) {
	var empty, doubtful []string
	for i := range all {
		s := &all[i]
		if len(s.Times) == 0 {
			empty = append(empty, d.name(&s.Value))
		}
		if s.Stale || s.Quality != "good" {
			doubtful = append(doubtful, d.name(&s.Value))
		}
	}
	if len(empty) > 0 {
		note(f, d.say.f("note.empty", len(empty), some(empty)))
	}
	if len(doubtful) > 0 {
		note(f, d.say.f("note.doubtful", len(doubtful), some(doubtful)))
	}
}
