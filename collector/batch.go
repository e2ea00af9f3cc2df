package collector

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	// linger is how long lines wait for others to share a message with.
	linger = 250 * time.Millisecond
	// full is the size in bytes at which a batch leaves without waiting: what
	// fits into one message of the queue.
	full = 24 << 10
	// most is the size at which the sources have to wait.
	most = 1 << 20
	// The pauses between attempts to store a batch that was not taken.
	retryFirst = 100 * time.Millisecond
	retryLast  = 5 * time.Second
	// closing is how long the last batch may take after the end.
	closing = 5 * time.Second
)

// The databases samples go to, as indexes.
const (
	raw = iota
	private
	databases
)

func databaseName(i int) string {
	if i == private {
		return string(influx.Private)
	}
	return string(influx.Raw)
}

// batch is the lines that leave together, by database.
type batch struct {
	lines [databases][]byte
	// done is closed once the lines are stored.
	done chan struct{}
	// awaited tells that someone waits for done: it does not linger.
	awaited bool
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

func (b *batch) size() int {
	n := 0
	for _, l := range b.lines {
		n += len(l)
	}
	return n
}

// reset empties the batch for reuse, keeping its memory.
func (b *batch) reset() {
	for i := range b.lines {
		b.lines[i] = b.lines[i][:0]
	}
	b.done, b.awaited = make(chan struct{}), false
}

// batcher encodes samples as lines and stores them in batches. Its emit
// functions may be called from any number of goroutines.
type batcher struct {
	queue     Queue
	log       zerolog.Logger
	catalogue *catalogue.Catalogue
	// equipment gives the privacy class of a point.
	equipment map[gtc.EquipmentID]config.Equipment
	// wake tells run that there is something to store.
	wake chan struct{}

	mu    sync.Mutex
	fill  *batch // being filled
	spare *batch // empty, or nil while it is being stored
	// room is closed when a full batch left.
	room   chan struct{}
	series map[pointKey]*seriesState
	// bands are the deadbands of the points that have one.
	bands   map[pointKey]band
	scratch [databases][]gtc.Sample

	samples, unchanged, batches, retries, unstamped atomic.Uint64
}

// pointKey names a series of the site.
type pointKey struct {
	equipment gtc.EquipmentID
	point     gtc.PointID
}

// seriesState is where a series goes and the quality last written for it.
type seriesState struct {
	database int
	quality  gtc.Quality
	band     *banded
}

func newBatcher(o Options) *batcher {
	b := &batcher{
		queue: o.Queue, log: o.Log, catalogue: o.Catalogue,
		wake: make(chan struct{}, 1),
		fill: newBatch(), spare: newBatch(),
		room: make(chan struct{}),
	}
	b.reconfigure(o.Site, nil)
	return b
}

// reconfigure takes over the equipment and deadbands of a changed
// configuration. What was last written of a series is forgotten, so that its
// quality is said again.
func (b *batcher) reconfigure(site *config.Site, bands map[pointKey]band) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.equipment = map[gtc.EquipmentID]config.Equipment{}
	for _, e := range site.Equipment {
		b.equipment[e.ID] = e
	}
	b.bands, b.series = bands, map[pointKey]*seriesState{}
}

// emit adds samples to the batch and returns; it waits only while too much is
// waiting to be stored.
func (b *batcher) emit(ctx context.Context, samples ...gtc.Sample) error {
	_, err := b.add(ctx, samples, false)
	return err
}

// emitDurable adds samples to the batch and returns once they are stored.
func (b *batcher) emitDurable(ctx context.Context, samples ...gtc.Sample) error {
	done, err := b.add(ctx, samples, true)
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *batcher) add(ctx context.Context, samples []gtc.Sample, awaited bool) (<-chan struct{}, error) {
	if err := b.lockWithRoom(ctx); err != nil {
		return nil, err
	}
	b.encode(samples)
	done := b.fill.done
	b.fill.awaited = b.fill.awaited || awaited
	b.mu.Unlock()
	b.notify()
	return done, nil
}

// addLine adds a line that is not a sample to the raw database's.
func (b *batcher) addLine(ctx context.Context, line *influx.Line) error {
	if err := b.lockWithRoom(ctx); err != nil {
		return err
	}
	b.fill.lines[raw] = line.Append(b.fill.lines[raw])
	b.mu.Unlock()
	b.notify()
	return nil
}

// lockWithRoom locks mu when there is room in the batch. It is not locked
// when an error is returned.
func (b *batcher) lockWithRoom(ctx context.Context) error {
	b.mu.Lock()
	for b.fill.size() > most {
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.mu.Lock()
	}
	return nil
}

func (b *batcher) notify() {
	select {
	case b.wake <- struct{}{}:
	default: // run has not looked yet
	}
}

// encode appends the lines of samples, and a quality line for each whose
// quality changed. The caller holds mu.
func (b *batcher) encode(samples []gtc.Sample) {
	set := clockIsSet()
	for i := range samples {
		s := &samples[i]
		if s.At.Before(set) {
			b.unstamped.Add(1)
			continue
		}
		st := b.state(s)
		changed := st.quality != s.Quality
		if changed {
			st.quality = s.Quality
			b.fill.lines[st.database] = influx.AppendQuality(b.fill.lines[st.database], *s)
		}
		if s.Value.Present() {
			if st.band.leavesOut(s, changed) {
				b.unchanged.Add(1)
				continue
			}
			b.scratch[st.database] = append(b.scratch[st.database], *s)
		}
	}
	for db, kept := range b.scratch {
		b.samples.Add(uint64(len(kept)))
		b.fill.lines[db] = influx.AppendSamples(b.fill.lines[db], kept)
		b.scratch[db] = kept[:0]
	}
}

func (b *batcher) state(s *gtc.Sample) *seriesState {
	key := pointKey{s.Equipment, s.Point}
	st := b.series[key]
	if st == nil {
		st = &seriesState{}
		if influx.DatabaseOf(b.privacy(s.Series)) == influx.Private {
			st.database = private
		}
		if band, ok := b.bands[key]; ok {
			st.band = &banded{band: band}
		}
		b.series[key] = st
	}
	return st
}

// privacy is the strictest class of the equipment, the point and the site.
func (b *batcher) privacy(s gtc.Series) gtc.Privacy {
	known, ok := b.catalogue.Point(s.Kind, s.Point)
	if !ok {
		known.ID = s.Point
	}
	return b.equipment[s.Equipment].PrivacyOf(known)
}

// run stores batches until ctx ends, then stores the last one.
func (b *batcher) run(ctx context.Context) error {
	// Storing goes on for a while after ctx ended.
	store, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-store.Done():
		case <-time.After(closing):
			cancel()
		}
	})
	defer stop()
	for {
		select {
		case <-ctx.Done():
			b.store(store, b.swap())
			return nil
		case <-b.wake:
		}
		b.linger(ctx)
		b.store(store, b.swap())
	}
}

// linger waits until the batch is full, awaited or old enough.
func (b *batcher) linger(ctx context.Context) {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for {
		b.mu.Lock()
		ready := b.fill.awaited || b.fill.size() >= full
		b.mu.Unlock()
		if ready {
			return
		}
		select {
		case <-b.wake:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// swap takes the filled batch and puts the spare one in its place. Only run
// calls it, so the spare one is there.
func (b *batcher) swap() *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.fill
	b.fill, b.spare = b.spare, nil
	close(b.room)
	b.room = make(chan struct{})
	return out
}

// store publishes a batch, trying until the queue took it or ctx ended, and
// makes it the spare one.
func (b *batcher) store(ctx context.Context, out *batch) {
	ok := true
	for db, lines := range out.lines {
		if len(lines) > 0 {
			ok = ok && b.publish(ctx, databaseName(db), lines)
		}
	}
	if ok {
		close(out.done)
	}
	out.reset()
	b.mu.Lock()
	b.spare = out
	b.mu.Unlock()
}

func (b *batcher) publish(ctx context.Context, db string, lines []byte) bool {
	for pause := retryFirst; ; pause = min(2*pause, retryLast) {
		err := b.queue.PublishSamples(ctx, db, lines)
		if err == nil {
			b.batches.Add(1)
			return true
		}
		if ctx.Err() != nil {
			b.log.Error().Err(err).Str("database", db).Int("bytes", len(lines)).Msg("samples lost at the end: queue did not take them")
			return false
		}
		if b.retries.Add(1); pause == retryFirst {
			b.log.Error().Err(err).Str("database", db).Msg("queue does not take samples, trying again")
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}
