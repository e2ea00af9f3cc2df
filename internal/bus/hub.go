package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	// CertFile and KeyFile secure the leaf listener; CAFile, when given, is the
	// authority of edges' own certificates, which are then required.
	CertFile, KeyFile, CAFile string
	// Sites gives each site its password.
	Sites map[gtc.SiteID]string
	// NoSync leaves it to the operating system when messages reach the disk:
	// for throw-away data only.
	NoSync   bool
	Log      zerolog.Logger
	Registry prometheus.Registerer
}

// Hub is the hub's bus. It may be used by several goroutines.
type Hub struct {
	log      zerolog.Logger
	server   *server.Server
	conn     *nats.Conn
	js       jetstream.JetStream
	state    jetstream.KeyValue
	sites    map[gtc.SiteID]*hubSite
	leafAddr string
	tls      bool
	ackWait  time.Duration // of the hub's own consumers
	metrics  *hubMetrics
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
	for id, password := range o.Sites {
		if err := checkSite(id); err != nil {
			return nil, err
		}
		if password == "" {
			return nil, fmt.Errorf("site %s: no password", id)
		}
	}
	inProcess := secret()
	opts, err := hubServerOptions(o, inProcess)
	if err != nil {
		return nil, err
	}
	h := &Hub{log: o.Log, sites: map[gtc.SiteID]*hubSite{}, tls: o.CertFile != "", ackWait: consumeAck}
	if h.metrics, err = newHubMetrics(o.Registry); err != nil {
		return nil, err
	}
	if h.server, err = startServer(ctx, opts, o.Log); err != nil {
		return nil, listenError(err, o.Listen, o.LeafListen)
	}
	if v, err := h.server.Varz(nil); err == nil && o.LeafListen != "" {
		h.leafAddr = actual(o.LeafListen, v.LeafNode.Port)
	}
	if err := h.open(ctx, o, inProcess); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// open connects within the process, once as the hub and once a site.
func (h *Hub) open(ctx context.Context, o HubOptions, inProcess string) error {
	user, password := hubUser+"-local", inProcess
	var err error
	if h.conn, err = connect(h.server, user, password, o.Log); err != nil {
		return err
	}
	if h.js, err = jetstream.New(h.conn); err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	if err := h.makeStreams(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(o.Sites)) {
		nc, err := connect(h.server, siteUser(id), password, o.Log, nats.CustomInboxPrefix(inboxPrefix(id)))
		if err != nil {
			return err
		}
		h.sites[id] = &hubSite{id: id, conn: nc, wake: make(chan struct{}, 1)}
		if h.sites[id].js, err = jetstream.NewWithDomain(nc, string(id)); err != nil {
			return fmt.Errorf("open jetstream of site %s: %w", id, err)
		}
	}
	return nil
}

func (h *Hub) makeStreams(ctx context.Context) error {
	for _, c := range []jetstream.StreamConfig{
		{Name: StreamSamples, Subjects: []string{"in.*.sample"}, MaxAge: hubSamplesMaxAge, MaxBytes: hubSamplesMaxBytes},
		{Name: StreamEvents, Subjects: []string{"in.*.event"}, Duplicates: hubEventsDuplicates},
		{Name: StreamRejected, Subjects: []string{"in.*.rejected"}, MaxAge: hubRejectedMaxAge},
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
	for _, s := range h.sites {
		s.conn.Close()
	}
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
