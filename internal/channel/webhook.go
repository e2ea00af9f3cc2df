package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// The headers of a webhook.
const (
	// HeaderID is the message's id: the same when it is sent again.
	HeaderID = "Gtc-Id"
	// HeaderTime is when it was signed, in Unix seconds.
	HeaderTime = "Gtc-Time"
	// HeaderSignature is "v1=" and the hex HMAC-SHA256, with the shared secret,
	// of the time, a dot and the body.
	HeaderSignature = "Gtc-Signature"
)

// Webhook posts messages to a program.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
	now    func() time.Time
}

// NewWebhook returns a sender. The secret has at least 16 bytes; now gives the
// time of the signature.
func NewWebhook(to string, secret []byte, now func() time.Time) (*Webhook, error) {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("webhook %q: not an address", to)
	}
	if u.Scheme != "https" && !local(u.Hostname()) {
		return nil, fmt.Errorf("webhook %q: not https", to)
	}
	if len(secret) < 16 {
		return nil, fmt.Errorf("webhook %q: secret shorter than 16 bytes", to)
	}
	return &Webhook{url: to, secret: secret, client: &http.Client{Timeout: 20 * time.Second}, now: now}, nil
}

// Send posts one message as JSON.
func (w *Webhook) Send(ctx context.Context, m notify.Message, t Text) error {
	body, err := json.Marshal(struct {
		notify.Message
		Text string `json:"text"`
	}{m, t.Subject})
	if err != nil {
		return refused(fmt.Errorf("write webhook %s: %w", m.Webhook, err))
	}
	at := strconv.FormatInt(w.now().Unix(), 10)
	err = post(ctx, w.client, w.url, body, map[string]string{
		"Content-Type": "application/json", HeaderID: m.ID, HeaderTime: at, HeaderSignature: Sign(w.secret, at, body),
	})
	if err != nil {
		return fmt.Errorf("post webhook %s: %w", m.Webhook, err)
	}
	return nil
}

// Check asks whether somebody answers at the address.
func (w *Webhook) Check(ctx context.Context) error {
	return reach(ctx, w.client, w.url, nil)
}

// Sign returns the signature of a body posted at a time, for whoever checks.
func Sign(secret []byte, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
