// Package ingest brings the hub's stored messages into InfluxDB: samples as
// they are, and projections of events. A message is acknowledged once InfluxDB
// has all of it; what InfluxDB will never take goes to the stream REJECTED with
// the reason. While InfluxDB is away, or refuses the hub as such, everything
// stays where it is.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	// maxMessages bounds the messages of one batch, maxLines the lines of one
	// write: InfluxDB takes 5000 to 10000 best.
	maxMessages = 1000
	maxLines    = 5000
	// recentEvents is how many events before the first new one decide the
	// stamps of new ones.
	recentEvents = 500
)

// Store takes lines of line protocol with millisecond stamps. Write returns
// nil once all are stored, an error matching *influx.RejectedError when at
// least one will never be accepted, and otherwise any error: all may be
// retried.
type Store interface {
	Write(ctx context.Context, db influx.Database, lines []byte) error
}

// Options say from where to where.
type Options struct {
	Hub   *bus.Hub
	Store Store
	Log   zerolog.Logger
	// Registry takes the counters; nil means none.
	Registry prometheus.Registerer
	// OnState is told when the store becomes usable (true, nil) or not (false
	// and why), from any goroutine, one call at a time; nil means nobody.
	OnState func(up bool, err error)
}

// Run ingests samples and events until ctx ends and returns nil then.
func Run(ctx context.Context, o Options) error {
	if o.Hub == nil || o.Store == nil {
		return errors.New("ingest: no hub or no store")
	}
	m, err := newMetrics(o.Registry)
	if err != nil {
		return err
	}
	defer m.unregister()
	w := &writer{store: o.Store, log: o.Log, metrics: m, state: &state{tell: o.OnState}, reject: o.Hub.Reject}
	p := newProjector()
	recent, err := o.Hub.Before(ctx, bus.StreamEvents, bus.DurableIngest, recentEvents)
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	for _, msg := range recent {
		p.remember(msg)
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() {
		errs[0] = o.Hub.Consume(ctx, bus.StreamSamples, bus.DurableIngest, maxMessages, w.samples)
	})
	wg.Go(func() {
		errs[1] = o.Hub.Consume(ctx, bus.StreamEvents, bus.DurableIngest, maxMessages, func(ctx context.Context, msgs []bus.Message) error {
			return w.events(ctx, p, msgs)
		})
	})
	wg.Wait()
	return errors.Join(errs...)
}

// state tells of changes only.
type state struct {
	tell func(up bool, err error)

	mu    sync.Mutex
	known bool
	up    bool
}

func (s *state) set(up bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && s.up == up {
		return
	}
	s.known, s.up = true, up
	if s.tell != nil {
		s.tell(up, err)
	}
}
