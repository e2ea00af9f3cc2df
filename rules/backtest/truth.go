package backtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// Truth is what a simulated history has in it: which faults, from when, and
// what each added to the consumption of the same building without it under
// the same weather. docs/formats/truth-scoring.md describes what is read of the file.
type Truth struct {
	Seed        uint64
	WeatherSeed uint64
	// From and To limit the history, zero when not said.
	From, To Moment
	Meters   []TruthMeter
	Faults   []Fault
}

// TruthMeter is one meter of the history.
type TruthMeter struct {
	Site    gtc.SiteID      `json:"site"`
	Meter   gtc.EquipmentID `json:"meter"`
	Carrier gtc.Carrier     `json:"carrier"`
}

// Fault is something wrong at a site.
type Fault struct {
	ID   string     `json:"id"`
	Site gtc.SiteID `json:"site"`
	Kind string     `json:"kind"`
	// Carrier is the one it changes most, Meters are those it shows on.
	Carrier gtc.Carrier       `json:"carrier"`
	Meters  []gtc.EquipmentID `json:"meters"`
	// From is the first day, To the first day after it, zero while it lasts.
	From Moment `json:"from"`
	To   Moment `json:"to"`
	// Size is in the unit of the kind; RampDays the days from nothing to Size.
	Size     float64 `json:"size"`
	RampDays float64 `json:"ramp_days"`
	// ExtraKWhPerDay is the mean of the days, in kWh of the carrier.
	ExtraKWhPerDay float64 `json:"extra_kwh_per_day"`
	// Days are what it added to each day, in kWh, negative when it took away.
	Days []FaultDay `json:"days"`
}

// FaultDay is what a fault added to one calendar day.
type FaultDay struct {
	Date string                  `json:"date"`
	KWh  map[gtc.Carrier]float64 `json:"kwh"`
}

// Moment is a calendar day, written 2006-01-02, or an instant, written as
// RFC 3339; the zero Moment is not given.
type Moment struct {
	at  time.Time
	day bool
}

// Day returns the Moment of a calendar day, whatever its zone.
func Day(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	return Moment{at: civil(t), day: true}
}

// IsZero reports whether the moment is not given.
func (m Moment) IsZero() bool { return m.at.IsZero() }

// in returns the calendar day in a zone, as midnight UTC.
func (m Moment) in(loc *time.Location) time.Time {
	if m.day || m.at.IsZero() {
		return m.at
	}
	return civil(m.at.In(loc))
}

// UnmarshalJSON reads a day, an instant or null.
func (m *Moment) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%s is no day such as \"2026-01-31\"", data)
	}
	if text == "" {
		return nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		*m = Moment{at: t, day: true}
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%q is neither a day such as 2026-01-31 nor an instant such as 2026-01-31T08:00:00Z", text)
	}
	*m = Moment{at: t}
	return nil
}

// civil returns the calendar day of t as midnight UTC, so that days of
// different zones compare.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// ReadTruth reads a truth file. The error is [strict.Mistakes]: every mistake
// at once, with file, line and column. Keys that are not known are let pass.
func ReadTruth(name string, r io.Reader) (Truth, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return Truth{}, fmt.Errorf("read truth %s: %w", name, err)
	}
	p := truthReader{name: name, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	if err := p.read(); err != nil {
		p.add(p.offset(err), "%s", plain(err))
	}
	if len(p.mistakes) > 0 {
		return Truth{}, p.mistakes
	}
	return p.truth, nil
}

// truthReader reads the file value by value, to know where each begins.
type truthReader struct {
	name     string
	data     []byte
	dec      *json.Decoder
	truth    Truth
	mistakes strict.Mistakes
}

func (p *truthReader) read() error {
	if err := p.delim('{', "an object {…}"); err != nil {
		return err
	}
	for p.dec.More() {
		key, err := p.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "seed":
			err = p.dec.Decode(&p.truth.Seed)
		case "weather_seed":
			err = p.dec.Decode(&p.truth.WeatherSeed)
		case "from":
			err = p.dec.Decode(&p.truth.From)
		case "to":
			err = p.dec.Decode(&p.truth.To)
		case "meters":
			err = p.dec.Decode(&p.truth.Meters)
		case "faults":
			err = p.faults()
		default:
			var skip json.RawMessage
			err = p.dec.Decode(&skip)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return p.delim('}', "the end of the object")
}

// faults reads the list of faults and checks each.
func (p *truthReader) faults() error {
	at := p.dec.InputOffset()
	token, err := p.dec.Token()
	if err != nil || token == nil {
		return err
	}
	if token != json.Delim('[') {
		p.add(at, "faults: want a list")
		return nil
	}
	seen := map[string]bool{}
	for p.dec.More() {
		at := p.value()
		var f Fault
		if err := p.dec.Decode(&f); err != nil {
			if _, ok := errors.AsType[*json.SyntaxError](err); ok || errors.Is(err, io.ErrUnexpectedEOF) {
				return err
			}
			p.add(at, "fault %d: %s", len(p.truth.Faults)+1, plain(err))
		}
		if f.ID == "" {
			f.ID = fmt.Sprintf("%s/%s/%d", f.Site, f.Kind, len(p.truth.Faults)+1)
		}
		if seen[f.ID] {
			p.add(at, "fault %s is given twice", f.ID)
		}
		seen[f.ID] = true
		p.check(at, &f)
		p.truth.Faults = append(p.truth.Faults, f)
	}
	_, err = p.dec.Token()
	return err
}

// check reports what is wrong with a fault.
func (p *truthReader) check(at int64, f *Fault) {
	switch {
	case f.Site == "" || f.Kind == "":
		p.add(at, "fault %s: site and kind say what is wrong where", f.ID)
	case f.From.IsZero():
		p.add(at, "fault %s: from is missing", f.ID)
	case !f.To.IsZero() && f.To.at.Before(f.From.at):
		p.add(at, "fault %s ends before it begins", f.ID)
	case f.RampDays < 0:
		p.add(at, "fault %s: ramp_days is negative", f.ID)
	}
	for _, d := range f.Days {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			p.add(at, "fault %s: %q is no day such as 2026-01-31", f.ID, d.Date)
		}
	}
}

// sums prepares what is asked of a fault over and over.
func (f *Fault) sums() known {
	k := known{Fault: f, extra: make(map[string]map[gtc.Carrier]float64, len(f.Days)), total: map[gtc.Carrier]float64{}}
	for _, d := range f.Days {
		k.extra[d.Date] = d.KWh
		for c, kwh := range d.KWh {
			k.total[c] += kwh
		}
	}
	if len(f.Days) == 0 && f.ExtraKWhPerDay != 0 {
		k.total[f.Carrier] = f.ExtraKWhPerDay
	}
	return k
}

// known is a fault with its sums.
type known struct {
	*Fault
	extra map[string]map[gtc.Carrier]float64 // by date
	total map[gtc.Carrier]float64
}

// delim takes one delimiter.
func (p *truthReader) delim(want rune, what string) error {
	token, err := p.dec.Token()
	if errors.Is(err, io.EOF) {
		return errors.New("the file ends: want " + what)
	}
	if err == nil && token != json.Delim(want) {
		return fmt.Errorf("want %s, not %v", what, token)
	}
	return err
}

// value returns where the next value of a list begins.
func (p *truthReader) value() int64 {
	at := p.dec.InputOffset()
	for at < int64(len(p.data)) && bytes.IndexByte([]byte(" \t\r\n,"), p.data[at]) >= 0 {
		at++
	}
	return at
}

// offset returns the place of an error in the file.
func (p *truthReader) offset(err error) int64 {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return max(0, s.Offset-1)
	}
	return p.dec.InputOffset()
}

func (p *truthReader) add(at int64, format string, args ...any) {
	before := p.data[:min(int(at), len(p.data))]
	p.mistakes = append(p.mistakes, strict.Mistake{
		File: p.name, Line: 1 + bytes.Count(before, []byte("\n")), Col: len(before) - bytes.LastIndexByte(before, '\n'),
		What: fmt.Sprintf(format, args...),
	})
}

// plain says a decoding error in the words of the file.
func plain(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s: %s is not of the right type", t.Field, t.Value)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file ends in the middle"
	}
	return err.Error()
}

// physical reports whether the fault changes any consumption.
func (f *known) physical() bool {
	for _, kwh := range f.total {
		if math.Abs(kwh) > 0.5 {
			return true
		}
	}
	return false
}

// kwh returns what the fault added to a day of a carrier; days are midnight
// UTC. Without a list of days it is the mean, growing over the ramp.
func (f *known) kwh(c gtc.Carrier, day, from, to time.Time) float64 {
	if len(f.Days) > 0 {
		return f.extra[day.Format(time.DateOnly)][c]
	}
	if c != f.Carrier || day.Before(from) || !to.IsZero() && !day.Before(to) {
		return 0
	}
	if since := day.Sub(from).Hours() / 24; f.RampDays > 0 && since < f.RampDays {
		return f.ExtraKWhPerDay * since / f.RampDays
	}
	return f.ExtraKWhPerDay
}
