package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	ihttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	ilog "github.com/influxdata/influxdb-client-go/v2/log"
)

// Options say where InfluxDB is.
type Options struct {
	// URL, for example http://127.0.0.1:8086.
	URL string
	// Token, or "user:password" on 1.8.
	Token string
	// Org is the organisation on 2.x, ignored by 1.8.
	Org string
	// Timeout of one write or question about the server, 20 s when 0; reads
	// have [Limits] of their own.
	Timeout time.Duration
}

// Client writes and reads one InfluxDB. It may be used by several goroutines.
type Client struct {
	client  influxdb2.Client
	org     string
	url     string
	timeout time.Duration
	remarks atomic.Pointer[[]Remark]
	http    *http.Client
}

// ErrRefused tells that InfluxDB refused the request as such (401, 403, 404:
// token, rights or database): the lines are kept and someone must act.
var ErrRefused = errors.New("refused")

// RejectedError tells that InfluxDB will never accept at least one line of the
// request (400, 413, 422).
type RejectedError struct {
	Status int
	Reason string
}

// Error implements error.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("rejected with status %d: %s", e.Status, e.Reason)
}

// UnavailableError tells that InfluxDB could not take the request now.
type UnavailableError struct {
	// RetryAfter is what the server asked for, 0 when it did not.
	RetryAfter time.Duration
	Err        error
}

// Error implements error.
func (e *UnavailableError) Error() string { return "unavailable: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Open prepares a client; it does not connect.
func Open(o Options) (*Client, error) {
	if o.URL == "" {
		return nil, errors.New("open influxdb: no url")
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	opts := influxdb2.DefaultOptions().
		SetUseGZip(false). // the transport does, where it is of use
		SetPrecision(time.Millisecond).
		SetHTTPRequestTimeout(0). // every request has a deadline of its own
		SetLogLevel(ilog.ErrorLevel)
	client := &http.Client{Transport: newTransport(o.URL)}
	opts.HTTPOptions().SetApplicationName("gtc").SetHTTPClient(client)
	silence()
	return &Client{
		client: influxdb2.NewClientWithOptions(o.URL, o.Token, opts), org: o.Org,
		url: strings.TrimRight(o.URL, "/"), timeout: o.Timeout, http: client,
	}, nil
}

// silence takes the library's logger away, which is a variable of the process:
// its errors are returned too.
var silence = sync.OnceFunc(func() { ilog.Log = nil }) //nolint:gochecknoglobals // so is the logger.

// Close releases the connections.
func (c *Client) Close() {
	c.client.Close()
	c.http.CloseIdleConnections()
}

// URL returns the address of the database.
func (c *Client) URL() string { return c.url }

// Ping reports whether InfluxDB answers.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Server(ctx)
	return err
}

// Write stores lines (millisecond stamps) in one blocking request. It returns
// nil when InfluxDB took all of them, a *RejectedError when it will never take
// at least one, an error matching ErrRefused when the request as such is
// refused, and an *UnavailableError otherwise.
func (c *Client) Write(ctx context.Context, db Database, lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.client.WriteAPIBlocking(c.org, string(db)).WriteRecord(ctx, string(lines))
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %d bytes to %s at %s: %w", len(lines), db, c.url, classify(err))
}

func classify(err error) error {
	var he *ihttp.Error
	if !errors.As(err, &he) {
		return &UnavailableError{Err: err}
	}
	switch he.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		reason := he.Message
		if reason == "" {
			reason = he.Error()
		}
		return &RejectedError{Status: he.StatusCode, Reason: reason}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("%w with status %d: %w", ErrRefused, he.StatusCode, he)
	}
	return &UnavailableError{RetryAfter: retryAfter(he.Header, time.Now()), Err: he}
}
