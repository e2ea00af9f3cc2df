package profile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// MaxPayload is the size in bytes above which a message is refused; the
// longest P1 telegram is about 4 KiB.
const MaxPayload = 1 << 20

// The window in which a message's own clock is believed: not further ahead of
// its reception than clocks differ, not further behind than a message may have
// waited in a gateway or at a broker.
const (
	maxAhead  = 5 * time.Minute
	maxBehind = 35 * 24 * time.Hour
)

// FieldSample is the value of one field of a message.
type FieldSample struct {
	Slot  string
	Point gtc.PointID
	// At is UTC, to the millisecond.
	At time.Time
	// Value is absent when Quality says why there is none.
	Value   gtc.Value
	Quality gtc.Quality
}

// TypeOf tells the stored type of a point of a slot; TypeNone drops it.
type TypeOf = func(slot string, p gtc.PointID) gtc.ValueType

// DecodePayload returns the samples of one message of topic t that was
// received at the given instant. A field that the message does not contain
// gives no sample; one that it contains but that cannot be trusted gives a
// sample with a quality. The error says that the message as a whole is not
// to be trusted: not JSON, not a telegram, a wrong check sum.
func DecodePayload(t *Topic, typeOf TypeOf, payload []byte, received time.Time) ([]FieldSample, error) {
	if len(payload) > MaxPayload {
		return nil, fmt.Errorf("decode a message of %d bytes: longer than %d", len(payload), MaxPayload)
	}
	received = received.UTC().Truncate(time.Millisecond)
	switch t.Format {
	case FormatText, FormatJSON, FormatCSV:
		m, err := t.parse(payload)
		if err != nil {
			return nil, err
		}
		at, quality := received, gtc.QualityGood
		if m.plan.time >= 0 {
			at, quality = t.ownTime(m, received)
		}
		return m.samples(t, typeOf, at, quality), nil
	case FormatP1:
		return decodeP1(t, typeOf, payload, received)
	case FormatSparkplug:
		return decodeSparkplug(t, typeOf, payload, received)
	default:
		return nil, fmt.Errorf("decode a message: unknown format %q", t.Format)
	}
}

// DecodeAvailability tells what a message of a topic with an availability says
// of the device; known is false when it says nothing.
func DecodeAvailability(t *Topic, payload []byte) (online, known bool, err error) {
	if len(payload) > MaxPayload {
		return false, false, fmt.Errorf("decode a message of %d bytes: longer than %d", len(payload), MaxPayload)
	}
	m, err := t.parse(payload)
	if err != nil {
		return false, false, err
	}
	text := m.found[0].text
	if m.plan.availability >= 0 {
		text = m.found[m.plan.availability].text
	}
	switch {
	case slices.Contains(t.Availability.Online, text):
		return true, true, nil
	case slices.Contains(t.Availability.Offline, text):
		return false, true, nil
	}
	return false, false, nil
}

// reading is one field as found in a message, before it has a type.
type reading struct {
	text string
	// none tells that there is no scalar: null, an object or a list.
	none bool
	at   time.Time
}

// message is what was found of a topic's paths in a payload.
type message struct {
	plan  *plan
	found []reading
	ok    []bool
}

func (t *Topic) parse(payload []byte) (message, error) {
	m := message{plan: t.compiled()}
	var err error
	switch t.Format {
	case FormatText:
		m.text(payload)
	case FormatCSV:
		err = m.csv(t, payload)
	default:
		err = m.json(payload)
	}
	return m, err
}

func (m *message) make() {
	n := max(len(m.plan.paths), 1)
	m.found, m.ok = make([]reading, n), make([]bool, n)
}

// text finds the payload itself under the empty path; bridges that wrap a
// single value as {"value": …, "time": …} mean the value.
func (m *message) text(payload []byte) {
	m.make()
	s := strings.TrimSpace(string(payload))
	m.found[0], m.ok[0] = reading{text: s}, true
	var doc any
	if strings.HasPrefix(s, "{") {
		doc, _ = parseJSON(payload) // what is no JSON is the text that it is
	}
	for slot, path := range m.plan.paths {
		if path == "" || slot == m.plan.availability {
			m.found[slot], m.ok[slot] = reading{text: s}, true
		}
		if path == "" {
			path = "value"
		}
		if r, ok := lookup(doc, path); ok {
			m.found[slot], m.ok[slot] = r, true
		}
	}
}

func (m *message) json(payload []byte) error {
	var err error
	if m.plan.tree != nil {
		m.found, m.ok, err = scan(string(payload), m.plan.tree, max(len(m.plan.paths), 1))
		if err != nil {
			return fmt.Errorf("decode a JSON message: %w", err)
		}
		return nil
	}
	m.make()
	doc, err := parseJSON(payload)
	if err != nil {
		return fmt.Errorf("decode a JSON message: %w", err)
	}
	for slot, path := range m.plan.paths {
		m.found[slot], m.ok[slot] = lookup(doc, path)
	}
	return nil
}

// csv finds the columns of the only line of a payload.
func (m *message) csv(t *Topic, payload []byte) error {
	m.make()
	r := csv.NewReader(strings.NewReader(string(payload)))
	r.FieldsPerRecord = -1
	if t.Separator != "" {
		r.Comma = rune(t.Separator[0])
	}
	lines, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("decode a CSV message: %w", err)
	}
	if len(lines) != 1 {
		return fmt.Errorf("decode a CSV message: %d lines, want one", len(lines))
	}
	for slot, path := range m.plan.paths {
		n, err := strconv.Atoi(path)
		if err == nil && n >= 1 && n <= len(lines[0]) {
			m.found[slot], m.ok[slot] = reading{text: strings.TrimSpace(lines[0][n-1])}, true
		}
	}
	return nil
}

func (m *message) samples(t *Topic, typeOf TypeOf, at time.Time, quality gtc.Quality) []FieldSample {
	out := make([]FieldSample, 0, len(t.Fields))
	for i := range t.Fields {
		fp := &m.plan.fields[i]
		r, ok := fp.find(t.Decimal, func(slot int) (reading, bool) { return m.found[slot], m.ok[slot] })
		if !ok {
			continue
		}
		r.at = at
		out = t.Fields[i].append(out, fp, typeOf, r, quality)
	}
	return out
}

// find returns the field's reading: of its path, or of two joined when the
// message has both.
func (fp *fieldPlan) find(decimal string, find func(slot int) (reading, bool)) (reading, bool) {
	a, ok := find(fp.first)
	if !ok {
		return reading{}, false
	}
	a.text = withPoint(a.text, decimal)
	if fp.sign == 0 {
		return a, true
	}
	b, ok := find(fp.second)
	if !ok {
		return reading{}, false
	}
	x, errX := parseNumber(a.text)
	y, errY := parseNumber(withPoint(b.text, decimal))
	if errX != nil || errY != nil {
		return reading{none: true, at: a.at}, true
	}
	// Twelve digits: what the sum adds beyond the meter's own is noise.
	return reading{text: strconv.FormatFloat(x+fp.sign*y, 'g', 12, 64), at: a.at}, true
}

// withPoint writes the decimals of a number after a point.
func withPoint(text, decimal string) string {
	if decimal != "," {
		return text
	}
	return strings.Replace(text, ",", ".", 1)
}

// append adds the sample of a reading, unless it says nothing.
func (f *Field) append(out []FieldSample, fp *fieldPlan, typeOf TypeOf, r reading, quality gtc.Quality) []FieldSample {
	t := typeOf(f.Slot, f.Point)
	if t == gtc.TypeNone || slices.Contains(f.Ignore, r.text) {
		return out
	}
	s := FieldSample{Slot: f.Slot, Point: f.Point, At: r.at}
	s.Value, s.Quality = f.value(t, fp, r)
	if s.Quality == gtc.QualityGood {
		s.Quality = quality
	}
	return append(out, s)
}

func (f *Field) value(t gtc.ValueType, fp *fieldPlan, r reading) (gtc.Value, gtc.Quality) {
	if r.none || r.text == "" {
		return gtc.Value{}, gtc.QualitySensorFault
	}
	switch t {
	case gtc.TypeFloat:
		n, err := parseNumber(r.text)
		if err != nil {
			return gtc.Value{}, gtc.QualitySensorFault
		}
		n = scaled(n, fp.scale) + fp.offset
		if !within(n, f.Min, f.Max) {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
		return gtc.Float(n), gtc.QualityGood
	case gtc.TypeBool:
		if v, ok := f.twoState(r.text); ok {
			return gtc.Bool(v), gtc.QualityGood
		}
	case gtc.TypeEnum:
		if state, ok := f.Enum[r.text]; ok {
			return gtc.Enum(state), gtc.QualityGood
		}
		if i, err := strconv.ParseInt(r.text, 10, 32); err == nil && f.Enum == nil {
			return gtc.Enum(int(i)), gtc.QualityGood
		}
	case gtc.TypeNone:
	}
	return gtc.Value{}, gtc.QualityOutOfRange
}

func (f *Field) twoState(text string) (on, ok bool) {
	if f.Enum != nil {
		state, ok := f.Enum[text]
		return state != 0, ok
	}
	switch strings.ToLower(text) {
	case "true", "on", "1":
		return true, true
	case "false", "off", "0":
		return false, true
	}
	return false, false
}

var errNotNumber = errors.New("not a number")

// parseNumber reads a decimal number as devices write it: no infinities, no
// hexadecimal, no digit separators.
func parseNumber(s string) (float64, error) {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, errNotNumber
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, errNotNumber
	}
	return f, nil
}
