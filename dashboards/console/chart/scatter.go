package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Dot is one day of a signature.
type Dot struct {
	X, Y float64
	// Shade is 0 (oldest) to 11; the style sheet gives it a grey.
	Shade int
	// Class is an added role, for example "after" for days after an onset.
	Class string
}

// XY is a place in a scatter chart.
type XY struct{ X, Y float64 }

// Scatter is a chart of one quantity against another: the energy signature.
type Scatter struct {
	ID           string
	Size         Size
	Alt          string
	XUnit, YUnit string
	Dots         []Dot
	// Model is the line of the model, left to right; Low and High bound its
	// band and may be empty.
	Model, Low, High []XY
	// Balance is the x of the balance point, NaN without one.
	Balance     float64
	BalanceName string
	Locale      Locale
}

// SVG draws the chart.
func (c Scatter) SVG() string {
	xt, xd := numberTicks(c.span(func(p XY) float64 { return p.X }, false, int(c.Size.W/90)))
	yt, yd := numberTicks(c.span(func(p XY) float64 { return p.Y }, true, 5))
	left, top, right, bottom := 48.0, 22.0, c.Size.W-12, c.Size.H-36
	x := func(v float64) float64 { return left + (right-left)*(v-xt[0])/(xt[len(xt)-1]-xt[0]) }
	y := func(v float64) float64 { return bottom - (bottom-top)*(v-yt[0])/(yt[len(yt)-1]-yt[0]) }
	s := &svg{}
	s.begin(c.ID, c.Alt, c.Size)
	for _, v := range yt {
		s.line(left, y(v), right, y(v), "grid")
		s.text(left-6, y(v)+4, "end", "tick", c.Locale.Number(v, yd))
	}
	for _, v := range xt {
		s.line(x(v), bottom, x(v), bottom+4, "axis")
		s.text(x(v), bottom+16, "middle", "tick", c.Locale.Number(v, xd))
	}
	s.text(0, 12, "start", "tick unit", c.YUnit)
	s.text(right, c.Size.H-4, "end", "tick unit", c.XUnit)
	if len(c.Low) > 1 && len(c.High) > 1 {
		s.leaf("path", attr{"d", bandPath(c.Low, c.High, x, y)}, class("band"))
	}
	for _, d := range c.Dots {
		if d.Class != "" {
			// A shape of its own: colour is never alone.
			at := coord(x(d.X)) + " " + coord(y(d.Y)-3.6)
			s.leaf("path", attr{"d", "M" + at + "l3.6 3.6-3.6 3.6-3.6-3.6z"}, class("sig "+d.Class))
			continue
		}
		cls := "sig s" + strconv.Itoa(min(max(d.Shade, 0), 11))
		s.leaf("circle", num("cx", x(d.X)), num("cy", y(d.Y)), num("r", 2.4), class(cls))
	}
	if len(c.Model) > 1 {
		s.leaf("path", attr{"d", polyline(c.Model, x, y)}, class("line model"))
	}
	if !math.IsNaN(c.Balance) {
		s.line(x(c.Balance), top, x(c.Balance), bottom, "mark balance")
		anchor, at := "start", x(c.Balance)+4
		if at+textWidth(c.BalanceName) > right {
			anchor, at = "end", x(c.Balance)-4
		}
		s.text(at, top+10, anchor, "tick halo", c.BalanceName)
	}
	s.line(left, bottom, right, bottom, "axis")
	s.close("svg")
	return s.b.String()
}

// span returns the extent of everything drawn along one axis and the number
// of ticks wanted, in the order numberTicks takes them.
func (c Scatter) span(of func(XY) float64, zero bool, n int) (lo, hi float64, ticks int) {
	lo, hi = math.Inf(1), math.Inf(-1)
	if zero {
		lo, hi = 0, 0
	}
	add := func(p XY) { lo, hi = math.Min(lo, of(p)), math.Max(hi, of(p)) }
	for _, d := range c.Dots {
		add(XY{d.X, d.Y})
	}
	for _, p := range c.Model {
		add(p)
	}
	return lo, hi, n
}

func polyline(points []XY, x, y func(float64) float64) string {
	var b strings.Builder
	for i, p := range points {
		move(&b, i == 0, x(p.X), y(p.Y))
	}
	return b.String()
}

func bandPath(low, high []XY, x, y func(float64) float64) string {
	var b strings.Builder
	for i, p := range high {
		move(&b, i == 0, x(p.X), y(p.Y))
	}
	for _, l := range slices.Backward(low) {
		move(&b, false, x(l.X), y(l.Y))
	}
	b.WriteByte('Z')
	return b.String()
}
