package bus

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

const patience = 30 * time.Second

func hubOptions(t *testing.T, sites ...gtc.SiteID) HubOptions {
	t.Helper()
	o := HubOptions{LeafListen: "127.0.0.1:0", Dir: t.TempDir(), Sites: map[gtc.SiteID]string{}, NoSync: true, Log: zerolog.Nop()}
	for _, s := range sites {
		o.Sites[s] = "secret of " + string(s)
	}
	return o
}

func startTestHub(t *testing.T, o HubOptions) *Hub {
	t.Helper()
	h, err := StartHub(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

func edgeOptions(t *testing.T, site gtc.SiteID, hubURL string) EdgeOptions {
	t.Helper()
	return EdgeOptions{Site: site, Dir: t.TempDir(), HubURL: hubURL, Password: "secret of " + string(site), Log: zerolog.Nop()}
}

func startTestEdge(t *testing.T, o EdgeOptions) *Edge {
	t.Helper()
	e, err := StartEdge(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e
}

// run runs the hub's pulling until the test or stop ends it.
func run(t *testing.T, h *Hub) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, patience, 10*time.Millisecond, what)
}

// line is the i-th test line of a site.
func line(site gtc.SiteID, i int) []byte {
	return fmt.Appendf(nil, "boiler,equipment=boiler-1,site=%s flow_temp=%d %d\n", site, i, 1_700_000_000_000+int64(i))
}

func event(site gtc.SiteID, id string) gtc.Event {
	return gtc.Event{ID: id, Site: site, At: time.UnixMilli(1_700_000_000_000).UTC(), Kind: gtc.EventDevice, Subject: "ecl-1", To: "online"}
}

// stored returns all messages of a hub stream's subject, oldest first.
func stored(t *testing.T, h *Hub, stream, subject string) []*jetstream.RawStreamMsg {
	t.Helper()
	s, err := h.js.Stream(t.Context(), stream)
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	var out []*jetstream.RawStreamMsg
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq && info.State.Msgs > 0; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		if m.Subject == subject {
			out = append(out, m)
		}
	}
	return out
}

func count(t *testing.T, h *Hub, stream string) uint64 {
	t.Helper()
	s, err := h.js.Stream(t.Context(), stream)
	require.NoError(t, err)
	return s.CachedInfo().State.Msgs
}

// proxy is a TCP line between edge and hub that can be cut.
type proxy struct {
	t      *testing.T
	addr   string
	target string

	mu    sync.Mutex
	ln    net.Listener
	conns map[net.Conn]struct{}
	cut   bool
}

func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{t: t, target: target, conns: map[net.Conn]struct{}{}}
	p.listen("127.0.0.1:0")
	t.Cleanup(p.Cut)
	return p
}

func (p *proxy) listen(addr string) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	require.NoError(p.t, err)
	p.mu.Lock()
	p.ln, p.addr, p.cut = ln, ln.Addr().String(), false
	p.mu.Unlock()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
}

func (p *proxy) serve(c net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	var d net.Dialer
	up, err := d.DialContext(context.Background(), "tcp", target)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		_, _ = c.Close(), up.Close()
		return
	}
	p.conns[c], p.conns[up] = struct{}{}, struct{}{}
	p.mu.Unlock()
	go func() { _, _ = io.Copy(up, c); _ = up.Close() }()
	_, _ = io.Copy(c, up)
	_ = c.Close()
}

// Cut closes all connections and refuses new ones.
func (p *proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	_ = p.ln.Close()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

// Restore listens again at the same address.
func (p *proxy) Restore() { p.listen(p.addr) }

// Retarget sends new connections elsewhere.
func (p *proxy) Retarget(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
}
