package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// ensure makes the partition's consumer, or widens it to the sites that it
// does not read yet. Sites that another hub knows stay: a message that no
// consumer reads would never be stored.
func (p *part) ensure(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	c, err := p.widen(ctx)
	if err != nil {
		return nil, fmt.Errorf("open consumer %s of %s: %w", p.name, p.stream, err)
	}
	return c, nil
}

func (p *part) widen(ctx context.Context) (jetstream.Consumer, error) {
	s, err := p.js.Stream(ctx, p.stream)
	if err != nil {
		return nil, err
	}
	want := p.subjects()
	c, err := s.Consumer(ctx, p.name)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		return p.create(ctx, s, want)
	case err != nil:
		return nil, err
	}
	have := c.CachedInfo().Config.FilterSubjects
	p.covered = have
	var added []string
	for _, subject := range want {
		if !slices.Contains(have, subject) {
			added = append(added, subject)
		}
	}
	if len(added) == 0 {
		return c, nil
	}
	floor := c.CachedInfo().AckFloor.Stream
	if c, err = p.create(ctx, s, append(added, have...)); err != nil {
		return nil, err
	}
	return c, p.catchUp(ctx, s, added, floor)
}

func (p *part) create(ctx context.Context, s jetstream.Stream, subjects []string) (jetstream.Consumer, error) {
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	c, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: p.name, FilterSubjects: subjects,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: maxPending, MaxDeliver: -1,
		PriorityPolicy: jetstream.PriorityPolicyPinned, PriorityGroups: []string{pinGroup}, PinnedTTL: pinnedFor,
	})
	if err == nil {
		p.covered = subjects
	}
	return c, err
}

// catchUp sets the consumer back when there are messages of subjects that it
// did not read before: it may be past them, even where it acknowledged nothing.
func (p *part) catchUp(ctx context.Context, s jetstream.Stream, added []string, floor uint64) error {
	first, any := floor+1, false
	for _, subject := range added {
		m, err := s.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		first, any = min(first, m.Sequence), true
	}
	if !any {
		return nil
	}
	return p.reset(ctx, first)
}

// reset sets the consumer back to a sequence, 0 for what was acknowledged.
func (p *part) reset(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	var err error
	if seq == 0 {
		_, err = p.js.ResetConsumer(ctx, p.stream, p.name)
	} else {
		_, err = p.js.ResetConsumerToSequence(ctx, p.stream, p.name, seq)
	}
	if err != nil {
		return fmt.Errorf("reset consumer %s of %s: %w", p.name, p.stream, err)
	}
	return nil
}

// look returns how the consumer of the partition is.
func (p *part) look(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	c, err := p.js.Consumer(ctx, p.stream, p.name)
	if err != nil {
		return nil, fmt.Errorf("look at consumer %s of %s: %w", p.name, p.stream, err)
	}
	return c.CachedInfo(), nil
}

// revive sets the consumer of a partition that nobody reads back to what was
// acknowledged: only a message that is delivered pins a hub, and what a hub
// that is gone had taken is not delivered for long.
func (p *part) revive(ctx context.Context) error {
	info, err := p.look(ctx)
	if err != nil {
		return err
	}
	if info.NumAckPending == 0 || slices.ContainsFunc(info.PriorityGroups, func(g jetstream.PriorityGroupState) bool { return g.PinnedClientID != "" }) {
		return nil
	}
	return p.reset(ctx, 0)
}

// compare leaves the partition to another hub when this one holds more than its
// share: every hub that waits for the partition, or holds it, gets as many.
func (p *part) compare(ctx context.Context) error {
	info, err := p.look(ctx)
	if err != nil {
		return err
	}
	hubs := max(info.NumWaiting, 1) // this one waits too
	if p.held() > (bus.Partitions+hubs-1)/hubs {
		return errLeft
	}
	return nil
}

// release gives the partition back if it is still this hub's, so that another
// one need not wait.
func (p *part) release(ctx context.Context, pin string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := func() error {
		s, err := p.js.Stream(ctx, p.stream)
		if err != nil {
			return err
		}
		c, err := s.Consumer(ctx, p.name)
		if err != nil {
			return err
		}
		for _, g := range c.CachedInfo().PriorityGroups {
			if g.PinnedClientID == pin {
				return s.UnpinConsumer(ctx, p.name, pinGroup)
			}
		}
		return nil
	}()
	if err != nil { // then it is taken over when the pin has run out
		p.log.Debug().Err(err).Msg("partition not released")
	}
}

// subjects are those of the partition. The first is of no site, as a consumer
// without subjects would read them all.
func (p *part) subjects() []string {
	out := []string{"in.-" + p.name + "." + p.what}
	for _, s := range p.sites() {
		if bus.Partition(s) == p.index {
			out = append(out, "in."+string(s)+"."+p.what)
		}
	}
	return out
}

// cover widens the consumer when there are sites that it does not read.
func (p *part) cover(ctx context.Context) error {
	for _, s := range p.subjects() {
		if !slices.Contains(p.covered, s) {
			_, err := p.ensure(ctx)
			return err
		}
	}
	return nil
}

// siteOf returns the site of a subject in.<site>.<what>.
func siteOf(subject string) gtc.SiteID {
	site, _, _ := strings.Cut(strings.TrimPrefix(subject, "in."), ".")
	return gtc.SiteID(site)
}

// found knows the sites that a stream holds messages of, configured or not: a
// message that no consumer reads would never be stored.
type found struct {
	js     jetstream.JetStream
	stream string
	// held is how many partitions of the stream are this hub's.
	held atomic.Int32

	mu    sync.Mutex
	known []gtc.SiteID
}

// findEvery is how often a stream is asked for the sites in it.
const findEvery = 5 * time.Second

func (f *found) sites() []gtc.SiteID {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known
}

// run keeps the list up to date until ctx ends.
func (f *found) run(ctx context.Context, log zerolog.Logger) {
	for {
		if err := f.find(ctx); err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Str("stream", f.stream).Msg("sites in the stream unknown")
		}
		if clock.Sleep(ctx, findEvery) != nil {
			return
		}
	}
}

func (f *found) find(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	s, err := f.js.Stream(ctx, f.stream)
	if err != nil {
		return fmt.Errorf("open stream %s: %w", f.stream, err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("in.>"))
	if err != nil {
		return fmt.Errorf("read subjects of %s: %w", f.stream, err)
	}
	var sites []gtc.SiteID
	for subject := range info.State.Subjects {
		sites = append(sites, siteOf(subject))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = sites
	return nil
}
