package console

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"time"
)

// Number writes v with a fixed number of decimals.
func (t *tongue) Number(v float64, decimals int) string { return t.locale.Number(v, decimals) }

// Signed writes v with its sign.
func (t *tongue) Signed(v float64, decimals int) string {
	s := t.Number(v, decimals)
	if v > 0 && s != t.Number(0, decimals) {
		return "+" + s
	}
	return s
}

// decimalsOf is the number of decimals worth showing for a unit.
func decimalsOf(unit string) int {
	switch unit {
	case "°C", "K", "A", "m/s", "mm", "bar", "m³/h":
		return 1
	case "kW", "Hz", "m³":
		return 2
	case "":
		return 2
	}
	return 0
}

// Day writes "21 nov. 2026".
func (t *tongue) Day(at time.Time) string {
	at = at.In(t.zone)
	return t.locale.Day(at) + " " + strconv.Itoa(at.Year())
}

// Moment writes "21 nov. 2026 14:03".
func (t *tongue) Moment(at time.Time) string {
	return t.Day(at) + " " + at.In(t.zone).Format("15:04")
}

// When writes an instant as shortly as now allows: "06:12" today, else with
// its day, else with its year.
func (t *tongue) When(now, at time.Time) string {
	n, a := now.In(t.zone), at.In(t.zone)
	switch {
	case n.Year() == a.Year() && n.YearDay() == a.YearDay():
		return a.Format("15:04")
	case n.Year() == a.Year():
		return t.locale.Day(a) + " " + a.Format("15:04")
	}
	return t.Moment(at)
}

// Age writes a duration in the two units that matter: "12 s", "4 min",
// "2 h 14", "3 j 4 h", "12 j". The page's script writes the same.
func (t *tongue) Age(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	switch {
	case s < 60:
		return fmt.Sprintf("%d %s", s, t.texts["unit.s"])
	case s < 3600:
		return fmt.Sprintf("%d %s", s/60, t.texts["unit.min"])
	case s < 48*3600:
		return fmt.Sprintf("%d %s %02d", s/3600, t.texts["unit.h"], s%3600/60)
	case s < 7*24*3600:
		return fmt.Sprintf("%d %s %d %s", s/86400, t.texts["unit.d"], s%86400/3600, t.texts["unit.h"])
	}
	return fmt.Sprintf("%s %s", t.Number(float64(s/86400), 0), t.texts["unit.d"])
}

// Ticking is the age of an instant as an element that the page keeps current.
func (t *tongue) Ticking(now, at time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%s" data-age title="%s">%s</time>`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), template.HTMLEscapeString(t.Moment(at)),
		template.HTMLEscapeString(t.Age(now.Sub(at)))))
}

// Ago is "il y a 12 s", ticking.
func (t *tongue) Ago(now, at time.Time) (template.HTML, error) {
	return t.Markup("age.ago", t.Ticking(now, at))
}

// Since is "depuis 06:12 (2 h 14)", ticking.
func (t *tongue) Since(now, at time.Time) (template.HTML, error) {
	return t.Markup("age.since", t.When(now, at), t.Ticking(now, at))
}

// Energy writes kWh without decimals, small amounts with one.
func (t *tongue) Energy(kwh float64) string { return t.Number(kwh, smallDecimals(kwh)) }

// Money writes EUR without decimals, small amounts with two.
func (t *tongue) Money(eur float64) string {
	if math.Abs(eur) < 10 {
		return t.Number(eur, 2)
	}
	return t.Number(eur, 0)
}

func smallDecimals(v float64) int {
	if v != 0 && math.Abs(v) < 10 {
		return 1
	}
	return 0
}

// whole writes a count.
func (t *tongue) whole(n any) (string, error) {
	switch v := n.(type) {
	case int:
		return t.Number(float64(v), 0), nil
	case uint64:
		return t.Number(float64(v), 0), nil
	}
	return "", fmt.Errorf("count %v: not a whole number", n)
}

// civil writes a date given as 2026-11-21; anything else as it is.
func (t *tongue) civil(date string) string {
	at, err := time.ParseInLocation(time.DateOnly, date, t.zone)
	if err != nil {
		return date
	}
	return t.Day(at)
}
