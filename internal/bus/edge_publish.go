package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

// maxLines bounds the lines of one message, in bytes, so that one always fits
// into a pull of the hub.
const maxLines = 24 << 10

// storePatience is how long the disk may take for one message.
const storePatience = 10 * time.Second

// makeStreams makes the edge's streams and the consumers that the hub reads;
// what exists is brought to this form, what is queued stays. The guard looks
// after the age of messages.
func (e *Edge) makeStreams(ctx context.Context, o EdgeOptions) error {
	for _, c := range []jetstream.StreamConfig{
		{Name: StreamSamples, Subjects: []string{sampleSubject(e.site)}, MaxBytes: o.MaxBytes},
		{Name: StreamEvents, Subjects: []string{eventSubject(e.site)}, MaxBytes: eventsMaxBytes},
	} {
		c.Retention = jetstream.LimitsPolicy
		c.Discard = jetstream.DiscardOld
		c.Storage = jetstream.FileStorage
		c.MaxMsgSize = maxMessage
		c.Compression = jetstream.S2Compression
		s, err := e.js.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return fmt.Errorf("make stream %s: %w", c.Name, err)
		}
		_, err = s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable:       hubConsumer,
			AckPolicy:     jetstream.AckAllPolicy,
			AckWait:       30 * time.Second,
			MaxAckPending: 2 * fetchMessages,
			Metadata:      map[string]string{metaStreamCreated: strconv.FormatInt(s.CachedInfo().Created.UnixNano(), 10)},
		})
		if err != nil {
			return fmt.Errorf("make consumer %s of %s: %w", hubConsumer, c.Name, err)
		}
	}
	return nil
}

// PublishSamples queues lines of InfluxDB line protocol (millisecond stamps)
// for a database and returns once they are stored on the edge. Lines are never
// cut; more than 24 KiB of them become several messages, so after an error a
// part may be queued already: publishing all again is harmless. It returns
// ErrDiskFull while there is no room.
func (e *Edge) PublishSamples(ctx context.Context, db string, lines []byte) error {
	for len(lines) > 0 {
		var msg *nats.Msg
		msg, lines = e.message(sampleSubject(e.site), db, lines)
		if len(msg.Data) > maxMessage-1024 {
			return fmt.Errorf("publish samples of %s: line of %d bytes: %w", e.site, len(msg.Data), errTooLong)
		}
		if err := e.guard.admit(false); err != nil {
			return fmt.Errorf("publish samples of %s: %w", e.site, err)
		}
		msg.Header.Set(HeaderSeq, strconv.FormatUint(e.seq.Add(1), 10))
		if err := e.publish(ctx, msg); err != nil {
			return fmt.Errorf("publish samples of %s: %w", e.site, err)
		}
	}
	return nil
}

// PublishLive shows lines to the hub, if it listens, without storing them: what
// the queue could not take yet. Publishing them with PublishSamples later is
// harmless.
func (e *Edge) PublishLive(db string, lines []byte) error {
	for len(lines) > 0 {
		var msg *nats.Msg
		msg, lines = e.message(liveSubject(e.site), db, lines)
		if err := e.conn.PublishMsg(msg); err != nil {
			return fmt.Errorf("publish live samples of %s: %w", e.site, err)
		}
	}
	return nil
}

// message returns a message of the first lines, and the others.
func (e *Edge) message(subject, db string, lines []byte) (*nats.Msg, []byte) {
	part, rest := cutLines(lines, maxLines)
	msg := nats.NewMsg(subject)
	msg.Data = part
	msg.Header.Set(HeaderFormat, FormatLines)
	msg.Header.Set(HeaderDatabase, db)
	msg.Header.Set(HeaderBoot, e.boot)
	return msg, rest
}

// publish stores a message. A server whose writing failed does not answer at
// all, so the wait is bounded, and the guard looks after it.
func (e *Edge) publish(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) error {
	bounded, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	_, err := e.js.PublishMsg(bounded, msg, opts...)
	if err != nil && ctx.Err() == nil {
		e.guard.failed()
	}
	return err
}

// cutLines splits lines after the last line end within limit bytes, or after
// the first line when that alone is longer.
func cutLines(lines []byte, limit int) (head, tail []byte) {
	if len(lines) <= limit {
		return lines, nil
	}
	if i := bytes.LastIndexByte(lines[:limit], '\n'); i >= 0 {
		return lines[:i+1], lines[i+1:]
	}
	if i := bytes.IndexByte(lines, '\n'); i >= 0 {
		return lines[:i+1], lines[i+1:]
	}
	return lines, nil
}

// PublishEvent queues an event of this site and returns once it is stored on
// the edge.
func (e *Edge) PublishEvent(ctx context.Context, ev gtc.Event) error {
	data, err := encodeEvent(e.site, ev)
	if err != nil {
		return err
	}
	if err := e.guard.admit(true); err != nil {
		return fmt.Errorf("publish event %s: %w", ev.ID, err)
	}
	msg := nats.NewMsg(eventSubject(e.site))
	msg.Data = data
	if err := e.publish(ctx, msg, jetstream.WithMsgID(ev.ID)); err != nil {
		return fmt.Errorf("publish event %s: %w", ev.ID, err)
	}
	return nil
}

func encodeEvent(site gtc.SiteID, ev gtc.Event) ([]byte, error) {
	switch {
	case ev.ID == "":
		return nil, errors.New("publish event: no id")
	case ev.Site != site:
		return nil, fmt.Errorf("publish event %s: of site %q, not %q", ev.ID, ev.Site, site)
	case ev.At.IsZero():
		return nil, fmt.Errorf("publish event %s: no instant", ev.ID)
	}
	ev.At = ev.At.UTC().Truncate(time.Millisecond)
	data, err := json.Marshal(ev)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", ev.ID, err)
	}
	return data, nil
}

// Heartbeat tells the hub, if it listens, how the edge and its devices are.
// Nothing is stored.
func (e *Edge) Heartbeat(_ context.Context, h Health) error {
	h.Site = e.site
	if h.Boot == "" {
		h.Boot = e.boot
	}
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode heartbeat of %s: %w", e.site, err)
	}
	if err := e.conn.Publish(healthSubject(e.site), data); err != nil {
		return fmt.Errorf("publish heartbeat of %s: %w", e.site, err)
	}
	return nil
}
