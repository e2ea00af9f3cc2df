package weather

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxGap is the longest gap between two rows of a recorded file that is
// bridged without a word.
const MaxGap = 6 * time.Hour

// ErrGap marks a recorded file with a gap longer than [MaxGap].
var ErrGap = errors.New("gap")

// Recorded is weather read from a file: between its rows everything goes
// evenly. Before the first and after the last row it gives the same instant of
// a year that the file has.
type Recorded struct {
	rows []row
	gaps []Gap
}

type row struct {
	at int64 // Unix seconds
	Conditions
}

// Gap is a span without rows.
type Gap struct {
	// From is the last row before it, To the first after it; Line (from 1) is
	// that of To.
	From, To time.Time
	Line     int
}

// ReadOptions say how a recorded file is read.
type ReadOptions struct {
	// File is the name used in errors.
	File string
	// AllowGaps bridges gaps longer than [MaxGap] too; [Recorded.Gaps] names
	// them. Without it they are an [ErrGap].
	AllowGaps bool
}

// A RowError says where a recorded file cannot be read. Column is empty when
// it is the row itself.
type RowError struct {
	File   string
	Line   int
	Column string
	Err    error
}

// Error returns file:line: column: what is wrong.
func (e *RowError) Error() string {
	at := fmt.Sprintf("%s:%d: ", e.File, e.Line)
	if e.Column != "" {
		at += "column " + e.Column + ": "
	}
	return at + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *RowError) Unwrap() error { return e.Err }

// The columns of a recorded file. The first two must be there; without the
// others the humidity is 80 %, the sun that of a half-clouded sky and the wind
// 3.5 m/s.
const (
	columnTime     = "datetime" // UTC, 2006-01-02 15:04:05 or RFC 3339
	columnTemp     = "tempC"    // °C, −60 to 60
	columnHumidity = "rh"       // %, 0 to 100
	columnSun      = "irad"     // W/m² on the horizontal, 0 to 1500
	columnWind     = "wind_ms"  // m/s, 0 to 60
)

// ReadHourly reads hourly (or denser) weather: CSV with a header, plain or
// gzip, oldest row first. An empty number is one that is missing: it is
// bridged like a missing row. Errors are *[RowError], several joined.
func ReadHourly(r io.Reader, o ReadOptions) (*Recorded, error) {
	if o.File == "" {
		o.File = "weather"
	}
	plain, err := plainText(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", o.File, err)
	}
	in := csv.NewReader(plain)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, &RowError{File: o.File, Line: 1, Err: fmt.Errorf("read the header: %w", err)}
	}
	c := columnsOf(header)
	if c.missing != "" {
		return nil, &RowError{File: o.File, Line: 1, Column: c.missing, Err: errors.New("there is no such column")}
	}
	p := parser{file: o.File, columns: c, w: &Recorded{}, allowGaps: o.AllowGaps}
	p.read(in)
	if len(p.wrong) > 0 {
		return nil, errors.Join(p.wrong...)
	}
	p.w.fillSun(c.sun < 0)
	return p.w, nil
}

// read takes in every row, or as many as it takes to tell enough mistakes.
func (p *parser) read(in *csv.Reader) {
	for len(p.wrong) < maxErrors {
		record, err := in.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(p.w.rows) < 2 && len(p.wrong) == 0 {
				p.fail(1, "", errors.New("fewer than two rows"))
			}
			return
		case errors.As(err, &broken):
			p.fail(broken.Line, "", broken.Err)
			return // what follows cannot be trusted
		case err != nil:
			p.fail(len(p.w.rows)+2, "", err)
			return
		}
		line, _ := in.FieldPos(0)
		p.row(line, record)
	}
}

// maxErrors is how many mistakes are told at once.
const maxErrors = 20

// plainText undoes gzip when the first bytes say so.
func plainText(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		return z, nil
	}
	return b, nil
}

type columns struct {
	time, temp, humidity, sun, wind int
	missing                         string
}

func columnsOf(header []string) columns {
	at := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.TrimPrefix(strings.TrimSpace(h), "\ufeff") == name })
	}
	c := columns{time: at(columnTime), temp: at(columnTemp), humidity: at(columnHumidity), sun: at(columnSun), wind: at(columnWind)}
	switch {
	case c.time < 0:
		c.missing = columnTime
	case c.temp < 0:
		c.missing = columnTemp
	}
	return c
}

// parser turns records into rows.
type parser struct {
	file      string
	columns   columns
	w         *Recorded
	allowGaps bool
	wrong     []error
}

func (p *parser) fail(line int, column string, err error) {
	p.wrong = append(p.wrong, &RowError{File: p.file, Line: line, Column: column, Err: err})
}

func (p *parser) row(line int, record []string) {
	at, err := parseTime(record[p.columns.time])
	if err != nil {
		p.fail(line, columnTime, err)
		return
	}
	r := row{at: at.Unix()}
	c := &p.columns
	r.AirTemp = p.number(line, record, field{columnTemp, c.temp, math.NaN(), -60, 60})
	r.HumidityPct = p.number(line, record, field{columnHumidity, c.humidity, 80, 0, 105})
	r.SolarWM2 = p.number(line, record, field{columnSun, c.sun, 0, -20, 1500})
	r.WindMS = p.number(line, record, field{columnWind, c.wind, 3.5, 0, 60})
	if math.IsNaN(r.AirTemp) {
		return // a missing row
	}
	r.HumidityPct, r.SolarWM2 = min(r.HumidityPct, 100), max(r.SolarWM2, 0)
	if n := len(p.w.rows); n > 0 && !p.follows(line, p.w.rows[n-1], r) {
		return
	}
	p.w.rows = append(p.w.rows, r)
}

// follows reports whether a row may come after the last one.
func (p *parser) follows(line int, last, r row) bool {
	if r.at <= last.at {
		p.fail(line, columnTime, fmt.Errorf("%s is not after the row before, %s", utc(r.at), utc(last.at)))
		return false
	}
	if gap := time.Duration(r.at-last.at) * time.Second; gap > MaxGap {
		p.w.gaps = append(p.w.gaps, Gap{From: time.Unix(last.at, 0).UTC(), To: time.Unix(r.at, 0).UTC(), Line: line})
		if !p.allowGaps {
			p.fail(line, columnTime, fmt.Errorf("%w of %s since %s, longer than %s", ErrGap, gap, utc(last.at), MaxGap))
		}
	}
	return true
}

func utc(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateTime) }

// field is one number of a row: its column (below 0 when there is none), what
// it is when it is absent or cannot be read, and its range.
type field struct {
	name      string
	column    int
	otherwise float64
	from, to  float64
}

// number reads one field.
func (p *parser) number(line int, record []string, f field) float64 {
	if f.column < 0 {
		return f.otherwise
	}
	text := strings.TrimSpace(record[f.column])
	if text == "" || strings.EqualFold(text, "nan") || strings.EqualFold(text, "na") {
		if len(p.w.rows) > 0 && f.name != columnTemp {
			return p.last(f.name)
		}
		return f.otherwise
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		p.fail(line, f.name, fmt.Errorf("%q is not a number", text))
	case !(v >= f.from && v <= f.to): // NaN is refused too
		p.fail(line, f.name, fmt.Errorf("%s is not between %g and %g", text, f.from, f.to))
	default:
		return v
	}
	return f.otherwise
}

// last is the value of the row before, which bridges a missing one.
func (p *parser) last(name string) float64 {
	r := p.w.rows[len(p.w.rows)-1]
	switch name {
	case columnHumidity:
		return r.HumidityPct
	case columnSun:
		return r.SolarWM2
	default:
		return r.WindMS
	}
}

func parseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.DateTime, time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not an instant like %s", text, "2024-01-31 13:00:00")
}
