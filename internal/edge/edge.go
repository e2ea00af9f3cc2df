// Package edge runs one site: the bus of the site with its queue and broker,
// the collector that reads its devices, and the heartbeat.
package edge

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/collector/stamp"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/publish"
)

// errQueueFailed ends the edge: whoever started it starts it again.
var errQueueFailed = errors.New("the queue failed and does not restart within this process")

// beat is the time between two heartbeats.
const beat = 15 * time.Second

// Options of an edge.
type Options struct {
	Site      *config.Site
	Profiles  map[string]*profile.Profile
	Catalogue *catalogue.Catalogue
	// Dir keeps the site's queue.
	Dir string
	// ConfigDir, when set, is the folder the site was read from: changes in it
	// are taken over while the edge runs.
	ConfigDir string
	// HubURL overrides the site's own, "" for none.
	HubURL string
	// Clock is nil for the machine's, which is then looked after: nothing is
	// stamped while it is not set.
	Clock    clock.Clock
	Getenv   func(string) string
	Log      zerolog.Logger
	Registry prometheus.Registerer
}

// Edge is a running site.
type Edge struct {
	bus       *bus.Edge
	collector *collector.Collector
	publisher *publish.Publisher // nil when the site publishes nothing
	resort    *lastResort        // nil when the site has no modem
	modem     *modem.Line
	log       zerolog.Logger
	site      *config.Site
	configDir string
	reloads   *prometheus.CounterVec
}

// Start opens the site's queue and broker and prepares its sources. The
// caller must Run it, and Close it afterwards.
func Start(ctx context.Context, o Options) (*Edge, error) {
	machine := o.Clock == nil
	if machine {
		o.Clock = clock.Wall{}
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	b, err := startBus(ctx, o)
	if err != nil {
		return nil, err
	}
	p, err := newPublisher(o)
	if err != nil {
		b.Close()
		return nil, err
	}
	options := collector.Options{
		Site: o.Site, Profiles: o.Profiles, Catalogue: o.Catalogue, Queue: b, Clock: o.Clock,
		Getenv: o.Getenv, Log: o.Log, Registry: o.Registry,
	}
	resort, line, err := openLastResort(o, b.Linked)
	if err != nil {
		b.Close()
		return nil, err
	}
	options.Observe = observers(p, resort)
	if machine {
		newest, err := b.Newest(ctx)
		if err != nil {
			b.Close()
			return nil, fmt.Errorf("start edge of %s: %w", o.Site.ID, err)
		}
		options.Timekeeping = timekeeping(newest)
	}
	c, err := collector.New(options)
	if err != nil {
		b.Close()
		return nil, err
	}
	e := &Edge{bus: b, collector: c, publisher: p, resort: resort, modem: line, log: o.Log, site: o.Site, configDir: o.ConfigDir}
	e.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gtc_edge_reloads_total", Help: "Changes of the configuration folder, by what became of them.",
		ConstLabels: prometheus.Labels{"site": string(o.Site.ID)},
	}, []string{"result"})
	if o.Registry != nil {
		for _, m := range []prometheus.Collector{e.reloads, newQueueMetrics(b, o.Site.ID)} {
			if err := o.Registry.Register(m); err != nil {
				b.Close()
				return nil, fmt.Errorf("start edge of %s: %w", o.Site.ID, err)
			}
		}
	}
	return e, nil
}

func startBus(ctx context.Context, o Options) (*bus.Edge, error) {
	url := o.Site.Hub.URL
	if o.HubURL != "" {
		url = o.HubURL
	}
	password := ""
	if url != "" {
		var err error
		if password, err = config.Secret(o.Getenv, "GTC_HUB_PASSWORD", o.Site.Hub.PasswordFile); err != nil {
			return nil, fmt.Errorf("start edge of %s: %w", o.Site.ID, err)
		}
	}
	users, err := mqttUsers(o)
	if err != nil {
		return nil, err
	}
	b, err := bus.StartEdge(ctx, bus.EdgeOptions{
		Site: o.Site.ID, Dir: filepath.Join(o.Dir, string(o.Site.ID)), MQTTListen: o.Site.Broker.Listen, MQTTUsers: users,
		MQTTCertFile: o.Site.Broker.CertFile, MQTTKeyFile: o.Site.Broker.KeyFile, MQTTCAFile: o.Site.Broker.CAFile,
		HubURL: url, Password: password, CAFile: o.Site.Hub.CAFile, SyncAlways: true, Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("start edge of %s: %w", o.Site.ID, err)
	}
	return b, nil
}

// newPublisher returns nil when the site publishes nothing.
func newPublisher(o Options) (*publish.Publisher, error) {
	for _, c := range o.Site.Connections {
		if c.ID != o.Site.Publish.Connection || c.ID == "" {
			continue
		}
		password := ""
		if c.User != "" {
			var err error
			if password, err = collector.BrokerPassword(o.Getenv, c); err != nil {
				return nil, fmt.Errorf("start publisher of %s: %w", o.Site.ID, err)
			}
		}
		return publish.New(publish.Options{
			Site: o.Site, Catalogue: o.Catalogue, Log: o.Log,
			Broker: mqtt.Broker{URL: c.URL, User: c.User, Password: password, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile},
		}), nil
	}
	return nil, nil //nolint:nilnil // no publisher is a choice
}

func mqttUsers(o Options) ([]bus.MQTTUser, error) {
	var users []bus.MQTTUser
	for _, u := range o.Site.Broker.Users {
		p, err := config.Secret(o.Getenv, "", u.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("start broker of %s: user %s: %w", o.Site.ID, u.User, err)
		}
		users = append(users, bus.MQTTUser{User: u.User, Password: p, Publish: u.Publish, Subscribe: u.Subscribe})
	}
	return users, nil
}

// Bus returns the site's bus.
func (e *Edge) Bus() *bus.Edge { return e.bus }

// Run reads and beats until ctx ends.
func (e *Edge) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return e.collector.Run(ctx) })
	g.Go(func() error { return e.beat(ctx) })
	g.Go(func() error { return e.watchQueue(ctx) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-e.bus.Failed():
			return errQueueFailed
		}
	})
	if e.configDir != "" {
		g.Go(func() error { return e.watch(ctx) })
	}
	if e.publisher != nil {
		g.Go(func() error { return e.publisher.Run(ctx) })
	}
	if e.resort != nil {
		g.Go(func() error { return e.resort.Run(ctx) })
	}
	return g.Wait()
}

// Close ends the site's bus; call it after Run returned.
func (e *Edge) Close() {
	if e.modem != nil {
		_ = e.modem.Close() // nothing more is sent by it
	}
	e.bus.Close()
}

// observers returns what sees the samples that were taken, nil when nothing
// does.
func observers(p *publish.Publisher, r *lastResort) func(...gtc.Sample) {
	switch {
	case p != nil && r != nil:
		return func(samples ...gtc.Sample) {
			p.Observe(samples...)
			r.Observe(samples...)
		}
	case p != nil:
		return p.Observe
	case r != nil:
		return r.Observe
	}
	return nil
}

// beat tells the hub every 15 s that the edge is there and how its devices
// are. The heartbeat is of this machine's clock, whatever clock the devices
// are read by.
func (e *Edge) beat(ctx context.Context) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	first := time.NewTimer(2 * time.Second)
	defer first.Stop()
	for seq := uint64(1); ; seq++ {
		select {
		case <-ctx.Done():
			return nil
		case <-first.C:
		case <-tick.C:
		}
		queued, err := e.bus.Queued(ctx)
		if err != nil && ctx.Err() == nil {
			e.log.Warn().Err(err).Msg("queue length unknown")
		}
		h := bus.Health{Site: e.site.ID, Boot: e.bus.Boot(), Seq: seq, At: time.Now().UTC(), Devices: e.collector.Health(), Queued: queued}
		q := e.bus.Queue()
		h.Fill, h.Lost, h.Refused, h.Dropped = q.Fill, q.Lost, q.Reason, e.collector.Dropped()
		h.ClockWrong = e.collector.ClockTrust() != stamp.Good
		if err := e.bus.Heartbeat(ctx, h); err != nil {
			e.log.Warn().Err(err).Msg("heartbeat")
		}
	}
}
