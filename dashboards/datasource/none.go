package datasource

import (
	"encoding/json"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// noneField is the only field of the answer to a list in which there is nothing.
const noneField = "none"

// lists reports whether the query asks for a list, of which it can be said
// that there is nothing in it. Of curves it cannot: they need a time.
func (q *query) lists() bool {
	switch q.QueryType {
	case "sites", "values", "findings", "collectors", "works", "portfolio", "carbon":
		return true
	case "alarms":
		return q.Format != "count"
	case "energy":
		return q.Format == "table" || q.Format == "total"
	}
	return false
}

// sayNone puts the query's own words for an empty list, or why there can be
// nothing in it, into a row of their own. Words that stand in the panel instead
// are shown as well when no answer came, and Grafana cannot tell the two apart.
func (d *Datasource) sayNone(raw json.RawMessage, frames data.Frames, why string) data.Frames {
	var q struct {
		Fields list   `json:"fields"`
		Sites  list   `json:"sites"`
		None   string `json:"none"`
	}
	// What cannot be read was refused before.
	if err := json.Unmarshal(raw, &q); err != nil || q.None == "" || slices.ContainsFunc(frames, func(f *data.Frame) bool { return f.Rows() > 0 }) {
		return frames
	}
	words := q.None
	if why != "" {
		words = why
	}
	f := data.NewFrame("", data.NewField(noneField, nil, []string{words}))
	f.Fields[0].Config = &data.FieldConfig{DisplayNameFromDS: d.say.column(noneField)}
	if q.Fields.has("tile") {
		place := in("Tous les sites", "Alle sites", "All sites")
		if len(q.Sites) > 0 {
			place = in("Sites choisis", "Gekozen sites", "Chosen sites")
		}
		f = data.NewFrame("", data.NewField("site_label", nil, []string{place.In(d.say.lang)}), data.NewField("tile", nil, []string{words}))
	}
	if len(frames) > 0 {
		f.Name = frames[0].Name
		if m := frames[0].Meta; m != nil {
			f.Meta = &data.FrameMeta{Custom: m.Custom, ExecutedQueryString: m.ExecutedQueryString, Notices: m.Notices}
		}
	}
	meta(f, data.FrameTypeTable, executed(f), nil)
	return data.Frames{f}
}

func executed(f *data.Frame) string {
	if f.Meta == nil {
		return ""
	}
	return f.Meta.ExecutedQueryString
}

// noneWaits writes the query's words where the age of the oldest is absent
// because there is none of them; one of unknown age stays absent.
func noneWaits(f *data.Frame, ages *data.Field, words string) {
	count := fieldNamed(f, map[string]string{"oldest_unacknowledged": "unacknowledged"}[ages.Name])
	if count == nil || words == "" {
		return
	}
	for i := range ages.Len() {
		if n, err := count.FloatAt(i); err == nil && n == 0 {
			ages.Set(i, &words)
		}
	}
}

// nameless is a row of absent values under the names of a summary's fields, to
// go with the error for which there are none: a tile that says that it is not
// known also has to say what.
func (d *Datasource) nameless(raw json.RawMessage) data.Frames {
	var q struct {
		Fields list   `json:"fields"`
		Format string `json:"format"`
	}
	if err := json.Unmarshal(raw, &q); err != nil || len(q.Fields) == 0 || q.Format != "summary" && q.Format != "total" {
		return nil
	}
	f := data.NewFrame("")
	for _, name := range q.Fields {
		field := data.NewField(name, nil, []*string{nil})
		field.Config = &data.FieldConfig{DisplayNameFromDS: d.columnOrSpan(name)}
		f.Fields = append(f.Fields, field)
	}
	return data.Frames{f}
}

// columnOrSpan names a column, also one in words of a column in seconds.
func (d *Datasource) columnOrSpan(name string) string {
	if text := d.say.column(name); text != "col."+name {
		return text
	}
	if text := d.say.column(name + "_s"); text != "col."+name+"_s" {
		return text
	}
	return name
}
