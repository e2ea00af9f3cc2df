package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The forms of a timestamp that are not a layout.
const (
	timeUnix    = "unix"
	timeUnixMS  = "unix_ms"
	timeRFC3339 = "rfc3339"
)

// ownTime returns the instant that a message gives itself. One that cannot be
// read or is outside the window is replaced by the reception and marked.
func (t *Topic) ownTime(m message, received time.Time) (time.Time, gtc.Quality) {
	if t.Format == FormatText && !m.ok[m.plan.time] {
		return received, gtc.QualityGood // not wrapped: there is no time to read
	}
	return ownTime(m.found[m.plan.time].text, t.TimeFormat, m.plan.loc, received)
}

func ownTime(text, format string, loc *time.Location, received time.Time) (time.Time, gtc.Quality) {
	var at time.Time
	switch format {
	case timeUnix, timeUnixMS:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 1e14 {
			return received, gtc.QualityBadClock
		}
		if format == timeUnix {
			f *= 1000
		}
		at = time.UnixMilli(int64(math.Round(f)))
	case timeRFC3339:
		var err error
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return received, gtc.QualityBadClock
		}
	default:
		var err error
		if at, err = time.ParseInLocation(format, text, loc); err != nil {
			return received, gtc.QualityBadClock
		}
		at = nearest(at, text, format, received)
	}
	return believable(at, received)
}

// nearest chooses, in the hour that comes twice, the one of the two instants
// that is nearer to the reception.
func nearest(at time.Time, text, layout string, received time.Time) time.Time {
	for _, other := range []time.Time{at.Add(-time.Hour), at.Add(time.Hour)} {
		if other.Format(layout) == text && other.Sub(received).Abs() < at.Sub(received).Abs() {
			at = other
		}
	}
	return at
}

// believable returns at, or the reception when at lies outside the window.
func believable(at, received time.Time) (time.Time, gtc.Quality) {
	if at.After(received.Add(maxAhead)) || at.Before(received.Add(-maxBehind)) {
		return received, gtc.QualityBadClock
	}
	return at.UTC().Truncate(time.Millisecond), gtc.QualityGood
}

func parseJSON(payload []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errMoreValues
	}
	return doc, nil
}

// lookup follows a dotted path through objects and, by number or by what an
// object in it says (unit=Wh), lists.
func lookup(doc any, path string) (reading, bool) {
	for _, step := range splitPath(path) {
		var ok bool
		switch at := doc.(type) {
		case map[string]any:
			doc, ok = at[step]
		case []any:
			doc, ok = item(at, step)
		}
		if !ok {
			return reading{}, false
		}
	}
	return scalar(doc), true
}

func scalar(doc any) reading {
	switch v := doc.(type) {
	case json.Number:
		return reading{text: v.String()}
	case string:
		return reading{text: strings.TrimSpace(v)}
	case bool:
		return reading{text: strconv.FormatBool(v)}
	default: // null, an object or a list where a value should be
		return reading{none: true}
	}
}

func item(list []any, step string) (any, bool) {
	key, want, named := strings.Cut(step, "=")
	if !named {
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(list) {
			return nil, false
		}
		return list[i], true
	}
	for _, v := range list {
		if object, ok := v.(map[string]any); ok {
			if r := scalar(object[key]); !r.none && r.text == want {
				return v, true
			}
		}
	}
	return nil, false
}
