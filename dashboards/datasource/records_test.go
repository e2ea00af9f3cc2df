package datasource

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// testRecords: the views that the hub makes as lists come as tables.
func testRecords(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	for query, column := range map[string]string{
		`{"queryType":"portfolio"}`:                          "site",
		`{"queryType":"portfolio","register":"pools"}`:       "kind",
		`{"queryType":"portfolio","register":"pools.weeks"}`: "start",
		`{"queryType":"carbon","register":"path.years"}`:     "year",
		`{"queryType":"carbon"}`:                             "",
		`{"queryType":"works","register":"energy"}`:          "",
		`{"queryType":"works","register":"works.savings"}`:   "",
	} {
		got := ask(t, d, c.at, query)
		require.NoError(t, got.Error, query)
		require.Len(t, got.Frames, 1, query)
		if f := got.Frames[0]; column != "" && f.Rows() > 0 {
			field, _ := f.FieldByName(column)
			require.NotNil(t, field, "%s has %v", query, f.Fields)
		}
	}
	got := ask(t, d, c.at, `{"queryType":"portfolio","register":"planets"}`)
	require.EqualValues(t, 400, got.Status)
}

// TestAListBecomesATable: a column for each scalar, one type a column, a label
// in the language, rows of lists in lists with what they are part of.
func TestAListBecomesATable(t *testing.T) {
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"at": "2026-11-20T12:00:00Z",
		"pools": [
			{"kind": "heating", "label": {"fr": "Chauffage", "nl": "Verwarming"}, "year": {"kwh": 5.5}, "sites": ["a", "b"],
			 "weeks": [{"start": "2026-11-09T00:00:00Z", "kwh": null}, {"start": "2026-11-16T00:00:00Z", "kwh": 7, "mixed": "x"}]},
			{"kind": "electricity", "label": {"fr": "Électricité"}, "year": {"kwh": 1}, "sites": [], "weeks": [{"start": "2026-11-16T00:00:00Z", "kwh": 8, "mixed": 1}]}
		]}`), &answer))
	say, err := newTexts(french)
	require.NoError(t, err)
	d := &Datasource{say: say}
	f := d.flat("x", d.rowsAt(answer, "pools"), query{})
	require.Equal(t, 2, f.Rows())
	cell := func(f *data.Frame, name string, row int) any {
		field, _ := f.FieldByName(name)
		require.NotNil(t, field, name)
		v, _ := field.ConcreteAt(row)
		return v
	}
	require.Equal(t, "Chauffage", cell(f, "label", 0))
	require.InDelta(t, 5.5, cell(f, "year.kwh", 0), 0)
	require.Equal(t, "a, b", cell(f, "sites", 0))

	f = d.flat("x", d.rowsAt(answer, "pools.weeks"), query{Filters: []filter{{Key: "kind", Operator: "=", Value: "heating"}}})
	require.Equal(t, 2, f.Rows(), "the filter looks at the row and at what it is part of")
	require.Equal(t, time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC), cell(f, "start", 1))
	kwh, _ := f.FieldByName("kwh")
	require.True(t, kwh.NilAt(0), "null is not zero")
	f = d.flat("x", d.rowsAt(answer, "pools.weeks"), query{Limit: 1})
	require.Equal(t, 1, f.Rows())
	require.Len(t, f.Meta.Notices, 1)
	require.Nil(t, d.rowsAt(answer, "at"))
	require.Nil(t, d.rowsAt(answer, "nothing.there"))
}

// TestFilters: each operator, and a key that rows do not have.
func TestFilters(t *testing.T) {
	for _, test := range []struct {
		f    filter
		v    string
		pass bool
	}{
		{filter{Operator: "=", Value: "a"}, "a", true},
		{filter{Operator: "=", Value: "a"}, "b", false},
		{filter{Operator: "!=", Value: "a"}, "b", true},
		{filter{Operator: "=|", Value: "a|b"}, "b", true},
		{filter{Operator: "=|", Values: []string{"a", "c"}}, "b", false},
		{filter{Operator: "!=|", Values: []string{"a", "c"}}, "b", true},
		{filter{Operator: "=~", Value: "mr-.*"}, "mr-monceau", true},
		{filter{Operator: "=~", Value: "mr"}, "mr-monceau", false},
		{filter{Operator: "!~", Value: "mr-.*"}, "siege", true},
		{filter{Operator: "<", Value: "3"}, "12", false},
		{filter{Operator: ">", Value: "3"}, "12", true},
		{filter{Operator: ">", Value: "b"}, "c", true},
	} {
		test.f.Key = "site"
		require.NoError(t, test.f.check())
		require.Equal(t, test.pass, test.f.passes(test.v), "%v %s", test.f, test.v)
		q := query{Filters: []filter{test.f}}
		require.True(t, q.pass(row{"other": test.v}), "a key that a row does not have is not looked at")
	}
	for _, wrong := range []filter{{}, {Key: "a", Operator: "~"}, {Key: "a", Operator: "=~", Value: "("}, {Key: "a", Operator: "==", Value: "x"}} {
		require.Error(t, wrong.check())
	}
}

// TestListsOfAQuery: an array, a text, what a variable became, and all.
func TestListsOfAQuery(t *testing.T) {
	for text, want := range map[string]list{
		`["a","b"]`: {"a", "b"}, `"a"`: {"a"}, `["a,b"]`: {"a", "b"}, `["{a,b}","c"]`: {"a", "b", "c"}, `["*"]`: nil, `"$__all"`: nil, `["a","__all"]`: nil,
		`[]`: nil, `null`: nil, `[""]`: nil, `[1, 2]`: {"1", "2"}, `""`: nil, `[null]`: nil,
	} {
		var l list
		require.NoError(t, json.Unmarshal([]byte(text), &l), text)
		require.Equal(t, want, l, text)
	}
}
