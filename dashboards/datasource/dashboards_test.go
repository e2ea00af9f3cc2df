package datasource

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/grafana"
)

// testDashboards asks everything that the provisioned dashboards ask, of a site
// with a boiler room and of one that has nothing but a meter: every question is
// understood, and every field that a panel names is in the answer.
func testDashboards(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	for _, place := range []map[string]string{
		{"site": "dampremy", "equipement": "circuit-1", "compteur": "gaz", "point": "flow_temp", "priorite": "*", "vecteur": "*"},
		{"site": "gilly", "equipement": "elec", "compteur": "elec", "point": "power_kw", "priorite": "*", "vecteur": "*"},
	} {
		for _, board := range grafana.Dashboards() {
			if strings.HasPrefix(board.UID, "gtc-influx") {
				continue
			}
			t.Run(place["site"]+" "+board.UID, func(t *testing.T) {
				for _, p := range board.Panels {
					var frames data.Frames
					for _, q := range p.Targets {
						span := 30 * 24 * time.Hour
						if own, err := time.ParseDuration(p.TimeFrom); err == nil {
							span = own
						}
						frames = append(frames, askAs(t, d, c.at, span, place, plainly(t, askAs(t, d, c.at, span, place, q), q))...)
					}
					if len(p.Targets) > 0 {
						fieldsAreThere(t, p, frames)
						framesFit(t, p, frames)
					}
				}
				for _, v := range board.Templating.List {
					if choice, ok := v.(grafana.Variable); ok && choice.Type == "query" {
						assert.NotZero(t, askAs(t, d, c.at, time.Hour, place, choice.Query)[0].Rows(), choice.Name)
					}
				}
				for _, a := range board.Annotations.List {
					entry, ok := a.(map[string]any)
					require.True(t, ok)
					askAs(t, d, c.at, time.Hour, place, entry["target"])
				}
			})
		}
	}
}

// plainly is a question without its words for an empty list, in whose place the
// answer has the fields that the panel names. With them there is always a row.
func plainly(t *testing.T, answered data.Frames, q any) any {
	t.Helper()
	with, ok := q.(grafana.Query)
	if !ok || with.None == "" {
		return q
	}
	require.Positive(t, answered[0].Rows(), with.None)
	with.None = ""
	return with
}

// askAs asks as Grafana does when the dashboard's variables have these values.
func askAs(t *testing.T, d *Datasource, at time.Time, span time.Duration, variables map[string]string, q any) data.Frames {
	t.Helper()
	body, err := json.Marshal(q)
	require.NoError(t, err)
	body = regexp.MustCompile(`\$[a-z]+\b`).ReplaceAllFunc(body, func(v []byte) []byte { return []byte(variables[string(v[1:])]) })
	got, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: body, MaxDataPoints: 800, Interval: time.Hour, TimeRange: backend.TimeRange{From: at.Add(-span), To: at},
	}}})
	require.NoError(t, err)
	answer := got.Responses["A"]
	require.NoError(t, answer.Error, "%s", body)
	require.NotEmpty(t, answer.Frames, "%s", body)
	return answer.Frames
}

// fieldsAreThere looks for every field that a panel names.
func fieldsAreThere(t *testing.T, p grafana.Panel, frames data.Frames) {
	t.Helper()
	there, empty := map[string]bool{}, true
	for _, f := range frames {
		for _, field := range f.Fields {
			there[field.Name] = true
			empty = empty && field.Len() == 0
		}
	}
	if empty && frames[0].Meta != nil && len(frames[0].Meta.Notices) > 0 {
		return // the site has none of it, and the panel says so
	}
	text, err := json.Marshal(p)
	require.NoError(t, err)
	named := []string{}
	for _, m := range regexp.MustCompile(`__data\.fields\.(\w+)`).FindAllSubmatch(text, -1) {
		named = append(named, string(m[1]))
	}
	// A measure that the panel does not ask for has a look all the same.
	look := []string{"actual", "compared", "expected", "low", "high", "residual", "cusum"}
	for _, o := range p.FieldConfig.Overrides {
		if name, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byName" && (p.Type != "timeseries" || !list(look).has(name)) {
			named = append(named, name)
		}
	}
	if x, ok := p.Options["xField"].(string); ok {
		named = append(named, x)
	}
	for _, name := range named {
		assert.True(t, there[name], "%s %q: no field %s", p.Type, p.Title+p.Description, name)
	}
}

// framesFit holds the frames against what the panels take that only Grafana has:
// a trend one frame with an ascending number, a scatter its numbers in the frame
// that it names, a heat map cells of a kind that it knows.
func framesFit(t *testing.T, p grafana.Panel, frames data.Frames) {
	t.Helper()
	numeric := func(name string) *data.Field {
		field, _ := frames[0].FieldByName(name)
		require.NotNil(t, field, "%s: no %s", p.Title, name)
		require.True(t, field.Type().Numeric(), "%s: %s is no number", p.Title, name)
		return field
	}
	switch p.Type {
	case "trend":
		require.Len(t, frames, 1, "a trend takes one frame")
		name, ok := p.Options["xField"].(string)
		require.True(t, ok)
		along, before := numeric(name), 0.0
		for i := range along.Len() {
			at, err := along.FloatAt(i)
			require.NoError(t, err)
			require.Greater(t, at, before, "%s: not ascending", name)
			before = at
		}
	case "xychart":
		series, ok := p.Options["series"].([]any)
		require.True(t, ok)
		require.NotEmpty(t, series)
		for _, s := range series {
			text, err := json.Marshal(s)
			require.NoError(t, err)
			var one struct {
				Frame, X, Y struct{ Matcher struct{ Options any } }
			}
			require.NoError(t, json.Unmarshal(text, &one))
			require.InDelta(t, 0, one.Frame.Matcher.Options, 0)
			for _, side := range []any{one.X.Matcher.Options, one.Y.Matcher.Options} {
				name, isText := side.(string)
				require.True(t, isText)
				numeric(name)
			}
		}
	case "heatmap":
		require.Equal(t, frameTypeHeatmapCells, frames[0].Meta.Type)
		require.Equal(t, []string{"xMin", "yMin"}, []string{frames[0].Fields[0].Name, frames[0].Fields[1].Name})
		require.Zero(t, frames[0].Rows()%24)
	}
}

// A question that names what there is not is an error, what is only not
// together is none.
func testAbsent(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	ask := func(text string) backend.DataResponse {
		got, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(text), Interval: time.Hour, TimeRange: backend.TimeRange{From: c.at.Add(-24 * time.Hour), To: c.at},
		}}})
		require.NoError(t, err)
		return got.Responses["A"]
	}
	for query, says := range map[string]string{
		`{"queryType":"points","sites":["gilly"],"kinds":["boiler"],"points":["flow_temp"]}`: "Pas de chaudière sur ce site.",
		`{"queryType":"values","sites":["gilly"],"kinds":["boiler"]}`:                        "Pas de chaudière sur ce site.",
		`{"queryType":"energy","sites":["gilly"],"carriers":["gas"]}`:                        "Pas de gaz sur ce site.",
		`{"queryType":"energy","carriers":["oil"],"group":"park","format":"total"}`:          "Pas de mazout dans le parc.",
		`{"queryType":"energy","sites":["gilly"],"carriers":["gas"],"format":"carpet"}`:      "Pas de gaz sur ce site.",
	} {
		got := ask(query)
		require.NoError(t, got.Error, query)
		require.Len(t, got.Frames, 1, query)
		assert.Zero(t, got.Frames[0].Rows(), query)
		require.NotEmpty(t, got.Frames[0].Meta.Notices, query)
		assert.Equal(t, says, got.Frames[0].Meta.Notices[0].Text)
	}
	got := ask(`{"queryType":"energy","carriers":["oil"],"group":"park","format":"total","measures":["compared"],"fields":["compared"],"none":"pas de compteur"}`)
	require.NoError(t, got.Error)
	require.Equal(t, 1, got.Frames[0].Rows())
	assert.Equal(t, "Pas de mazout dans le parc.", got.Frames[0].Fields[0].At(0), "why there is none goes before the question's own words")
	for _, query := range []string{
		`{"queryType":"points","sites":["nowhere"],"kinds":["boiler"],"points":["flow_temp"]}`,
		`{"queryType":"points","sites":["gilly"],"kinds":["bolier"],"points":["flow_temp"]}`,
		`{"queryType":"points","sites":["gilly"],"equipment":["chaudiere"],"points":["flow_temp"]}`,
		`{"queryType":"points","sites":["gilly"],"points":["flow_tmep"]}`,
		`{"queryType":"energy","sites":["gilly"],"meters":["gaz"]}`,
		`{"queryType":"energy","carriers":["steam"]}`,
	} {
		got := ask(query)
		require.Error(t, got.Error, query)
		assert.Equal(t, backend.Status(404), got.Status, query)
	}
	for _, query := range []string{
		`{"queryType":"sites","fields":["nothing"]}`,
		`{"queryType":"sites","sort":"-nothing"}`,
		`{"queryType":"energy","format":"carpet","step":"day"}`,
		`{"queryType":"energy","format":"duration","unit":"eur"}`,
	} {
		got := ask(query)
		require.Error(t, got.Error, query)
		assert.Equal(t, backend.Status(400), got.Status, query)
	}
}
