package console

import (
	"bufio"
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func handler(t *testing.T, f *fixture) http.Handler {
	t.Helper()
	h, err := New(Options{Model: f, Version: "0.1.0"})
	require.NoError(t, err)
	return h
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// read is the page as a reader sees it: without escapes.
func read(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	return html.UnescapeString(get(t, h, path).Body.String())
}

// has is require.Contains that does not print the whole page.
func has(t *testing.T, body, part, where string) {
	t.Helper()
	if !strings.Contains(body, part) {
		t.Errorf("%s does not say %q", where, part)
	}
}

func TestPagesInEveryLanguage(t *testing.T) {
	h := handler(t, newFixture())
	paths := []string{"/", "/alarms", "/energy", "/more"}
	for _, s := range newFixture().sites {
		paths = append(paths, "/site/"+string(s.ID), "/site/"+string(s.ID)+"?part=live")
		for _, m := range s.Meters {
			for _, span := range []string{"90d", "1y", "2y"} {
				paths = append(paths, "/energy/"+string(s.ID)+"/"+string(m.ID)+"?span="+span)
			}
		}
	}
	for _, lang := range languages() {
		for _, path := range paths {
			w := get(t, h, path, "Accept-Language", lang)
			require.Equal(t, http.StatusOK, w.Code, "%s in %s", path, lang)
			body := w.Body.String()
			require.Contains(t, body, `<html lang="`+lang+`">`)
			require.NotContains(t, body, "%!", "%s in %s: a text without its argument", path, lang)
			require.NotContains(t, body, "ZgotmplZ", "%s in %s: a value not fit for its place", path, lang)
			require.NotContains(t, body, "NaN", "%s in %s", path, lang)
			for _, inline := range []string{` style="`, "<style", "<script>"} {
				require.NotContains(t, body, inline, "%s: the policy refuses this", path)
			}
		}
	}
}

func TestParkSaysWhatNeedsMe(t *testing.T) {
	body := read(t, handler(t, newFixture()), "/")
	has(t, body, "sites demandent une action", "the page")
	var order []string
	for _, m := range regexp.MustCompile(`class="tile (\w+)"`).FindAllStringSubmatch(body, -1) {
		order = append(order, m[1])
	}
	require.Equal(t, []string{"p1", "p2", "p3", "unknown", "unknown", "stale", "drift", "normal", "normal", "normal", "normal", "normal"}, order)
	has(t, body, "<span>1 critique</span>", "the page")
	has(t, body, "84\u00a0EUR/semaine", "the page")
	require.NotContains(t, body, "armée", "set states stay on the site's page")
}

func TestAStateNobodyKnowsIsUnknown(t *testing.T) {
	f := newFixture()
	f.sites[0].State = "brand-new"
	require.Contains(t, get(t, handler(t, f), "/").Body.String(), `class="tile unknown" href="/site/couillet"`)
}

func TestEmptyPark(t *testing.T) {
	f := newFixture()
	f.sites = nil
	h := handler(t, f)
	require.Contains(t, get(t, h, "/").Body.String(), "Aucun site n’est configuré")
	require.Contains(t, get(t, h, "/alarms").Body.String(), "Aucune alarme en cours")
	require.Contains(t, get(t, h, "/energy").Body.String(), "Aucun constat ouvert")
}

func TestSiteShowsDoubtWithItsAge(t *testing.T) {
	h := handler(t, newFixture())
	late := get(t, h, "/site/ransart").Body.String()
	require.Regexp(t, `class="value stale"[^>]*data-v="circuit-1/flow_temp"`, late)
	has(t, late, "communication perdue · il y a <time", "the page")
	never := get(t, h, "/site/gosselies").Body.String()
	require.Regexp(t, `class="value unknown"[^>]*data-v="circuit-1/flow_temp"`, never)
	has(t, never, "<b>–</b>", "the page")
	has(t, never, "jamais lu", "the page")
	require.NotContains(t, never, "<b>0,0</b>", "absent is not zero")
}

func TestFireNoticeStandsOnEveryFirePanel(t *testing.T) {
	h := handler(t, newFixture())
	const notice = "Cette vue n’alerte pas les secours. En cas de feu\u00a0: procédure du site et 112."
	for _, path := range []string{"/site/dampremy", "/site/central", "/site/gosselies", "/alarms"} {
		has(t, read(t, h, path), notice, path)
	}
}

func TestPrivateValuesStayOnTheSitePage(t *testing.T) {
	h := handler(t, newFixture())
	require.Contains(t, get(t, h, "/site/central").Body.String(), "donnée privée")
	require.NotContains(t, get(t, h, "/api/v1/sites/central").Body.String(), "set_state")
	for _, path := range []string{
		"/api/v1/trend?site=central&equipment=intrusion-1&point=set_state", "/site/central/trend.csv?s=intrusion-1/set_state",
	} {
		w := get(t, h, path)
		require.Equal(t, http.StatusForbidden, w.Code, path)
		require.NotContains(t, w.Body.String(), "armée")
	}
	require.Equal(t, http.StatusForbidden, get(t, h, "/site/central?s=intrusion-1/set_state").Code)
	require.NotContains(t, get(t, h, "/site/central").Body.String(), `<option value="intrusion-1/set_state"`)
	f := newFixture()
	f.sites[10].Equipment[0].Values[0].Private = true
	require.NotContains(t, get(t, handler(t, f), "/api/v1/sites/"+string(f.sites[10].ID)).Body.String(), `"point":"flow_temp"`)
}

func TestStoreDownIsSaidAndPagesStand(t *testing.T) {
	f := newFixture()
	f.store = StoreState{Waiting: 1832, Since: f.ago(11 * time.Minute), Error: "refused"}
	f.broken = errStore
	h := handler(t, f)
	for _, path := range []string{"/", "/site/dampremy", "/alarms", "/energy"} {
		w := get(t, h, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Contains(t, w.Body.String(), "InfluxDB ne répond pas depuis 13:52", path)
		require.Contains(t, w.Body.String(), "1\u202f832 messages en attente", path)
	}
	w := get(t, h, "/energy/dampremy/gas")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "Les mesures sont gardées et arriveront")
}

// Late is not lost, and both are said on the tile and on the site's page.
func TestLateAndLostAreSaid(t *testing.T) {
	f := newFixture()
	site := &f.sites[10]
	h := handler(t, f)
	for _, c := range []struct {
		delivery Delivery
		says     []string
		not      []string
	}{
		{Delivery{State: DeliveryInOrder, Waiting: 3, Known: true}, []string{" · 3 messages en attente"}, []string{"en retard de", "perdu :"}},
		{
			Delivery{State: DeliveryLate, LateSeconds: 130 * 60, Waiting: 12_300, Known: true},
			[]string{"en retard de", "2 h 10", ", 12 300 messages en attente"},
			[]string{"perdu :"},
		},
		{
			Delivery{State: DeliveryLost, LateSeconds: 130 * 60, Waiting: 5, Lost: 1204, LostAt: f.ago(20 * time.Minute), Known: true},
			[]string{"perdu : 1 204 messages", "depuis 13:43", "en retard de"},
			nil,
		},
	} {
		site.Delivery = c.delivery
		for _, path := range []string{"/", "/site/" + string(site.ID)} {
			body := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(get(t, h, path).Body.String())
			if path == "/" {
				_, body, _ = strings.Cut(body, `id="site-`+string(site.ID)+`"`)
				body, _, _ = strings.Cut(body, "</li>\n<li data-name")
			}
			for _, s := range c.says {
				require.Contains(t, body, s, path)
			}
			for _, s := range c.not {
				require.NotContains(t, body, s, path)
			}
		}
	}
}

// The alarms of the hub itself are listed with the others, and lead nowhere.
func TestAlarmsOfTheCentreAreListed(t *testing.T) {
	f := newFixture()
	f.centre = []gtc.Alarm{{
		ID: "hub/influxdb/store_refused", Class: "store_refused", Site: gtc.HubSite, Equipment: "influxdb", Priority: 2,
		State: gtc.AlarmUnacknowledged, Since: f.ago(time.Minute), Label: text("Base de données\u202f: accès refusé", "x", "y"), Occurrence: 1,
	}}
	body := get(t, handler(t, f), "/alarms").Body.String()
	require.Contains(t, body, "Centre · influxdb")
	require.Contains(t, body, "accès refusé")
	require.NotContains(t, body, "/site/hub")
}

func TestMeterSaysItsVerdict(t *testing.T) {
	h := handler(t, newFixture())
	body := read(t, h, "/energy/dampremy/gas")
	const verdict = "Maison de repos de Dampremy · Gaz chaufferie\u00a0: 18\u00a0% de trop depuis le 25 août 2026, soit 84\u00a0EUR/semaine"
	has(t, body, "<h1>"+verdict+"</h1>", "the page")
	has(t, body, verdict+"</title>", "the chart")
	has(t, body, "Attendu = 207,5 kWh par jour + 190,40 kWh par degré sous 15,2\u00a0°C", "the page")
	has(t, body, "détecté 11 sept.", "the page")
	blind := get(t, h, "/energy/gosselies/gas").Body.String()
	has(t, blind, "aucune dérive ne peut être jugée", "the page")
	require.Contains(t, get(t, h, "/energy/central/gas").Body.String(), "consommation conforme")
}

func TestDaysAsCSV(t *testing.T) {
	w := get(t, handler(t, newFixture()), "/energy/dampremy/gas/days.csv?span=1y")
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	require.Equal(t, "day,energy_kwh,coverage,expected_kwh,low_kwh,high_kwh,cusum_kwh,temperature_c", lines[0])
	require.Len(t, lines, 366)
	require.Regexp(t, `^2025-11-21,[0-9.]+,1,`, lines[1])
	require.Contains(t, w.Body.String(), "\n2026-04-12,,0,", "absent is an empty field")
}

func TestLanguage(t *testing.T) {
	h := handler(t, newFixture())
	for name, tc := range map[string]struct {
		path    string
		headers []string
		want    string
	}{
		"none":        {"/", nil, "fr"},
		"browser":     {"/", []string{"Accept-Language", "de, nl-BE;q=0.9, fr;q=0.8"}, "nl"},
		"cookie":      {"/", []string{"Cookie", "lang=en", "Accept-Language", "nl"}, "en"},
		"address":     {"/?lang=nl", []string{"Cookie", "lang=en"}, "nl"},
		"unknown":     {"/?lang=xx", []string{"Cookie", "lang=yy", "Accept-Language", "zz"}, "fr"},
		"problem too": {"/api/v1/sites/nowhere", []string{"Accept-Language", "en"}, "en"},
	} {
		t.Run(name, func(t *testing.T) {
			w := get(t, h, tc.path, tc.headers...)
			require.Equal(t, tc.want, w.Header().Get("Content-Language"))
		})
	}
	cookies := get(t, h, "/?lang=nl").Result().Cookies()
	require.Len(t, cookies, 1)
	require.Equal(t, "nl", cookies[0].Value)
	require.True(t, cookies[0].HttpOnly)
	require.Empty(t, get(t, h, "/?lang=xx").Result().Cookies())
}

func TestReadOnlyAndGuarded(t *testing.T) {
	h := handler(t, newFixture())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "BREW"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/api/v1/park", nil))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
		require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	}
	for _, path := range []string{"/", "/api/v1/park", "/static/app.js", "/nowhere", "/healthz"} {
		header := get(t, h, path).Header()
		require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.NotContains(t, header.Get("Content-Security-Policy"), "unsafe", path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", header.Get("Referrer-Policy"), path)
	}
}

func TestTextFromOutsideIsEscaped(t *testing.T) {
	f := newFixture()
	f.sites[3].Label = gtc.Label{"fr": `<script>alert(1)</script>`}
	f.sites[3].Standing[0].Label = gtc.Label{"fr": `"><img src=x onerror=alert(1)>`}
	f.sites[3].Open[0].SiteLabel = f.sites[3].Label
	h := handler(t, f)
	for _, path := range []string{"/", "/site/dampremy", "/alarms", "/energy", "/energy/dampremy/gas"} {
		body := get(t, h, path).Body.String()
		require.NotContains(t, body, "<script>alert", path)
		require.NotContains(t, body, "<img", path)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	var sick error
	h, err := New(Options{
		Model: newFixture(), Registry: prometheus.NewRegistry(), Health: func(context.Context) error { return sick },
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, get(t, h, "/healthz").Code)
	sick = errors.New("no bus")
	require.Equal(t, http.StatusServiceUnavailable, get(t, h, "/healthz").Code)
	get(t, h, "/site/dampremy")
	require.Contains(t, get(t, h, "/metrics").Body.String(), `gtc_console_requests_total{code="200",route="GET /site/{id}"} 1`)
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Options{})
	require.EqualError(t, err, "console: no model")
	_, err = New(Options{Model: newFixture(), Language: "de"})
	require.EqualError(t, err, `console: language "de": not one of fr, nl, en`)
}

func TestEventsCarryChangesAndBeats(t *testing.T) {
	f := newFixture()
	h, err := newHandler(Options{Model: f}, 20*time.Millisecond, time.Minute)
	require.NoError(t, err)
	srv := httptest.NewServer(h)
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/api/v1/events?site=central", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		require.NoError(t, lines.Err())
		return ""
	}
	require.Equal(t, "beat", next("event: "))
	require.Equal(t, "beat", next("event: "), "a quiet stream says it is alive")
	secret := f.value("intrusion-1", gtc.KindIntrusionPanel, "set_state", nil, "", 2)
	flow := f.value("circuit-1", "heating_circuit", "flow_temp", nil, "°C", 50)
	f.publish(Change{Site: "gilly", What: "sample", At: f.now, Values: []LiveValue{flow}})
	f.publish(Change{Site: "central", What: "sample", At: f.now, Values: []LiveValue{secret}})
	f.publish(Change{Site: "central", What: "sample", At: f.now, Values: []LiveValue{secret, flow}})
	for next("event: ") != "change" {
		continue
	}
	data := next("data: ")
	require.Contains(t, data, `"site":"central"`)
	require.Contains(t, data, "flow_temp")
	require.NotContains(t, data, "set_state")
	cancel()
	_, err = io.Copy(io.Discard, resp.Body)
	require.Error(t, err)
	require.Eventually(t, func() bool { return f.publish(Change{}) == 0 }, 5*time.Second, 5*time.Millisecond, "the subscription outlives its page")
}

func TestNormalYearOfOneYear(t *testing.T) {
	f := newFixture()
	h := handler(t, f)
	for years, want := range map[int]string{2: "moyenne de 2 années propres de charleroi", 1: "une seule année propre de charleroi", 0: "charleroi"} {
		f.ownYears = years
		body := get(t, h, "/energy/dampremy/gas").Body.String()
		require.Contains(t, body, want)
		require.NotContains(t, body, "de 1 années")
	}
}
