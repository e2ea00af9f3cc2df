package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/user"
)

func dataHandler(t *testing.T, d *data) http.Handler {
	t.Helper()
	f := newFixture()
	d.at = f.now
	h, err := New(Options{Model: f, Data: d, Records: d, Version: "0.9.0 (abc)", Now: func() time.Time { return f.now }})
	require.NoError(t, err)
	return h
}

// TestWhatProgramsAskMatchesTheDescription holds the answers to programs
// against openapi.yaml, and each refusal against its status.
func TestWhatProgramsAskMatchesTheDescription(t *testing.T) {
	_, router := contract(t)
	d := &data{}
	h := dataHandler(t, d)
	for _, path := range []string{
		"/api/v1/version", "/api/v1/catalogue", "/api/v1/values", "/api/v1/values?site=central&site=gilly", "/api/v1/energy", "/api/v1/collectors",
		"/api/v1/energy?site=central&meter=gaz&carrier=gas&direction=import&step=month&unit=eur&per=m2dj15&group=park",
		"/api/v1/points?point=flow_temp&interval=1d&aggregate=max", "/api/v1/points?series=central/circuit-1/flow_temp&aggregate=raw",
		"/api/v1/alarms/history?priority=1&priority=2&limit=5",
	} {
		check(t, router, h, path, http.StatusOK)
	}
	for path, code := range map[string]int{
		"/api/v1/points": 400, "/api/v1/points?point=x&interval=often": 400, "/api/v1/points?point=x&interval=400d": 400,
		"/api/v1/points?point=x&aggregate=median": 400, "/api/v1/points?point=x&from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z": 400,
		"/api/v1/points?point=x&from=monday": 400, "/api/v1/energy?step=decade": 400, "/api/v1/energy?unit=joule": 400, "/api/v1/energy?per=head": 400,
		"/api/v1/energy?group=galaxy": 400, "/api/v1/alarms/history?priority=5": 400, "/api/v1/alarms/history?limit=0": 400,
	} {
		require.Equal(t, code, get(t, h, path).Code, path)
	}
	for err, code := range map[error]int{
		ErrUnknown: 404, ErrPrivate: 403, api.TooManyError{Series: 300}: 422, errStore: 503,
		api.TooManyError{Series: 3, Values: 1e6, Interval: time.Hour}: 422,
	} {
		d.fails = err
		for _, path := range []string{"/api/v1/points?point=flow_temp", "/api/v1/values", "/api/v1/energy", "/api/v1/catalogue", "/api/v1/collectors", "/api/v1/alarms/history"} {
			check(t, router, h, path, code)
		}
	}
}

func TestListsAndDefaultsOfAQuestion(t *testing.T) {
	d := &data{}
	h := dataHandler(t, d)
	require.Equal(t, 200, get(t, h, "/api/v1/points?site=a,b&site=c&point=x&interval=2d").Code)
	require.Equal(t, []gtc.SiteID{"a", "b", "c"}, d.points.Sites)
	require.Equal(t, 48*time.Hour, d.points.Interval)
	require.Equal(t, api.AggregateAuto, d.points.Aggregate)
	require.Equal(t, 24*time.Hour, d.points.To.Sub(d.points.From))
	require.Equal(t, 200, get(t, h, "/api/v1/energy").Code)
	require.Equal(t, api.EnergyQuery{
		From: d.energy.From, To: d.energy.To, Step: "day", Unit: "kwh", Group: "meter",
	}, d.energy)
}

// TestAProgramComesInByItsToken: a token reads the API and the metrics and nothing else; one
// that does not hold is never taken for nobody.
func TestAProgramComesInByItsToken(t *testing.T) {
	f := newFixture()
	for _, open := range []bool{false, true} {
		tokens := &oneToken{}
		h, err := New(Options{Model: f, Data: &data{at: f.now}, Tokens: tokens, Users: user.Open(nil), OpenRead: open})
		require.NoError(t, err)
		ask := func(method, path, secret string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
			if secret != "" {
				r.Header.Set("Authorization", "Bearer "+secret)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		require.Equal(t, 200, ask(http.MethodGet, "/api/v1/park", "gtc_good").Code)
		require.Equal(t, 200, ask(http.MethodHead, "/api/v1/version", "gtc_good").Code)
		require.Equal(t, 404, ask(http.MethodGet, "/metrics", "gtc_good").Code, "let in, and there are none here")
		require.Equal(t, 401, ask(http.MethodGet, "/metrics", "gtc_wrong").Code)
		require.Equal(t, 405, ask(http.MethodPost, "/api/v1/park", "gtc_good").Code)
		w := ask(http.MethodGet, "/api/v1/park", "gtc_wrong")
		require.Equal(t, 401, w.Code, "open: %v", open)
		require.Contains(t, w.Body.String(), "urn:gtc:problem:token")
		require.Contains(t, w.Header().Get("WWW-Authenticate"), "invalid_token")
		w = ask(http.MethodGet, "/api/v1/park", "gtc_often")
		require.Equal(t, 429, w.Code)
		require.Equal(t, "2", w.Header().Get("Retry-After"))
		require.Equal(t, 503, ask(http.MethodGet, "/api/v1/park", "gtc_broken").Code)
		// Pages are for people.
		before := tokens.asked
		for _, path := range []string{"/", "/users", "/account"} {
			ask(http.MethodGet, path, "gtc_good")
		}
		require.Equal(t, before, tokens.asked)
		if !open {
			require.Equal(t, http.StatusSeeOther, ask(http.MethodGet, "/", "gtc_good").Code)
			require.Equal(t, 401, ask(http.MethodGet, "/api/v1/park", "").Code)
		}
	}
}

func TestAStreamOfWhatIsWanted(t *testing.T) {
	value := func(e gtc.EquipmentID, p gtc.PointID) LiveValue { return LiveValue{Equipment: e, Point: p} }
	change := Change{Site: "central", What: "sample", Values: []LiveValue{value("c-1", "flow_temp"), value("c-10", "flow_temp"), value("c-1", "mode")}}
	for query, want := range map[string]int{
		"": 3, "site=central": 3, "site=gilly": 0, "site=gilly&site=central": 3, "what=sample": 3, "what=alarm,link": 0, "series=central/c-1": 2,
		"series=central/c-1/mode": 1, "series=central": 3, "series=centra": 0, "series=central/c-1/mode&series=central/c-10": 2,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+query, nil)
		got, ok := wantedOf(r.URL.Query()).pass(change)
		require.Equal(t, want > 0, ok, query)
		if ok {
			require.Len(t, got.Values, want, query)
		}
	}
	link := Change{Site: "central", What: "link"}
	for query, want := range map[string]bool{"": true, "series=central/c-1": true, "series=gilly/c-1": false, "what=link": true} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+query, nil)
		_, ok := wantedOf(r.URL.Query()).pass(link)
		require.Equal(t, want, ok, query)
	}
}
