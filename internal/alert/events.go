package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// durable is the consumer of EVENTS that tells people.
	durable = "NOTIFY"
	// eventBatch is how many events are looked at in one turn.
	eventBatch = 256
	retryAfter = time.Second
)

// openEvents makes the consumer before anything is published that it must
// see. A first one begins with what comes: nobody is called for the past, only
// for what stands.
func (s *Service) openEvents(ctx context.Context) error {
	_, err := s.js.Consumer(ctx, bus.StreamEvents, durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = s.js.CreateConsumer(ctx, bus.StreamEvents, jetstream.ConsumerConfig{
			Durable: durable, AckPolicy: jetstream.AckAllPolicy, DeliverPolicy: jetstream.DeliverNewPolicy,
			AckWait: 30 * time.Second, MaxAckPending: 4 * eventBatch,
		})
	}
	if err != nil {
		return fmt.Errorf("open consumer %s: %w", durable, err)
	}
	return nil
}

// followEvents hands every event of an alarm to the engine. An event is
// acknowledged once everything that follows from it is stored; one that comes
// twice is known by its id.
func (s *Service) followEvents(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.consumeEvents(ctx); err != nil && ctx.Err() == nil {
			s.log.Error().Err(err).Msg("alarm events wait to be told")
			_ = clock.Sleep(ctx, retryAfter) // only when ctx ends
		}
	}
	return ctx.Err()
}

func (s *Service) consumeEvents(ctx context.Context) error {
	// What was given and not acknowledged comes again, in order.
	if _, err := s.js.ResetConsumer(ctx, bus.StreamEvents, durable); err != nil {
		return fmt.Errorf("reset consumer %s: %w", durable, err)
	}
	c, err := s.js.Consumer(ctx, bus.StreamEvents, durable)
	if err != nil {
		return fmt.Errorf("open consumer %s: %w", durable, err)
	}
	in := make(chan jetstream.Msg, eventBatch)
	failed := make(chan error, 1)
	running, err := c.Consume(func(m jetstream.Msg) {
		select {
		case in <- m:
		case <-ctx.Done():
		}
	}, jetstream.PullMaxMessages(eventBatch), jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) {
			select {
			case failed <- err:
			default:
			}
		}
	}))
	if err != nil {
		return fmt.Errorf("consume %s: %w", bus.StreamEvents, err)
	}
	defer running.Stop()
	stood := time.NewTicker(standingRetry)
	defer stood.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stood.C:
			done, err := s.takeStanding(ctx)
			if err != nil {
				return err
			}
			if done {
				stood.Stop()
			}
		case err := <-failed:
			return err
		case m := <-in:
			if err := s.take(ctx, drain(in, m)); err != nil {
				return err
			}
		}
	}
}

// drain returns the first message and what waits behind it.
func drain(in <-chan jetstream.Msg, first jetstream.Msg) []jetstream.Msg {
	out := []jetstream.Msg{first}
	for len(out) < eventBatch {
		select {
		case m := <-in:
			out = append(out, m)
		default:
			return out
		}
	}
	return out
}

// take looks at some events in one turn and acknowledges them.
func (s *Service) take(ctx context.Context, msgs []jetstream.Msg) error {
	type news struct {
		subject notify.Subject
		event   gtc.Event
	}
	var all []news
	for _, m := range msgs {
		var ev gtc.Event
		if err := json.Unmarshal(m.Data(), &ev); err != nil {
			s.metrics.unreadable.Inc()
			s.log.Warn().Err(err).Msg("event not understood; nobody is told of it")
			continue
		}
		if subject, ok := s.subject(ctx, ev); ok {
			all = append(all, news{subject, ev})
		}
	}
	err := s.turn(ctx, func(now time.Time) []notify.Message {
		var out []notify.Message
		for _, n := range all {
			out = append(out, s.engine.Observe(n.subject, n.event, now)...)
		}
		return out
	})
	if err != nil {
		return err
	}
	return msgs[len(msgs)-1].Ack()
}
