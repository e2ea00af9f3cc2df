package datasource

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/internal/user"
)

// ask asks one query over the last day.
func ask(t *testing.T, d *Datasource, at time.Time, query string) backend.DataResponse {
	t.Helper()
	return askOver(t, d, at.Add(-24*time.Hour), at, query)
}

func askOver(t *testing.T, d *Datasource, from, to time.Time, query string) backend.DataResponse {
	t.Helper()
	got, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", Interval: time.Minute, TimeRange: backend.TimeRange{From: from, To: to}, JSON: json.RawMessage(query),
	}}})
	require.NoError(t, err)
	return got.Responses["A"]
}

// testBadInput: what cannot be answered says why, with the right status, where
// it comes from and what to do; nothing of it is an empty panel.
func testBadInput(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	year := c.at.AddDate(-1, 0, 0)
	for name, test := range map[string]struct {
		from, to time.Time
		query    string
		status   int
		says     string
	}{
		"unknown site":             {query: `{"queryType":"points","sites":["nulle-part"],"points":["flow_temp"]}`, status: 404, says: "configuré"},
		"unknown site of a table":  {query: `{"queryType":"alarms","sites":["nulle-part"]}`, status: 404, says: "Rien ne correspond"},
		"unknown site of findings": {query: `{"queryType":"findings","sites":["nulle-part"]}`, status: 404, says: "Rien ne correspond"},
		"unknown site of sites":    {query: `{"queryType":"sites","sites":["nulle-part"]}`, status: 404, says: "Rien ne correspond"},
		"unknown edge":             {query: `{"queryType":"collectors","sites":["nulle-part"]}`, status: 404, says: "Rien ne correspond"},
		"unknown meter":            {query: `{"queryType":"energy","meters":["rien"]}`, status: 404, says: "configuré"},
		"unknown series":           {query: `{"queryType":"points","series":["dampremy/circuit-1/rien"]}`, status: 404, says: "configuré"},
		"a filter that leaves nothing": {
			query:  `{"queryType":"points","points":["flow_temp"],"filters":[{"key":"site","operator":"=","value":"x"}]}`,
			status: 404, says: "Rien ne correspond",
		},
		"private":              {query: `{"queryType":"points","series":["dampremy/logement/power_kw"]}`, status: 403, says: "privée"},
		"private by equipment": {query: `{"queryType":"values","equipment":["logement"]}`, status: 403, says: "privée"},
		"reversed range":       {from: c.at, to: year, query: `{"queryType":"points","points":["flow_temp"]}`, status: 400, says: "la période"},
		"reversed energy":      {from: c.at, to: year, query: `{"queryType":"energy"}`, status: 400, says: "la période"},
		"a million points": {
			from: year, to: c.at, query: `{"queryType":"points","points":["flow_temp","return_temp","room_temp"],"interval":"30s"}`, status: 400, says: "intervalle d’au moins",
		},
		"a million raw": {
			from: year, to: c.at, query: `{"queryType":"points","points":["flow_temp","pump_run"],"aggregate":"raw"}`, status: 400, says: "200000",
		},
		"no query type":    {query: `{}`, status: 400, says: "queryType"},
		"no point":         {query: `{"queryType":"points"}`, status: 400, says: "points"},
		"wrong step":       {query: `{"queryType":"energy","step":"fortnight"}`, status: 400, says: "fortnight"},
		"wrong measure":    {query: `{"queryType":"energy","measures":["joy"]}`, status: 400, says: "joy"},
		"wrong aggregate":  {query: `{"queryType":"points","points":["flow_temp"],"aggregate":"median"}`, status: 400, says: "median"},
		"wrong interval":   {query: `{"queryType":"points","points":["flow_temp"],"interval":"often"}`, status: 400, says: "often"},
		"wrong format":     {query: `{"queryType":"sites","format":"pie"}`, status: 400, says: "pie"},
		"wrong expression": {query: `{"queryType":"sites","filters":[{"key":"site","operator":"=~","value":"("}]}`, status: 400, says: "("},
		"wrong JSON":       {query: `{"queryType":["x"]}`, status: 400, says: "JSON"},
		"wrong priority":   {query: `{"queryType":"alarms","mode":"history","priorities":["9"]}`, status: 400, says: "9"},
		"wrong variable":   {query: `{"queryType":"variable","variable":"planets"}`, status: 400, says: "planets"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := test.from, test.to
			if from.IsZero() {
				from, to = c.at.Add(-24*time.Hour), c.at
			}
			got := askOver(t, d, from, to, test.query)
			require.Error(t, got.Error)
			require.Empty(t, got.Frames)
			require.EqualValues(t, test.status, got.Status, got.Error)
			require.Equal(t, backend.ErrorSourceDownstream, got.ErrorSource)
			require.ErrorContains(t, got.Error, test.says)
		})
	}
}

// testHubAway: each way in which the hub does not answer has its own
// words, in the panel and in the health check.
func testHubAway(t *testing.T, c *centre) {
	t.Helper()
	secret, err := c.tokens.Create(t.Context(), user.Token{ID: "away"}, c.at)
	require.NoError(t, err)
	problem := func(status int, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"type": "urn:gtc:problem:" + kind, "detail": "détail du centre", "status": status}) //nolint:errchkjson // a literal
		}
	}
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	tls := httptest.NewTLSServer(problem(500, "x"))
	t.Cleanup(tls.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	release := make(chan struct{})
	slow := serve(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	for name, test := range map[string]struct {
		url, token string
		status     int
		says       string
		health     string
	}{
		"away":            {url: gone.URL, status: 502, says: "ne répond pas"},
		"no address":      {url: "", status: 400, says: "adresse"},
		"not an address":  {url: "ftp://x", status: 400, says: "adresse"},
		"wrong token":     {url: c.url, token: "gtc_" + "WRONG", status: 401, says: "refuse le jeton"},
		"no token":        {url: serve(problem(401, "signin")), status: 401, says: "demande un jeton"},
		"older":           {url: serve(problem(404, "page")), token: secret, status: 501, says: "plus ancien"},
		"not a hub":       {url: serve(http.NotFound), status: 502, says: "autre chose"},
		"a proxy's error": {url: serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }), status: 502, says: "ne répond pas"},
		"not JSON":        {url: serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), status: 502, says: "autre chose"},
		"too often":       {url: serve(problem(429, "often")), status: 429, says: "trop souvent"},
		"store away":      {url: serve(problem(503, "store")), status: 503, says: "détail du centre"},
		"hub at fault":    {url: serve(problem(500, "internal")), status: 500, says: "détail du centre"},
		"certificate":     {url: tls.URL, status: 502, says: "certificat"},
		"slow":            {url: slow, status: 504, says: "à temps"},
	} {
		t.Run(name, func(t *testing.T) {
			d := source(t, test.url, test.token, map[string]any{"timeoutSeconds": 1})
			got := ask(t, d, c.at, `{"queryType":"points","points":["flow_temp"]}`)
			require.Error(t, got.Error)
			require.EqualValues(t, test.status, got.Status, got.Error)
			require.Equal(t, backend.ErrorSourceDownstream, got.ErrorSource)
			require.ErrorContains(t, got.Error, test.says)
			health, err := d.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
			require.NoError(t, err)
			require.Equal(t, backend.HealthStatusError, health.Status)
			require.Contains(t, health.Message, test.says)
		})
	}
	t.Run("an older API", func(t *testing.T) {
		d := source(t, serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"api":1,"version":"0.1.0"}`)) }), "", nil)
		health, err := d.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
		require.NoError(t, err)
		require.Contains(t, health.Message, "0.1.0 a l’API 1")
	})
	t.Run("a revoked token", func(t *testing.T) {
		d := source(t, c.url, secret, map[string]any{"cacheSeconds": 0, "language": "en"})
		require.NoError(t, ask(t, d, c.at, `{"queryType":"sites"}`).Error)
		require.NoError(t, c.tokens.Revoke(t.Context(), "away"))
		got := ask(t, d, c.at, `{"queryType":"sites"}`)
		require.ErrorContains(t, got.Error, "refuses the service token")
	})
}

// testNoPanic: whatever the JSON of a query is, there is an answer.
func testNoPanic(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	text := rapid.OneOf(rapid.SampledFrom([]string{
		"dampremy", "gilly", "*", "", "{a,b}", "flow_temp", "gaz", "gas", "table", "summary", "wide", "total", "numeric", "history", "count", "raw", "hour", "m3",
		"site", "park", "m2dj15", "energy", "cusum", "1d", "P1", "=~", "=", "<", "equipment",
	}), rapid.String())
	kinds := []string{
		"points", "values", "energy", "findings", "alarms", "sites", "collectors", "works", "portfolio", "carbon", "annotations", "variable", "",
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := map[string]any{"queryType": rapid.SampledFrom(kinds).Draw(rt, "type")}
		for _, name := range []string{"format", "aggregate", "interval", "step", "unit", "per", "group", "mode", "register", "variable"} {
			if rapid.IntRange(0, 3).Draw(rt, name+"?") == 0 {
				q[name] = text.Draw(rt, name)
			}
		}
		for _, name := range []string{"sites", "kinds", "equipment", "points", "series", "meters", "carriers", "measures", "priorities", "states", "what"} {
			if rapid.IntRange(0, 3).Draw(rt, name+"?") == 0 {
				q[name] = rapid.SliceOfN(text, 0, 3).Draw(rt, name)
			}
		}
		if rapid.Bool().Draw(rt, "filters?") {
			q["filters"] = []map[string]any{{"key": text.Draw(rt, "key"), "operator": text.Draw(rt, "operator"), "value": text.Draw(rt, "value")}}
		}
		q["limit"] = rapid.IntRange(-1, 3).Draw(rt, "limit")
		body, err := json.Marshal(q)
		require.NoError(rt, err)
		hours := time.Duration(rapid.IntRange(-5, 10000).Draw(rt, "hours")) * time.Hour
		got := askOver(t, d, c.at.Add(-hours), c.at, string(body))
		require.NotEqual(rt, backend.ErrorSourcePlugin, got.ErrorSource, "%s: %v", body, got.Error)
		if got.Error == nil {
			require.NotEmpty(rt, got.Frames, "%s", body)
		}
	})
}
