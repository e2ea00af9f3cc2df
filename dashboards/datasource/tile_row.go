package datasource

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
)

// addTiles adds to a table of alarms, maintenance, edges or devices what a
// wall says of each row in a few words, as tile does for sites. What is shown
// beside it by a field of its own is not said again.
func (d *Datasource) addTiles(f *data.Frame, beside list) {
	say := map[string]func(tableRow) string{
		"alarms": d.alarmRow, "works": d.workRow, "edges": d.edgeRow, "devices": d.deviceRow,
		"findings": d.findingRow,
	}[f.Name]
	if say == nil {
		return
	}
	texts := make([]string, f.Rows())
	for i := range texts {
		texts[i] = say(tableRow{f, i, beside})
	}
	f.Fields = append(f.Fields, data.NewField("tile", nil, texts))
}

// spans are durations in words, of those in seconds: age of age_s.
func (d *Datasource) spans(name string, seconds *data.Field) *data.Field {
	texts := make([]*string, seconds.Len())
	for i := range texts {
		if v, err := seconds.NullableFloatAt(i); err == nil && v != nil {
			texts[i] = new(d.say.span(time.Duration(*v * float64(time.Second))))
		}
	}
	f := data.NewField(name, nil, texts)
	f.Config = &data.FieldConfig{DisplayNameFromDS: d.say.column(seconds.Name)}
	return f
}

// tableRow is one row of a table.
type tableRow struct {
	frame *data.Frame
	row   int
	// beside are the fields that are shown themselves.
	beside list
}

// part is a text of the row, "" when it is shown beside the tile.
func (r tableRow) part(name string) string {
	if r.beside.has(name) {
		return ""
	}
	return r.text(name)
}

// parted joins what there is of the parts of a tile.
func parted(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

func (r tableRow) text(name string) string {
	if f := fieldNamed(r.frame, name); f != nil {
		if s, ok := f.At(r.row).(string); ok {
			return s
		}
	}
	return ""
}

// number is a number of the row, nil when it is not known.
func (r tableRow) number(name string) *float64 {
	if f := fieldNamed(r.frame, name); f != nil && f.Type().Numeric() {
		if v, err := f.NullableFloatAt(r.row); err == nil {
			return v
		}
	}
	return nil
}

func (r tableRow) time(name string) (time.Time, bool) {
	if f := fieldNamed(r.frame, name); f != nil {
		t, ok := f.At(r.row).(time.Time)
		return t, ok
	}
	return time.Time{}, false
}

// aged adds an age in seconds to a text.
func (d *Datasource) aged(text string, seconds *float64) string {
	if seconds == nil {
		return text
	}
	return text + " · " + d.say.span(time.Duration(*seconds*float64(time.Second)))
}

func (d *Datasource) alarmRow(r tableRow) string {
	p := gtc.PriorityDrift
	if v := r.number("priority"); v != nil {
		p = gtc.Priority(*v)
	}
	return d.aged(strings.TrimSpace(sign(p)+" "+priority(p)+" "+r.part("label")), r.number("age_s"))
}

// workRow says why and until when; the day is told when it is another one.
func (d *Datasource) workRow(r tableRow) string {
	until, ok := r.time("until")
	if !ok {
		return r.part("reason")
	}
	local := until.In(brussels())
	format := "02/01 15:04"
	if m, ok := r.frame.Meta.Custom.(map[string]any); ok {
		if at, err := time.Parse(time.RFC3339, textOf(m["at"])); err == nil && at.In(brussels()).Format(time.DateOnly) == local.Format(time.DateOnly) {
			format = "15:04"
		}
	}
	return parted(r.part("reason"), in("jusqu’à ", "tot ", "until ").In(d.say.lang)+local.Format(format))
}

func textOf(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return s
}

// brussels is the time zone of the walls.
func brussels() *time.Location {
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		return time.UTC
	}
	return zone
}

func (d *Datasource) edgeRow(r tableRow) string {
	state := r.text("state")
	text := d.say.f("state." + state)
	switch state {
	case "linked":
		if waiting := r.number("waiting"); waiting != nil && *waiting > 0 {
			return d.say.with(in("%s · %s en attente", "%s · %s wachtend", "%s · %s waiting"), text, d.say.grouped(*waiting))
		}
		return text
	case "lost":
		return d.aged("▲ "+text, r.number("age_s"))
	}
	return d.aged("▨ "+text, r.number("age_s"))
}

// findingRow says what a finding is worth, of which meter, and since when.
func (d *Datasource) findingRow(r tableRow) string {
	text := map[string]string{"saving": "▼ ", "data": "▨ "}[r.text("kind")]
	if text == "" {
		text = "◆ "
	}
	worth, since := "", ""
	switch eur, kwh := r.number("eur_per_week"), r.number("kwh_per_week"); {
	case eur != nil:
		worth = d.say.with(in("%s €/sem.", "%s €/week", "€%s/week"), d.say.grouped(*eur))
	case kwh != nil:
		worth = d.say.with(in("%s kWh/sem.", "%s kWh/week", "%s kWh/week"), d.say.grouped(*kwh))
	}
	if days := r.number("days"); days != nil {
		since = d.say.span(time.Duration(*days*24) * time.Hour)
	}
	return text + parted(worth, r.part("meter_label"), since)
}

func (d *Datasource) deviceRow(r tableRow) string {
	state := r.text("state")
	shape := map[string]string{"offline": "▲ ", "unknown": "▨ "}[state]
	text := d.say.f("state." + state)
	if state == "offline" && r.beside.has("device") {
		text = in("Muet", "Stil", "Silent").In(d.say.lang) // it shares a line with the names
	}
	return d.aged(shape+parted(r.part("device"), text), r.number("age_s"))
}
