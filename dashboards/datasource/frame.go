package datasource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// The colours of UI.md. Normal has none of its own: it is plain grey.
const (
	colourP1     = "#B3001B"
	colourP2     = "#C85A00"
	colourP3     = "#8A6D00"
	colourP4     = "#5B3FA8"
	colourPlain  = "#5A6672"
	colourSaving = "#0B6E4F"
)

// table builds a frame of rows.
type table struct {
	say   texts
	frame *data.Frame
}

// column is a column of a table: its name, which also names its text
// col.<name>, what one cell is, and its unit.
type column struct {
	name string
	zero any
	unit string
	maps data.ValueMappings
}

func (d *Datasource) table(name string, columns ...column) *table {
	t := &table{say: d.say, frame: data.NewFrame(name)}
	for _, c := range columns {
		f := data.NewFieldFromFieldType(fieldType(c.zero), 0)
		f.Name = c.name
		f.Config = &data.FieldConfig{DisplayNameFromDS: d.say.column(c.name), Unit: c.unit, Mappings: c.maps}
		t.frame.Fields = append(t.frame.Fields, f)
	}
	t.frame.SetMeta(&data.FrameMeta{Type: data.FrameTypeTable, TypeVersion: data.FrameTypeVersion{0, 1}})
	return t
}

func fieldType(zero any) data.FieldType {
	switch zero.(type) {
	case int64:
		return data.FieldTypeInt64
	case *int64:
		return data.FieldTypeNullableInt64
	case float64:
		return data.FieldTypeFloat64
	case *float64:
		return data.FieldTypeNullableFloat64
	case bool:
		return data.FieldTypeBool
	case time.Time:
		return data.FieldTypeTime
	case *time.Time:
		return data.FieldTypeNullableTime
	case *string:
		return data.FieldTypeNullableString
	}
	return data.FieldTypeString
}

// add adds a row, a cell a column in their order.
func (t *table) add(cells ...any) { t.frame.AppendRow(cells...) }

// note adds a warning that people see on the panel.
func note(f *data.Frame, text string) {
	f.AppendNotices(data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
}

func info(f *data.Frame, text string) {
	f.AppendNotices(data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
}

// cut shortens a table to the query's limit and says so.
func (t *table) cut(limit int) *data.Frame {
	if limit == 0 {
		limit = usualLimit
	}
	if n := t.frame.Rows(); n > limit {
		for i := n - 1; i >= limit; i-- {
			t.frame.DeleteRow(i)
		}
		note(t.frame, t.say.f("note.cut", limit, n))
	}
	return t.frame
}

// meta says how a frame came about.
func meta(f *data.Frame, kind data.FrameType, asked string, custom map[string]any) {
	if f.Meta == nil {
		f.Meta = &data.FrameMeta{}
	}
	f.Meta.ExecutedQueryString = asked
	if len(custom) > 0 {
		f.Meta.Custom = custom
	}
	if kind != "" {
		f.Meta.Type, f.Meta.TypeVersion = kind, data.FrameTypeVersion{0, 1}
	}
}

// known is an instant, nil when it is zero.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// age is how long ago an instant is, in seconds, nil when it is not known.
func age(now, at time.Time) *float64 {
	if at.IsZero() {
		return nil
	}
	s := max(0, now.Sub(at).Seconds())
	return &s
}

// some names a few and counts the others.
func some(names []string) string {
	const most = 5
	slices.Sort(names)
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" … (+%d)", len(names)-most)
}

// unitOf is Grafana's name of a unit.
func unitOf(unit string) string {
	switch unit {
	case "":
		return ""
	case "°C":
		return "celsius"
	case "K":
		return "kelvin"
	case "kW":
		return "kwatt"
	case "kWh":
		return "kwatth"
	case "kVA":
		return "kvoltamp"
	case "kvar":
		return "kvoltampreact"
	case "%":
		return "percent"
	case "m³":
		return "m3"
	case "L":
		return "litre"
	case "bar":
		return "pressurebar"
	case "mbar":
		return "pressurembar"
	case "hPa":
		return "pressurehpa"
	case "Pa":
		return "pressurepa"
	case "ppm":
		return "ppm"
	case "lx":
		return "lux"
	case "V":
		return "volt"
	case "A":
		return "amp"
	case "Hz":
		return "hertz"
	case "m/s":
		return "velocityms"
	case "mm":
		return "lengthmm"
	case "°":
		return "degree"
	}
	return "suffix: " + unit
}

// mapped is one value and what it is shown as.
type mapped struct{ value, text, colour string }

func mappings(of ...mapped) data.ValueMappings {
	m := data.ValueMapper{}
	for i, v := range of {
		m[v.value] = data.ValueMappingResult{Text: v.text, Color: v.colour, Index: i}
	}
	return data.ValueMappings{m}
}

// states maps states to their words; each is name, colour.
func (t texts) states(of ...[2]string) data.ValueMappings {
	all := make([]mapped, 0, len(of))
	for _, s := range of {
		all = append(all, mapped{s[0], t.f("state." + s[0]), s[1]})
	}
	return mappings(all...)
}

func (t texts) siteStates() data.ValueMappings {
	return t.states([2]string{"alarm", colourP1}, [2]string{"unknown", colourPlain}, [2]string{"stale", colourPlain},
		[2]string{"drift", colourP4}, [2]string{"normal", colourPlain})
}

func (t texts) alarmStates() data.ValueMappings {
	var of [][2]string
	for _, s := range alarmOrder() {
		of = append(of, [2]string{s, colourPlain})
	}
	return t.states(of...)
}

func priorityMap() data.ValueMappings {
	return mappings(mapped{"1", "■ P1", colourP1}, mapped{"2", "▲ P2", colourP2}, mapped{"3", "● P3", colourP3}, mapped{"4", "◆ P4", colourP4})
}

func priorityColour(p int) string {
	switch p {
	case 1:
		return colourP1
	case 2:
		return colourP2
	case 3:
		return colourP3
	}
	return colourP4
}

// number writes a number as people of the language do.
func (t texts) number(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if _, fraction, ok := strings.Cut(s, "."); ok && len(fraction) > 2 {
		s = strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
	}
	if t.lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
