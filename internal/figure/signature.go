package figure

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// ErrEmpty says that there is nothing to draw.
var ErrEmpty = errors.New("nothing to draw")

func errEmpty(words Words) error { return fmt.Errorf("draw figure %q: %w", words.Title, ErrEmpty) }

// Signature draws a baseline: the days it was fitted on by outdoor
// temperature, dark in winter and light in summer, hollow at weekends; the
// model with its 90 % band, and the balance point.
func Signature(w io.Writer, words Words, b baseline.Baseline, days []baseline.Day) error {
	days = fitted(b, days)
	if len(days) == 0 || len(b.Segments) == 0 {
		return errEmpty(words)
	}
	p := newPlot("Consommation (kWh par jour)")
	p.X.Label.Text = "Température extérieure, moyenne du jour (°C)"
	p.X.Tick.Marker = numbers{dense: true}
	p.X.Label.Padding = vg.Points(2)
	dots := make(scatter, len(days))
	p.X.Min, p.X.Max = math.Inf(1), math.Inf(-1)
	top := 0.0
	for i, d := range days {
		dots[i] = dot{d.Temp, d.KWh, shade(d.Date), weekend(d.Date)}
		p.X.Min, p.X.Max = math.Min(p.X.Min, d.Temp), math.Max(p.X.Max, d.Temp)
		top = math.Max(top, d.KWh)
	}
	p.X.Min, p.X.Max = math.Floor(p.X.Min-0.5), math.Ceil(p.X.Max+0.5)
	models := modelsOf(b, days)
	for _, m := range models {
		for _, q := range m.curve.pts {
			top = math.Max(top, q.Y)
		}
	}
	p.Y.Min = 0
	_, p.Y.Max = widen(0, top)
	p.Add(stripes{})
	for _, m := range models { // one colour: together they are one band
		p.Add(area{low: curve{pts: m.low}, high: curve{pts: m.high}, fill: bandFill()})
	}
	p.Add(dots)
	ends := names{}
	for _, m := range models {
		p.Add(m.curve)
		end := m.curve.pts[len(m.curve.pts)-1]
		ends = append(ends, name{text: m.name, y: end.Y, x: end.X, color: ink(), inside: true})
	}
	p.Add(ends)
	p.Add(balance(b.Whole), key{})
	return write(w, words, panel{p, 430})
}

// balance marks the balance points.
func balance(s baseline.Segment) marks {
	var out marks
	if s.Model == baseline.ModelLinear { // it has none
		return out
	}
	if s.Heating > 0 {
		out = append(out, mark{at: s.HeatingBP, text: "équilibre " + Number(s.HeatingBP, 1) + "\u00a0°C", style: line(ink(), 0.9, 1, 2)})
	}
	if s.Cooling > 0 {
		out = append(out, mark{at: s.CoolingBP, text: "refroidissement dès " + Number(s.CoolingBP, 1) + "\u00a0°C", style: line(ink(), 0.9, 1, 2), row: 1})
	}
	return out
}

// fitted keeps the days of the baseline that have both values.
func fitted(b baseline.Baseline, days []baseline.Day) []baseline.Day {
	var out []baseline.Day
	for _, d := range days {
		if d.HasKWh && d.HasTemp && !d.Date.Before(b.From) && d.Date.Before(b.To) {
			out = append(out, d)
		}
	}
	return out
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// shade is that of the month, dark in January and light in July.
func shade(t time.Time) color.Color {
	summer := (1 - math.Cos(2*math.Pi*float64(t.Month()-time.January)/12)) / 2
	mix := func(dark, light float64) uint8 { return uint8(dark + summer*(light-dark)) }
	return color.RGBA{R: mix(0x1D, 0x9A), G: mix(0x27, 0xA5), B: mix(0x30, 0xB1), A: 255}
}

// dot is one day of a signature.
type dot struct {
	x, y   float64
	color  color.Color
	hollow bool
}

type scatter []dot

// Plot draws the dots.
func (s scatter) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	for _, d := range s {
		g := draw.GlyphStyle{Color: d.color, Radius: 2.1, Shape: draw.CircleGlyph{}}
		if d.hollow {
			g.Radius, g.Shape = 1.9, draw.RingGlyph{}
		}
		dc.DrawGlyph(g, vg.Point{X: tx(d.x), Y: ty(d.y)})
	}
}

// key says what the dots mean, in the upper right corner.
type key struct{}

// Plot draws the key.
func (key) Plot(dc draw.Canvas, _ *plot.Plot) {
	rows := []struct {
		words string
		dot   dot
	}{
		{"hiver", dot{color: rgb(0x1D2730)}},
		{"été", dot{color: rgb(0x9AA5B1)}},
		{"week-end", dot{color: quiet(), hollow: true}},
	}
	for i, r := range rows {
		at := vg.Point{X: dc.Max.X - 62, Y: dc.Max.Y - vg.Length(14*(i+1))}
		g := draw.GlyphStyle{Color: r.dot.color, Radius: 2.4, Shape: draw.CircleGlyph{}}
		if r.dot.hollow {
			g.Shape = draw.RingGlyph{}
		}
		dc.DrawGlyph(g, at)
		st := textStyle(sizeSmall, quiet(), false)
		st.YAlign = draw.YCenter
		dc.FillText(st, vg.Point{X: at.X + 8, Y: at.Y}, r.words)
	}
}

// model is one line of a signature and the band about it.
type model struct {
	name      string
	curve     curve
	low, high plotter.XYs
}

// modelsOf returns the lines of a baseline's groups of days, each over the
// temperatures that its own days had.
func modelsOf(b baseline.Baseline, days []baseline.Day) []model {
	half := halfWidth(b, days)
	var out []model
	for _, s := range b.Segments {
		from, to := math.Inf(1), math.Inf(-1)
		for _, d := range days {
			if b.GroupOf(d.Date) == s.Name {
				from, to = math.Min(from, d.Temp), math.Max(to, d.Temp)
			}
		}
		if from > to {
			continue
		}
		m := model{name: groupName(s.Name), curve: curve{style: line(ink(), 1.5, 5, 2.5)}}
		for t := math.Floor(2*from-1) / 2; t <= math.Ceil(2*to+1)/2; t += 0.25 {
			y := math.Max(0, s.Intercept+s.Heating*math.Max(0, s.HeatingBP-t)+s.Cooling*math.Max(0, t-s.CoolingBP))
			m.curve.pts = append(m.curve.pts, plotter.XY{X: t, Y: y})
			m.low = append(m.low, plotter.XY{X: t, Y: math.Max(0, y-half(y))})
			m.high = append(m.high, plotter.XY{X: t, Y: y + half(y)})
		}
		out = append(out, m)
	}
	return out
}

// groupName is a group's name in French.
func groupName(group string) string {
	return strings.NewReplacer("all", "attendu", "weekday", "semaine", "weekend", "week-end",
		"workday", "jour ouvrable", "day off", "jour de repos", "monday to saturday", "lundi à samedi",
		"saturday", "samedi", "sunday", "dimanche et fériés", "open", "ouvert", "closed", "fermé", "vacant", "vacances",
		"winter", "hiver", "shoulder", "mi-saison", "summer", "été").Replace(group)
}

// halfWidth returns the half-width of the band of a day by what is expected
// of it, as the baseline gives it for its own days.
func halfWidth(b baseline.Baseline, days []baseline.Day) func(kwh float64) float64 {
	var known plotter.XYs
	for _, d := range days {
		if e, ok := b.Predict(d); ok {
			known = append(known, plotter.XY{X: e.KWh, Y: e.High - e.KWh})
		}
	}
	slices.SortFunc(known, func(p, q plotter.XY) int { return cmp.Compare(p.X, q.X) })
	return func(kwh float64) float64 {
		if len(known) == 0 {
			return 0
		}
		i, _ := slices.BinarySearchFunc(known, kwh, func(p plotter.XY, x float64) int { return cmp.Compare(p.X, x) })
		if i == 0 || i == len(known) {
			return known[min(i, len(known)-1)].Y
		}
		p, q := known[i-1], known[i]
		if q.X <= p.X {
			return p.Y
		}
		return p.Y + (q.Y-p.Y)*(kwh-p.X)/(q.X-p.X)
	}
}
