package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
)

// faulty stands in front of a real InfluxDB and answers the first writes
// itself.
type faulty struct {
	*httptest.Server
	through *httputil.ReverseProxy

	mu     sync.Mutex
	faults []http.HandlerFunc
	writes []time.Time
}

func newFaulty(t *testing.T, target string, faults ...http.HandlerFunc) *faulty {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	f := &faulty{through: httputil.NewSingleHostReverseProxy(u), faults: faults}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/write") {
		f.through.ServeHTTP(w, r)
		return
	}
	f.mu.Lock()
	f.writes = append(f.writes, time.Now())
	var fault http.HandlerFunc
	if len(f.faults) > 0 {
		fault, f.faults = f.faults[0], f.faults[1:]
	}
	f.mu.Unlock()
	if fault == nil {
		f.through.ServeHTTP(w, r)
		return
	}
	fault(w, r)
}

// pauses are the times between one write and the next.
func (f *faulty) pauses() (out []time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.writes[:len(f.writes)-1] {
		out = append(out, f.writes[i+1].Sub(f.writes[i]))
	}
	return out
}

// answer returns a fault that answers with a status and headers (key, value).
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// inTwoSeconds asks to come back at a date, which is of whole seconds.
func inTwoSeconds(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusTooManyRequests)
}

// reset closes the connection without an answer.
func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// raw answers with bytes of its own and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

// hang says nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// TestFaultsLoseAndRejectNothing sends a hundred lines through every way in
// which InfluxDB or what is in front of it may fail for a while.
func TestFaultsLoseAndRejectNothing(t *testing.T) {
	t.Parallel()
	real, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, real.EnsureDatabases(t.Context()))
	through := newFaulty(t, server.URL).through
	// The lines are stored, but the answer is lost on the way.
	lost := func(w http.ResponseWriter, r *http.Request) {
		through.ServeHTTP(httptest.NewRecorder(), r)
		reset(w, r)
	}
	cases := map[string]struct {
		faults []http.HandlerFunc
		cause  string
		pause  time.Duration // the least after the first fault
	}{
		"500":                        {[]http.HandlerFunc{answer(500, `{"error":"timeout"}`), answer(500, "")}, "away", time.Second},
		"502 page":                   {[]http.HandlerFunc{answer(502, "<html>bad gateway</html>", "Content-Type", "text/html")}, "away", time.Second},
		"503 retry in seconds":       {[]http.HandlerFunc{answer(503, "", "Retry-After", "2")}, "away", 2 * time.Second},
		"429 retry at a date":        {[]http.HandlerFunc{inTwoSeconds}, "away", time.Second},
		"429 retry nonsense":         {[]http.HandlerFunc{answer(429, "", "Retry-After", "-soon")}, "away", time.Second},
		"401":                        {[]http.HandlerFunc{answer(401, `{"code":"unauthorized","message":"unauthorized access"}`, "Content-Type", "application/json")}, "refused", time.Second},
		"403":                        {[]http.HandlerFunc{answer(403, `{"code":"forbidden","message":"insufficient permissions"}`, "Content-Type", "application/json")}, "refused", time.Second},
		"404":                        {[]http.HandlerFunc{answer(404, `{"code":"not found","message":"bucket \"gtc\" not found"}`, "Content-Type", "application/json")}, "refused", time.Second},
		"reset":                      {[]http.HandlerFunc{reset, reset}, "away", time.Second},
		"stored, answer lost":        {[]http.HandlerFunc{lost}, "away", time.Second},
		"timeout":                    {[]http.HandlerFunc{hang}, "away", time.Second},
		"header cut short":           {[]http.HandlerFunc{raw("HTTP/1.1 204 No Con")}, "away", time.Second},
		"200 of something else":      {[]http.HandlerFunc{answer(200, "<html>log in</html>", "Content-Type", "text/html")}, "away", time.Second},
		"500 with a body cut short":  {[]http.HandlerFunc{raw("HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"error\":\"par")}, "away", time.Second},
		"redirect to somewhere else": {[]http.HandlerFunc{answer(301, "", "Location", "/elsewhere")}, "refused", time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, server.URL, c.faults...)
			client, err := influx.Open(influx.Options{URL: f.URL, Timeout: 2 * time.Second})
			require.NoError(t, err)
			t.Cleanup(client.Close)
			p := startPark(t)
			equipment := strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "")
			for i := range 100 {
				line := fmt.Sprintf("boiler,equipment=%s,site=site-a flow_temp=%d %d\n", equipment, i, p.base.UnixMilli()+int64(i))
				require.NoError(t, p.edge.PublishSamples(t.Context(), "gtc", []byte(line)))
			}
			eventually(t, "all pulled", func() bool { q, err := p.edge.Queued(t.Context()); return err == nil && q == 0 })
			registry := prometheus.NewRegistry()
			var mu sync.Mutex
			var told []error
			background(t, func(ctx context.Context) error {
				return ingest.Run(ctx, ingest.Options{Hub: p.hub, Store: client, Sites: sites, Log: zerolog.Nop(), Registry: registry, OnState: func(_ bool, err error) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, err)
				}})
			})
			eventually(t, "everything", func() bool {
				return len(values(t, real, "SELECT flow_temp FROM boiler WHERE equipment="+influx.Quote(equipment))) == 100
			})
			p.waitEmpty(t)
			require.Empty(t, p.rejected(t))
			mu.Lock()
			defer mu.Unlock()
			require.Error(t, told[0], "trouble is told")
			require.NoError(t, told[len(told)-1], "and its end")
			require.Equal(t, c.cause == "refused", errors.Is(told[0], influx.ErrRefused))
			require.InDelta(t, float64(len(c.faults)), counted(t, registry, "gtc_ingest_retries_total", "cause", c.cause), 0)
			require.GreaterOrEqual(t, f.pauses()[0], c.pause-50*time.Millisecond, "it is given the time it asked for")
		})
	}
}

// counted returns a counter of the registry, of one label's value.
func counted(t *testing.T, r *prometheus.Registry, name, label, value string) float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || hasLabel(m, label, value) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func hasLabel(m *dto.Metric, label, value string) bool {
	for _, l := range m.GetLabel() {
		if l.GetName() == label && l.GetValue() == value {
			return true
		}
	}
	return false
}

// TestAPoisonedSiteDelaysNoOther has one site send lines that InfluxDB refuses,
// among good ones of its own and of others, and points that are too old.
func TestAPoisonedSiteDelaysNoOther(t *testing.T) {
	client := influxtest.Start(t)
	p := startPark(t)
	registry := prometheus.NewRegistry()
	background(t, func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Options{Hub: p.hub, Store: client, Log: zerolog.Nop(), Registry: registry})
	})
	base := p.base.UnixMilli()
	require.NoError(t, client.Write(t.Context(), influx.Raw, fmt.Appendf(nil, "boiler,equipment=b,site=site-a flow_temp=1 %d", base)))
	const n = 40
	var want int
	for i := range n {
		for site := range 12 { // more sites than partitions, none of them configured
			id := fmt.Sprintf("site-%d", site)
			value := "20.5"
			at := base + int64(i)
			switch {
			case site == 3 && i%4 == 1:
				value = `"hot"`
			case site == 4:
				at -= 4 * 365 * 24 * 3600 * 1000
			default:
				want++
			}
			publishAtHub(t, p, id, fmt.Sprintf("boiler,equipment=b,site=%s flow_temp=%s %d\n", id, value, at))
		}
	}
	publishAtHub(t, p, "site-0", "\xff\xfe no line at all\n")
	eventually(t, "all good lines", func() bool {
		return len(values(t, client, "SELECT flow_temp FROM boiler WHERE site != 'site-a'")) == want
	})
	eventually(t, "all bad ones", func() bool { return len(p.rejected(t)) == n/4+n+1 })
	reasons := map[string]int{}
	for _, m := range p.rejected(t) {
		switch reason := m.Header.Get("Gtc-Reason"); {
		case strings.Contains(reason, "field type conflict"):
			reasons["type"]++
		case strings.Contains(reason, "beyond retention policy"):
			reasons["old"]++
		default:
			reasons[reason]++
		}
	}
	require.Equal(t, map[string]int{"type": n / 4, "old": n, "site tag is not site-0": 1}, reasons)
	// A message may be judged twice where a partition changed hands meanwhile.
	require.GreaterOrEqual(t, counted(t, registry, "gtc_ingest_rejected_total", "", ""), float64(n/4+n+1))
}

// publishAtHub puts a message into the hub's stream, as if pulled from a site.
func publishAtHub(t *testing.T, p *park, site, lines string) {
	t.Helper()
	msg := sampleMessage(site, lines)
	_, err := p.hub.Conn().RequestMsg(msg, 5*time.Second)
	require.NoError(t, err)
}
