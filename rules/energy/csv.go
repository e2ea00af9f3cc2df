package energy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// CSVOptions says how to read a meter's CSV file.
type CSVOptions struct {
	// Name is the file's name in messages, "input" if empty.
	Name string
	// Location decides the calendar days, UTC if nil. A time without a zone
	// is in it.
	Location *time.Location
	// Strict stops at the first bad row; otherwise bad rows are left out and
	// reported.
	Strict bool
}

// Mistake is something wrong in a file, at a line and column counted from 1.
type Mistake struct {
	File      string
	Line, Col int
	What      string
}

// Error returns file:line:col: what.
func (m Mistake) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Col, m.What)
}

// Table is what was read from a CSV file.
type Table struct {
	// Days are the calendar days in order, absent values marked.
	Days []baseline.Day
	// Hours are the hours that have a consumption and a temperature, when the
	// rows are hourly or shorter.
	Hours []baseline.Hour
	// Rows counts the rows read, without the header and without bad ones.
	Rows int
	// Bad are the rows left out, each with its place and reason.
	Bad []Mistake
	// Notes name what is absent although no row is wrong: missing days,
	// empty values, days with too few hours.
	Notes []string
}

// row is one line of the file.
type row struct {
	at              time.Time
	kwh, temp       float64
	hasKWh, hasTemp bool
	date            bool // written as a date, without a time
	line            int
}

// The columns, in the order of their positions in columns.
const (
	colTime = iota
	colEnergy
	colTemp
	colCount
)

// columnNames returns the header's names by column.
func columnNames() [colCount]string {
	return [colCount]string{"time", "energy_kwh", "temperature_c"}
}

// ReadCSV reads rows `time,energy_kwh,temperature_c`: a header, then daily or
// hourly rows, with the columns in any order. An empty value, nan, na or null
// is absent. The error is a [Mistake] or a read error; without Strict a wrong
// row does not end the reading but is listed in the table.
func ReadCSV(r io.Reader, o CSVOptions) (Table, error) {
	if o.Name == "" {
		o.Name = "input"
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	c := csv.NewReader(skipBOM(r))
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	p := parser{csv: c, opts: o, seen: map[int64]int{}}
	if err := p.header(); err != nil {
		return Table{}, err
	}
	for {
		err := p.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p.table, err
		}
	}
	p.finish()
	return p.table, nil
}

// parser carries the state of one reading.
type parser struct {
	csv   *csv.Reader
	opts  CSVOptions
	place [colCount]int // field of each column
	width int
	rows  []row
	seen  map[int64]int // line of each time read
	empty [colCount]int // rows without a value, by column
	table Table
}

// header reads the first line.
func (p *parser) header() error {
	record, err := p.csv.Read()
	if errors.Is(err, io.EOF) {
		return Mistake{p.opts.Name, 1, 1, "the file is empty: want the header time,energy_kwh,temperature_c"}
	}
	if err != nil {
		return p.syntax(err)
	}
	p.width = len(record)
	for want, name := range columnNames() {
		p.place[want] = -1
		for i, got := range record {
			if !strings.EqualFold(strings.TrimSpace(got), name) {
				continue
			}
			if p.place[want] >= 0 {
				return p.mistake(i, "the column "+name+" is there twice")
			}
			p.place[want] = i
		}
		if p.place[want] < 0 {
			return p.mistake(0, fmt.Sprintf("the header has no column %s: want time,energy_kwh,temperature_c separated by commas%s", name, separated(record)))
		}
	}
	return nil
}

// separated says by what a header of one field is separated.
func separated(record []string) string {
	for sep, name := range map[string]string{";": "semicolons", "\t": "tabs"} {
		if len(record) == 1 && strings.Contains(record[0], sep) {
			return "; this one is separated by " + name
		}
	}
	return ""
}

// next reads one row. It returns io.EOF at the end and, when strict, the
// first mistake.
func (p *parser) next() error {
	record, err := p.csv.Read()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return p.refuse(err)
	}
	r, err := p.row(record)
	if err != nil {
		return p.refuse(err)
	}
	p.seen[r.at.Unix()] = r.line
	p.rows = append(p.rows, r)
	p.table.Rows++
	return nil
}

// refuse lists a mistake, or returns it when strict. An error that is not
// about the text ends the reading in any case.
func (p *parser) refuse(err error) error {
	err = p.syntax(err)
	m, ok := errors.AsType[Mistake](err)
	if !ok || p.opts.Strict {
		return err
	}
	p.table.Bad = append(p.table.Bad, m)
	return nil
}

// row parses one record.
func (p *parser) row(record []string) (row, error) {
	r := row{}
	r.line, _ = p.csv.FieldPos(0)
	if len(record) != p.width {
		return r, p.mistake(0, fmt.Sprintf("the row has %d fields, the header has %d (a decimal comma?)", len(record), p.width))
	}
	text := strings.TrimSpace(record[p.place[colTime]])
	at, date, ok := parseTime(text, p.opts.Location)
	if !ok {
		return r, p.mistake(p.place[colTime], fmt.Sprintf("time %q is neither a date (year-month-day, 2026-01-31) nor RFC 3339 (2026-01-31T13:00:00Z)", text))
	}
	r.at, r.date = p.again(at, text), date
	at = r.at
	if first, twice := p.seen[at.Unix()]; twice {
		return r, p.mistake(p.place[colTime], fmt.Sprintf("time %s is there twice, first on line %d", text, first))
	}
	var err error
	if r.kwh, r.hasKWh, err = p.number(record, colEnergy); err != nil {
		return r, err
	}
	if r.hasKWh && r.kwh < 0 {
		return r, p.mistake(p.place[colEnergy], fmt.Sprintf("energy_kwh %s is negative", strings.TrimSpace(record[p.place[colEnergy]])))
	}
	if r.temp, r.hasTemp, err = p.number(record, colTemp); err != nil {
		return r, err
	}
	if r.hasTemp && !plausibleTemp(r.temp) {
		return r, p.mistake(p.place[colTemp], fmt.Sprintf("temperature_c %s is not between -60 and 60", strings.TrimSpace(record[p.place[colTemp]])))
	}
	return r, nil
}

// again returns the second of two hours that a clock shows twice in autumn,
// when a time without a zone is read for the second time.
func (p *parser) again(at time.Time, text string) time.Time {
	const clock = len(time.DateOnly) // what follows the date
	_, twice := p.seen[at.Unix()]
	if zoned := len(text) > clock && strings.ContainsAny(text[clock:], "Z+-"); !twice || zoned {
		return at
	}
	for _, other := range []time.Time{at.Add(time.Hour), at.Add(-time.Hour)} {
		if _, twice := p.seen[other.Unix()]; !twice && wallClock(other) == wallClock(at) {
			return other
		}
	}
	return at
}

// wallClock is what a clock on the wall shows.
func wallClock(at time.Time) string { return at.Format(time.DateTime) }

// number parses one value, which may be absent.
func (p *parser) number(record []string, column int) (float64, bool, error) {
	text := strings.TrimSpace(record[p.place[column]])
	switch strings.ToLower(text) {
	case "", "nan", "na", "null":
		p.empty[column]++
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || strings.ContainsAny(text, "xX_") {
		return 0, false, p.mistake(p.place[column], fmt.Sprintf("%s %q is not a number", columnNames()[column], text))
	}
	return v, true, nil
}

// mistake places a message at a field of the record last read.
func (p *parser) mistake(field int, what string) Mistake {
	line, col := p.csv.FieldPos(field)
	return Mistake{p.opts.Name, line, col, what}
}

// syntax places an error of the CSV grammar.
func (p *parser) syntax(err error) error {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return Mistake{p.opts.Name, pe.Line, pe.Column, pe.Err.Error()}
	}
	if m, ok := errors.AsType[Mistake](err); ok {
		return m
	}
	return fmt.Errorf("read %s: %w", p.opts.Name, err)
}

// parseTime parses a date or a time; a time without a zone is in loc.
func parseTime(text string, loc *time.Location) (at time.Time, date, ok bool) {
	if at, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return at, true, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.ParseInLocation(layout, text, loc); err == nil {
			return at, false, true
		}
	}
	return time.Time{}, false, false
}

// skipBOM drops a byte order mark at the beginning.
func skipBOM(r io.Reader) io.Reader {
	const bom = "\ufeff"
	head := make([]byte, len(bom))
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err == nil && string(head) == bom {
		return r
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(strings.NewReader(string(head)), failing{err})
	}
	return io.MultiReader(strings.NewReader(string(head)), r)
}

// failing is a reader that returns one error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
