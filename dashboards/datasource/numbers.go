package datasource

import (
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// formatNumeric asks for numbers with labels instead of a table.
const formatNumeric = "numeric"

// unknownMeasure is 1 of a site or device of which nothing current is known.
const unknownMeasure = "unknown"

// What alert rules can take of sites, links, alarms and findings.
func siteNumbers() []string {
	return []string{"p1", "p2", "p3", "p4", unknownMeasure, "linked", "stale_points", "age_s", "late_s", "waiting", "lost"}
}

func edgeNumbers() []string {
	return []string{"linked", "backlog", "waiting", "late_s", "lost", "online", "offline", unknownMeasure, "stale_points"}
}

func alarmNumbers() []string {
	return []string{"p1", "p2", "p3", "p4", "total", "unacknowledged", "oldest_unacknowledged_s", "inhibited"}
}

func findingNumbers() []string {
	return []string{"count", "kwh_per_week", "eur_per_week", "kgco2_per_week"}
}

// numbers makes of each row of a table a frame for each measure that the query
// names, of those that are offered: one number with labels that no other frame
// has, as alert rules take them. The labels are the measure and what keys say
// of the row. What is not known is null.
func numbers(f *data.Frame, q query, offered []string, keys ...string) (data.Frames, error) {
	chosen := offered
	if len(q.Measures) > 0 {
		chosen = q.Measures
	}
	var out data.Frames
	for _, measure := range chosen {
		from := fieldNamed(f, measure)
		if !slices.Contains(offered, measure) || from == nil {
			return nil, badQuery{"measures", measure}
		}
		for row := range from.Len() {
			labels := data.Labels{"measure": measure}
			for _, key := range keys {
				if of := fieldNamed(f, key); of != nil {
					labels[key], _ = of.At(row).(string)
				}
			}
			field := data.NewField("value", labels, []*float64{numberAt(from, row)})
			field.Config = &data.FieldConfig{DisplayNameFromDS: from.Config.DisplayNameFromDS, Unit: from.Config.Unit}
			if name := labels["site_label"]; name != "" {
				field.Config.DisplayNameFromDS = name + " · " + from.Config.DisplayNameFromDS
			}
			one := data.NewFrame(f.Name, field)
			one.SetMeta(&data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: data.FrameTypeVersion{0, 1}})
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, errNothing
	}
	return out, nil
}

// withUnknown adds to a table of sites whether nothing current is known of each.
func (d *Datasource) withUnknown(f *data.Frame) *data.Frame {
	return withFlag(f, unknownMeasure, d.say.f("state.unknown"), "unknown", "stale")
}

// withLinked adds to a table of links whether each holds.
func (d *Datasource) withLinked(f *data.Frame) *data.Frame {
	return withFlag(f, "linked", d.say.column("linked"), "linked")
}

// withFlag adds a field that is true of rows in one of some states.
func withFlag(f *data.Frame, name, heading string, states ...string) *data.Frame {
	state := fieldNamed(f, "state")
	flags := make([]bool, state.Len())
	for i := range flags {
		now, _ := state.At(i).(string)
		flags[i] = slices.Contains(states, now)
	}
	field := data.NewField(name, nil, flags)
	field.Config = &data.FieldConfig{DisplayNameFromDS: heading}
	f.Fields = append(f.Fields, field)
	return f
}

// numberAt is the number of a cell, 1 or 0 of a yes or no, nil where there is
// none.
func numberAt(f *data.Field, row int) *float64 {
	if yes, ok := f.At(row).(bool); ok {
		if yes {
			return new(1.0)
		}
		return new(0.0)
	}
	v, err := f.NullableFloatAt(row)
	if err != nil {
		return nil
	}
	return v
}
