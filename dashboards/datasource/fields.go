package datasource

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// pick sorts the rows of frames by the field that the query's sort names (-kw:
// the greatest first; what is not known last), keeps the query's limit of them,
// and leaves the fields that the query names, in its order. Panels of
// provisioned dashboards ask for their columns by name: Grafana's own ordering
// and sorting go by display names, which follow the language.
func (d *Datasource) pick(raw json.RawMessage, frames data.Frames) error {
	var q struct {
		Fields list   `json:"fields"`
		Sort   string `json:"sort"`
		Limit  int    `json:"limit"`
		None   string `json:"none"`
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return badQuery{"JSON", err.Error()}
	}
	for _, f := range frames {
		if len(f.Fields) == 0 {
			continue // a list of the hub without a row has no columns either
		}
		most := q.Limit
		if q.Fields.has("tile") {
			most = 0
		}
		if q.Sort != "" && !sortRows(f, q.Sort, most) {
			return badQuery{"sort", q.Sort}
		}
		if len(q.Fields) == 0 {
			continue
		}
		if q.Fields.has("tile") && fieldNamed(f, "tile") == nil {
			d.addTiles(f, q.Fields)
		}
		chosen := make([]*data.Field, 0, len(q.Fields))
		for _, name := range q.Fields {
			field := fieldNamed(f, name)
			if seconds := fieldNamed(f, name+"_s"); field == nil && seconds != nil {
				field = d.spans(name, seconds)
				noneWaits(f, field, q.None)
			}
			if field == nil {
				return badQuery{"fields", name}
			}
			chosen = append(chosen, field)
		}
		f.Fields = chosen
		if q.Fields.has("tile") {
			d.others(f, q.Limit)
		}
	}
	return nil
}

func (l list) has(v string) bool { return slices.Contains(l, v) }

func fieldNamed(f *data.Frame, name string) *data.Field {
	for _, field := range f.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// sortRows sorts by a field of numbers and keeps the first rows, all of them
// when limit is 0. It reports whether there is such a field.
func sortRows(f *data.Frame, by string, limit int) bool {
	name, down := strings.CutPrefix(by, "-")
	field := fieldNamed(f, name)
	if field == nil || !field.Type().Numeric() {
		return false
	}
	keys, order := make([]*float64, field.Len()), make([]int, field.Len())
	for i := range order {
		order[i] = i
		if v, err := field.NullableFloatAt(i); err == nil {
			keys[i] = v
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareKnown(keys[a], keys[b], down) })
	if limit > 0 && limit < len(order) {
		order = order[:limit]
	}
	for k, old := range f.Fields {
		sorted := data.NewFieldFromFieldType(old.Type(), len(order))
		sorted.Name, sorted.Labels, sorted.Config = old.Name, old.Labels, old.Config
		for to, from := range order {
			sorted.Set(to, old.At(from))
		}
		f.Fields[k] = sorted
	}
	return true
}

// compareKnown orders numbers; those that are not known are last.
func compareKnown(a, b *float64, down bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case *a == *b:
		return 0
	case (*a < *b) != down:
		return -1
	}
	return 1
}
