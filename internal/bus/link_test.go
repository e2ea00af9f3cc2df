package bus

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func publishLines(t *testing.T, e *Edge, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		require.NoError(t, e.PublishSamples(t.Context(), "gtc", line(e.site, i)))
	}
}

// requireLines checks that the hub holds lines 0 to n-1 once each and in order.
func requireLines(t *testing.T, h *Hub, e *Edge, n int) {
	t.Helper()
	eventually(t, "all lines at the hub", func() bool { return count(t, h, StreamSamples) >= uint64(n) })
	msgs := stored(t, h, StreamSamples, "in."+string(e.site)+".sample")
	require.Len(t, msgs, n)
	for i, m := range msgs {
		require.Equal(t, string(line(e.site, i)), string(m.Data), "message %d", i)
	}
}

func TestSamplesReachTheHub(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	run(t, h)
	publishLines(t, e, 0, 20)
	require.NoError(t, e.PublishEvent(t.Context(), event("site-a", "ev-1")))
	requireLines(t, h, e, 20)
	m := stored(t, h, StreamSamples, "in.site-a.sample")[7]
	require.Equal(t, FormatLines, m.Header.Get(HeaderFormat))
	require.Equal(t, "gtc", m.Header.Get(HeaderDatabase))
	require.Equal(t, e.Boot(), m.Header.Get(HeaderBoot))
	require.Equal(t, "8", m.Header.Get(HeaderSeq))
	id := strings.Split(m.Header.Get(jetstream.MsgIDHeader), ".")
	require.Len(t, id, 3)
	require.Equal(t, []string{"site-a", "8"}, []string{id[0], id[2]})
	eventually(t, "the event at the hub", func() bool { return count(t, h, StreamEvents) == 1 })
	eventually(t, "nothing queued", func() bool {
		n, err := e.Queued(t.Context())
		return err == nil && n == 0 && h.Backlog("site-a") == 0
	})
	require.True(t, e.Linked())
	require.True(t, h.Linked("site-a"))
}

func TestEdgeStartsBeforeTheHub(t *testing.T) {
	o := hubOptions(t, "site-a")
	o.LeafListen = "127.0.0.1:0"
	first := startTestHub(t, o) // only to learn a free port
	url, addr := first.LeafURL(), first.leafAddr
	first.Close()
	e := startTestEdge(t, edgeOptions(t, "site-a", url))
	publishLines(t, e, 0, 5)
	require.False(t, e.Linked())
	o.LeafListen = addr
	h := startTestHub(t, o)
	run(t, h)
	requireLines(t, h, e, 5)
}

func TestLinkCut(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	p := startProxy(t, h.leafAddr)
	e := startTestEdge(t, edgeOptions(t, "site-a", "nats://"+p.addr))
	run(t, h)
	publishLines(t, e, 0, 50)
	requireLines(t, h, e, 50)
	n := 50
	for range 3 {
		// Cut while messages are on their way.
		publishLines(t, e, n, n+40)
		p.Cut()
		eventually(t, "link down", func() bool { return !e.Linked() && !h.Linked("site-a") })
		publishLines(t, e, n+40, n+140)
		q, err := e.Queued(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, q, uint64(100), "the cut is effective: all published since is queued")
		require.LessOrEqual(t, count(t, h, StreamSamples), uint64(n+40), "the cut is effective: none of it is at the hub")
		p.Restore()
		n += 140
		requireLines(t, h, e, n)
	}
	eventually(t, "nothing queued", func() bool { q, err := e.Queued(t.Context()); return err == nil && q == 0 })
}

func TestHubRestart(t *testing.T) {
	o := hubOptions(t, "site-a")
	h := startTestHub(t, o)
	p := startProxy(t, h.leafAddr)
	e := startTestEdge(t, edgeOptions(t, "site-a", "nats://"+p.addr))
	n := 0
	for range 3 {
		stop := run(t, h)
		publishLines(t, e, n, n+300)
		eventually(t, "some of them at the hub", func() bool { return count(t, h, StreamSamples) > uint64(n) })
		stop()
		h.Close()
		n += 300
		h = startTestHub(t, o)
		p.Retarget(h.leafAddr)
	}
	run(t, h)
	requireLines(t, h, e, n)
}

func TestEdgeRestart(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	run(t, h)
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.SyncAlways = true
	n := 0
	for range 3 {
		e := startTestEdge(t, o)
		publishLines(t, e, n, n+100)
		n += 100
		e.Close()
	}
	e := startTestEdge(t, o)
	requireLines(t, h, e, n)
}

func TestQueueOfANewDiskIsNotMistakenForTheOld(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	run(t, h)
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	publishLines(t, e, 0, 10)
	requireLines(t, h, e, 10)
	e.Close()
	e = startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL())) // another folder: sequences start again
	publishLines(t, e, 10, 15)
	requireLines(t, h, e, 15)
}

func TestLostOnTheEdgeIsCounted(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.MaxBytes = 64 << 10
	e := startTestEdge(t, o)
	for i := range 200 {
		lines := strings.Repeat(string(line("site-a", i)), 20)
		require.NoError(t, e.PublishSamples(t.Context(), "gtc", []byte(lines)))
	}
	run(t, h)
	eventually(t, "what is left at the hub", func() bool {
		q, err := e.Queued(t.Context())
		return err == nil && q == 0
	})
	msgs := stored(t, h, StreamSamples, "in.site-a.sample")
	require.NotEmpty(t, msgs)
	require.Less(t, len(msgs), 200)
	require.True(t, strings.HasPrefix(string(msgs[len(msgs)-1].Data), string(line("site-a", 199))))
	require.InDelta(t, float64(200-len(msgs)), counter(t, h.metrics.lost.WithLabelValues("site-a", StreamSamples)), 0)
}

func TestEventsComeBeforeSamplesAndLongLinesPass(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	publishLines(t, e, 0, 300)
	long := `boiler,equipment=boiler-1,site=site-a note="` + strings.Repeat("x", 2*fetchBytes) + "\" 1\n"
	require.NoError(t, e.PublishSamples(t.Context(), "gtc", []byte(long)))
	require.NoError(t, e.PublishEvent(t.Context(), event("site-a", "ev-1")))
	require.ErrorIs(t, e.PublishSamples(t.Context(), "gtc", make([]byte, maxMessage)), errTooLong)
	run(t, h)
	eventually(t, "all at the hub", func() bool { return count(t, h, StreamSamples) == 301 })
	samples := stored(t, h, StreamSamples, "in.site-a.sample")
	require.Equal(t, long, string(samples[300].Data))
	ev := stored(t, h, StreamEvents, "in.site-a.event")
	require.Len(t, ev, 1)
	require.True(t, ev[0].Time.Before(samples[0].Time))
}
