// Package ingest brings the hub's stored messages into InfluxDB: samples as
// they are, and projections of events. A message is acknowledged once InfluxDB
// has all of it; what InfluxDB will never take goes to the stream REJECTED with
// the reason. While InfluxDB is away, or refuses the hub as such, everything
// stays where it is.
//
// Sites are divided into partitions. Several hubs may run an ingest on the same
// streams: each partition is read by one of them, and taken over by another
// when that one is gone.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	// maxLines bounds the lines of one write: InfluxDB takes 5000 to 10000 best.
	maxLines = 5000
	// inFlight is how many writes of one database may be under way. More than
	// this InfluxDB 1.8 does not take faster, and while it is away no more than
	// this knock at its door.
	inFlight = 3
)

// Bus is the hub's bus, of this process or of another one.
type Bus interface {
	// Conn is a connection in the hub's account.
	Conn() *nats.Conn
	// Reject keeps a line or message that will never be accepted.
	Reject(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error
}

// Store takes lines of line protocol with millisecond stamps. Write returns
// nil once all are stored, an error matching *influx.RejectedError when at
// least one will never be accepted, and otherwise any error: all may be
// retried. It is called by several goroutines.
type Store interface {
	Write(ctx context.Context, db influx.Database, lines []byte) error
}

// Options say from where to where.
type Options struct {
	Hub   Bus
	Store Store
	// Sites are those whose messages are to be read; it is asked again and
	// again. Other sites that the streams hold messages of are found within
	// a few seconds.
	Sites func() []gtc.SiteID
	Log   zerolog.Logger
	// Registry takes the counters; nil means none.
	Registry prometheus.Registerer
	// OnState is told when the store becomes usable (true, nil) or not (false
	// and why), from any goroutine, one call at a time; nil means nobody.
	OnState func(up bool, err error)
	// OnPartition is told which partitions of samples become this hub's and
	// which are no longer, from any goroutine; nil means nobody.
	OnPartition func(partition int, held bool)
}

// Run ingests samples and events until ctx ends and returns nil then.
func Run(ctx context.Context, o Options) error {
	if o.Hub == nil || o.Store == nil {
		return errors.New("ingest: no hub or no store")
	}
	if o.Sites == nil {
		o.Sites = func() []gtc.SiteID { return nil }
	}
	js, err := jetstream.New(o.Hub.Conn())
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return err
	}
	defer m.unregister()
	w := newWriter(o.Store, o.Hub.Reject, m, &state{tell: o.OnState, down: map[influx.Database]error{}}, o.Log)
	if err := forgetUndivided(ctx, js); err != nil {
		return err
	}
	var wg sync.WaitGroup
	found := map[string]*found{bus.StreamSamples: {js: js, stream: bus.StreamSamples}, bus.StreamEvents: {js: js, stream: bus.StreamEvents}}
	for _, f := range found {
		wg.Go(func() { f.run(ctx, o.Log) })
	}
	for index := range bus.Partitions {
		samples := newPart(o, js, m, found[bus.StreamSamples], index)
		samples.open = func(context.Context, jetstream.Consumer) (handler, error) { return w.samples, nil }
		events := newPart(o, js, m, found[bus.StreamEvents], index)
		events.open = func(ctx context.Context, c jetstream.Consumer) (handler, error) {
			p, err := remembering(ctx, js, c)
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context, msgs []bus.Message) error { return w.events(ctx, p, msgs) }, nil
		}
		wg.Go(func() { samples.run(ctx) })
		wg.Go(func() { events.run(ctx) })
	}
	wg.Wait()
	return nil
}

func newPart(o Options, js jetstream.JetStream, m *metrics, f *found, index int) *part {
	stream, what := f.stream, "sample"
	if stream == bus.StreamEvents {
		what = "event"
	}
	gauge := m.partitions.WithLabelValues(stream)
	holds := false
	return &part{
		conn: o.Hub.Conn(), js: js, stream: stream, what: what, index: index, name: bus.IngestConsumer(index),
		sites: func() []gtc.SiteID { return slices.Concat(o.Sites(), f.sites(), []gtc.SiteID{gtc.HubSite}) },
		log:   o.Log.With().Str("stream", stream).Int("partition", index).Logger(),
		held:  func() int { return int(f.held.Load()) },
		pinned: func(now bool) {
			if now != holds {
				holds = now
				gauge.Set(float64(f.held.Add(map[bool]int32{true: 1, false: -1}[now])))
				if o.OnPartition != nil && stream == bus.StreamSamples {
					o.OnPartition(index, now)
				}
			}
		},
	}
}

// forgetUndivided removes the consumers of a hub that did not divide its sites.
// What they had not stored is stored by the partitions, which begin with what
// the streams still hold: what is written twice is the same.
func forgetUndivided(ctx context.Context, js jetstream.JetStream) error {
	for _, stream := range []string{bus.StreamSamples, bus.StreamEvents} {
		err := js.DeleteConsumer(ctx, stream, bus.DurableIngest)
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) && ctx.Err() == nil {
			return fmt.Errorf("ingest: forget consumer %s of %s: %w", bus.DurableIngest, stream, err)
		}
	}
	return nil
}

// state tells of changes only. The store is up while no database is known to be
// away or to refuse.
type state struct {
	tell func(up bool, err error)

	mu    sync.Mutex
	known bool
	up    bool
	why   string
	down  map[influx.Database]error
}

func (s *state) set(db influx.Database, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		delete(s.down, db)
	} else {
		s.down[db] = err
	}
	var worst error
	why := ""
	for _, db := range slices.Sorted(maps.Keys(s.down)) {
		if worst == nil || errors.Is(s.down[db], influx.ErrRefused) && !errors.Is(worst, influx.ErrRefused) {
			worst = s.down[db]
		}
	}
	if worst != nil {
		why = worst.Error()
	}
	up := worst == nil
	if s.known && s.up == up && s.why == why {
		return
	}
	s.known, s.up, s.why = true, up, why
	if s.tell != nil {
		s.tell(up, worst)
	}
}
