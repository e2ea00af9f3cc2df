// Package collector is the edge: it reads the devices of one site and queues
// what they say.
//
//	device → source (poll or subscribe, decode) → batch → queue
//
// The sources are collector/modbus and collector/mqtt; what a device's
// registers and payloads mean is data, in collector/profile. A sample is
// encoded as a line once, right after it was decoded, and leaves in a batch
// of at most 250 ms. When the queue takes nothing (a full disk), the sources
// go on: their lines are shown live and held in memory, at most 8 MiB of them,
// until the queue takes them; the oldest are dropped and counted.
//
// No sample is stamped by a clock that is not set: it waits until the clock
// is, and is corrected (collector/stamp).
package collector

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// A Source reads devices and emits samples until ctx ends; then it returns
// nil. Any other return is a failure, after which it may be run again.
type Source interface {
	Run(ctx context.Context, emit Emit) error
}

// Emit takes samples that belong together (those of one request or message).
// It blocks while they cannot be taken and returns an error only when ctx
// ended. It does not keep the slice.
type Emit = func(ctx context.Context, samples ...gtc.Sample) error

// A Queue stores lines and events durably: when it returns nil they survive a
// restart of the machine.
type Queue interface {
	PublishSamples(ctx context.Context, db string, lines []byte) error
	PublishEvent(ctx context.Context, ev gtc.Event) error
	// PublishLive shows lines that could not be stored yet, without storing
	// them. It does not block.
	PublishLive(db string, lines []byte) error
}

// Options of a Collector.
type Options struct {
	Site      *config.Site
	Profiles  map[string]*profile.Profile
	Catalogue *catalogue.Catalogue
	Queue     Queue
	Clock     clock.Clock
	// BrokerURL, when set, gives the URL to dial for an MQTT connection by its
	// id, with user and password if need be; "" means the connection's own.
	BrokerURL func(connection string) string
	// Timekeeping, when set, looks after the machine's clock; it is nil for a
	// clock that is not the machine's.
	Timekeeping *Timekeeping
	// Observe, when set, sees the samples after they were taken. It must
	// neither block nor keep the slice.
	Observe func(samples ...gtc.Sample)
	// Getenv gives the environment, for passwords; nil means none.
	Getenv func(string) string
	Log    zerolog.Logger
	// Registry takes the metrics, nil for none. They carry the site as a
	// label, so one registry can serve several collectors.
	Registry prometheus.Registerer
}

// Collector joins the sources of one site.
type Collector struct {
	site    gtc.SiteID
	batcher *batcher
	observe func(samples ...gtc.Sample)
	queue   Queue
	clock   clock.Clock
	log     zerolog.Logger

	// mu guards what a reload exchanges.
	mu      sync.Mutex
	options Options
	lanes   map[string]*lane // by connection
	devices []*health.Device
	// life is the context of the lanes while the collector runs.
	life context.Context
}

// source is a Source and how it emits: a durable one is told only when its
// samples are stored, because it acknowledges them to someone else.
type source struct {
	Source
	name    string
	durable bool
}

const (
	// restartPause is left before a failed source is run again.
	restartPause = 10 * time.Second
	// clockPause is left between two looks at a clock that is not set yet.
	clockPause = time.Second
)

// clockIsSet is the earliest instant that a machine's clock can show when it
// was set; samples are never stamped before.
func clockIsSet() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// New builds the sources of a site. It does no I/O but reading password
// files; it returns an error for what the configuration's checks let through
// and yet cannot be read.
func New(o Options) (*Collector, error) {
	c := &Collector{site: o.Site.ID, queue: o.Queue, clock: o.Clock, log: o.Log, observe: o.Observe, options: o}
	c.batcher = newBatcher(o)
	if _, err := c.Reload(o.Site, o.Profiles); err != nil {
		return nil, fmt.Errorf("collector of site %s: %w", o.Site.ID, err)
	}
	if o.Registry != nil {
		m := &metrics{collector: c}
		r := prometheus.WrapRegistererWith(prometheus.Labels{"site": string(o.Site.ID)}, o.Registry)
		if err := r.Register(m); err != nil {
			return nil, fmt.Errorf("collector of site %s: register metrics: %w", o.Site.ID, err)
		}
	}
	return c, nil
}

// Run reads until ctx ends, then stores what was read and returns nil. Without
// Timekeeping it waits while the clock is not set: nothing is read that could
// not be stamped.
func (c *Collector) Run(ctx context.Context) error {
	if c.batcher.time == nil {
		if err := c.awaitClock(ctx); err != nil {
			return nil // ended before the clock was set: nothing was read
		}
	}
	// The batcher outlives the sources: what they emitted is still stored.
	store, stored := context.WithCancel(context.WithoutCancel(ctx))
	defer stored()
	var batching errgroup.Group
	batching.Go(func() error { return c.batcher.run(store) })

	c.mu.Lock()
	c.life = ctx
	c.startLanes()
	c.mu.Unlock()
	var reading sync.WaitGroup
	reading.Go(func() { c.report(ctx) })
	reading.Go(func() { c.watch(ctx) })
	if c.batcher.time != nil {
		reading.Go(func() { c.keepTime(ctx) })
	}
	reading.Wait()
	c.mu.Lock()
	for _, l := range c.lanes {
		l.end()
	}
	c.life = nil
	c.mu.Unlock()
	stored()
	return batching.Wait()
}

// Health returns the state of every device, in the order of the site file.
func (c *Collector) Health() []bus.DeviceHealth {
	devices := c.current()
	out := make([]bus.DeviceHealth, 0, len(devices))
	for _, d := range devices {
		out = append(out, healthOf(d.State()))
	}
	return out
}

// healthOf is the state of a device as the heartbeat carries it.
func healthOf(s health.State) bus.DeviceHealth {
	out := bus.DeviceHealth{
		Device: s.Device, Profile: s.Profile,
		Online: s.Online, Known: s.Known,
		LastSuccess: s.LastSuccess, LastError: s.LastError,
		Polls: s.Polls, Errors: s.Errors,
		LatencyMS: milliseconds(s.Latency), P50MS: milliseconds(s.P50), P95MS: milliseconds(s.P95),
		Timeouts: s.Timeouts, Reconnects: s.Reconnects, Refused: s.Refused,
	}
	for code, n := range s.Exceptions {
		if n > 0 {
			if out.Exceptions == nil {
				out.Exceptions = map[string]uint64{}
			}
			out.Exceptions[strconv.Itoa(code)] = n
		}
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// supervise runs a source and runs it again should it fail, so that one
// source never ends the others.
func (c *Collector) supervise(ctx context.Context, s source) {
	emit := c.batcher.emit
	if s.durable {
		emit = c.batcher.emitDurable
	}
	emit = c.observed(emit)
	for ctx.Err() == nil {
		err := s.Run(ctx, emit)
		if ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return
		}
		c.log.Error().Err(err).Str("connection", s.name).Msg("source ended, running it again")
		if c.clock.Sleep(ctx, restartPause) != nil {
			return
		}
	}
}

// observed shows the samples that emit took.
func (c *Collector) observed(emit Emit) Emit {
	if c.observe == nil {
		return emit
	}
	return func(ctx context.Context, samples ...gtc.Sample) error {
		err := emit(ctx, samples...)
		if err == nil {
			c.observe(samples...)
		}
		return err
	}
}

func (c *Collector) awaitClock(ctx context.Context) error {
	warned := false
	for c.clock.Now().Before(clockIsSet()) {
		if !warned {
			c.log.Warn().Time("clock", c.clock.Now()).Msg("clock is not set: waiting before anything is read")
			warned = true
		}
		if err := c.clock.Sleep(ctx, clockPause); err != nil {
			return err
		}
	}
	return ctx.Err()
}
