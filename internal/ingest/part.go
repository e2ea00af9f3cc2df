package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

const (
	// pinnedFor is how long a hub may be silent before another one takes its
	// partition over.
	pinnedFor = 5 * time.Second
	// pinGroup is the one priority group of the consumers.
	pinGroup = "ingest"
	// ackWait is long because nothing rests on it: whoever takes a partition
	// sets its consumer back to what was acknowledged.
	ackWait = time.Hour
	// maxPending bounds the messages of a partition that are with a hub: more
	// than what waits between its pulls and its writes.
	maxPending = 8 * pullMessages
	// apiPatience bounds one request to the bus.
	apiPatience = 10 * time.Second
	// compareEvery is how often a hub looks whether another one could do a part
	// of its work.
	compareEvery = 3 * time.Second
	// lingerFor is how long messages wait for company before they are written,
	// unless lingerBytes of them are there.
	lingerFor   = 200 * time.Millisecond
	lingerBytes = 1 << 20
	partRetry   = time.Second
)

// part reads one partition of one stream, whenever no other hub does.
type part struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	stream string
	what   string // the last part of the subjects: sample, event
	index  int
	name   string // of the consumer
	sites  func() []gtc.SiteID
	log    zerolog.Logger
	// pinned is told whether the partition is this hub's, held tells how many
	// of the stream are.
	pinned func(bool)
	held   func() int
	// open prepares the handling of messages, after it is known that this
	// hub does it and before the first message.
	open func(ctx context.Context, c jetstream.Consumer) (handler, error)

	covered []string // the subjects that the consumer is known to read
}

// handler takes messages; nil means that they may be forgotten.
type handler func(ctx context.Context, msgs []bus.Message) error

// run reads the partition until ctx ends.
func (p *part) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := p.session(ctx)
		p.pinned(false)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errUnpinned):
			p.log.Info().Err(err).Msg("another hub ingests this partition")
			continue
		case errors.Is(err, errLeft):
			p.log.Info().Msg("partition left to another hub")
			_ = clock.Sleep(ctx, pinnedFor) // it takes it meanwhile
			continue
		}
		p.log.Warn().Err(err).Msg("ingest of a partition interrupted")
		_ = clock.Sleep(ctx, partRetry)
	}
}

// session waits until the partition is this hub's, and reads it then until
// something fails.
func (p *part) session(ctx context.Context) error {
	c, err := p.ensure(ctx)
	if err != nil {
		return err
	}
	pin, err := p.await(ctx)
	if err != nil {
		return err
	}
	// What a former owner had taken, or this hub before an error, comes again
	// and in order. What came with the pin is among it.
	defer p.release(ctx, pin)
	if err := p.reset(ctx, 0); err != nil {
		return err
	}
	handle, err := p.open(ctx, c)
	if err != nil {
		return err
	}
	q, err := p.newPuller(pin)
	if err != nil {
		return err
	}
	defer q.close()
	p.pinned(true)
	p.log.Debug().Msg("partition taken")
	return p.read(ctx, q, handle)
}

// await asks for messages until the server has pinned this hub.
func (p *part) await(ctx context.Context) (pin string, err error) {
	q, err := p.newPuller("")
	if err != nil {
		return "", err
	}
	defer q.close()
	for q.pin == "" {
		if _, err := q.pull(ctx); err != nil && !errors.Is(err, errUnpinned) {
			return "", err
		}
		if err := p.cover(ctx); err != nil {
			return "", err
		}
		if q.pin == "" {
			if err := p.revive(ctx); err != nil {
				return "", err
			}
		}
	}
	return q.pin, nil
}

// read pulls and hands over until something fails. Pulling is one step ahead
// of handling; while that is full, the pin is kept alive.
func (p *part) read(ctx context.Context, q *puller, handle handler) error {
	ctx, cancel := context.WithCancel(ctx)
	feed := make(chan []*nats.Msg)
	handled := make(chan error, 1)
	go func() {
		handled <- p.handleAll(ctx, feed, handle)
		cancel()
	}()
	err := p.pullAll(ctx, q, feed)
	if errors.Is(err, errLeft) { // what was pulled is dealt with first
		close(feed)
		return errors.Join(err, <-handled)
	}
	cancel()
	return errors.Join(err, <-handled)
}

func (p *part) pullAll(ctx context.Context, q *puller, feed chan<- []*nats.Msg) error {
	keep := time.NewTicker(pinnedFor / 3)
	defer keep.Stop()
	compared := time.Now()
	for {
		msgs, err := q.pull(ctx)
		if err != nil {
			return err
		}
		if time.Since(compared) > compareEvery {
			compared = time.Now()
			if err := p.compare(ctx); err != nil {
				return err
			}
		}
		for sent := len(msgs) == 0; !sent; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case feed <- msgs:
				sent = true
			case <-keep.C:
				if time.Since(q.asked) < pinnedFor/3 {
					continue
				}
				if err := q.keep(); err != nil {
					return err
				}
				compared = time.Now() // who waits is not clear for a while
			}
		}
		if err := p.cover(ctx); err != nil {
			return err
		}
	}
}

// handleAll handles what is fed, grouped to full batches where more comes soon,
// and acknowledges it.
func (p *part) handleAll(ctx context.Context, feed <-chan []*nats.Msg, handle handler) error {
	for {
		raw, err := gather(ctx, feed)
		if err != nil || len(raw) == 0 {
			return err
		}
		msgs := make([]bus.Message, len(raw))
		for i, m := range raw {
			if msgs[i], err = message(m); err != nil {
				return err
			}
		}
		for err = handle(ctx, msgs); err != nil; err = handle(ctx, msgs) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.log.Warn().Err(err).Int("messages", len(msgs)).Msg("batch kept")
			if err := clock.Sleep(ctx, partRetry); err != nil {
				return err
			}
		}
		if err := p.acknowledge(ctx, raw); err != nil {
			return err
		}
	}
}

// gather waits for messages, and for a moment for more of them: a database
// likes few large writes better than many small ones. There are none any more
// when the feed is closed.
func gather(ctx context.Context, feed <-chan []*nats.Msg) ([]*nats.Msg, error) {
	var out []*nats.Msg
	size := 0
	var over <-chan time.Time
	for size < lingerBytes {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return out, nil
		case msgs, open := <-feed:
			if !open {
				return out, nil
			}
			for _, m := range msgs {
				size += len(m.Data)
			}
			out = append(out, msgs...)
			if over == nil {
				timer := time.NewTimer(lingerFor)
				defer timer.Stop()
				over = timer.C
			}
		}
	}
	return out, nil
}

// acknowledge tells the server that messages are dealt with. They are
// acknowledged one by one, not all up to the last: a hub that was overtaken and
// acknowledges late then says nothing about messages it has not seen.
func (p *part) acknowledge(ctx context.Context, raw []*nats.Msg) error {
	last := len(raw) - 1
	for _, m := range raw[:last] {
		if err := p.conn.Publish(m.Reply, []byte("+ACK")); err != nil {
			return fmt.Errorf("acknowledge %s: %w", p.stream, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	if err := raw[last].AckSync(nats.Context(ctx)); err != nil {
		return fmt.Errorf("acknowledge %s: %w", p.stream, err)
	}
	return nil
}

// message reads the place and the headers of a message.
func message(m *nats.Msg) (bus.Message, error) {
	meta, err := m.Metadata()
	if err != nil {
		return bus.Message{}, fmt.Errorf("read place of a message: %w", err)
	}
	return bus.Message{
		Site: siteOf(m.Subject), Format: m.Header.Get(bus.HeaderFormat), Database: m.Header.Get(bus.HeaderDatabase),
		Data: m.Data, Seq: meta.Sequence.Stream, Received: meta.Timestamp.UTC(), ID: m.Header.Get(jetstream.MsgIDHeader),
	}, nil
}
