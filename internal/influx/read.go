package influx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query is one InfluxQL read, bounded in rows and time.
type Query struct {
	Database Database
	// Text is the statement. Values stand in it as $name and are given in
	// Params; only what InfluxQL does not let be a parameter (measurements,
	// field and tag keys, GROUP BY steps) is written into it, with [Ident].
	Text   string
	Params Params
	Limits Limits
}

// Params are the values of a query by name: string, bool, int, int64,
// float64 or time.Time. Parameters stand in the WHERE clause alone: InfluxDB 3
// takes them nowhere else.
type Params map[string]any

// Limits bound one read. What exceeds them fails with a [LimitError]: an
// answer is whole or it is none.
type Limits struct {
	// MaxRows is the most rows of all series together, that of
	// [DefaultLimits] when 0.
	MaxRows int
	// Timeout is the longest time from the question to the last row, that of
	// [DefaultLimits] when 0.
	Timeout time.Duration
}

// DefaultLimits hold where a query names none: ten meters' five-minute
// readings of two years, and a minute.
func DefaultLimits() Limits { return Limits{MaxRows: 2_000_000, Timeout: time.Minute} }

// chunkRows is how many rows InfluxDB sends at a time.
const chunkRows = 20_000

// LimitError tells that an answer would have been longer, or would have taken
// longer, than the query allowed.
type LimitError struct {
	Limits Limits
	// Rows is true when there were too many rows, false when it took too long.
	Rows bool
}

// Error implements error.
func (e *LimitError) Error() string {
	what := "it takes longer than allowed"
	if e.Rows {
		what = "the answer has more rows than allowed"
	}
	return fmt.Sprintf("%s (limits: %d rows, %s)", what, e.Limits.MaxRows, e.Limits.Timeout)
}

var (
	errTooManyRows = errors.New("too many rows")
	errTooLong     = errors.New("too long")
)

// Read runs a query and hands each table to each as it arrives. An error in
// any chunk fails it, and so does a stream that ends before its last chunk. It
// ends with ctx, the connection closed, so that InfluxDB stops working on it;
// a query that exceeds its limits ends with a [LimitError].
func (c *Client) Read(ctx context.Context, q Query, each func(*Table) error) error {
	limits, usual := q.Limits, DefaultLimits()
	if limits.MaxRows <= 0 {
		limits.MaxRows = usual.MaxRows
	}
	if limits.Timeout <= 0 {
		limits.Timeout = usual.Timeout
	}
	bounded, cancel := context.WithTimeoutCause(ctx, limits.Timeout, errTooLong)
	defer cancel()
	err := c.read(bounded, q, limits.MaxRows, each)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooManyRows):
		err = &LimitError{Limits: limits, Rows: true}
	case errors.Is(context.Cause(bounded), errTooLong) && ctx.Err() == nil:
		err = &LimitError{Limits: limits}
	}
	return fmt.Errorf("query %s at %s (%s): %w", q.Database, c.url, shorten(q.Text), err)
}

func (c *Client) read(ctx context.Context, q Query, maxRows int, each func(*Table) error) error {
	form := url.Values{
		"db": {string(q.Database)}, "q": {q.Text}, "epoch": {"ms"},
		"chunked": {"true"}, "chunk_size": {strconv.Itoa(min(chunkRows, maxRows+1))},
	}
	if len(q.Params) > 0 {
		params, err := q.Params.encode()
		if err != nil {
			return err
		}
		form.Set("params", params)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/query", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, herr := c.client.HTTPService().DoHTTPRequestWithResponse(req, nil)
	if herr != nil {
		return classify(herr)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is left to do about it.
	if resp.StatusCode >= http.StatusBadRequest {
		return statusError(resp)
	}
	return readChunks(resp.Body, maxRows, each)
}

// encode writes the parameters as the JSON object of the form value params.
// InfluxDB takes a number without a point for an integer and any other for a
// float; an instant is an integer of nanoseconds.
func (p Params) encode() (string, error) {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []byte
	for _, name := range names {
		key, err := json.Marshal(name)
		if err != nil {
			return "", fmt.Errorf("parameter %q: %w", name, err)
		}
		value, err := encodeParam(p[name])
		if err != nil {
			return "", fmt.Errorf("parameter $%s: %w", name, err)
		}
		out = append(append(append(append(out, ','), key...), ':'), value...)
	}
	out[0] = '{'
	return string(append(out, '}')), nil
}

func encodeParam(v any) ([]byte, error) {
	switch v := v.(type) {
	case string, bool:
		return json.Marshal(v)
	case int:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case time.Time:
		return strconv.AppendInt(nil, v.UnixNano(), 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a number", v)
		}
		out := strconv.AppendFloat(nil, v, 'f', -1, 64)
		if !slices.Contains(out, '.') {
			out = append(out, ".0"...)
		}
		return out, nil
	}
	return nil, fmt.Errorf("a %T cannot be one", v)
}
