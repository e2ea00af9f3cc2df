package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// pullMessages and pullBytes bound one pull: about what one write holds.
	pullMessages = 512
	pullBytes    = 1 << 20
	// pullWait is how long a pull waits for a first message, pullGrace how
	// much longer for the answer.
	pullWait  = time.Second
	pullGrace = 2 * time.Second
)

var (
	// errUnpinned tells that another hub reads the partition now.
	errUnpinned = errors.New("no longer pinned")
	errSkipped  = errors.New("messages out of order")
	// errLeft tells that this hub leaves the partition to another one.
	errLeft = errors.New("left to another hub")
)

// pullRequest is the body of a request for the next messages.
type pullRequest struct {
	Batch    int           `json:"batch"`
	MaxBytes int           `json:"max_bytes,omitempty"`
	Expires  time.Duration `json:"expires,omitempty"`
	Group    string        `json:"group"`
	Pin      string        `json:"id,omitempty"`
}

// puller asks for messages of one consumer, in the name of one pin. It is used
// by one goroutine.
type puller struct {
	part  *part
	sub   *nats.Subscription
	inbox string
	n     uint64
	pin   string
	// await tells that the hub is not pinned yet: messages tell the pin only.
	await bool

	// request is the inbox of the open request, open whether the server still
	// answers to it, and left what it may still send.
	request                 string
	asked                   time.Time
	open                    bool
	bytes                   int
	leftMessages, leftBytes int

	delivered uint64 // number of the last delivery
	last      uint64 // the highest sequence taken
}

// newPuller opens an inbox of its own: what was asked for in another name is
// not seen.
func (p *part) newPuller(pin string) (*puller, error) {
	inbox := p.conn.NewInbox()
	sub, err := p.conn.SubscribeSync(inbox + ".*")
	if err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil { // bounded by what is asked for
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	return &puller{part: p, sub: sub, inbox: inbox, pin: pin, await: pin == "", bytes: pullBytes}, nil
}

func (q *puller) close() { _ = q.sub.Unsubscribe() }

// pull returns what has come, or waits a moment for a first message; none is
// no error. Requests stay open over several pulls: what comes meanwhile waits in
// the inbox, at most what was asked for.
func (q *puller) pull(ctx context.Context) ([]*nats.Msg, error) {
	if !q.open {
		if err := q.ask(pullRequest{Batch: pullMessages, MaxBytes: q.bytes, Expires: pullWait}); err != nil {
			return nil, err
		}
		q.open, q.leftMessages, q.leftBytes = true, pullMessages, q.bytes
	}
	wait, cancel := context.WithTimeout(ctx, pullWait+pullGrace)
	defer cancel()
	var out []*nats.Msg
	for q.open && len(out) < pullMessages {
		if waiting, _, err := q.sub.Pending(); len(out) > 0 && (err != nil || waiting == 0) {
			break
		}
		m, err := q.sub.NextMsgWithContext(wait)
		if err != nil {
			return nil, fmt.Errorf("pull %s of %s: %w", q.part.name, q.part.stream, err)
		}
		if status, what := statusOf(m); status != "" {
			if err := q.status(status, what, m.Subject == q.request); err != nil {
				return nil, err
			}
			continue
		}
		q.leftMessages--
		q.leftBytes -= m.Size()
		q.open = q.leftMessages > 0 && q.leftBytes > 0
		known, err := q.check(m)
		if err != nil {
			return nil, err
		}
		if !known {
			out = append(out, m)
		}
	}
	return out, nil
}

// keep tells the server that this hub still reads the partition. What is asked
// for is smaller than any message, so none comes.
func (q *puller) keep() error {
	open := q.request
	if err := q.ask(pullRequest{Batch: 1, MaxBytes: 1, Expires: pullWait}); err != nil {
		return err
	}
	q.request = open
	return nil
}

func (q *puller) ask(r pullRequest) error {
	q.n++
	q.asked = time.Now()
	r.Group, r.Pin = pinGroup, q.pin
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode pull request: %w", err)
	}
	q.request = q.inbox + "." + strconv.FormatUint(q.n, 10)
	subject := "$JS.API.CONSUMER.MSG.NEXT." + q.part.stream + "." + q.part.name
	if err := q.part.conn.PublishRequest(subject, q.request, body); err != nil {
		return fmt.Errorf("pull %s of %s: %w", q.part.name, q.part.stream, err)
	}
	return nil
}

// statusOf returns the status of a message that is none of the stream.
func statusOf(m *nats.Msg) (status, what string) {
	if len(m.Data) > 0 || m.Reply != "" {
		return "", ""
	}
	return m.Header.Get("Status"), m.Header.Get("Description")
}

// status takes note of a status. One of another request than the open one
// matters only when it tells that this hub is no longer pinned.
func (q *puller) status(status, what string, own bool) error {
	switch {
	case status == "423":
		return fmt.Errorf("pull %s of %s: %w", q.part.name, q.part.stream, errUnpinned)
	case status == "100" || !own:
		return nil
	case status == "404" || status == "408": // nothing (more) there
	case status == "409" && what == "Message Size Exceeds MaxBytes":
		if q.leftMessages == pullMessages { // not even one: larger than all that is asked for
			q.bytes = 0
		}
	default:
		return fmt.Errorf("pull %s of %s: status %s %s", q.part.name, q.part.stream, status, what)
	}
	q.open = false
	return nil
}

// check takes note of a message and reports whether it was taken before. The
// deliveries are numbered: none may be missing, or what was not seen would be
// taken for known later.
func (q *puller) check(m *nats.Msg) (known bool, err error) {
	if q.await {
		q.pin = m.Header.Get("Nats-Pin-Id")
		return true, nil
	}
	meta, err := m.Metadata()
	if err != nil {
		return false, fmt.Errorf("read place of a message: %w", err)
	}
	switch {
	case m.Header.Get("Nats-Pin-Id") != q.pin:
		return false, fmt.Errorf("pull %s of %s: %w", q.part.name, q.part.stream, errUnpinned)
	case meta.Sequence.Consumer != q.delivered+1:
		return false, fmt.Errorf("pull %s of %s: %w: delivery %d after %d", q.part.name, q.part.stream, errSkipped, meta.Sequence.Consumer, q.delivered)
	}
	q.delivered = meta.Sequence.Consumer
	if meta.NumDelivered > 1 && meta.Sequence.Stream <= q.last {
		return true, nil // with the handler since longer than ackWait
	}
	if meta.Sequence.Stream <= q.last {
		return false, fmt.Errorf("pull %s of %s: %w: message %d after %d", q.part.name, q.part.stream, errSkipped, meta.Sequence.Stream, q.last)
	}
	q.last = meta.Sequence.Stream
	return false, nil
}
