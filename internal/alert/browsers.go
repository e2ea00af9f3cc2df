package alert

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/internal/channel"
)

// errSubscription says that a browser gave no usable subscription.
var errSubscription = errors.New("not a push subscription")

// mostBrowsers is how many browsers one person may have.
const mostBrowsers = 10

// Browsers keeps the browsers in which people allowed to be told. It may be
// used by several goroutines.
type Browsers struct {
	kv   jetstream.KeyValue
	keys channel.PushKeys
}

var _ channel.PushStore = (*Browsers)(nil)

// Browsers returns the browsers of people to be told.
func (s *Service) Browsers() *Browsers { return s.browsers }

// PublicKey is what browsers know the hub by (VAPID).
func (b *Browsers) PublicKey() string { return b.keys.Public }

func browserKey(person, endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return keyPush + person + "/" + hex.EncodeToString(sum[:12])
}

// Browsers returns the subscriptions of a person.
func (b *Browsers) Browsers(ctx context.Context, person string) ([]channel.Subscription, error) {
	var out []channel.Subscription
	err := each(ctx, b.kv, keyPush+person+"/", func(s channel.Subscription) { out = append(out, s) })
	return out, err
}

// Gone forgets a browser that ended its subscription.
func (b *Browsers) Gone(ctx context.Context, person, endpoint string) error {
	if err := b.kv.Delete(ctx, browserKey(person, endpoint)); err != nil {
		return fmt.Errorf("forget browser of %s: %w", person, err)
	}
	return nil
}

// Subscribe keeps a browser of a person: the JSON of a PushSubscription.
func (b *Browsers) Subscribe(ctx context.Context, person string, subscription []byte) error {
	var s channel.Subscription
	if err := json.Unmarshal(subscription, &s); err != nil {
		return fmt.Errorf("keep browser of %s: %w: %w", person, errSubscription, err)
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || s.Keys.Auth == "" || s.Keys.P256dh == "" {
		return fmt.Errorf("keep browser of %s: %w", person, errSubscription)
	}
	have, err := b.Browsers(ctx, person)
	if err != nil {
		return err
	}
	if len(have) >= mostBrowsers {
		return fmt.Errorf("keep browser of %s: there are %d already", person, len(have))
	}
	if err := putJSON(ctx, b.kv, browserKey(person, s.Endpoint), s); err != nil {
		return fmt.Errorf("keep browser of %s: %w", person, err)
	}
	return nil
}

// Unsubscribe forgets a browser.
func (b *Browsers) Unsubscribe(ctx context.Context, person, endpoint string) error {
	return b.Gone(ctx, person, endpoint)
}

// check is the daily test of web push: whether the browsers can be read. No
// push service says anything about a browser without sending to it.
func (b *Browsers) check(ctx context.Context) error {
	return each(ctx, b.kv, keyPush, func(json.RawMessage) {})
}
