package hubapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// silentAfter is the silence after which a stream is given up: the hub says
	// something every 15 seconds.
	silentAfter = 60 * time.Second
	// mostLine is the longest line of a stream, in bytes.
	mostLine = 4 << 20
)

var errSilent = errors.New("the hub's stream has gone silent")

// Listen hands the changes that q asks for to each until ctx ends or the
// stream breaks; opened is called when the hub answers. It always returns an
// error: ctx's own, an [*Error], or what each returned.
func (c *Client) Listen(ctx context.Context, q url.Values, opened func(), each func(Change) error) error {
	own, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := c.request(own, "/api/v1/events", q)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	// A stream has no end: only its silence is bounded.
	streaming := &http.Client{Transport: c.o.HTTP.Transport}
	silence := time.AfterFunc(silentAfter, func() { cancel(errSilent) })
	defer silence.Stop()
	resp, err := streaming.Do(req)
	if err != nil {
		return c.broken(ctx, own, err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to do about it.
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
		return c.refused(resp, body)
	}
	opened()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 1<<16), mostLine)
	event := ""
	for lines.Scan() {
		silence.Reset(silentAfter)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "event":
			event = value
		case name == "data" && event == "change":
			var ch Change
			if err := json.Unmarshal([]byte(value), &ch); err != nil {
				return &Error{Status: http.StatusBadGateway, Why: NoHub, Address: c.Address(), Err: err}
			}
			if err := each(ch); err != nil {
				return err
			}
		}
	}
	err = lines.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return c.broken(ctx, own, err)
}

// broken says why a stream ended.
func (c *Client) broken(ctx, own context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cause := context.Cause(own); cause != nil {
		err = cause
	}
	return c.away(err)
}
