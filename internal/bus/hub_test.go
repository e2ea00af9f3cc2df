package bus

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// consumed runs Consume until the test ends and returns what was handed over.
func consumed(t *testing.T, h *Hub, stream, durable string, batch int, handle func([]Message) error) (all func() []Message, stop func()) {
	t.Helper()
	var mu sync.Mutex
	var got []Message
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.Consume(ctx, stream, durable, batch, func(_ context.Context, msgs []Message) error {
			if err := handle(msgs); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, msgs...)
			return nil
		})
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return func() []Message { mu.Lock(); defer mu.Unlock(); return append([]Message(nil), got...) }, stop
}

func ids(msgs []Message) string {
	var out []string
	for _, m := range msgs {
		out = append(out, m.ID)
	}
	return strings.Join(out, " ")
}

func TestConsumeIsOrderedOverRestartsAndSlowHandlers(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	h.ackWait = 50 * time.Millisecond
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		require.NoError(t, h.PublishEvent(t.Context(), event("site-a", id)))
		require.NoError(t, h.PublishEvent(t.Context(), event("site-a", id))) // twice is once
	}
	// The first run takes a batch and dies with it.
	taken := make(chan struct{}, 10)
	_, stop := consumed(t, h, StreamEvents, "D", 2, func([]Message) error { taken <- struct{}{}; return errors.New("cannot") })
	<-taken
	stop()
	// The second takes longer than the server waits for acknowledgements.
	all, _ := consumed(t, h, StreamEvents, "D", 2, func([]Message) error {
		<-time.After(4 * h.ackWait)
		return nil
	})
	eventually(t, "all events", func() bool { return len(all()) == 5 })
	require.Equal(t, "1 2 3 4 5", ids(all()))
	m := all()[0]
	require.Equal(t, gtc.SiteID("site-a"), m.Site)
	require.Equal(t, uint64(1), m.Seq)
	require.WithinDuration(t, time.Now(), m.Received, time.Minute)
	eventually(t, "acknowledged", func() bool {
		c, err := h.js.Consumer(t.Context(), StreamEvents, "D")
		return err == nil && c.CachedInfo().AckFloor.Stream == 5
	})
}

func TestLive(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a", "site-b"))
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	eventually(t, "linked", func() bool { return e.Linked() && h.Linked("site-a") })
	samples, beats := make(chan string, 100), make(chan Health, 100)
	go func() {
		_ = h.Live(t.Context(), func(site gtc.SiteID, db string, lines []byte) {
			samples <- string(site) + " " + db + " " + string(lines)
		}, func(hb Health) { beats <- hb })
	}()
	sent := Health{Seq: 3, At: time.UnixMilli(1_700_000_000_000).UTC(), Devices: []DeviceHealth{{Device: "ecl-1", Known: true, Online: true}}, Queued: 7}
	eventually(t, "a heartbeat", func() bool {
		require.NoError(t, e.Heartbeat(t.Context(), sent))
		select {
		case got := <-beats:
			sent.Site, sent.Boot = "site-a", e.Boot()
			return got.Seq == 3 && got.Site == "site-a" && got.Boot == e.Boot() && reflect.DeepEqual(got.Devices[0], sent.Devices[0])
		case <-time.After(50 * time.Millisecond):
			return false
		}
	})
	lines := append(line("site-a", 1), line("site-b", 2)...)
	require.NoError(t, e.PublishSamples(t.Context(), "gtc", lines))
	select {
	case got := <-samples:
		require.Equal(t, "site-a gtc "+string(line("site-a", 1)), got)
	case <-time.After(patience):
		t.Fatal("no live sample")
	}
}

func TestOverTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	o := hubOptions(t, "site-a")
	o.CertFile, o.KeyFile = certFile, keyFile
	h := startTestHub(t, o)
	require.True(t, strings.HasPrefix(h.LeafURL(), "tls://"))
	run(t, h)
	eo := edgeOptions(t, "site-a", h.LeafURL())
	stranger := startTestEdge(t, eo) // does not know the hub's authority
	eo.CAFile, eo.Dir = certFile, t.TempDir()
	e := startTestEdge(t, eo)
	publishLines(t, e, 0, 5)
	requireLines(t, h, e, 5)
	require.False(t, stranger.Linked())
	plain := edgeOptions(t, "site-a", "nats://"+h.leafAddr)
	require.False(t, startTestEdge(t, plain).Linked())
}

func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), 0o600))
	return certFile, keyFile
}

func TestBadOptions(t *testing.T) {
	for _, o := range []EdgeOptions{
		{Site: "Site", Dir: t.TempDir()},
		{Site: "hub", Dir: t.TempDir()},
		{Site: "site-a", Dir: t.TempDir(), HubURL: "http://127.0.0.1:1"},
		{Site: "site-a", Dir: t.TempDir(), HubURL: "tls://127.0.0.1"},
		{Site: "site-a", Dir: t.TempDir(), MQTTListen: "127.0.0.1"},
	} {
		_, err := StartEdge(t.Context(), o)
		require.Error(t, err)
		require.Contains(t, err.Error(), string(o.Site))
	}
	_, err := StartHub(t.Context(), HubOptions{Dir: t.TempDir(), Sites: map[gtc.SiteID]string{"site-a": ""}})
	require.ErrorContains(t, err, "site-a: no password")
}

func TestHubMetricsAreRegisteredAndReleased(t *testing.T) {
	o := hubOptions(t, "site-a")
	registry := prometheus.NewRegistry()
	o.Registry = registry
	h, err := StartHub(t.Context(), o)
	require.NoError(t, err)
	second := hubOptions(t, "site-a")
	second.Registry = registry
	_, err = StartHub(t.Context(), second)
	require.Error(t, err)
	require.NoError(t, h.Reject(t.Context(), "site-a", "gtc", []byte("x"), "why"))
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	h.Close()
	h, err = StartHub(t.Context(), o)
	require.NoError(t, err)
	h.Close()
}

func TestEventsAreChecked(t *testing.T) {
	e := startTestEdge(t, edgeOptions(t, "site-a", ""))
	require.ErrorContains(t, e.PublishEvent(t.Context(), event("site-b", "x")), "site-b")
	require.ErrorContains(t, e.PublishEvent(t.Context(), event("site-a", "")), "no id")
	require.ErrorContains(t, e.PublishEvent(t.Context(), gtc.Event{ID: "x", Site: "site-a"}), "no instant")
}
