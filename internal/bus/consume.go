package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

const (
	consumeWait  = 5 * time.Second
	consumeRetry = time.Second
	consumeAck   = 30 * time.Second
)

// Consume hands the messages of a hub stream to handle, in order and in
// batches of at most batch, until ctx ends. A batch is acknowledged once
// handle returned nil; after an error the same batch is handed over again, a
// second later. The durable consumer is made when it does not exist and starts
// with the oldest message; one process at a time may use it. Consume returns
// nil when ctx ends.
func (h *Hub) Consume(ctx context.Context, stream, durable string, batch int, handle func(context.Context, []Message) error) error {
	for ctx.Err() == nil {
		err := h.consume(ctx, stream, durable, batch, handle)
		if ctx.Err() == nil {
			h.log.Warn().Err(err).Str("stream", stream).Str("consumer", durable).Msg("consume interrupted")
			_ = clock.Sleep(ctx, consumeRetry)
		}
	}
	return nil
}

func (h *Hub) consume(ctx context.Context, stream, durable string, batch int, handle func(context.Context, []Message) error) error {
	c, err := h.openConsumer(ctx, stream, durable, batch)
	if err != nil {
		return err
	}
	for {
		raw, err := fetchBatch(ctx, c, batch)
		if err != nil {
			return fmt.Errorf("fetch from %s: %w", stream, err)
		}
		if len(raw) == 0 {
			continue
		}
		msgs := make([]Message, len(raw))
		for i, m := range raw {
			if msgs[i], err = message(m); err != nil {
				return err
			}
		}
		if err := h.handle(ctx, durable, msgs, handle); err != nil {
			return err
		}
		// All before last are acknowledged with it.
		if err := raw[len(raw)-1].DoubleAck(ctx); err != nil {
			return fmt.Errorf("acknowledge %s: %w", stream, err)
		}
	}
}

// fetchBatch returns what is there, at most batch messages, and waits for the
// first when nothing is.
func fetchBatch(ctx context.Context, c jetstream.Consumer, batch int) ([]jetstream.Msg, error) {
	msgs, err := fetchNow(c, batch)
	if err != nil || len(msgs) > 0 {
		return msgs, err
	}
	waitCtx, cancel := context.WithTimeout(ctx, consumeWait)
	defer cancel()
	first, err := c.Next(jetstream.FetchContext(waitCtx))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return nil, nil
	case err != nil:
		return nil, err
	}
	rest, err := fetchNow(c, batch-1)
	return append([]jetstream.Msg{first}, rest...), err
}

func fetchNow(c jetstream.Consumer, batch int) ([]jetstream.Msg, error) {
	if batch < 1 {
		return nil, nil
	}
	fetched, err := c.FetchNoWait(batch)
	if err != nil {
		return nil, err
	}
	var msgs []jetstream.Msg
	for m := range fetched.Messages() {
		msgs = append(msgs, m)
	}
	return msgs, fetched.Error()
}

// openConsumer makes or opens the consumer and sets it back to what was
// acknowledged: what a former run had taken comes first and in order.
func (h *Hub) openConsumer(ctx context.Context, stream, durable string, batch int) (jetstream.Consumer, error) {
	c, err := h.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       durable,
		AckPolicy:     jetstream.AckAllPolicy,
		AckWait:       h.ackWait,
		MaxAckPending: 2 * batch,
	})
	if err != nil {
		return nil, fmt.Errorf("open consumer %s of %s: %w", durable, stream, err)
	}
	if _, err := h.js.ResetConsumer(ctx, stream, durable); err != nil {
		return nil, fmt.Errorf("reset consumer %s of %s: %w", durable, stream, err)
	}
	return c, nil
}

// handle hands a batch over until it is taken. Meanwhile the server may think
// the messages lost and set them up for redelivery; acknowledging the last one
// takes that back.
func (h *Hub) handle(ctx context.Context, durable string, msgs []Message, handle func(context.Context, []Message) error) error {
	for {
		err := handle(ctx, msgs)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.log.Warn().Err(err).Str("consumer", durable).Int("messages", len(msgs)).Msg("batch kept")
		if err := clock.Sleep(ctx, consumeRetry); err != nil {
			return err
		}
	}
}

func message(m jetstream.Msg) (Message, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Message{}, fmt.Errorf("read place of a message: %w", err)
	}
	return Message{
		Site:     siteOf(m.Subject()),
		Format:   m.Headers().Get(HeaderFormat),
		Database: m.Headers().Get(HeaderDatabase),
		Data:     m.Data(),
		Seq:      meta.Sequence.Stream,
		Received: meta.Timestamp.UTC(),
		ID:       m.Headers().Get(jetstream.MsgIDHeader),
	}, nil
}

// SiteOf returns the site of a subject in.<site>.<what>.
func SiteOf(subject string) gtc.SiteID { return siteOf(subject) }

// siteOf returns the site of a subject in.<site>.<what>.
func siteOf(subject string) gtc.SiteID {
	site, _, _ := strings.Cut(strings.TrimPrefix(subject, "in."), ".")
	return gtc.SiteID(site)
}
