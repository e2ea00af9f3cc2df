package collector

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc/collector/stamp"
)

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
	pause := retryFirst
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			b.giveUpClock()
			b.store(store, b.swap())
			b.end(store)
			return nil
		case <-b.wake:
			b.linger(ctx)
			b.store(store, b.swap())
			if len(b.shelf.batches) == 1 { // the first one that was not taken
				pause = retryFirst
				retry.Reset(pause)
			}
		case <-retry.C:
			if b.unshelve(store) {
				pause = retryFirst
				continue
			}
			pause = min(2*pause, retryLast)
			retry.Reset(pause)
		}
	}
}

// giveUpClock stops waiting for a clock to be set: at the end what is held
// must be stored as it is.
func (b *batcher) giveUpClock() {
	if b.time == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.time.keeper.Trust() == stamp.Waiting {
		b.time.keeper.GiveUp()
	}
	b.releaseHeld()
}

// end tries to store what is on the shelf as long as ctx lets it.
func (b *batcher) end(ctx context.Context) {
	for !b.unshelve(ctx) && ctx.Err() == nil {
		timer := time.NewTimer(retryFirst)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	lost := 0
	for len(b.shelf.batches) > 0 {
		lost += b.shelf.batches[0].count()
		b.shelf.batches[0].done = nil // not stored: nobody is told so
		b.shelf.drop()
	}
	if lost > 0 {
		b.dropped.Add(uint64(lost)) //nolint:gosec // never negative
		b.log.Error().Int("lines", lost).Msg("samples lost at the end: queue did not take them")
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

// store publishes a batch and makes it the spare one. What the queue does not
// take goes to the shelf, and is shown live.
func (b *batcher) store(ctx context.Context, out *batch) {
	if out.size() > 0 || len(out.also) > 0 {
		b.storeOrShelve(ctx, out)
	}
	out.reset()
	b.mu.Lock()
	b.spare = out
	b.mu.Unlock()
}

func (b *batcher) storeOrShelve(ctx context.Context, out *batch) {
	// In order: nothing overtakes what is on the shelf.
	if len(b.shelf.batches) == 0 && b.publish(ctx, &out.lines) == nil {
		for _, done := range out.waiting() {
			close(done)
		}
		return
	}
	for db, lines := range out.lines {
		if len(lines) == 0 {
			continue
		}
		if err := b.queue.PublishLive(databaseName(db), lines); err != nil {
			b.log.Debug().Err(err).Msg("live samples not shown")
		}
	}
	if n := b.shelf.put(out.lines, out.waiting()); n > 0 {
		b.log.Error().Int("lines", n).Msg("queue takes nothing for long: the oldest samples are dropped")
		b.dropped.Add(uint64(n)) //nolint:gosec // never negative
	}
	b.shelf.letGo(time.Now())
}

// unshelve stores what is on the shelf, the oldest first, and reports whether
// nothing is left.
func (b *batcher) unshelve(ctx context.Context) bool {
	for len(b.shelf.batches) > 0 {
		if b.publish(ctx, &b.shelf.batches[0].lines) != nil {
			b.shelf.letGo(time.Now())
			return false
		}
		b.shelf.drop()
	}
	return true
}

// publish stores lines and empties what was stored.
func (b *batcher) publish(ctx context.Context, all *[databases][]byte) error {
	for db, lines := range all {
		if len(lines) == 0 {
			continue
		}
		if err := b.queue.PublishSamples(ctx, databaseName(db), lines); err != nil {
			b.retries.Add(1)
			if b.shelf.since.IsZero() {
				b.shelf.since = time.Now()
				b.log.Error().Err(err).Str("database", databaseName(db)).Msg("queue does not take samples, trying again")
			}
			return err
		}
		b.batches.Add(1)
		all[db] = lines[:0]
	}
	b.shelf.since = time.Time{}
	return nil
}
