package backup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	// window is how much time one query of an export covers.
	window = 365 * 24 * time.Hour
	// loadLines is how many lines one write of a restore holds.
	loadLines = 5000
	// maxLine is the longest line that is read back.
	maxLine = 1 << 20
)

// exportLimits bound one window of one measurement: a hundred sites' meters by
// the hour.
func exportLimits() influx.Limits {
	return influx.Limits{MaxRows: 50_000_000, Timeout: time.Hour}
}

// exporter writes a database as line protocol.
type exporter struct {
	client *influx.Client
	db     influx.Database
	out    *bufio.Writer
	// lines counts by measurement; altered the texts whose line ends became
	// spaces.
	lines   map[string]int
	altered int
	tell    func(lines int)
	total   int
}

// exportLines writes all of a database, in order of measurement and time.
func exportLines(ctx context.Context, client *influx.Client, db influx.Database, w io.Writer, tell func(lines int)) (*exporter, error) {
	e := &exporter{client: client, db: db, out: bufio.NewWriterSize(w, 1<<18), lines: map[string]int{}, tell: tell}
	names, err := e.column(ctx, "SHOW MEASUREMENTS", 0)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		if err := e.measurement(ctx, name); err != nil {
			return nil, err
		}
	}
	return e, e.out.Flush()
}

// column returns a column of texts.
func (e *exporter) column(ctx context.Context, q string, col int) ([]string, error) {
	var out []string
	err := e.client.Query(ctx, e.db, q, func(t *influx.Table) error {
		for i := range t.Values {
			out = append(out, t.Text(i, col))
		}
		return nil
	})
	return out, err
}

func (e *exporter) measurement(ctx context.Context, name string) error {
	types := map[string]string{}
	err := e.client.Query(ctx, e.db, "SHOW FIELD KEYS FROM "+influx.Ident(name), func(t *influx.Table) error {
		for i := range t.Values {
			types[t.Text(i, 0)] = t.Text(i, 1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	first, last, err := e.span(ctx, name)
	if err != nil || first.IsZero() {
		return err
	}
	for from := first; !from.After(last); from = from.Add(window) {
		err := e.client.Read(ctx, influx.Query{
			Database: e.db,
			Text:     "SELECT * FROM " + influx.Ident(name) + " WHERE time >= $from AND time < $to GROUP BY *",
			Params:   influx.Params{"from": from, "to": from.Add(window)},
			Limits:   exportLimits(),
		}, func(t *influx.Table) error { return e.table(name, t, types) })
		if err != nil {
			return err
		}
	}
	return nil
}

// span returns the first and the last instant of a measurement.
func (e *exporter) span(ctx context.Context, name string) (first, last time.Time, err error) {
	for order, at := range map[string]*time.Time{"ASC": &first, "DESC": &last} {
		q := "SELECT * FROM " + influx.Ident(name) + " ORDER BY time " + order + " LIMIT 1"
		err := e.client.Query(ctx, e.db, q, func(t *influx.Table) error {
			if len(t.Values) > 0 {
				*at = t.Time(0)
			}
			return nil
		})
		if err != nil {
			return first, last, err
		}
	}
	return first, last, nil
}

// table writes the rows of one series.
func (e *exporter) table(name string, t *influx.Table, types map[string]string) error {
	tags := slices.Sorted(maps.Keys(t.Tags))
	for i, row := range t.Values {
		l := influx.NewLine(name)
		for _, k := range tags {
			l.Tag(k, t.Tags[k])
		}
		n := 0
		for j, v := range row[1:] {
			if v == nil {
				continue
			}
			if err := e.field(l, t.Columns[j+1], types[t.Columns[j+1]], v); err != nil {
				return fmt.Errorf("export %s: %w", name, err)
			}
			n++
		}
		if n == 0 {
			continue
		}
		line := l.At(t.Time(i)).Append(nil)
		if err := l.Err(); err != nil {
			return fmt.Errorf("export %s at %s: %w", name, t.Time(i), err)
		}
		if _, err := e.out.Write(line); err != nil {
			return fmt.Errorf("export %s: %w", name, err)
		}
		e.lines[name]++
		if e.total++; e.total%loadLines == 0 {
			e.tell(e.total)
		}
	}
	return nil
}

func (e *exporter) field(l *influx.Line, key, kind string, v any) error {
	switch v := v.(type) {
	case bool:
		l.Bool(key, v)
	case string:
		flat := strings.NewReplacer("\r", " ", "\n", " ").Replace(v)
		if flat != v {
			e.altered++
		}
		l.Str(key, flat)
	case json.Number:
		if kind == "integer" {
			n, err := v.Int64()
			if err != nil {
				return err
			}
			l.Int(key, n)
			return nil
		}
		f, err := v.Float64()
		if err != nil {
			return err
		}
		l.Float(key, f)
	default:
		return fmt.Errorf("field %s: a %T", key, v)
	}
	return nil
}

// importLines writes lines back into a database.
func importLines(ctx context.Context, client *influx.Client, db influx.Database, r io.Reader, tell func(lines int)) (int, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 1<<16), maxLine)
	var buf bytes.Buffer
	total := 0
	flush := func() error {
		if buf.Len() == 0 {
			return nil
		}
		err := client.Write(ctx, db, buf.Bytes())
		buf.Reset()
		tell(total)
		return err
	}
	for in.Scan() {
		buf.Write(in.Bytes())
		buf.WriteByte('\n')
		if total++; total%loadLines == 0 {
			if err := flush(); err != nil {
				return total, err
			}
		}
	}
	return total, errors.Join(in.Err(), flush())
}
