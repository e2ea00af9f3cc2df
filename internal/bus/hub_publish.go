package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

// PublishEvent stores an event of the hub itself; the same event published
// twice is stored once.
func (h *Hub) PublishEvent(ctx context.Context, ev gtc.Event) error {
	return publishEvent(ctx, h.js, ev)
}

func publishEvent(ctx context.Context, js jetstream.JetStream, ev gtc.Event) error {
	if err := checkSite(ev.Site); err != nil && ev.Site != gtc.HubSite {
		return fmt.Errorf("publish event %s: %w", ev.ID, err)
	}
	data, err := encodeEvent(ev.Site, ev)
	if err != nil {
		return err
	}
	if _, err := js.Publish(ctx, inSubject(ev.Site, "event"), data, jetstream.WithMsgID(ev.ID)); err != nil {
		return fmt.Errorf("publish event %s: %w", ev.ID, err)
	}
	return nil
}

// Request sends a command to a site's edge and returns its answer. It returns
// ErrNotLinked at once when nobody answers commands there, and otherwise waits
// until ctx ends.
func (h *Hub) Request(ctx context.Context, site gtc.SiteID, command []byte) ([]byte, error) {
	s, ok := h.site(site)
	if !ok {
		return nil, fmt.Errorf("command to %q: unknown site", site)
	}
	m, err := s.conn.RequestWithContext(ctx, commandSubject(site), command)
	if errors.Is(err, nats.ErrNoResponders) {
		err = ErrNotLinked
	}
	if err != nil {
		return nil, fmt.Errorf("command to %s: %w", site, err)
	}
	return m.Data, nil
}

// Reject keeps a line or message that will never be accepted, with the reason.
func (h *Hub) Reject(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error {
	if err := reject(ctx, h.js, site, db, line, reason); err != nil {
		return err
	}
	h.metrics.rejected.WithLabelValues(string(site)).Inc()
	return nil
}

// Backlog returns how many messages wait on a site's edge, as last told.
func (h *Hub) Backlog(site gtc.SiteID) uint64 {
	s, ok := h.site(site)
	if !ok {
		return 0
	}
	return s.backlog()
}

// Waiting returns the number of sample messages at the hub that InfluxDB does
// not have yet.
func (h *Hub) Waiting(ctx context.Context) (uint64, error) {
	var waiting uint64
	for p := range Partitions {
		c, err := h.js.Consumer(ctx, StreamSamples, IngestConsumer(p))
		if errors.Is(err, jetstream.ErrConsumerNotFound) { // nobody has ingested yet
			s, err := h.js.Stream(ctx, StreamSamples)
			if err != nil {
				return 0, fmt.Errorf("count waiting samples: %w", err)
			}
			return s.CachedInfo().State.Msgs, nil
		}
		if err != nil {
			return 0, fmt.Errorf("count waiting samples: %w", err)
		}
		info := c.CachedInfo()
		waiting += info.NumPending + uint64(max(info.NumAckPending, 0))
	}
	return waiting, nil
}
