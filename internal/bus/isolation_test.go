package bus

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// rogue is an edge whose owner does as he likes: a server of his own with the
// credentials of a site, and a client in the linked account without any
// restriction.
type rogue struct {
	conn *nats.Conn
	js   jetstream.JetStream

	mu   sync.Mutex
	seen []string // subject and payload of all that reached it
}

func startRogue(t *testing.T, h *Hub, site gtc.SiteID) *rogue {
	t.Helper()
	u, err := url.Parse(h.LeafURL())
	require.NoError(t, err)
	u.User = url.UserPassword(string(site), "secret of "+string(site))
	opts := &server.Options{
		ServerName: "rogue", DontListen: true, NoSigs: true, JetStream: true, JetStreamDomain: string(site), StoreDir: t.TempDir(),
	}
	opts.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{u}}}
	opts.LeafNode.ReconnectInterval = 100 * time.Millisecond
	ns, err := startServer(t.Context(), opts, zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	r := &rogue{}
	r.conn, err = nats.Connect("", nats.InProcessServer(ns))
	require.NoError(t, err)
	t.Cleanup(r.conn.Close)
	r.js, err = jetstream.New(r.conn)
	require.NoError(t, err)
	// All that could be of interest, and everything.
	for _, s := range []string{">", "gtc.*.>", "gtc.site-b.>", "gtc.site-b._in.>", "in.>", "$KV.>", "$JS.ACK.>", "$JS.>", "_INBOX.>", "_R_.>"} {
		_, err := r.conn.Subscribe(s, func(m *nats.Msg) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen = append(r.seen, m.Subject+" "+string(m.Data))
		})
		require.NoError(t, err)
	}
	eventually(t, "rogue linked", func() bool { return ns.NumLeafNodes() == 1 })
	return r
}

func (r *rogue) sees(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seen {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// park is a hub with an honest site-b that has something queued, and a rogue
// site-a. The hub has stored one message of site-b and does not pull.
type park struct {
	hub   *Hub
	b     *Edge
	rogue *rogue
}

func newPark(t *testing.T) *park {
	t.Helper()
	o := hubOptions(t, "site-a", "site-b")
	h := startTestHub(t, o)
	p := &park{hub: h, b: startTestEdge(t, edgeOptions(t, "site-b", h.LeafURL()))}
	eventually(t, "site-b linked", func() bool { return h.Linked("site-b") })
	stop := run(t, h)
	publishLines(t, p.b, 0, 1)
	requireLines(t, h, p.b, 1)
	stop()
	publishLines(t, p.b, 1, 10)
	require.NoError(t, p.b.PublishEvent(t.Context(), event("site-b", "ev-b")))
	_, err := h.State().PutString(t.Context(), "alarm.site-b.1", "secret-state")
	require.NoError(t, err)
	_, err = h.openConsumer(t.Context(), StreamSamples, DurableIngest, 10)
	require.NoError(t, err)
	p.rogue = startRogue(t, h, "site-a")
	return p
}

// requireUntouched checks that the hub and site-b are as newPark left them.
func (p *park) requireUntouched(t *testing.T) {
	t.Helper()
	require.Equal(t, uint64(1), count(t, p.hub, StreamSamples), "hub samples")
	require.Zero(t, count(t, p.hub, StreamEvents), "hub events")
	require.Zero(t, count(t, p.hub, StreamRejected), "hub rejected")
	n, err := p.b.Queued(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(10), n, "queue of site-b")
	for _, name := range []string{StreamSamples, StreamEvents} {
		s, err := p.b.js.Stream(t.Context(), name)
		require.NoError(t, err)
		want := map[string]uint64{StreamSamples: 10, StreamEvents: 1}[name]
		require.Equal(t, want, s.CachedInfo().State.Msgs, "stream %s of site-b", name)
	}
	v, err := p.hub.State().Get(t.Context(), "alarm.site-b.1")
	require.NoError(t, err)
	require.Equal(t, "secret-state", string(v.Value()))
	w, err := p.hub.Waiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(1), w, "not yet ingested")
}

// barrier waits until all the rogue sent before has passed the hub.
func (p *park) barrier(t *testing.T) {
	t.Helper()
	sub, err := p.hub.Conn().SubscribeSync("gtc.site-a.health")
	require.NoError(t, err)
	defer func() { _ = sub.Unsubscribe() }()
	require.NoError(t, p.hub.Conn().Flush())
	eventually(t, "the link to carry what it may", func() bool {
		require.NoError(t, p.rogue.conn.Publish("gtc.site-a.health", []byte("barrier")))
		require.NoError(t, p.rogue.conn.Flush())
		_, err := sub.NextMsg(100 * time.Millisecond)
		return err == nil
	})
}

func TestRogueEdgePublishesNothing(t *testing.T) {
	p := newPark(t)
	everything := []string{
		"gtc.site-b.sample", "gtc.site-b.event", "gtc.site-b.health", "gtc.site-b.command", "gtc.site-b._in.x", "gtc.hub.sample",
		"in.site-a.sample", "in.site-b.sample", "in.site-b.event", "in.site-b.rejected", "in.x",
		"$KV.state.alarm.site-b.1", "$JS.hub.API.$KV.state.alarm.site-b.1", "$JS.site-b.API.$KV.state.x",
		"$JS.API.STREAM.PURGE.SAMPLES", "$JS.hub.API.STREAM.PURGE.SAMPLES", "$JS.hub.API.STREAM.DELETE.KV_state",
		"$JS.site-b.API.STREAM.PURGE.SAMPLES", "$JS.site-b.API.STREAM.DELETE.SAMPLES", "$JS.site-b.API.CONSUMER.DELETE.SAMPLES.HUB",
		"$JS.site-b.API.CONSUMER.RESET.SAMPLES.HUB", "$JS.site-b.API.STREAM.MSG.DELETE.SAMPLES",
		"$SYS.REQ.SERVER.PING", "_R_.x", "_INBOX.x",
	}
	var heard sync.Map
	for _, nc := range []*nats.Conn{p.hub.conn, p.hub.sites["site-b"].conn, p.b.Conn()} {
		_, err := nc.Subscribe(">", func(m *nats.Msg) {
			if strings.Contains(string(m.Data), "forged") {
				heard.Store(m.Subject, string(m.Data))
			}
		})
		require.NoError(t, err)
		require.NoError(t, nc.Flush())
	}
	for _, subject := range everything {
		require.NoError(t, p.rogue.conn.Publish(subject, []byte("forged")))
	}
	p.barrier(t)
	heard.Range(func(subject, data any) bool {
		t.Errorf("%s carried %q", subject, data)
		return true
	})
	p.requireUntouched(t)
}

func TestRogueEdgeAcknowledgesNothing(t *testing.T) {
	p := newPark(t)
	// A leaf link lets every $JS.ACK pass, and those of two sites are equal.
	require.NoError(t, p.rogue.conn.Publish("$JS.ACK.SAMPLES.HUB.1.10.10.1700000000000000000.0", []byte("+ACK")))
	require.NoError(t, p.rogue.conn.Publish("$JS.ACK.EVENTS.HUB.1.1.1.1700000000000000000.0", []byte("+ACK")))
	require.NoError(t, p.rogue.conn.Publish("$JS.ACK.SAMPLES.INGEST.1.1.1.1700000000000000000.0", []byte("+ACK")))
	p.barrier(t)
	p.requireUntouched(t)
}

func TestRogueEdgeReadsNothing(t *testing.T) {
	p := newPark(t)
	for _, subject := range []string{
		"$JS.hub.API.INFO", "$JS.hub.API.STREAM.NAMES", "$JS.hub.API.STREAM.INFO.KV_state", "$JS.hub.API.DIRECT.GET.KV_state",
		"$JS.hub.API.STREAM.MSG.GET.SAMPLES", "$JS.site-b.API.INFO", "$JS.site-b.API.STREAM.INFO.SAMPLES",
		"$JS.site-b.API.CONSUMER.INFO.SAMPLES.HUB", "$JS.site-b.API.CONSUMER.MSG.NEXT.SAMPLES.HUB",
		"$JS.site-b.API.STREAM.MSG.GET.SAMPLES", "$JS.site-b.API.DIRECT.GET.SAMPLES", "gtc.site-b.command",
	} {
		_, err := p.rogue.conn.Request(subject, []byte(`{"seq":1}`), 300*time.Millisecond)
		require.True(t, errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrTimeout), "%s: %v", subject, err)
	}
	p.requireUntouched(t)
	run(t, p.hub)
	publishLines(t, p.b, 10, 20)
	require.NoError(t, p.b.Heartbeat(t.Context(), Health{Seq: 1, At: time.Now()}))
	requireLines(t, p.hub, p.b, 20)
	_, err := p.hub.State().PutString(t.Context(), "alarm.site-b.1", "secret-state-2")
	require.NoError(t, err)
	p.barrier(t)
	for _, text := range []string{"site=site-b", `"site":"site-b"`, "secret-state"} {
		require.False(t, p.rogue.sees(text), "%s in %q", text, p.rogue.seen)
	}
}

func TestRogueMessagesDoNotSteerTheHub(t *testing.T) {
	p := newPark(t)
	run(t, p.hub)
	requireLines(t, p.hub, p.b, 10)
	// A queue in the expected place whose messages are of another subject and
	// carry headers that steer a server.
	_, err := p.rogue.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: StreamSamples, Subjects: []string{"anything.>"}})
	require.NoError(t, err)
	_, err = p.rogue.js.CreateConsumer(t.Context(), StreamSamples, jetstream.ConsumerConfig{
		Durable: hubConsumer, AckPolicy: jetstream.AckAllPolicy, Metadata: map[string]string{metaStreamCreated: "x.y.z"},
	})
	require.NoError(t, err)
	_, err = p.rogue.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: StreamEvents, Subjects: []string{"other.>"}})
	require.NoError(t, err)
	_, err = p.rogue.js.CreateConsumer(t.Context(), StreamEvents, jetstream.ConsumerConfig{Durable: hubConsumer, AckPolicy: jetstream.AckAllPolicy})
	require.NoError(t, err)
	m := nats.NewMsg("anything.in.site-b.sample")
	m.Data = []byte("forged")
	m.Header.Set("Nats-Rollup", "sub")
	m.Header.Set("Nats-TTL", "1s")
	m.Header.Set("Nats-Msg-Id", "site-b.1.1")
	m.Header.Set(HeaderDatabase, "gtc")
	_, err = p.rogue.js.PublishMsg(t.Context(), m)
	if err != nil { // the rogue's own server may refuse some of them
		m.Header.Del("Nats-Rollup")
		m.Header.Del("Nats-TTL")
		_, err = p.rogue.js.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	eventually(t, "the message at the hub", func() bool { return len(stored(t, p.hub, StreamSamples, "in.site-a.sample")) == 1 })
	got := stored(t, p.hub, StreamSamples, "in.site-a.sample")[0]
	require.True(t, strings.HasPrefix(got.Header.Get(jetstream.MsgIDHeader), "site-a."))
	require.Len(t, got.Header, 2, "%v", got.Header)
	requireLines(t, p.hub, p.b, 10)
}

func TestWrongPasswordLinksNothing(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a", "site-b"))
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.Password = "secret of site-b"
	e := startTestEdge(t, o)
	good := startTestEdge(t, edgeOptions(t, "site-b", h.LeafURL()))
	eventually(t, "the other linked", good.Linked)
	require.False(t, h.Linked("site-a"))
	require.False(t, e.Linked())
}

func TestCommandReachesItsSiteOnly(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a", "site-b"))
	for _, site := range []gtc.SiteID{"site-a", "site-b"} {
		e := startTestEdge(t, edgeOptions(t, site, h.LeafURL()))
		_, err := e.Conn().Subscribe(commandSubject(site), func(m *nats.Msg) {
			_ = m.Respond([]byte("done by " + site))
		})
		require.NoError(t, err)
	}
	for _, site := range []gtc.SiteID{"site-a", "site-b"} {
		eventually(t, "an answer of "+string(site), func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			answer, err := h.Request(ctx, site, []byte("do"))
			return err == nil && string(answer) == "done by "+string(site)
		})
	}
}
