package influx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Table is a part of one series in a result. The first column is time, in
// Unix milliseconds. A long series arrives in several tables.
type Table struct {
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags"`
	Columns []string          `json:"columns"`
	Values  [][]any           `json:"values"`
}

// Time returns the instant of row i.
func (t *Table) Time(i int) time.Time {
	ms, _ := t.Values[i][0].(json.Number).Int64()
	return time.UnixMilli(ms).UTC()
}

// Float returns column j of row i as a number (a boolean as 0 or 1); ok is
// false where the value is absent.
func (t *Table) Float(i, j int) (f float64, ok bool) {
	switch v := t.Values[i][j].(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// Text returns column j of row i as text, "" where absent.
func (t *Table) Text(i, j int) string {
	s, _ := t.Values[i][j].(string)
	return s
}

// Column returns the index of a column, -1 when there is none.
func (t *Table) Column(name string) int {
	for i, c := range t.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

type chunk struct {
	Results []struct {
		Series  []Table `json:"series"`
		Error   string  `json:"error"`
		Partial bool    `json:"partial"`
	} `json:"results"`
	Error string `json:"error"`
}

// Query runs one InfluxQL statement and hands each table to each as it
// arrives. An error in any chunk fails the query, and so does a stream that
// ends before its last chunk.
func (c *Client) Query(ctx context.Context, db Database, q string, each func(*Table) error) error {
	if err := c.query(ctx, db, q, each); err != nil {
		return fmt.Errorf("query %s at %s (%s): %w", db, c.url, shorten(q), err)
	}
	return nil
}

func (c *Client) query(ctx context.Context, db Database, q string, each func(*Table) error) error {
	form := url.Values{"db": {string(db)}, "q": {q}, "epoch": {"ms"}, "chunked": {"true"}, "chunk_size": {"20000"}}
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
	return readChunks(resp.Body, each)
}

func readChunks(r io.Reader, each func(*Table) error) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	partial := false
	for {
		var ch chunk
		if err := dec.Decode(&ch); err != nil {
			if errors.Is(err, io.EOF) && !partial {
				return nil
			}
			return fmt.Errorf("answer cut short: %w", err)
		}
		if ch.Error != "" {
			return errors.New(ch.Error)
		}
		for i := range ch.Results {
			res := &ch.Results[i]
			if res.Error != "" {
				return errors.New(res.Error)
			}
			partial = res.Partial
			for j := range res.Series {
				if err := each(&res.Series[j]); err != nil {
					return err
				}
			}
		}
	}
}

func statusError(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	var ch chunk
	text := strings.TrimSpace(string(body))
	if json.Unmarshal(body, &ch) == nil && ch.Error != "" {
		text = ch.Error
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("%w with status %d: %s", ErrRefused, resp.StatusCode, text)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return &UnavailableError{Err: fmt.Errorf("status %d: %s", resp.StatusCode, text)}
	}
	return fmt.Errorf("status %d: %s", resp.StatusCode, text)
}

func shorten(q string) string {
	if len(q) > 160 {
		return q[:160] + "…"
	}
	return q
}

// Quote returns s as an InfluxQL string literal.
func Quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// Ident returns s as an InfluxQL identifier.
func Ident(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
