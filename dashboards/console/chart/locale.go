package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Locale is how numbers and dates are written in one language.
type Locale struct {
	// Decimal separates the decimals, Group the thousands.
	Decimal, Group string
	// Months are the short names of the months, January first.
	Months [12]string
	// Weekdays are the short names of the days, Sunday first.
	Weekdays [7]string
	// Absent names a gap; Summer and Winter name the two changes of the clock.
	Absent, Summer, Winter string
}

// Number writes v with the given number of decimals. A NaN or an infinity is
// an en dash: a figure that is not known is not written as one.
func (l Locale) Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', max(decimals, 0), 64)
	whole, fraction, _ := strings.Cut(s, ".")
	var b strings.Builder
	if v < 0 && strings.Trim(s, "0.") != "" {
		b.WriteString("−")
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.Group)
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString(l.Decimal)
		b.WriteString(fraction)
	}
	return b.String()
}

// Day writes the day of t in its own location, for example "21 nov.".
func (l Locale) Day(t time.Time) string {
	return strconv.Itoa(t.Day()) + " " + l.Months[t.Month()-1]
}

// Clock writes the time of day of t in its own location, for example "14:03".
func Clock(t time.Time) string { return t.Format("15:04") }
