package ingest_test

import (
	"bytes"
	"context"
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
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
)

// counting stands in front of a real InfluxDB and counts the lines that it
// took.
type counting struct {
	*httptest.Server
	mu    sync.Mutex
	lines map[string]int
}

func newCounting(t *testing.T, target string) *counting {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	c := &counting{lines: map[string]int{}}
	through := httputil.NewSingleHostReverseProxy(u)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/write") {
			through.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the hub was killed
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		through.ServeHTTP(answer, r)
		if answer.Code == http.StatusNoContent {
			c.mu.Lock()
			for line := range strings.Lines(string(body)) {
				c.lines[strings.TrimSpace(line)]++
			}
			c.mu.Unlock()
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(c.Close)
	return c
}

// counts returns how many of the lines came how often.
func (c *counting) counts(lines []string) map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[int]int{}
	for _, l := range lines {
		out[c.lines[l]]++
	}
	return out
}

// share is a second hub's ingest on the bus of the first.
type share struct {
	joined   *bus.Joined
	registry *prometheus.Registry
	stop     func()
}

func startShare(t *testing.T, h *bus.Hub, storeURL string, ids []gtc.SiteID) *share {
	t.Helper()
	j, err := bus.Join(t.Context(), bus.JoinOptions{URL: h.ClientURL(), Password: "of the hubs", Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(j.Close)
	store, err := influx.Open(influx.Options{URL: storeURL})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	s := &share{joined: j, registry: prometheus.NewRegistry()}
	s.stop = background(t, func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Options{
			Hub: j, Store: store, Sites: func() []gtc.SiteID { return ids }, Log: zerolog.Nop(), Registry: s.registry,
		})
	})
	return s
}

func (s *share) partitions(t *testing.T) int {
	t.Helper()
	return int(counted(t, s.registry, "gtc_ingest_partitions", "stream", bus.StreamSamples))
}

// kill ends it as a power cut would: it says nothing to anybody.
func (s *share) kill() {
	s.joined.Close()
	s.stop()
}

// TestTwoHubsShareTheSites runs two ingests on one bus: every line is written
// once; when one is killed the other takes its sites over and nothing is lost;
// when one is stopped in good order the other takes over at once.
func TestTwoHubsShareTheSites(t *testing.T) {
	real, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, real.EnsureDatabases(t.Context()))
	store := newCounting(t, server.URL)
	var ids []gtc.SiteID
	passwords := map[gtc.SiteID]string{}
	taken := map[int]bool{}
	for i := range 24 {
		id := gtc.SiteID(fmt.Sprintf("site-%02d", i))
		ids, passwords[id], taken[bus.Partition(id)] = append(ids, id), "secret", true
	}
	require.Len(t, taken, bus.Partitions, "every partition has sites")
	h, err := bus.StartHub(t.Context(), bus.HubOptions{
		Dir: t.TempDir(), NoSync: true, Log: zerolog.Nop(), Sites: passwords, Listen: "127.0.0.1:0", Password: "of the hubs",
	})
	require.NoError(t, err)
	t.Cleanup(h.Close)

	base := time.Now().Add(-time.Hour).UnixMilli()
	var published []string
	n := 0
	publish := func(rounds int) (lines []string) {
		for range rounds {
			n++
			for _, id := range ids {
				line := fmt.Sprintf("boiler,equipment=b,site=%s flow_temp=%d %d", id, n, base+int64(n))
				_, err := h.Conn().RequestMsg(sampleMessage(string(id), line+"\n"), 5*time.Second)
				require.NoError(t, err)
				lines = append(lines, line)
			}
		}
		published = append(published, lines...)
		return lines
	}
	all := func(what string, lines []string) {
		t.Helper()
		eventually(t, what, func() bool { return store.counts(lines)[0] == 0 })
	}

	a, b := startShare(t, h, store.URL, ids), startShare(t, h, store.URL, ids)
	all("the first lines", publish(20))
	eventually(t, "the work is shared", func() bool {
		publish(1) // only a message gives a partition its owner
		return a.partitions(t) == bus.Partitions/2 && b.partitions(t) == bus.Partitions/2
	})
	all("lines of every partition", publish(20))
	all("all lines so far", published)
	require.Equal(t, map[int]int{1: len(published)}, store.counts(published), "every line is written once")
	start := time.Now()
	a.kill()
	after := publish(20)
	all("lines after one hub was killed", after)
	t.Logf("taken over %v after the kill", time.Since(start).Round(10*time.Millisecond))
	eventually(t, "one owner", func() bool { return b.partitions(t) == bus.Partitions })
	require.Equal(t, map[int]int{1: len(after)}, store.counts(after), "nobody else wrote them")

	c := startShare(t, h, store.URL, ids)
	all("one more hub waits", publish(5))
	start = time.Now()
	b.stop()
	after = publish(20)
	all("lines after one hub was stopped", after)
	t.Logf("taken over %v after the stop", time.Since(start).Round(10*time.Millisecond))
	eventually(t, "one owner", func() bool { return c.partitions(t) == bus.Partitions })
	require.Equal(t, map[int]int{1: len(after)}, store.counts(after))
	all("everything", published)
	require.Len(t, values(t, real, "SELECT flow_temp FROM boiler"), len(published))
}
