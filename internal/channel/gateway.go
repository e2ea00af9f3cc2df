package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// GatewayOptions describe an SMS provider's HTTP interface.
type GatewayOptions struct {
	// URL takes a POST.
	URL string
	// Form sends an HTML form; otherwise JSON.
	Form bool
	// Fields are the names the provider gives to what it gets; a value is a
	// text in which $to, $text and $id are replaced.
	Fields map[string]string
	// Header are added, for example Authorization.
	Header map[string]string
	// CheckURL is asked (GET) to see whether the provider would take an SMS, ""
	// to ask URL itself (HEAD).
	CheckURL string
	// Timeout bounds one request; 0 means 20 s.
	Timeout time.Duration
}

// Gateway sends SMS through a provider.
type Gateway struct {
	o      GatewayOptions
	client *http.Client
}

// NewGateway returns a sender; the provider is not asked yet.
func NewGateway(o GatewayOptions) (*Gateway, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("SMS gateway %q: not an address", o.URL)
	}
	if u.Scheme != "https" && !local(u.Hostname()) {
		return nil, fmt.Errorf("SMS gateway %q: not https", o.URL)
	}
	var to, text bool
	for _, v := range o.Fields {
		to, text = to || strings.Contains(v, "$to"), text || strings.Contains(v, "$text")
	}
	if !to || !text {
		return nil, fmt.Errorf("SMS gateway %q: fields do not carry $to and $text", o.URL)
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	return &Gateway{o: o, client: &http.Client{Timeout: o.Timeout}}, nil
}

// Send hands one SMS to the provider. A 4xx answer other than 408 and 429 is
// final.
func (g *Gateway) Send(ctx context.Context, m notify.Message, t Text) error {
	body, kind, err := g.body(m, t)
	if err != nil {
		return refused(fmt.Errorf("write SMS to %s: %w", m.To.ID, err))
	}
	header := map[string]string{"Content-Type": kind}
	maps.Copy(header, g.o.Header)
	if err := post(ctx, g.client, g.o.URL, body, header); err != nil {
		return fmt.Errorf("send SMS to %s: %w", m.To.ID, err)
	}
	return nil
}

// Check asks the provider without sending anything. Where there is a CheckURL
// its answer must be 2xx. Otherwise any answer will do that is not a failure of
// the server: the address takes POST only.
func (g *Gateway) Check(ctx context.Context) error {
	if g.o.CheckURL == "" {
		return reach(ctx, g.client, g.o.URL, g.o.Header)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.o.CheckURL, http.NoBody)
	if err != nil {
		return fmt.Errorf("check SMS gateway: %w", err)
	}
	for k, v := range g.o.Header {
		req.Header.Set(k, v)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return fmt.Errorf("check SMS gateway: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to read
	if resp.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		return fmt.Errorf("check SMS gateway: status %d: %s", resp.StatusCode, strings.TrimSpace(string(said)))
	}
	return nil
}

// reach asks whether somebody answers at an address that takes POST.
func reach(ctx context.Context, client *http.Client, to string, header map[string]string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, to, http.NoBody)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // HEAD has no body
	switch s := resp.StatusCode; {
	case s >= 500, s == http.StatusUnauthorized, s == http.StatusForbidden:
		return fmt.Errorf("check %s: status %d", req.URL.Host, s)
	}
	return nil
}

func (g *Gateway) body(m notify.Message, t Text) (body []byte, kind string, err error) {
	fill := strings.NewReplacer("$to", m.To.Phone, "$text", t.Short, "$id", m.ID)
	fields := map[string]string{}
	for k, v := range g.o.Fields {
		fields[k] = fill.Replace(v)
	}
	if g.o.Form {
		form := url.Values{}
		for k, v := range fields {
			form.Set(k, v)
		}
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	}
	body, err = json.Marshal(fields)
	return body, "application/json", err
}

// post sends and looks at the answer's status.
func post(ctx context.Context, client *http.Client, to string, body []byte, header map[string]string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return refused(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to read
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
	switch s := resp.StatusCode; {
	case s < 300:
		return nil
	case s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s >= 500:
		return fmt.Errorf("status %d: %s", s, strings.TrimSpace(string(said)))
	default:
		return refused(fmt.Errorf("status %d: %s", s, strings.TrimSpace(string(said))))
	}
}
