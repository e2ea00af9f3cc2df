package bus

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// A box is stolen: its site is revoked while the hub runs. It is disconnected,
// gets nothing through any more, and the others notice nothing.
func TestRevoke(t *testing.T) {
	o := hubOptions(t, "site-a", "site-b")
	var refused atomic.Int64 // logins that the hub refused
	o.Log = zerolog.New(io.Discard).Hook(zerolog.HookFunc(func(_ *zerolog.Event, _ zerolog.Level, what string) {
		if strings.Contains(what, "authentication error") {
			refused.Add(1)
		}
	}))
	h := startTestHub(t, o)
	run(t, h)
	stolen := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	other := startTestEdge(t, edgeOptions(t, "site-b", h.LeafURL()))
	publishLines(t, stolen, 0, 5)
	requireLines(t, h, stolen, 5)
	publishLines(t, other, 0, 5)
	eventually(t, "both linked", func() bool { return h.Linked("site-a") && h.Linked("site-b") })
	before := leafOf(t, h, "site-b")
	live, err := h.Conn().SubscribeSync("gtc.site-a.>")
	require.NoError(t, err)

	begun := time.Now()
	require.NoError(t, h.Revoke(t.Context(), "site-a"))
	require.False(t, h.Linked("site-a"), "disconnected when the call returns")
	t.Logf("revoked in %v", time.Since(begun))
	_ = h.Conn().Flush()
	for { // what came before
		if _, err := live.NextMsg(50 * time.Millisecond); err != nil {
			break
		}
	}
	publishLines(t, stolen, 5, 10)
	require.NoError(t, stolen.Heartbeat(t.Context(), Health{Seq: 1, At: time.Now()}))
	publishLines(t, other, 5, 10)
	eventually(t, "the other goes on", func() bool { return len(stored(t, h, StreamSamples, "in.site-b.sample")) == 10 })
	linked := stolen.server.current().NumLeafNodes
	tries := refused.Load()
	eventually(t, "it tries and is refused", func() bool {
		require.False(t, h.Linked("site-a"))
		require.Zero(t, linked())
		return refused.Load() >= tries+2
	})
	_, err = live.NextMsg(time.Millisecond)
	require.Error(t, err, "nothing of the stolen box")
	require.Len(t, stored(t, h, StreamSamples, "in.site-a.sample"), 5)
	require.Equal(t, before, leafOf(t, h, "site-b"), "the other kept its connection")

	// The new box gets a new password.
	require.NoError(t, h.SetPassword(t.Context(), "site-a", "another"))
	stolen.Close()
	again := edgeOptions(t, "site-a", h.LeafURL())
	again.Password = "another"
	box := startTestEdge(t, again)
	require.NoError(t, box.PublishSamples(t.Context(), "gtc", line("site-a", 99)))
	eventually(t, "the new box at the hub", func() bool { return len(stored(t, h, StreamSamples, "in.site-a.sample")) == 6 })
	require.Error(t, h.SetPassword(t.Context(), "site-x", "another"))
	require.Error(t, h.SetPassword(t.Context(), "site-a", ""))
}

func leafOf(t *testing.T, h *Hub, site gtc.SiteID) uint64 {
	t.Helper()
	z, err := h.server.Leafz(&server.LeafzOptions{Account: siteAccount(site)})
	require.NoError(t, err)
	require.Len(t, z.Leafs, 1)
	return z.Leafs[0].ID
}

// Sites come and go while the hub runs; live messages of a new one arrive, and
// those of one that is gone do not.
func TestSitesComeAndGo(t *testing.T) {
	o := hubOptions(t, "site-a")
	h := startTestHub(t, o)
	run(t, h)
	a := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	b := startTestEdge(t, edgeOptions(t, "site-b", h.LeafURL()))
	publishLines(t, b, 0, 3)
	publishLines(t, a, 0, 3)
	requireLines(t, h, a, 3)
	require.False(t, h.Linked("site-b"), "not known yet")
	live, err := h.Conn().SubscribeSync("gtc.*.health")
	require.NoError(t, err)

	sites := map[gtc.SiteID]string{"site-a": "secret of site-a", "site-b": "secret of site-b"}
	require.NoError(t, h.SetSites(t.Context(), sites, nil))
	eventually(t, "its queue at the hub", func() bool { return len(stored(t, h, StreamSamples, "in.site-b.sample")) == 3 })
	require.NoError(t, b.Heartbeat(t.Context(), Health{Seq: 1, At: time.Now()}))
	m, err := live.NextMsg(patience)
	require.NoError(t, err)
	require.Equal(t, "gtc.site-b.health", m.Subject)

	delete(sites, "site-a")
	require.NoError(t, h.SetSites(t.Context(), sites, map[gtc.SiteID]int{"site-b": 1000}))
	require.False(t, h.Linked("site-a"))
	publishLines(t, a, 3, 6)
	publishLines(t, b, 3, 6)
	eventually(t, "the other goes on", func() bool { return len(stored(t, h, StreamSamples, "in.site-b.sample")) == 6 })
	require.Len(t, stored(t, h, StreamSamples, "in.site-a.sample"), 3)
	_, err = h.Request(t.Context(), "site-a", nil)
	require.ErrorContains(t, err, "unknown site")

	sites["site-a"] = "secret of site-a"
	require.NoError(t, h.SetSites(t.Context(), sites, nil))
	eventually(t, "back again, nothing lost", func() bool { return len(stored(t, h, StreamSamples, "in.site-a.sample")) == 6 })
	require.Error(t, h.SetSites(t.Context(), map[gtc.SiteID]string{"Site A": "x"}, nil))
}

func TestLinkIsCompressed(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	eventually(t, "linked", func() bool { return h.Linked("site-a") && e.Linked() })
	for _, ns := range []*server.Server{h.server, e.server.current()} {
		z, err := ns.Leafz(nil)
		require.NoError(t, err)
		require.Len(t, z.Leafs, 1)
		require.Equal(t, server.CompressionS2Fast, z.Leafs[0].Compression)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var p pace
	require.LessOrEqual(t, p.wait(now), time.Duration(0))
	p.spend(now, 30_000, 0)
	require.LessOrEqual(t, p.wait(now), time.Duration(0), "no limit")
	p.spend(now, 30_000, 10_000)
	require.Equal(t, 3*time.Second, p.wait(now))
	require.Equal(t, time.Second, p.wait(now.Add(2*time.Second)))
	// An idle line gives no credit.
	p.spend(now.Add(time.Minute), 5_000, 10_000)
	require.Equal(t, 500*time.Millisecond, p.wait(now.Add(time.Minute)))
	p.spend(now.Add(time.Minute), 0, 10_000)
	require.Equal(t, 500*time.Millisecond, p.wait(now.Add(time.Minute)))
}
