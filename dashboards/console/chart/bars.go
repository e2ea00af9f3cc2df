package chart

import (
	"math"
	"strings"
)

// Bar is one period of a bar chart.
type Bar struct {
	Label string
	// Parts are stacked from the bottom, nil without a value: a gap.
	Parts []float64
	// Partial says that not all of the period is known; the bar is hatched.
	Partial bool
	// Beside is a second value of the period, drawn as a diamond, and Line that
	// of a line; NaN without one.
	Beside, Line float64
}

// Bars is a chart of a value a period, stacked by parts, against a line.
type Bars struct {
	ID   string
	Size Size
	// Unit is the y axis' title, Alt says what the chart shows.
	Unit, Alt string
	Bars      []Bar
	// LineName stands at the line's end.
	LineName string
	Locale   Locale
}

// SVG draws the chart. A period of which nothing is known has no bar.
func (c Bars) SVG() string {
	hi := 0.0
	for _, b := range c.Bars {
		hi = math.Max(hi, sum(b.Parts))
		for _, v := range []float64{b.Beside, b.Line} {
			if !math.IsNaN(v) {
				hi = math.Max(hi, v)
			}
		}
	}
	if hi == 0 {
		hi = 1
	}
	f := frame{left: 48, top: 22, right: c.Size.W - 12, bottom: c.Size.H - 24}
	if !c.narrow() {
		f.right = c.Size.W - math.Max(12, 1.1*NameRoom(c.LineName)+8)
	}
	f.ticks, f.decimals = numberTicks(0, hi, int(math.Max(2, math.Min(6, (f.bottom-f.top)/42))))
	f.lo, f.hi = f.ticks[0], f.ticks[len(f.ticks)-1]
	s := &svg{}
	s.begin(c.ID, c.Alt, c.Size)
	s.open("defs")
	s.hatch(c.ID+"-part", "hatch-part")
	s.close("defs")
	for _, v := range f.ticks {
		s.line(f.left, f.y(v), f.right, f.y(v), "grid")
		s.text(f.left-6, f.y(v)+4, "end", "tick", c.Locale.Number(v, f.decimals))
	}
	s.text(0, 12, "start", "tick unit", c.Unit)
	step := (f.right - f.left) / float64(max(len(c.Bars), 1))
	at := func(i int) float64 { return f.left + step*(float64(i)+0.5) }
	c.bars(s, f, step, at)
	c.line(s, f, at)
	s.line(f.left, f.bottom, f.right, f.bottom, "axis")
	s.close("svg")
	return s.b.String()
}

func sum(parts []float64) float64 {
	total := 0.0
	for _, p := range parts {
		total += p
	}
	return total
}

func (c Bars) bars(s *svg, f frame, step float64, at func(int) float64) {
	width := math.Min(48, step*0.62)
	every := 1
	for _, b := range c.Bars {
		every = max(every, int(math.Ceil((textWidth(b.Label)+6)/step)))
	}
	for i, b := range c.Bars {
		low := 0.0
		for k, p := range b.Parts {
			if p <= 0 {
				continue
			}
			top, bottom := f.y(low+p), f.y(low)
			s.rect(at(i)-width/2, top, width, bottom-top, class("part part"+coord(float64(k%4))))
			low += p
		}
		if b.Partial && low > 0 {
			s.rect(at(i)-width/2, f.y(low), width, f.bottom-f.y(low), attr{"fill", "url(#" + c.ID + "-part)"}, class("partial"))
		}
		if !math.IsNaN(b.Beside) {
			s.leaf("path", attr{"d", "M" + coord(at(i)) + " " + coord(f.y(b.Beside)-5) + "l5 5-5 5-5-5z"}, class("beside"))
		}
		if (len(c.Bars)-1-i)%every == 0 {
			s.text(at(i), f.bottom+16, "middle", "tick", b.Label)
		}
	}
}

// narrow reports whether names stand over their line instead of beside it.
func (c Bars) narrow() bool { return c.Size.W < 400 }

func (c Bars) line(s *svg, f frame, at func(int) float64) {
	var path strings.Builder
	end := math.NaN()
	for i, b := range c.Bars {
		if math.IsNaN(b.Line) {
			continue
		}
		move(&path, math.IsNaN(end), at(i), f.y(b.Line))
		end = b.Line
	}
	if math.IsNaN(end) {
		return
	}
	s.leaf("path", attr{"d", path.String()}, class("line path"))
	switch {
	case c.LineName == "":
	case c.narrow():
		s.text(f.right, f.y(end)-8, "end", "name halo", c.LineName)
	default:
		s.text(f.right+6, f.y(end)+4, "start", "name", c.LineName)
	}
}
