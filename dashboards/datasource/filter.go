package datasource

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// filter is an ad-hoc filter of a dashboard.
type filter struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Value    string   `json:"value"`
	Values   []string `json:"values"`
}

func (f filter) check() error {
	if f.Key == "" {
		return badQuery{"filters", f.Value}
	}
	switch f.Operator {
	case "=", "!=", "<", ">", "=|", "!=|":
		return nil
	case "=~", "!~":
		if _, err := regexp.Compile(f.Value); err != nil || len(f.Value) > 1000 {
			return badQuery{"filters " + f.Key, f.Value}
		}
		return nil
	}
	return badQuery{"filters " + f.Key, f.Operator}
}

// passes reports whether a value passes.
func (f filter) passes(v string) bool {
	values := f.Values
	if len(values) == 0 {
		values = strings.Split(f.Value, "|")
	}
	switch f.Operator {
	case "=":
		return v == f.Value
	case "!=":
		return v != f.Value
	case "=|":
		return slices.Contains(values, v)
	case "!=|":
		return !slices.Contains(values, v)
	case "=~", "!~":
		// As Grafana does: the whole value must match.
		match, err := regexp.MatchString("^(?:"+f.Value+")$", v)
		return err == nil && match == (f.Operator == "=~")
	}
	a, errA := strconv.ParseFloat(v, 64)
	b, errB := strconv.ParseFloat(f.Value, 64)
	if errA != nil || errB != nil {
		return f.Operator == "<" && v < f.Value || f.Operator == ">" && v > f.Value
	}
	return f.Operator == "<" && a < b || f.Operator == ">" && a > b
}

// row is what filters look at: the keys that a row has, and their values.
type row map[string]string

// pass reports whether a row passes all filters. A key that the row does not
// have is not looked at: one filter of a dashboard serves all its panels.
func (q *query) pass(r row) bool {
	for _, f := range q.Filters {
		if v, ok := r[f.Key]; ok && !f.passes(v) {
			return false
		}
	}
	return true
}

// filters reports whether one of the keys is filtered.
func (q *query) filters(keys ...string) bool {
	return slices.ContainsFunc(q.Filters, func(f filter) bool { return slices.Contains(keys, f.Key) })
}
