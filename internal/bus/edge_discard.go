package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// discardTaken removes what the hub has: it is kept only in case the hub loses
// it, which is worth less than new samples.
func (g *guard) discardTaken(ctx context.Context, d disk) {
	// Where a part of a block stays, the server may write that part again.
	block := min(mostBlock, uint64(g.edge.o.MaxBytes)/4) //nolint:gosec // positive
	for _, name := range []string{StreamSamples, StreamEvents} {
		s, stream, err := g.edge.standing(ctx, name)
		if err != nil || s.msgs == 0 || s.floor < s.first {
			continue
		}
		if s.waiting() > 0 && d.free < g.reserve/8+block/2 {
			continue
		}
		if err := stream.Purge(ctx, jetstream.WithPurgeSequence(s.floor+1)); err != nil {
			g.log.Warn().Err(err).Str("stream", name).Msg("what the hub has cannot be removed")
			continue
		}
		g.log.Warn().Str("stream", name).Uint64("messages", s.floor+1-s.first).Msg("disk nearly full: removed what the hub has")
	}
}

// discardOld removes what is older than its time. The server's own limit is
// not used: it believes the clock, and a clock that starts in 1970 would cost
// the whole queue when it is set.
func (g *guard) discardOld(ctx context.Context) {
	now := time.Now()
	wall := now.Round(0)
	if !g.mono.IsZero() {
		if step := wall.Sub(g.wall) - now.Sub(g.mono); step.Abs() > time.Minute {
			g.noAging = now.Add(ageRest)
		}
	}
	g.wall, g.mono = wall, now
	if now.Sub(g.lastAge) < ageEvery || now.Before(g.noAging) || wall.Before(plausible()) {
		return
	}
	g.lastAge = now
	for name, age := range map[string]time.Duration{StreamSamples: g.edge.o.MaxAge, StreamEvents: eventsMaxAge} {
		if err := g.discardBefore(ctx, name, wall.Add(-age)); err != nil && ctx.Err() == nil {
			g.log.Warn().Err(err).Msg("old messages cannot be removed")
		}
	}
}

// discardBefore removes the messages at the head of a stream that were stored
// before limit. What was stored by a clock that was not set is as old as what
// follows it.
func (g *guard) discardBefore(ctx context.Context, name string, limit time.Time) error {
	s, stream, err := g.edge.standing(ctx, name)
	if err != nil || s.msgs == 0 {
		return err
	}
	var last uint64 // the last one that is too old
	for seq := s.first; seq <= s.last && seq < s.first+ageAtOnce; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read age of message %d of %s: %w", seq, name, err)
		}
		if m.Time.Before(plausible()) {
			continue
		}
		if !m.Time.Before(limit) {
			break
		}
		last = seq
	}
	if last == 0 {
		return nil
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSequence(last+1)); err != nil {
		return fmt.Errorf("remove old messages of %s: %w", name, err)
	}
	// The removal moves the place of acknowledgement with it, so that later
	// nobody can tell what the hub had not taken.
	a := g.ledger[name]
	g.unwritten = a.book(s.created, last+1, s.floor) || g.unwritten
	g.ledger[name] = a
	return nil
}

// keepBallast occupies some space that can be given up.
func (g *guard) keepBallast() {
	name := filepath.Join(g.edge.o.Dir, ballastFile)
	size := int64(g.reserve / 4) //nolint:gosec // far from the limit
	if info, err := os.Stat(name); err == nil && info.Size() == size {
		return
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err == nil {
		err = errors.Join(allocate(f, size), f.Close())
	}
	if err != nil {
		g.log.Debug().Err(err).Msg("no reserve file")
	}
}

func (g *guard) dropBallast() { _ = os.Remove(filepath.Join(g.edge.o.Dir, ballastFile)) }
