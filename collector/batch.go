package collector

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/stamp"
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
	// done is closed once the lines are stored, and also with it.
	done chan struct{}
	also []chan struct{}
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
	b.done, b.also, b.awaited = make(chan struct{}), nil, false
}

// waiting are those to be told when the batch is stored.
func (b *batch) waiting() []chan struct{} { return append(b.also, b.done) }

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
	// shelf holds what the queue did not take; only run uses it.
	shelf shelf

	mu sync.Mutex
	// time looks after the machine's clock, nil when nobody needs to.
	time  *timekeeper
	fill  *batch // being filled
	spare *batch // empty, or nil while it is being stored
	// room is closed when a full batch left.
	room   chan struct{}
	series map[pointKey]*seriesState
	// bands are the deadbands of the points that have one.
	bands   map[pointKey]band
	scratch [databases][]gtc.Sample

	samples, unchanged, batches, retries, unstamped, dropped atomic.Uint64
	// moved counts samples that another value of their series had to give way.
	moved atomic.Uint64
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
	history  stamp.History
}

func newBatcher(o Options) *batcher {
	b := &batcher{
		queue: o.Queue, log: o.Log, catalogue: o.Catalogue,
		wake: make(chan struct{}, 1),
		fill: newBatch(), spare: newBatch(),
		room: make(chan struct{}),
		time: newTimekeeper(o.Timekeeping),
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
	if done, held := b.holdBack(samples, awaited); held {
		b.mu.Unlock()
		return done, nil
	}
	b.encode(samples)
	done := b.fill.done
	b.fill.awaited = b.fill.awaited || awaited
	b.mu.Unlock()
	b.notify()
	return done, nil
}

// holdBack keeps samples that cannot be stamped yet; done is closed when they
// are stored. The caller holds mu.
func (b *batcher) holdBack(samples []gtc.Sample, awaited bool) (done chan struct{}, held bool) {
	if b.time == nil {
		return nil, false
	}
	switch b.time.look() {
	case stamp.Waiting:
		held = b.time.hold(samples)
		if awaited {
			done = make(chan struct{})
			b.time.waiting = append(b.time.waiting, done)
		}
	case stamp.Estimated:
		b.releaseHeld()
		b.time.correct(samples, b.time.keeper.Base())
	case stamp.Good:
		b.releaseHeld()
		for i := range samples {
			b.time.late(&samples[i])
		}
	}
	return done, held
}

// releaseHeld puts what was held right and into the batch. The caller holds mu.
func (b *batcher) releaseHeld() {
	k := b.time
	if len(k.held) == 0 {
		return
	}
	for _, h := range k.held {
		k.correct(h.samples, h.base)
		b.encode(h.samples)
	}
	b.fill.also = append(b.fill.also, k.waiting...)
	k.held, k.waiting, k.count = nil, nil, 0
}

// lookAtClock follows the clock and releases what waited for it.
func (b *batcher) lookAtClock() stamp.Trust {
	b.mu.Lock()
	trust := b.time.look()
	if trust != stamp.Waiting {
		b.releaseHeld()
	}
	b.mu.Unlock()
	b.notify()
	return trust
}

// now is the present instant as well as it is known.
func (b *batcher) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.time.look()
	return b.time.keeper.Now()
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
	if b.time != nil {
		set = time.Time{} // the timekeeper has judged them
	}
	for i := range samples {
		s := &samples[i]
		if s.At.Before(set) {
			b.unstamped.Add(1)
			continue
		}
		st := b.state(s)
		if ms := s.At.UnixMilli(); s.Value.Present() {
			if free := st.history.Place(ms, s.Value.Num); free != ms {
				s.At = time.UnixMilli(free).UTC()
				b.moved.Add(1)
			}
		}
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
