package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// maxAhead is how far ahead of its reception a message's own clock may be
// before the clock is not believed.
const maxAhead = 5 * time.Minute

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
	case "text":
		return decodeText(t, typeOf, payload, received), nil
	case "json":
		return decodeJSON(t, typeOf, payload, received)
	case "p1":
		return decodeP1(t, typeOf, payload, received)
	default:
		return nil, fmt.Errorf("decode a message: unknown format %q", t.Format)
	}
}

// reading is one field as found in a message, before it has a type.
type reading struct {
	text string
	// none tells that the message says explicitly that there is no value.
	none bool
	at   time.Time
}

func decodeText(t *Topic, typeOf TypeOf, payload []byte, received time.Time) []FieldSample {
	r := reading{text: textValue(payload), at: received}
	var out []FieldSample
	for i := range t.Fields {
		out = t.Fields[i].append(out, typeOf, r, gtc.QualityGood)
	}
	return out
}

// textValue returns the text of a payload; bridges that wrap a single value
// as {"value": …} mean the value.
func textValue(payload []byte) string {
	s := strings.TrimSpace(string(payload))
	if !strings.HasPrefix(s, "{") {
		return s
	}
	doc, err := parseJSON(payload)
	if err != nil {
		return s
	}
	if r, ok := lookup(doc, "value"); ok {
		return r.text
	}
	return s
}

func decodeJSON(t *Topic, typeOf TypeOf, payload []byte, received time.Time) ([]FieldSample, error) {
	doc, err := parseJSON(payload)
	if err != nil {
		return nil, fmt.Errorf("decode a JSON message: %w", err)
	}
	at, quality := received, gtc.QualityGood
	if t.Time != "" {
		r, _ := lookup(doc, t.Time)
		at, quality = ownTime(r.text, t.TimeFormat, received)
	}
	find := func(path string) (reading, bool) { return lookup(doc, path) }
	var out []FieldSample
	for i := range t.Fields {
		r, ok := t.Fields[i].find(find)
		if !ok {
			continue
		}
		r.at = at
		out = t.Fields[i].append(out, typeOf, r, quality)
	}
	return out, nil
}

func parseJSON(payload []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return doc, nil
}

// lookup follows a dotted path through objects and, by number, lists.
func lookup(doc any, path string) (reading, bool) {
	for step := range strings.SplitSeq(path, ".") {
		switch at := doc.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return reading{}, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return reading{}, false
			}
			doc = at[i]
		default:
			return reading{}, false
		}
	}
	switch v := doc.(type) {
	case json.Number:
		return reading{text: v.String()}, true
	case string:
		return reading{text: strings.TrimSpace(v)}, true
	case bool:
		return reading{text: strconv.FormatBool(v)}, true
	default: // null, an object or a list where a value should be
		return reading{none: true}, true
	}
}

// ownTime returns the instant that a message gives itself. One that cannot be
// read or lies ahead of the reception is replaced by it and marked.
func ownTime(text, format string, received time.Time) (time.Time, gtc.Quality) {
	var at time.Time
	switch format {
	case "unix", "unix_ms":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 1e14 {
			return received, gtc.QualityBadClock
		}
		if format == "unix" {
			f *= 1000
		}
		at = time.UnixMilli(int64(math.Round(f)))
	default:
		var err error
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return received, gtc.QualityBadClock
		}
	}
	return believable(at, received)
}

// believable returns at, or the reception when at lies ahead of it or before
// the first devices of this kind.
func believable(at, received time.Time) (time.Time, gtc.Quality) {
	if at.After(received.Add(maxAhead)) || at.Year() < 2000 {
		return received, gtc.QualityBadClock
	}
	return at.UTC().Truncate(time.Millisecond), gtc.QualityGood
}

// find returns the field's reading: of its path, or of the two paths that
// " + " or " - " joins, when the message has both.
func (f *Field) find(find func(path string) (reading, bool)) (reading, bool) {
	first, second, sign := f.Path, "", 0.0
	if x, y, ok := strings.Cut(f.Path, " - "); ok {
		first, second, sign = x, y, -1
	} else if x, y, ok := strings.Cut(f.Path, " + "); ok {
		first, second, sign = x, y, 1
	}
	a, ok := find(strings.TrimSpace(first))
	if !ok || sign == 0 {
		return a, ok
	}
	b, ok := find(strings.TrimSpace(second))
	if !ok {
		return reading{}, false
	}
	x, errX := parseNumber(a.text)
	y, errY := parseNumber(b.text)
	if errX != nil || errY != nil {
		return reading{none: true, at: a.at}, true
	}
	// Twelve digits: what the sum adds beyond the meter's own is noise.
	return reading{text: strconv.FormatFloat(x+sign*y, 'g', 12, 64), at: a.at}, true
}

// append adds the sample of a reading, unless it says nothing.
func (f *Field) append(out []FieldSample, typeOf TypeOf, r reading, quality gtc.Quality) []FieldSample {
	t := typeOf(f.Slot, f.Point)
	if t == gtc.TypeNone || slices.Contains(f.Ignore, r.text) {
		return out
	}
	s := FieldSample{Slot: f.Slot, Point: f.Point, At: r.at}
	s.Value, s.Quality = f.value(t, r)
	if s.Quality == gtc.QualityGood {
		s.Quality = quality
	}
	return append(out, s)
}

func (f *Field) value(t gtc.ValueType, r reading) (gtc.Value, gtc.Quality) {
	if r.none || r.text == "" {
		return gtc.Value{}, gtc.QualitySensorFault
	}
	if t == gtc.TypeFloat {
		n, err := parseNumber(r.text)
		if err != nil {
			return gtc.Value{}, gtc.QualitySensorFault
		}
		n = scaled(n, f.Scale) + f.Offset
		if !within(n, f.Min, f.Max) {
			return gtc.Value{}, gtc.QualityOutOfRange
		}
		return gtc.Float(n), gtc.QualityGood
	}
	if state, ok := f.Enum[r.text]; ok {
		if t == gtc.TypeBool {
			return gtc.Bool(state != 0), gtc.QualityGood
		}
		return gtc.Enum(state), gtc.QualityGood
	}
	if t == gtc.TypeBool && f.Enum == nil {
		switch strings.ToLower(r.text) {
		case "true", "on", "1":
			return gtc.Bool(true), gtc.QualityGood
		case "false", "off", "0":
			return gtc.Bool(false), gtc.QualityGood
		}
	}
	if t == gtc.TypeEnum && f.Enum == nil {
		if i, err := strconv.ParseInt(r.text, 10, 32); err == nil {
			return gtc.Enum(int(i)), gtc.QualityGood
		}
	}
	return gtc.Value{}, gtc.QualityOutOfRange
}

// parseNumber reads a decimal number as devices write it: no infinities, no
// hexadecimal, no digit separators.
func parseNumber(s string) (float64, error) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return strconv.ParseFloat(s, 64)
}
