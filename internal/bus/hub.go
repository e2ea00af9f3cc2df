package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
)

const (
	hubDomain  = "hub"
	accountHub = "HUB"
	hubUser    = "hub"
)

const (
	hubSamplesMaxAge   = 7 * 24 * time.Hour
	hubSamplesMaxBytes = 50 << 30
	hubRejectedMaxAge  = 90 * 24 * time.Hour
	// hubRejectedDuplicates is how long a line that is rejected again is known.
	hubRejectedDuplicates = time.Hour
	// hubEventsDuplicates is how long an event pulled again is recognised by
	// its id, should the place in the stream not tell.
	hubEventsDuplicates = 7 * 24 * time.Hour
)

// HubOptions describe the hub's bus.
type HubOptions struct {
	// Listen is the address for NATS clients, "" for none: the hub itself needs
	// no listener. Clients are user "hub" with Password.
	Listen string
	// Password of the user of Listen; "" means that nobody can connect.
	Password string
	// LeafListen is the address that edges dial.
	LeafListen string
	// Dir keeps the hub's streams.
	Dir string
	// CertFile and KeyFile secure the leaf listener; with ClientCAFile edges
	// must show a certificate of that authority as well.
	CertFile, KeyFile, ClientCAFile string
	// Sites gives each site its password.
	Sites map[gtc.SiteID]string
	// Limits bounds how many bytes a second of a site's waiting samples are
	// pulled; 0 or absent means no limit. Events and live messages are never
	// held back.
	Limits map[gtc.SiteID]int
	// NoSync leaves it to the operating system when messages reach the disk:
	// for throw-away data only.
	NoSync   bool
	Log      zerolog.Logger
	Registry prometheus.Registerer
}

// Hub is the hub's bus. It may be used by several goroutines.
type Hub struct {
	log       zerolog.Logger
	inProcess string // password of the hub's own users
	server    *server.Server
	conn      *nats.Conn
	js        jetstream.JetStream
	state     jetstream.KeyValue
	leafAddr  string
	tls       bool
	ackWait   time.Duration // of the hub's own consumers
	metrics   *hubMetrics

	// changing is held while the sites are exchanged.
	changing sync.Mutex
	o        HubOptions // as it is now

	mu    sync.RWMutex
	sites map[gtc.SiteID]*hubSite
	// pulling is the context of Run while it runs.
	pulling context.Context
}

// StartHub starts the hub's server, makes its streams and opens one account a
// site. The caller must Close the hub; ctx bounds the start only.
func StartHub(ctx context.Context, o HubOptions) (*Hub, error) {
	h, err := startHub(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start hub bus: %w", err)
	}
	return h, nil
}

func startHub(ctx context.Context, o HubOptions) (*Hub, error) {
	if err := checkSites(o.Sites); err != nil {
		return nil, err
	}
	h := &Hub{
		log: o.Log, inProcess: secret(), sites: map[gtc.SiteID]*hubSite{}, tls: o.CertFile != "", ackWait: consumeAck,
	}
	if o.Password == "" {
		o.Password = secret() // nobody can connect
	}
	opts, err := hubServerOptions(o, h.inProcess)
	if err != nil {
		return nil, err
	}
	if h.metrics, err = newHubMetrics(o.Registry); err != nil {
		return nil, err
	}
	if h.server, err = startServer(ctx, opts, o.Log); err != nil {
		return nil, listenError(err, o.Listen, o.LeafListen)
	}
	if v, err := h.server.Varz(nil); err == nil && o.LeafListen != "" {
		h.leafAddr = actual(o.LeafListen, v.LeafNode.Port)
	}
	h.o = o
	if err := h.open(ctx, o); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func checkSites(passwords map[gtc.SiteID]string) error {
	for id, password := range passwords {
		if err := checkSite(id); err != nil {
			return err
		}
		if password == "" {
			return fmt.Errorf("site %s: no password", id)
		}
	}
	return nil
}

// open connects within the process, once as the hub and once a site.
func (h *Hub) open(ctx context.Context, o HubOptions) error {
	var err error
	if h.conn, err = connect(h.server, hubUser+"-local", h.inProcess, o.Log); err != nil {
		return err
	}
	if h.js, err = jetstream.New(h.conn); err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	if err := h.makeStreams(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(o.Sites)) {
		if err := h.addSite(id, o.Limits[id]); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) makeStreams(ctx context.Context) error {
	for _, c := range []jetstream.StreamConfig{
		{Name: StreamSamples, Subjects: []string{"in.*.sample"}, MaxAge: hubSamplesMaxAge, MaxBytes: hubSamplesMaxBytes},
		{Name: StreamEvents, Subjects: []string{"in.*.event"}, Duplicates: hubEventsDuplicates},
		{Name: StreamRejected, Subjects: []string{"in.*.rejected"}, MaxAge: hubRejectedMaxAge, Duplicates: hubRejectedDuplicates},
	} {
		c.Retention = jetstream.LimitsPolicy
		c.Discard = jetstream.DiscardOld
		c.Storage = jetstream.FileStorage
		c.Compression = jetstream.S2Compression
		if _, err := h.js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("make stream %s: %w", c.Name, err)
		}
	}
	var err error
	h.state, err = h.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:      BucketState,
		Description: "alarm states, shelving, findings, acknowledgements",
		History:     5,
		Storage:     jetstream.FileStorage,
	})
	if err != nil {
		return fmt.Errorf("make bucket %s: %w", BucketState, err)
	}
	return nil
}

// Close stops the hub's bus; what is stored stays on the disk.
func (h *Hub) Close() {
	h.mu.Lock()
	for _, s := range h.sites {
		s.conn.Close()
	}
	h.mu.Unlock()
	if h.conn != nil {
		h.conn.Close()
	}
	h.server.Shutdown()
	h.server.WaitForShutdown()
	h.metrics.unregister()
}

// LeafURL returns the address for edges, "" without a leaf listener.
func (h *Hub) LeafURL() string {
	switch {
	case h.leafAddr == "":
		return ""
	case h.tls:
		return "tls://" + h.leafAddr
	default:
		return "nats://" + h.leafAddr
	}
}

// Conn returns the hub's own connection: the streams, the state, and the live
// subjects gtc.<site>.{sample,event,health} of all sites. It belongs to the hub and must not be closed.
func (h *Hub) Conn() *nats.Conn { return h.conn }

// State returns the key-value bucket of alarm states, shelving, findings and
// acknowledgements.
func (h *Hub) State() jetstream.KeyValue { return h.state }

// Linked reports whether a site's edge is connected now.
func (h *Hub) Linked(site gtc.SiteID) bool {
	z, err := h.server.Leafz(&server.LeafzOptions{Account: siteAccount(site)})
	return err == nil && z.NumLeafs > 0
}
