package bus

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

const (
	guardEvery = time.Second
	headEvery  = 10 * time.Second
	ageEvery   = time.Minute
	// ageAtOnce bounds how many messages one look at their age reads.
	ageAtOnce = 5000
	// ageRest is how long nothing is discarded for its age after the clock was
	// set by more than a minute: an age may then be no age.
	ageRest = time.Hour
	// restartRest is left between two restarts of the server.
	restartFirst = time.Second
	restartLast  = 30 * time.Second
	// defaultReserve is the free space below which the queue takes nothing; on
	// a small disk it is a reserveShare of it.
	defaultReserve = 64 << 20
	reserveShare   = 20
	minBytes       = 1 << 20
	// mostBlock is the largest block of the server's file store.
	mostBlock uint64 = 8 << 20
	// apiPatience is how long the server may take to answer all questions of
	// one look, silentMost how many looks may stay without an answer.
	apiPatience = 10 * time.Second
	silentMost  = 2
	// stopPatience is how long the server may take to stop.
	stopPatience = 20 * time.Second
	ballastFile  = "reserve"
)

// ErrDiskFull tells that the queue takes nothing because the disk is full.
var ErrDiskFull = errors.New("disk full: the queue takes nothing")

// errBroken tells that the server stopped storing after a failed write; it is
// restarted.
var errBroken = errors.New("the queue is restarted after a failed write")

// guard watches over the queue of an edge: how full it is, what it lost, the
// free space of the disk, and the server, which never writes again once a
// write failed. It has one goroutine.
//
// The server must not meet a full disk: from there on it answers nothing, and
// only a restart helps. So the queue takes nothing below a reserve of free
// space, and a file of a quarter of the reserve is kept to be given up when
// others fill the disk and the server has to be restarted.
type guard struct {
	edge    *Edge
	log     zerolog.Logger
	reserve uint64
	poke    chan struct{}
	state   atomic.Pointer[QueueState]
	refused atomic.Pointer[error]
	suspect atomic.Bool

	restarts   atomic.Uint64
	lostBefore uint64

	// The goroutine's own.
	ledger    ledger
	unwritten bool // the ledger
	silent    int  // looks without an answer, in a row
	heads     map[string]head
	lastAge   time.Time
	wall      time.Time // at the last look, without monotonic part
	mono      time.Time
	noAging   time.Time // until then
	restart   time.Duration
	restartT  time.Time
}

func newGuard(e *Edge, o EdgeOptions) (*guard, error) {
	g := &guard{edge: e, log: o.Log, reserve: o.Reserve, poke: make(chan struct{}, 1), restart: restartFirst, heads: map[string]head{}}
	d, err := diskOf(o.Dir)
	if err != nil {
		return nil, err
	}
	if g.reserve == 0 {
		g.reserve = min(defaultReserve, d.total/reserveShare)
	}
	// What the queue keeps for itself never fills the disk.
	if room := int64(d.total - min(d.total, 4*g.reserve)); room < e.o.MaxBytes { //nolint:gosec // far from the limit
		e.o.MaxBytes = max(room, minBytes)
	}
	if g.ledger, err = readLedger(o.Dir); err != nil {
		return nil, err
	}
	for _, a := range g.ledger {
		g.lostBefore += a.Lost
	}
	g.state.Store(&QueueState{Lost: g.lostBefore, Free: d.free})
	if d.free < g.reserve {
		g.dropBallast() // to start at all
	}
	return g, nil
}

// refusal returns why the queue takes nothing, nil when it takes.
func (g *guard) refusal() error {
	if p := g.refused.Load(); p != nil {
		return *p
	}
	return nil
}

func (g *guard) refuse(why error) {
	if g.refusal() == nil {
		g.log.Error().Err(why).Msg("queue takes nothing; reading and live values go on")
	}
	g.refused.Store(&why)
}

func (g *guard) accept() {
	if g.refusal() != nil {
		g.log.Info().Msg("queue takes messages again")
	}
	g.refused.Store(nil)
}

// admit reports whether a message may be stored now: nil, or why not. Events
// may use half of the reserve.
func (g *guard) admit(event bool) error {
	floor := g.reserve
	if event {
		floor /= 2
	}
	if why := g.refusal(); why != nil && (!event || !errors.Is(why, ErrDiskFull)) {
		return why
	}
	d, err := diskOf(g.edge.o.Dir)
	if err != nil || d.free >= floor {
		return nil //nolint:nilerr // unknown space is no reason to refuse
	}
	if !event {
		g.refuse(ErrDiskFull)
	}
	g.wake()
	return ErrDiskFull
}

// failed is told of a message that the server did not store.
func (g *guard) failed() {
	g.suspect.Store(true)
	g.wake()
}

func (g *guard) wake() {
	select {
	case g.poke <- struct{}{}:
	default:
	}
}

// run watches until ctx ends.
func (g *guard) run(ctx context.Context) {
	tick := time.NewTicker(guardEvery)
	defer tick.Stop()
	for {
		g.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.poke:
		}
	}
}

func (g *guard) look(ctx context.Context) {
	d, err := diskOf(g.edge.o.Dir)
	if err != nil {
		g.log.Warn().Err(err).Msg("free space unknown")
		d.free = g.reserve * 4
	}
	if suspect := g.suspect.Swap(false); suspect && g.broken() || g.brokerBroken() {
		g.refuse(errBroken)
	}
	if errors.Is(g.refusal(), errBroken) {
		g.mend(ctx)
		return
	}
	asked, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	if err := g.observe(asked, d); err != nil {
		g.unanswered(ctx, err)
		return
	}
	g.silent = 0
	g.discardOld(asked)
	if d.free < 2*g.reserve {
		d = g.makeRoom(asked, d)
	}
	if errors.Is(g.refusal(), ErrDiskFull) && d.free >= g.reserve+g.reserve/4 {
		g.accept()
	}
	if d.free > 2*g.reserve {
		g.keepBallast()
	}
}

// unanswered is told that the server did not say how the queue stands. One
// that does not answer twice is restarted: a failed write can leave it with a
// lock that nobody gives back.
func (g *guard) unanswered(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	g.log.Warn().Err(err).Msg("queue length unknown")
	g.suspect.Store(true) // looked at again in a second
	if g.silent++; g.silent >= silentMost {
		g.silent = 0
		g.refuse(errBroken)
	}
}

// makeRoom removes what the hub has. Even that writes to the disk: the reserve
// file is given up for it when nothing else is free.
func (g *guard) makeRoom(ctx context.Context, d disk) disk {
	if d.free < g.reserve/4 {
		g.dropBallast()
	}
	now, err := diskOf(g.edge.o.Dir)
	if err != nil || now.free < g.reserve/8 {
		return d
	}
	g.discardTaken(ctx, now)
	if now, err = diskOf(g.edge.o.Dir); err != nil {
		return d
	}
	return now
}

// broken reports whether the server has stopped storing.
func (g *guard) broken() bool {
	ns := g.edge.server.current()
	if !ns.JetStreamEnabled() {
		return true
	}
	for _, name := range []string{StreamSamples, StreamEvents} {
		h := ns.Healthz(&server.HealthzOptions{Account: accountQueue, Stream: name})
		if h.Error != "" {
			g.log.Error().Str("stream", name).Str("state", h.Error).Msg("queue is broken")
			return true
		}
	}
	return false
}

// brokerBroken reports whether the broker has stopped storing. Nobody tells:
// its clients just are not acknowledged any more.
func (g *guard) brokerBroken() bool {
	ns := g.edge.server.current()
	if g.edge.o.MQTTListen == "" || ns == nil || errors.Is(g.refusal(), errBroken) {
		return false
	}
	h := ns.Healthz(&server.HealthzOptions{Account: accountLocal})
	if !strings.Contains(h.Error, "write error") { // other troubles pass
		return false
	}
	g.log.Error().Str("state", h.Error).Msg("broker is broken")
	return true
}

// mend restarts the server; what is queued stays. Without space it waits, as
// the server could not even start.
func (g *guard) mend(ctx context.Context) {
	if time.Since(g.restartT) < g.restart {
		return
	}
	g.dropBallast()
	if d, err := diskOf(g.edge.o.Dir); err == nil && d.free < g.reserve/8 {
		return
	}
	g.restartT = time.Now()
	g.restart = min(2*g.restart, restartLast)
	g.restarts.Add(1)
	if err := g.edge.restartServer(ctx); err != nil {
		if errors.Is(err, errHangs) {
			g.edge.fail(err)
		}
		g.log.Error().Err(err).Msg("queue does not start again, trying on")
		return
	}
	g.restart = restartFirst
	g.accept()
	g.suspect.Store(true)
}

// observe brings the state up to date.
func (g *guard) observe(ctx context.Context, d disk) error {
	o := g.edge.o
	state := QueueState{Free: d.free}
	changed := false
	for _, c := range []struct {
		name  string
		age   time.Duration
		bytes int64
	}{{StreamSamples, o.MaxAge, o.MaxBytes}, {StreamEvents, eventsMaxAge, eventsMaxBytes}} {
		s, stream, err := g.edge.standing(ctx, c.name)
		if err != nil {
			return err
		}
		a := g.ledger[c.name]
		changed = a.book(s.created, s.first, s.floor) || changed
		g.ledger[c.name] = a
		state.Lost += a.Lost
		n := s.waiting()
		if n == 0 || s.msgs == 0 {
			continue
		}
		held := uint64(float64(s.bytes) * float64(n) / float64(s.msgs))
		state.Waiting += n
		state.Bytes += held
		room := min(float64(c.bytes), float64(s.bytes)+float64(d.free-min(d.free, g.reserve)))
		state.Fill = max(state.Fill, min(1, float64(held)/room))
		if oldest := g.oldest(ctx, c.name, stream, max(s.floor+1, s.first)); !oldest.IsZero() {
			state.Fill = max(state.Fill, min(1, float64(time.Since(oldest))/float64(c.age)))
			if state.Oldest.IsZero() || oldest.Before(state.Oldest) {
				state.Oldest = oldest
			}
		}
	}
	g.state.Store(&state)
	g.unwritten = g.unwritten || changed
	if !g.unwritten {
		return nil
	}
	if err := g.ledger.write(o.Dir); err != nil {
		g.log.Warn().Err(err).Msg("count of lost messages is in memory only")
		return nil
	}
	g.unwritten = false
	return nil
}

// head is when the first message that waits in a stream was stored.
type head struct {
	seq   uint64
	at    time.Time
	asked time.Time
}

// oldest returns when a message was stored, zero when the clock was wrong then.
// To read one the server unpacks a whole block of the disk, so the answer may
// be ten seconds old.
func (g *guard) oldest(ctx context.Context, name string, s jetstream.Stream, seq uint64) time.Time {
	h := g.heads[name]
	if h.seq == seq || time.Since(h.asked) < headEvery && !h.asked.IsZero() {
		return h.at
	}
	h = head{seq: seq, asked: time.Now()}
	if m, err := s.GetMsg(ctx, seq); err == nil && !m.Time.Before(plausible()) {
		h.at = m.Time
	}
	g.heads[name] = h
	return h.at
}

// plausible is the earliest instant that a clock can show that was ever set.
func plausible() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
