package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

const (
	// fetchBytes bounds one pull, so that a live message waits for at most this
	// much of a backlog on a slow line.
	fetchBytes    = 32 << 10
	fetchMessages = 500
	// fetchPatience is how long a pull may be silent before the link counts as
	// cut.
	fetchPatience = 5 * time.Second
	// pullIdle is how often an idle site is looked at without being woken,
	// pullRetry how often one that is away.
	pullIdle  = 2 * time.Second
	pullRetry = 250 * time.Millisecond
)

// hubSite is what the hub holds for one site.
type hubSite struct {
	id   gtc.SiteID
	conn *nats.Conn
	js   jetstream.JetStream // of the edge
	wake chan struct{}
	// limit is the bytes of samples a second, 0 for no limit.
	limit atomic.Int64
	// stop ends the pulling and waits for it, nil when there is none.
	stop func()

	waitingEvents, waitingSamples atomic.Uint64
}

func (s *hubSite) backlog() uint64 { return s.waitingEvents.Load() + s.waitingSamples.Load() }

// Run pulls every site's queue until ctx ends: events before samples, each
// message stored in the hub's streams before the edge may forget it. Cut links
// and restarts of edges are waited for. It returns nil once all has stopped.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	h.pulling = ctx
	var err error
	for _, s := range h.sites {
		if err = h.startPull(ctx, s); err != nil {
			break
		}
	}
	h.mu.Unlock()
	if err == nil {
		<-ctx.Done()
	}
	h.mu.Lock()
	h.pulling = nil
	stops := make([]func(), 0, len(h.sites))
	for _, s := range h.sites {
		stops = append(stops, s.endPull)
	}
	h.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	return err
}

// startPull starts pulling one site. The caller holds mu.
func (h *Hub) startPull(ctx context.Context, s *hubSite) error {
	wake := func(*nats.Msg) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	var subs []*nats.Subscription
	for _, subject := range []string{sampleSubject(s.id), eventSubject(s.id)} {
		sub, err := s.conn.Subscribe(subject, wake)
		if err != nil {
			return fmt.Errorf("listen to %s: %w", subject, err)
		}
		subs = append(subs, sub)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.pullSite(ctx, s)
		for _, sub := range subs {
			_ = sub.Unsubscribe() // gone with its connection otherwise
		}
	}()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
	return nil
}

func (s *hubSite) endPull() {
	if s.stop != nil {
		s.stop()
	}
}

// pullSite pulls one site until ctx ends.
func (h *Hub) pullSite(ctx context.Context, s *hubSite) {
	linked := h.metrics.linked.WithLabelValues(string(s.id))
	log := h.log.With().Str("site", string(s.id)).Logger()
	up := false
	for {
		err := h.pullSession(ctx, s, func() {
			if !up {
				log.Info().Msg("edge linked")
			}
			up = true
			linked.Set(1)
		})
		if ctx.Err() != nil {
			return
		}
		switch {
		case up:
			log.Warn().Err(err).Msg("pull interrupted")
		case !errors.Is(err, ErrNotLinked):
			log.Debug().Err(err).Msg("pull")
		}
		up = false
		linked.Set(0)
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-time.After(pullRetry):
		}
	}
}

// pullSession pulls from a linked edge until something fails.
func (h *Hub) pullSession(ctx context.Context, s *hubSite, linked func()) error {
	events, err := h.openPull(ctx, s, StreamEvents)
	if err != nil {
		return err
	}
	samples, err := h.openPull(ctx, s, StreamSamples)
	if err != nil {
		return err
	}
	linked()
	var pace pace
	for {
		n, err := events.next(ctx)
		idle := pullIdle
		if err == nil && n == 0 {
			// While the pace holds samples back, events are still looked for.
			if wait := pace.wait(time.Now()); wait > 0 {
				idle = wait
			} else if n, err = samples.next(ctx); err == nil {
				pace.spend(time.Now(), samples.bytes, s.limit.Load())
			}
		}
		h.metrics.backlog.WithLabelValues(string(s.id)).Set(float64(s.backlog()))
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case <-time.After(idle):
		}
	}
}

// pull reads one stream of one edge. It is used by one goroutine.
type pull struct {
	hub     *Hub
	site    *hubSite
	stream  string
	subject string // at the hub
	waiting *atomic.Uint64

	created string // the edge stream's identity
	have    uint64 // the last sequence the hub has
	expect  uint64 // the sequence that must come next
	fresh   bool   // nothing was fetched since the reset
	bytes   int    // of the last batch
}

// openPull sets the edge's consumer back to what was acknowledged. Without
// this, messages that were on their way when a link was cut would come after
// younger ones, and acknowledging those would acknowledge them too.
func (h *Hub) openPull(ctx context.Context, s *hubSite, stream string) (*pull, error) {
	p := &pull{hub: h, site: s, stream: stream, fresh: true, waiting: &s.waitingSamples}
	p.subject = inSubject(s.id, "sample")
	if stream == StreamEvents {
		p.subject, p.waiting = inSubject(s.id, "event"), &s.waitingEvents
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	r, err := s.js.ResetConsumer(ctx, stream, hubConsumer)
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", stream, s.id, notLinked(err))
	}
	if r.ConsumerInfo == nil {
		return nil, fmt.Errorf("open %s of %s: answer without consumer", stream, s.id)
	}
	p.expect = r.ResetSeq
	p.waiting.Store(r.NumPending)
	created, err := strconv.ParseUint(r.Config.Metadata[metaStreamCreated], 10, 63)
	if err != nil {
		created = uint64(r.Created.UnixNano())
	}
	p.created = strconv.FormatUint(created, 10)
	p.have, err = h.lastPulled(ctx, stream, p.subject, string(s.id)+"."+p.created+".")
	return p, err
}

// notLinked names the errors that only mean that no edge is there.
func notLinked(err error) error {
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrNotLinked, err)
	}
	return err
}

// lastPulled returns the edge sequence of the last message the hub has, 0 when
// the last message does not tell (none, or an event of the hub itself).
func (h *Hub) lastPulled(ctx context.Context, stream, subject, prefix string) (uint64, error) {
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("open hub stream %s: %w", stream, err)
	}
	last, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read last of %s: %w", subject, err)
	}
	seq, ok := strings.CutPrefix(last.Header.Get(jetstream.MsgIDHeader), prefix)
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // an id of another form tells nothing
	}
	return n, nil
}

// next pulls one batch, stores it at the hub and acknowledges it; it returns
// how many messages came.
func (p *pull) next(ctx context.Context) (int, error) {
	batch, err := p.fetch(ctx)
	p.bytes = 0
	for _, m := range batch {
		p.bytes += m.Size()
	}
	if len(batch) == 0 {
		if err == nil {
			p.waiting.Store(0)
		}
		return 0, err
	}
	var last *nats.Msg
	for _, m := range batch {
		if storeErr := p.store(ctx, m); storeErr != nil {
			err = errors.Join(err, storeErr)
			break
		}
		last = m
	}
	if last != nil {
		ackCtx, cancel := context.WithTimeout(ctx, fetchPatience)
		defer cancel()
		if ackErr := last.AckSync(nats.Context(ackCtx)); ackErr != nil {
			err = errors.Join(err, fmt.Errorf("acknowledge %s of %s: %w", p.stream, p.site.id, ackErr))
		}
	}
	return len(batch), err
}

// gone returns how many messages before seq the hub never got. After a reset
// nothing is pending, so what is not there is gone. When the edge discards
// messages it moves the place of acknowledgement as well, so the hub goes by
// what it has, as far as it knows that.
func (p *pull) gone(seq uint64) uint64 {
	next := p.expect
	if p.have > 0 {
		next = p.have + 1
	}
	if !p.fresh || seq <= next {
		return 0
	}
	return seq - next
}

// store republishes one message at the hub under its id.
func (p *pull) store(ctx context.Context, m *nats.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read place of a message of %s: %w", p.site.id, err)
	}
	seq, site := meta.Sequence.Stream, string(p.site.id)
	if seq < p.expect || seq > p.expect && !p.fresh {
		return fmt.Errorf("pull %s of %s: got message %d, expected %d", p.stream, site, seq, p.expect)
	}
	if gone := p.gone(seq); gone > 0 {
		p.hub.metrics.lost.WithLabelValues(site, p.stream).Add(float64(gone))
		p.hub.log.Warn().Str("site", site).Str("stream", p.stream).Uint64("messages", gone).Msg("lost on the edge")
	}
	if seq > p.have {
		out := nats.NewMsg(p.subject)
		out.Data, out.Header = m.Data, carried(m.Header)
		id := site + "." + p.created + "." + strconv.FormatUint(seq, 10)
		ack, err := p.hub.js.PublishMsg(ctx, out, jetstream.WithMsgID(id))
		if err != nil {
			return fmt.Errorf("store %s: %w", id, err)
		}
		if ack.Duplicate {
			p.hub.metrics.again.WithLabelValues(site, p.stream).Inc()
		}
		p.hub.metrics.pulled.WithLabelValues(site, p.stream).Inc()
		p.have = seq
	} else {
		p.hub.metrics.again.WithLabelValues(site, p.stream).Inc()
	}
	p.expect, p.fresh = seq+1, false
	p.waiting.Store(meta.NumPending)
	return nil
}
