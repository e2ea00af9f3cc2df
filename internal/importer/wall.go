package importer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// wall is an instant as a clock on the wall shows it: its fields are in UTC
// only for want of a place. offset is set when the file names it.
type wall struct {
	at time.Time
	// day says that no time of day was given.
	day    bool
	offset *int
}

// errTime says what can be read.
var errTime = errors.New("ni une date (31/12/2025 ou 2025-12-31) ni une date et heure (31/12/2025 14:15, 2025-12-31T14:15:00+01:00)")

// parseWall reads a date, with or without a time of day.
func parseWall(text string, s *sheet) (wall, error) {
	if s.excel {
		if w, ok := serial(text, s.date1904); ok {
			return w, nil
		}
	}
	date, rest := text, ""
	if i := strings.IndexAny(text, " T\u00a0"); i >= 0 {
		date, rest = text[:i], strings.TrimLeft(text[i:], " T\u00a0")
	}
	at, ok := parseDate(date)
	if !ok {
		return wall{}, fmt.Errorf("%q : %w", text, errTime)
	}
	w := wall{at: at, day: true}
	if rest == "" {
		return w, nil
	}
	rest, w.offset, ok = cutOffset(rest)
	clock, okClock := parseClock(rest)
	if !ok || !okClock {
		return wall{}, fmt.Errorf("%q : %w", text, errTime)
	}
	w.at, w.day = at.Add(clock), false
	return w, nil
}

// serial reads the number that a spreadsheet keeps for a date.
func serial(text string, date1904 bool) (wall, bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 20_000 || f > 80_000 { // 1954 to 2119
		return wall{}, false
	}
	at, err := excelize.ExcelDateToTime(f, date1904)
	if err != nil {
		return wall{}, false
	}
	return wall{at: at.UTC().Round(time.Second), day: f == math.Trunc(f)}, true
}

func parseDate(text string) (time.Time, bool) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
	if len(parts) == 1 && len(text) == 8 {
		parts = []string{text[:4], text[4:6], text[6:]}
	}
	if len(parts) != 3 || len(text) > 10 {
		return time.Time{}, false
	}
	if len(parts[0]) == 4 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	var n [3]int
	for i, p := range parts {
		v, ok := digits(p)
		if !ok {
			return time.Time{}, false
		}
		n[i] = v
	}
	d, m, y := n[0], n[1], n[2]
	at := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1990 || y > 2100 || at.Day() != d || int(at.Month()) != m {
		return time.Time{}, false
	}
	return at, true
}

// parseClock reads 14:15, 14:15:00, 14h15 and 24:00.
func parseClock(text string) (time.Duration, bool) {
	text, fraction, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(text), "h", ":"), ".")
	if strings.Trim(fraction, "0") != "" { // no meter counts by fractions of a second
		return 0, false
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	var n [3]int
	for i, p := range parts {
		if p == "" && i > 0 {
			p = "0"
		}
		v, ok := digits(p)
		if !ok {
			return 0, false
		}
		n[i] = v
	}
	if n[0] > 24 || n[1] > 59 || n[2] > 59 || n[0] == 24 && n[1]+n[2] > 0 {
		return 0, false
	}
	return time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute + time.Duration(n[2])*time.Second, true
}

func digits(text string) (int, bool) {
	if text == "" || len(text) > 4 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	v, err := strconv.Atoi(text)
	return v, err == nil
}

// cutOffset takes Z, +01:00, +0100 or +01 off the end of a time of day.
func cutOffset(text string) (rest string, offset *int, ok bool) {
	if z, found := strings.CutSuffix(text, "Z"); found {
		return z, new(0), true
	}
	i := strings.LastIndexAny(text, "+-")
	if i < 0 {
		return text, nil, true
	}
	zone := strings.ReplaceAll(text[i+1:], ":", "")
	hours, okH := digits(zone[:min(2, len(zone))])
	minutes := 0
	if len(zone) == 4 {
		minutes, ok = digits(zone[2:])
	} else {
		ok = len(zone) == 2
	}
	if !ok || !okH || hours > 14 || minutes > 59 {
		return "", nil, false
	}
	seconds := hours*3600 + minutes*60
	if text[i] == '-' {
		seconds = -seconds
	}
	return strings.TrimSpace(text[:i]), &seconds, true
}

// instants returns when a clock at the place showed w: once, twice in the hour
// that is there twice, never in the one that is left out.
func instants(w time.Time, loc *time.Location) []time.Time {
	var out []time.Time
	for _, near := range []time.Time{w.Add(-36 * time.Hour), w.Add(36 * time.Hour)} {
		_, offset := near.In(loc).Zone()
		u := w.Add(-time.Duration(offset) * time.Second)
		if _, o := u.In(loc).Zone(); o == offset && !slices.ContainsFunc(out, u.Equal) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// timeline resolves the wall times of one series in the order of the file.
type timeline struct {
	loc  *time.Location
	last time.Time
}

// resolve returns the instant of w. In the hour that is there twice the first
// pass is summer time, and a time that does not lie after the one before
// belongs to the second. boundary allows the moment at which the clock leaps,
// written as the hour that does not exist: intervals named by their end do.
func (l *timeline) resolve(w wall, boundary bool) (time.Time, error) {
	if w.offset != nil {
		l.last = w.at.Add(-time.Duration(*w.offset) * time.Second)
		return l.last, nil
	}
	all := instants(w.at, l.loc)
	if len(all) == 0 {
		_, before := w.at.Add(-36 * time.Hour).In(l.loc).Zone()
		u := w.at.Add(-time.Duration(before) * time.Second)
		if _, o := u.Add(-time.Nanosecond).In(l.loc).Zone(); !boundary || o != before {
			return time.Time{}, fmt.Errorf("%s n'existe pas : passage à l'heure d'été", w.at.Format("02/01/2006 15:04"))
		}
		l.last = u
		return u, nil
	}
	at := all[0]
	if len(all) > 1 && !l.last.IsZero() && !at.After(l.last) {
		at = all[1]
	}
	l.last = at
	return at, nil
}
