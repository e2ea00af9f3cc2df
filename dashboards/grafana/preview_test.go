//go:build preview

package grafana_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/datasource"
	"github.com/cpas-charleroi/gtc/dashboards/grafana"
)

// TestPreview photographs every dashboard with the answers of a running hub
// (GTC_URL, GTC_TOKEN), for people to look at where no Grafana runs:
//
//	make preview GTC_URL=http://127.0.0.1:8080
func TestPreview(t *testing.T) {
	address, out := os.Getenv("GTC_URL"), os.Getenv("PREVIEW")
	require.NotEmpty(t, address, "GTC_URL: the hub to ask")
	settings, err := json.Marshal(map[string]string{"url": address, "language": "fr"})
	require.NoError(t, err)
	instance, err := datasource.New(t.Context(), backend.DataSourceInstanceSettings{
		UID: "preview", JSONData: settings, DecryptedSecureJSONData: map[string]string{"token": os.Getenv("GTC_TOKEN")},
	})
	require.NoError(t, err)
	source, ok := instance.(*datasource.Datasource)
	require.True(t, ok)
	defer source.Dispose()
	s := studio{source: source, out: out, variables: map[string]string{"priorite": "*", "vecteur": "*"}}
	s.variables["site"] = env("SITE", s.first(t, "sites", nil))
	s.variables["equipement"] = env("EQUIPMENT", s.first(t, "equipment", []string{s.variables["site"]}))
	s.variables["compteur"] = env("METER", s.first(t, "meters", []string{s.variables["site"]}))
	s.variables["point"] = env("POINTS", "flow_temp,return_temp,burner_stage")
	for _, d := range grafana.Dashboards() {
		if strings.HasPrefix(d.UID, "gtc-influx") {
			continue
		}
		t.Run(d.UID, func(t *testing.T) { s.photograph(t, d) })
	}
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

type studio struct {
	source    *datasource.Datasource
	variables map[string]string
	out       string
}

// first is the first choice of a list.
func (s studio) first(t *testing.T, list string, sites []string) string {
	t.Helper()
	answer := s.ask(t, grafana.Query{RefID: "A", QueryType: "variable", Variable: list, Sites: sites}, time.Now().Add(-time.Hour), time.Now())
	require.NoError(t, answer.Error)
	require.NotZero(t, answer.Frames[0].Rows(), list)
	field, _ := answer.Frames[0].FieldByName("value")
	text, _ := field.ConcreteAt(0)
	return fmt.Sprint(text)
}

func (s studio) ask(t *testing.T, q any, from, to time.Time) backend.DataResponse {
	t.Helper()
	text, err := json.Marshal(q)
	require.NoError(t, err)
	filled := regexp.MustCompile(`\$(site|equipement|compteur|point|priorite|vecteur)\b`).ReplaceAllStringFunc(string(text), func(v string) string {
		return s.variables[v[1:]]
	})
	var kind struct {
		QueryType string `json:"queryType"`
	}
	require.NoError(t, json.Unmarshal([]byte(filled), &kind))
	got, err := s.source.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", QueryType: kind.QueryType, JSON: []byte(filled), MaxDataPoints: 800, Interval: to.Sub(from) / 800,
		TimeRange: backend.TimeRange{From: from, To: to},
	}}})
	require.NoError(t, err)
	return got.Responses["A"]
}

type answer struct {
	Frames []json.RawMessage `json:"frames"`
	Error  string            `json:"error,omitempty"`
	Range  map[string]int64  `json:"range"`
}

func (s studio) photograph(t *testing.T, d grafana.Dashboard) {
	now := time.Now()
	answers := make([]answer, len(d.Panels))
	for i, p := range d.Panels {
		span := d.Time.From
		if p.TimeFrom != "" {
			span = "now-" + p.TimeFrom
		}
		a := answer{Range: map[string]int64{"from": before(t, now, span).UnixMilli(), "to": now.UnixMilli()}}
		for _, q := range p.Targets {
			got := s.ask(t, q, before(t, now, span), now)
			if got.Error != nil {
				a.Error = got.Error.Error()
				t.Logf("%s: %v", p.Title, got.Error)
			}
			for _, f := range got.Frames {
				text, err := json.Marshal(f)
				require.NoError(t, err)
				a.Frames = append(a.Frames, text)
			}
		}
		answers[i] = a
	}
	s.draw(t, d, answers)
}

// draw shows the page of the preview in a browser and takes its picture.
func (s studio) draw(t *testing.T, d grafana.Dashboard, answers []answer) {
	t.Helper()
	script, err := os.ReadFile("../../var/preview/preview.js")
	require.NoError(t, err, "make preview builds it")
	style, err := os.ReadFile("../datasource/node_modules/uplot/dist/uPlot.min.css")
	require.NoError(t, err)
	state := map[string]any{"dashboard": d, "answers": answers}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/preview.js" {
			_, _ = w.Write(script)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><style>%s</style><body style="margin:0"><div id="root"></div><script>`, style)
		for name, v := range state {
			text, err := json.Marshal(v)
			if err == nil {
				_, _ = fmt.Fprintf(w, "window.%s = %s;", name, text)
			}
		}
		_, _ = fmt.Fprint(w, `</script><script src="/preview.js"></script>`)
	}))
	defer srv.Close()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.Flag("no-sandbox", true),
		chromedp.Flag("lang", "fr-BE"), chromedp.Flag("accept-lang", "fr-BE"), chromedp.Flag("hide-scrollbars", true), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	defer end()
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080)))
	_, err = chromedp.Call(ctx, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "fr-BE"})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(srv.URL)))
	_, err = chromedp.Run(ctx, chromedp.Poll[chromedp.Void]("window.drawn === true", chromedp.WithPollingTimeout(time.Minute)))
	require.NoError(t, err)
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(s.out, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(s.out, d.UID+".jpg"), picture, 0o600))
}

// before reads Grafana's relative times: now-24h, now-1y/d, now-36M/M.
func before(t *testing.T, now time.Time, text string) time.Time {
	t.Helper()
	m := regexp.MustCompile(`^now-(\d+)([mhdwMy])`).FindStringSubmatch(text)
	require.NotNil(t, m, text)
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	switch m[2] {
	case "m":
		return now.Add(-time.Duration(n) * time.Minute)
	case "h":
		return now.Add(-time.Duration(n) * time.Hour)
	case "w":
		return now.AddDate(0, 0, -7*n)
	case "M":
		return now.AddDate(0, -n, 0)
	case "y":
		return now.AddDate(-n, 0, 0)
	}
	return now.AddDate(0, 0, -n)
}
