package hubapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// mostBody is the longest answer that is read, in bytes.
	mostBody = 64 << 20
	// mostKept is how many answers are kept.
	mostKept = 512
)

// Options say which hub to ask and how.
type Options struct {
	// URL is the address of the hub's console.
	URL string
	// Token is the service token, "" where anybody may read.
	Token string
	// Language is that of the hub's error texts: fr, nl or en.
	Language string
	// HTTP makes the requests.
	HTTP *http.Client
	// Timeout bounds one question.
	Timeout time.Duration
	// Keep is how long an answer is given again, 0 for never.
	Keep time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Client asks one hub. It may be used by several goroutines.
type Client struct {
	o      Options
	base   *url.URL
	flight singleflight.Group
	mu     sync.Mutex
	kept   map[string]kept
	asked  uint64
}

// kept is an answer, decoded; nobody changes it.
type kept struct {
	value any
	until time.Time
}

// ErrAddress says that there is no usable address of a hub.
var ErrAddress = errors.New("the hub's address is missing or not http(s)://host")

// New prepares a client; it asks nothing yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, errors.Join(ErrAddress, err)
	}
	base.RawQuery, base.Fragment, base.User = "", "", nil
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o: o, base: base, kept: map[string]kept{}}, nil
}

// Asked is how many questions went to the hub.
func (c *Client) Asked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// Address is the hub's address, without secrets.
func (c *Client) Address() string { return c.base.String() }

// Close ends idle connections.
func (c *Client) Close() { c.o.HTTP.CloseIdleConnections() }

// Get returns the answer of a path as a T, kept or fresh. The answer is shared:
// the caller must not change it. The error is an [*Error].
func Get[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	return GetFor[T](ctx, c, path, q, c.o.Keep)
}

// GetFor is [Get] for an answer that is kept for another time; with 0 nothing
// that was kept is believed either.
func GetFor[T any](ctx context.Context, c *Client, path string, q url.Values, keep time.Duration) (T, error) {
	var zero T
	key := path + "?" + q.Encode()
	if v, ok := c.known(key); ok && keep > 0 {
		if t, ok := v.(T); ok {
			return t, nil
		}
	}
	// Whoever waits may leave; the question goes on for the others.
	done := c.flight.DoChan(key, func() (any, error) {
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.Timeout)
		defer cancel()
		var v T
		if err := c.fetch(own, path, q, &v); err != nil {
			return nil, err
		}
		c.keep(key, v, keep)
		return v, nil
	})
	select {
	case <-ctx.Done():
		return zero, c.away(ctx.Err())
	case r := <-done:
		if r.Err != nil {
			return zero, r.Err
		}
		if v, ok := r.Val.(T); ok {
			return v, nil
		}
		return zero, fmt.Errorf("answer of %s is a %T", path, r.Val)
	}
}

func (c *Client) known(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok || !c.o.Now().Before(k.until) {
		return nil, false
	}
	return k.value, true
}

func (c *Client) keep(key string, v any, keep time.Duration) {
	if keep <= 0 {
		return
	}
	now := c.o.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= mostKept {
		for k, old := range c.kept {
			if !now.Before(old.until) {
				delete(c.kept, k)
			}
		}
	}
	if len(c.kept) >= mostKept {
		clear(c.kept)
	}
	c.kept[key] = kept{v, now.Add(keep)}
}

func (c *Client) request(ctx context.Context, path string, q url.Values) (*http.Request, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Language", c.o.Language)
	if c.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Token)
	}
	return req, nil
}

// fetch asks the hub once.
func (c *Client) fetch(ctx context.Context, path string, q url.Values, into any) error {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	req, err := c.request(ctx, path, q)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.o.HTTP.Do(req)
	if err != nil {
		return c.away(err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to do about it.
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody+1))
	if err != nil {
		return c.away(err)
	}
	if resp.StatusCode != http.StatusOK {
		return c.refused(resp, body)
	}
	if len(body) > mostBody {
		return &Error{Status: http.StatusBadGateway, Why: TooLong, Address: c.Address(), Err: errors.New("answer too long")}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Status: http.StatusBadGateway, Why: NoHub, Address: c.Address(), Err: fmt.Errorf("read answer of %s: %w", path, err)}
	}
	return nil
}
