package figure

import (
	"math"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
)

// Number writes a number as French does: decimal comma, narrow no-break space
// between thousands, a true minus. Decimals is the number of decimals.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	if rest != "" {
		whole += "," + rest
	}
	if v < 0 && strings.Trim(whole, "0,") != "" {
		whole = "−" + whole
	}
	return whole
}

// Date writes a day: 21 nov. 2026.
func Date(t time.Time) string {
	return strconv.Itoa(t.Day()) + "\u00a0" + month(t.Month()) + "\u00a0" + strconv.Itoa(t.Year())
}

func month(m time.Month) string {
	return [...]string{"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}[m-1]
}

func weekday(d time.Weekday) string {
	return [...]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}[d]
}

// numbers ticks an axis at round numbers.
type numbers struct {
	// dense asks for about twice as many.
	dense bool
}

// Ticks returns four to seven round numbers between lo and hi.
func (n numbers) Ticks(lo, hi float64) []plot.Tick {
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	step := roundStep(span / 5)
	if n.dense {
		step = roundStep(span / 10)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var out []plot.Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+1e-9*span; k++ {
		out = append(out, plot.Tick{Value: k * step, Label: Number(k*step, decimals)})
	}
	return out
}

// roundStep returns the least of 1, 2, 5 × 10ⁿ that is not less than x.
func roundStep(x float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, f := range [...]float64{1, 2, 5} {
		if x <= f*p*(1+1e-9) {
			return f * p
		}
	}
	return 10 * p
}

// widen rounds a range out to whole ticks or halves of them.
func widen(lo, hi float64) (a, b float64) {
	if !(hi > lo) {
		return lo - 1, hi + 1
	}
	step := roundStep((hi - lo) / 10)
	return math.Floor(lo/step+1e-9) * step, math.Ceil(hi/step-1e-9) * step
}

// x is the place of an instant on a time axis, in days.
func x(t time.Time) float64 { return float64(t.Unix()) / 86400 }

// calendar is a time axis: days when it is short, months otherwise.
type calendar struct {
	from, to time.Time // in the zone of the calendar
}

// days reports whether the axis shows single days.
func (c calendar) days() bool { return c.to.Sub(c.from) < 32*24*time.Hour }

// cells returns the days or months of the axis, each from its start to the
// next; the first and the last may be parts.
func (c calendar) cells() [][2]time.Time {
	loc := c.from.Location()
	y, m, d := c.from.Date()
	at, next := time.Date(y, m, d, 0, 0, 0, 0, loc), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	if !c.days() {
		at, next = time.Date(y, m, 1, 0, 0, 0, 0, loc), func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	}
	var out [][2]time.Time
	for at.Before(c.to) {
		end := next(at)
		out = append(out, [2]time.Time{latest(at, c.from), earliest(end, c.to)})
		at = end
	}
	return out
}

// Ticks labels the middle of each day or month; the first month and each
// January name the year below.
func (c calendar) Ticks(_, _ float64) []plot.Tick {
	cells := c.cells()
	every := 1 + len(cells)/28
	var out []plot.Tick
	for i, cell := range cells {
		at := cell[0]
		if c.days() {
			out = append(out, plot.Tick{Value: middle(cell), Label: weekday(at.Weekday()) + " " + strconv.Itoa(at.Day()) + " " + month(at.Month())})
			continue
		}
		label := month(at.Month())
		named := at.Month() == time.January || i == 0
		if cell[1].Sub(cell[0]) < 16*24*time.Hour || every > 1 && int(at.Month()-1)%every != 0 {
			label = ""
			named = false
		}
		if label == "" {
			continue
		}
		if named || i > 0 && len(out) == 0 {
			label += "\n" + strconv.Itoa(at.Year())
		}
		out = append(out, plot.Tick{Value: middle(cell), Label: label})
	}
	return out
}

func middle(cell [2]time.Time) float64 { return (x(cell[0]) + x(cell[1])) / 2 }

// changes returns the instants on the axis at which the clock is put forward
// or back.
func (c calendar) changes() []time.Time {
	var out []time.Time
	for t := c.from; t.Before(c.to); {
		_, end := t.ZoneBounds()
		if end.IsZero() || !end.Before(c.to) {
			break
		}
		out = append(out, end)
		t = end
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
