package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// pullRequest is the body of a request for the next messages.
type pullRequest struct {
	Batch    int  `json:"batch"`
	MaxBytes int  `json:"max_bytes,omitempty"`
	NoWait   bool `json:"no_wait"`
}

var errTooLarge = errors.New("message larger than a pull")

// fetch asks the edge for what it has, at most fetchBytes, without waiting for
// more. An error may come with messages that arrived before it. A single
// message above fetchBytes is asked for alone.
func (p *pull) fetch(ctx context.Context) ([]*nats.Msg, error) {
	batch, err := p.request(ctx, pullRequest{Batch: fetchMessages, MaxBytes: fetchBytes, NoWait: true})
	if len(batch) == 0 && errors.Is(err, errTooLarge) {
		return p.request(ctx, pullRequest{Batch: 1, NoWait: true})
	}
	if errors.Is(err, errTooLarge) { // the next one did not fit: as asked
		err = nil
	}
	return batch, err
}

func (p *pull) request(ctx context.Context, r pullRequest) ([]*nats.Msg, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode pull request: %w", err)
	}
	nc := p.site.conn
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("open inbox of %s: %w", p.site.id, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	subject := "$JS." + string(p.site.id) + ".API.CONSUMER.MSG.NEXT." + p.stream + "." + hubConsumer
	if err := nc.PublishRequest(subject, inbox, body); err != nil {
		return nil, fmt.Errorf("request %s of %s: %w", p.stream, p.site.id, err)
	}
	var batch []*nats.Msg
	// The server says nothing more once exactly the asked bytes are out.
	for left := r.MaxBytes; len(batch) < r.Batch && (left > 0 || r.MaxBytes == 0); {
		m, err := p.receive(ctx, sub)
		if err != nil {
			return batch, err
		}
		done, err := pullStatus(m)
		if done {
			if err != nil {
				err = fmt.Errorf("pull %s of %s: %w", p.stream, p.site.id, err)
			}
			return batch, err
		}
		batch = append(batch, m)
		left -= m.Size()
	}
	return batch, nil
}

func (p *pull) receive(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("pull %s of %s: %w after %v", p.stream, p.site.id, err, fetchPatience)
	}
	return m, nil
}

// pullStatus reports whether m ends the pull, and with which error.
func pullStatus(m *nats.Msg) (done bool, err error) {
	if len(m.Data) > 0 || m.Reply != "" {
		return false, nil
	}
	switch status := m.Header.Get("Status"); status {
	case "":
		return false, nil
	case "404", "408": // nothing (more) there
		return true, nil
	case "503":
		return true, ErrNotLinked
	case "409":
		if m.Header.Get("Description") == "Message Size Exceeds MaxBytes" {
			return true, errTooLarge
		}
		fallthrough
	default:
		return true, fmt.Errorf("status %s %s", status, m.Header.Get("Description"))
	}
}
