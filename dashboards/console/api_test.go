package console

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

type agreed struct {
	doc    *openapi3.T
	router routers.Router
}

// readContract reads openapi.yaml, which is long, once for all tests: none
// changes it.
var readContract = sync.OnceValues(func() (agreed, error) {
	data, err := description.ReadFile("openapi.yaml")
	if err != nil {
		return agreed{}, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return agreed{}, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return agreed{}, err
	}
	router, err := legacy.NewRouter(doc)
	return agreed{doc, router}, err
})

func contract(t *testing.T) (*openapi3.T, routers.Router) {
	t.Helper()
	c, err := readContract()
	require.NoError(t, err)
	return c.doc, c.router
}

// TestAnswersMatchTheDescription asks every question in every state of the
// fixture and holds each answer against openapi.yaml.
func TestAnswersMatchTheDescription(t *testing.T) {
	_, router := contract(t)
	good, down := newFixture(), newFixture()
	down.broken, down.store.Up = errStore, false
	type question struct {
		path string
		code int
	}
	ask := []question{
		{"/api/v1/park", 200},
		{"/api/v1/alarms", 200},
		{"/api/v1/findings", 200},
		{"/api/v1/sites/nowhere", 404},
		{"/api/v1/trend?site=central&equipment=circuit-1&point=flow_temp", 200},
		{"/api/v1/trend?site=central&equipment=circuit-1&point=flow_temp&from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00%2B01:00", 200},
		{"/api/v1/trend?site=central&equipment=circuit-1&point=flow_temp&from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", 400},
		{"/api/v1/trend?site=central&equipment=circuit-1&point=nothing", 404},
		{"/api/v1/trend?site=central&equipment=intrusion-1&point=set_state", 403},
		{"/api/v1/energy/dampremy/gas", 200},
		{"/api/v1/energy/dampremy/gas?from=2026-01-01&to=2026-03-01", 200},
		{"/api/v1/energy/gosselies/gas", 200},
		{"/api/v1/energy/dampremy/nothing", 404},
	}
	for _, s := range good.sites {
		ask = append(ask, question{"/api/v1/sites/" + string(s.ID), 200})
	}
	h := handler(t, good)
	for _, q := range ask {
		check(t, router, h, q.path, q.code)
	}
	h = handler(t, down)
	check(t, router, h, "/api/v1/park", 200)
	check(t, router, h, "/api/v1/energy/dampremy/gas", 503)
	check(t, router, h, "/api/v1/trend?site=central&equipment=circuit-1&point=flow_temp", 503)
	board := newBoard()
	h, err := New(Options{Model: board, Alarms: board})
	require.NoError(t, err)
	for _, path := range []string{"/api/v1/alarms", "/api/v1/alarms/board", "/api/v1/alarms/measures", "/api/v1/sites/gilly", "/api/v1/sites/roux"} {
		check(t, router, h, path, 200)
	}
	empty := newFixture()
	empty.sites = nil
	h = handler(t, empty)
	for _, path := range []string{"/api/v1/park", "/api/v1/alarms", "/api/v1/findings"} {
		check(t, router, h, path, 200)
	}
}

func check(t *testing.T, router routers.Router, h http.Handler, path string, code int) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	route, params, err := router.FindRoute(r)
	require.NoError(t, err, path)
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	require.NoError(t, openapi3filter.ValidateRequest(t.Context(), in), path)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, code, w.Code, "%s: %s", path, w.Body)
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(w.Body),
	}
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), out), path)
}

// TestChangesMatchTheDescription holds the data of an event against Change.
func TestChangesMatchTheDescription(t *testing.T) {
	doc, _ := contract(t)
	f := newFixture()
	body, err := json.Marshal(Change{Site: "central", What: "sample", At: f.now, Values: []LiveValue{
		f.value("circuit-1", "heating_circuit", "flow_temp", text("départ", "vertrek", "flow"), "°C", 50),
	}})
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(body, &v))
	require.NoError(t, doc.Components.Schemas["Change"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()))
}

func TestAWrongQuestionIsAProblem(t *testing.T) {
	h := handler(t, newFixture())
	for path, code := range map[string]int{
		"/api/v1/trend?site=central":                        http.StatusBadRequest,
		"/api/v1/energy/dampremy/gas?from=yesterday":        http.StatusBadRequest,
		"/api/v1/energy/dampremy/gas?from=2026-12-31":       http.StatusBadRequest,
		"/api/v1/nothing":                                   http.StatusNotFound,
		"/api/v1/trend?site=x&equipment=y&point=z&from=%20": http.StatusNotFound,
	} {
		w := get(t, h, path, "Accept-Language", "fr")
		require.Equal(t, code, w.Code, path)
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		var p problem
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
		require.Equal(t, code, p.Status)
		require.NotEmpty(t, p.Detail)
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	w := get(t, handler(t, newFixture()), "/api/openapi.yaml")
	require.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(context.Background()))
	require.Equal(t, "0.1.0", doc.Info.Version)
}
