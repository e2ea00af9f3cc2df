package influx

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// transport sends requests. Writes to another machine it compresses: quickly
// rather than well, as the lines of one site look alike anyway. It believes
// that a write was taken only if InfluxDB answered 204: a proxy that answers
// 200 with a page of its own stored nothing.
type transport struct {
	next     http.RoundTripper
	compress bool
	writers  sync.Pool // of *gzip.Writer
}

// newTransport returns the transport to an InfluxDB at a URL.
func newTransport(rawURL string) *transport {
	return &transport{
		next: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns:        100,
			MaxIdleConnsPerHost: 100,
			IdleConnTimeout:     90 * time.Second,
		},
		compress: !loopback(rawURL),
	}
}

// loopback reports whether a URL is on this machine, where compressing costs
// more than it saves.
func loopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/write") {
		return t.next.RoundTrip(req)
	}
	if t.compress && req.Body != nil && req.Header.Get("Content-Encoding") == "" {
		var err error
		if req, err = t.compressed(req); err != nil {
			return nil, fmt.Errorf("compress lines: %w", err)
		}
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices && resp.StatusCode != http.StatusNoContent {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("answer %s to a write, where InfluxDB answers 204", resp.Status)
	}
	return resp, nil
}

// CloseIdleConnections ends the connections that nobody uses.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// compressed returns the request with its body compressed; a transport must
// not change the one it was given.
func (t *transport) compressed(req *http.Request) (*http.Request, error) {
	defer req.Body.Close() //nolint:errcheck // it was read
	var body bytes.Buffer
	z, _ := t.writers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level exists
	}
	defer t.writers.Put(z)
	z.Reset(&body)
	if _, err := io.Copy(z, req.Body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	out := req.Clone(req.Context())
	data := body.Bytes()
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	out.Header.Set("Content-Encoding", "gzip")
	return out, nil
}

// retryAfter is what an answer asks for, in seconds or as a date (RFC 9110,
// 10.2.3), 0 when nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	v := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
