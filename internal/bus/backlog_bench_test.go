package bus

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/netfault"
)

const (
	backlogPoints = 200
	backlogPolls  = 24 * 60
	// lineRate is 1 Mbit/s, in bytes.
	lineRate = 125_000
	liveMost = 2 * time.Second
	// eventMost bounds how far an event may be behind.
	eventMost = time.Second
)

// poll is what 200 points of 20 machines say in one round, as the collector
// encodes it: one line a machine, noisy values.
func poll(r *rand.Rand, at time.Time) []byte {
	var b bytes.Buffer
	for m := range backlogPoints / 10 {
		fmt.Fprintf(&b, "heating_circuit,equipment=circuit-%d,site=site-a ", m+1)
		for p := range 10 {
			if p > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "point_number_%d=%.2f", p, 20+40*r.Float64())
		}
		fmt.Fprintf(&b, " %d\n", at.UnixMilli())
	}
	return b.Bytes()
}

// BenchmarkBacklog24h brings a day of one site over a line of 1 Mbit/s while
// live samples and events go on. It reports how far these were behind at
// worst, and fails when that is too much or when something is missing.
func BenchmarkBacklog24h(b *testing.B) {
	for range b.N {
		backlog(b, backlogPolls, 0)
	}
}

// BenchmarkBacklog4hLimited is the same with four hours and a limit of half
// the line.
func BenchmarkBacklog4hLimited(b *testing.B) {
	for range b.N {
		backlog(b, backlogPolls/6, lineRate/2)
	}
}

func backlog(b *testing.B, polls, limit int) {
	b.Helper()
	b.StopTimer()
	h, err := StartHub(b.Context(), HubOptions{
		LeafListen: "127.0.0.1:0", Dir: b.TempDir(), Sites: map[gtc.SiteID]string{"site-a": "secret"}, Limits: map[gtc.SiteID]int{"site-a": limit}, Log: zerolog.Nop(),
	})
	require.NoError(b, err)
	defer h.Close()
	line, err := netfault.New(h.leafAddr)
	require.NoError(b, err)
	defer func() { _ = line.Close() }()
	line.Limit(lineRate)
	line.Delay(10 * time.Millisecond)
	line.Cut()
	e, err := StartEdge(b.Context(), EdgeOptions{Site: "site-a", Dir: b.TempDir(), HubURL: "nats://" + line.Addr(), Password: "secret", Log: zerolog.Nop()})
	require.NoError(b, err)
	defer e.Close()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // data of a test
	begun := time.UnixMilli(1_700_000_000_000)
	size := 0
	for i := range polls {
		lines := poll(r, begun.Add(time.Duration(i)*time.Minute))
		size += len(lines)
		require.NoError(b, e.PublishSamples(b.Context(), "gtc", lines))
	}
	require.Zero(b, line.Passed(), "the line is cut")

	ctx, cancel := context.WithCancel(b.Context())
	w := &watcher{sent: map[string]time.Time{}}
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.Run(ctx) })
	wg.Go(func() { w.listen(ctx, h) })
	b.StartTimer()
	line.Heal()
	require.Eventually(b, e.Linked, patience, time.Millisecond)
	linked := time.Now()
	require.Eventually(b, func() bool { // the hub's interest has reached the edge
		return e.Heartbeat(b.Context(), Health{}) == nil && w.heard.Load()
	}, patience, time.Millisecond)
	n := 0
	for ; n == 0 || !arrived(b, h, polls); n++ {
		w.say(b, e, r, n)
		time.Sleep(250 * time.Millisecond)
	}
	took := time.Since(linked)
	b.StopTimer()
	require.Eventually(b, func() bool { return w.missing() == 0 }, patience, 10*time.Millisecond)
	cancel()
	wg.Wait()
	in, _ := line.Bytes()
	b.ReportMetric(took.Seconds(), "s/backlog")
	b.ReportMetric(w.worstLive.Seconds()*1000, "live_max_ms")
	b.ReportMetric(w.worstEvent.Seconds()*1000, "event_max_ms")
	b.ReportMetric(float64(size)/float64(in), "compression")
	require.Less(b, w.worstLive, liveMost)
	require.Less(b, w.worstEvent, eventMost)
}

// arrived reports whether the hub has the whole backlog; it is the first n
// messages, each with its own lines.
func arrived(b *testing.B, h *Hub, n int) bool {
	b.Helper()
	s, err := h.js.Stream(b.Context(), StreamSamples)
	require.NoError(b, err)
	return s.CachedInfo().State.Msgs >= uint64(n) //nolint:gosec // positive
}

// watcher measures how far live samples and events are behind.
type watcher struct {
	mu                    sync.Mutex
	sent                  map[string]time.Time
	worstLive, worstEvent time.Duration
	heard                 atomic.Bool // a heartbeat
}

func (w *watcher) say(b *testing.B, e *Edge, r *rand.Rand, n int) {
	b.Helper()
	lines := poll(r, time.UnixMilli(1_800_000_000_000+int64(n)))
	lines = lines[:bytes.IndexByte(lines, '\n')+1]
	key := string(bytes.TrimSpace(lines))
	id := fmt.Sprintf("ev-%d", n)
	w.mu.Lock()
	w.sent[key], w.sent[id] = time.Now(), time.Now()
	w.mu.Unlock()
	require.NoError(b, e.PublishSamples(b.Context(), "gtc", lines))
	require.NoError(b, e.PublishEvent(b.Context(), event("site-a", id)))
}

func (w *watcher) got(key string, worst *time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.sent[key]; ok {
		*worst = max(*worst, time.Since(at))
		delete(w.sent, key)
	}
}

func (w *watcher) missing() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

// listen takes live samples as the console does, and events once stored.
func (w *watcher) listen(ctx context.Context, h *Hub) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = h.Live(ctx, func(_ gtc.SiteID, _ string, lines []byte) {
			w.got(string(lines[:bytes.IndexByte(lines, '\n')]), &w.worstLive)
		}, func(Health) { w.heard.Store(true) })
	})
	wg.Go(func() {
		_ = h.Consume(ctx, StreamEvents, "TEST", 10, func(_ context.Context, msgs []Message) error {
			for _, m := range msgs {
				w.got(eventID(m.Data), &w.worstEvent)
			}
			return nil
		})
	})
	wg.Wait()
}

// BenchmarkResume measures how soon the hub takes again after it was
// restarted: from its start to the first message stored.
func BenchmarkResume(b *testing.B) {
	o := HubOptions{LeafListen: "127.0.0.1:0", Dir: b.TempDir(), Sites: map[gtc.SiteID]string{"site-a": "secret"}, Log: zerolog.Nop()}
	h, err := StartHub(b.Context(), o)
	require.NoError(b, err)
	u, err := url.Parse(h.LeafURL())
	require.NoError(b, err)
	o.LeafListen = net.JoinHostPort(u.Hostname(), u.Port())
	e, err := StartEdge(b.Context(), EdgeOptions{Site: "site-a", Dir: b.TempDir(), HubURL: h.LeafURL(), Password: "secret", Log: zerolog.Nop()})
	require.NoError(b, err)
	defer e.Close()
	require.Eventually(b, e.Linked, patience, time.Millisecond)
	var worst, sum time.Duration
	for i := range b.N {
		b.StopTimer()
		h.Close()
		for range 10 {
			require.NoError(b, e.PublishSamples(b.Context(), "gtc", line("site-a", i)))
		}
		before := uint64(10 * i)
		h, err = StartHub(b.Context(), o)
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		b.StartTimer()
		begun := time.Now()
		go func() { done <- h.Run(ctx) }()
		for {
			s, err := h.js.Stream(ctx, StreamSamples)
			require.NoError(b, err)
			if s.CachedInfo().State.Msgs > before {
				break
			}
			time.Sleep(time.Millisecond)
		}
		took := time.Since(begun)
		worst, sum = max(worst, took), sum+took
		b.StopTimer()
		require.Eventually(b, func() bool { n, err := e.Queued(b.Context()); return err == nil && n == 0 }, patience, time.Millisecond)
		cancel()
		require.NoError(b, <-done)
	}
	h.Close()
	b.ReportMetric(sum.Seconds()*1000/float64(b.N), "resume_ms")
	b.ReportMetric(worst.Seconds()*1000, "resume_max_ms")
	require.Less(b, worst, 2*time.Second)
}
