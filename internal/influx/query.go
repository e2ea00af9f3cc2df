package influx

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// Query runs one InfluxQL statement with [DefaultLimits] and hands each table
// to each as it arrives. It is [Client.Read] without parameters.
func (c *Client) Query(ctx context.Context, db Database, q string, each func(*Table) error) error {
	return c.Read(ctx, Query{Database: db, Text: q}, each)
}

// readChunks hands over the tables of an answer, at most maxRows rows.
func readChunks(r io.Reader, maxRows int, each func(*Table) error) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	partial := false
	rows := 0
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
				if rows += len(res.Series[j].Values); rows > maxRows {
					return errTooManyRows
				}
				if err := each(&res.Series[j]); err != nil {
					return err
				}
			}
		}
	}
}

// statusCodeError is an answer that says no.
type statusCodeError struct {
	status int
	text   string
}

// Error implements error.
func (e *statusCodeError) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.text) }

// statusError classifies an answer that says no: ErrRefused, an
// *UnavailableError, or neither.
func statusError(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	var says struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	e := &statusCodeError{resp.StatusCode, strings.TrimSpace(string(body))}
	if json.Unmarshal(body, &says) == nil {
		e.text = cmp.Or(says.Error, says.Message, e.text)
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("%w with %w", ErrRefused, e)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return &UnavailableError{Err: e}
	}
	return e
}

func shorten(q string) string {
	if len(q) > 160 {
		return q[:160] + "…"
	}
	return q
}

// Quote returns s as an InfluxQL string literal. Prefer a parameter of [Query]
// where one is allowed. A text with a NUL or a carriage return cannot be
// written in InfluxQL: the statement then fails or asks for another text, but
// the text stays a text.
func Quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

// Ident returns s as an InfluxQL identifier: a measurement, field or tag key,
// which cannot be parameters.
func Ident(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
