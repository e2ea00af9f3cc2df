package channel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// Subscription is a browser that a person allowed to be told.
type Subscription = webpush.Subscription

// PushKeys is the pair of keys (VAPID, RFC 8292) with which the hub shows who
// it is; browsers remember the public one.
type PushKeys struct {
	Public  string `json:"public"`
	Private string `json:"private"`
}

// NewPushKeys makes a pair.
func NewPushKeys() (PushKeys, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		return PushKeys{}, fmt.Errorf("make push keys: %w", err)
	}
	return PushKeys{Public: public, Private: private}, nil
}

// Push tells the browsers of a person.
type Push struct {
	keys    PushKeys
	contact string
	client  *http.Client
	// browsers gives the subscriptions of a person; gone takes one back that
	// the browser ended.
	browsers func(ctx context.Context, person string) ([]Subscription, error)
	gone     func(ctx context.Context, person, endpoint string) error
}

// PushStore keeps the browsers of people.
type PushStore interface {
	Browsers(ctx context.Context, person string) ([]Subscription, error)
	Gone(ctx context.Context, person, endpoint string) error
}

// NewPush returns a sender. Contact is an address (mailto: or https:) at which
// a push service can reach whoever runs the hub.
func NewPush(keys PushKeys, contact string, store PushStore) *Push {
	return &Push{keys: keys, contact: contact, client: &http.Client{Timeout: 20 * time.Second}, browsers: store.Browsers, gone: store.Gone}
}

// pushLife is how long a push service keeps a message for a browser that is
// not there: what is older is on the screen.
const pushLife = time.Hour

// Send tells every browser of the person; one that takes it is enough.
func (p *Push) Send(ctx context.Context, m notify.Message, t Text) error {
	subs, err := p.browsers(ctx, m.To.ID)
	if err != nil {
		return fmt.Errorf("push to %s: %w", m.To.ID, err)
	}
	if len(subs) == 0 {
		return refused(fmt.Errorf("push to %s: no browser", m.To.ID))
	}
	body, err := json.Marshal(map[string]any{"title": t.Subject, "body": t.Short, "link": t.Link, "tag": m.ID, "priority": m.Priority()})
	if err != nil {
		return refused(fmt.Errorf("write push: %w", err))
	}
	var last error
	taken := false
	for i := range subs {
		if err := p.one(ctx, m, &subs[i], body); err != nil {
			last = err
			continue
		}
		taken = true
	}
	if taken {
		return nil
	}
	return fmt.Errorf("push to %s: %w", m.To.ID, last)
}

func (p *Push) one(ctx context.Context, m notify.Message, s *Subscription, body []byte) error {
	urgency := webpush.UrgencyNormal
	if m.Priority() <= gtc.PriorityHigh {
		urgency = webpush.UrgencyHigh
	}
	resp, err := webpush.SendNotificationWithContext(ctx, body, s, &webpush.Options{
		HTTPClient: p.client, Subscriber: p.contact, TTL: int(pushLife / time.Second), Urgency: urgency,
		VAPIDPublicKey: p.keys.Public, VAPIDPrivateKey: p.keys.Private,
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // the answer has no body
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		if err := p.gone(ctx, m.To.ID, s.Endpoint); err != nil {
			return err
		}
		return refused(fmt.Errorf("browser has ended its subscription"))
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
