package chart

import (
	"math"
	"time"
)

// Size is the width and height of a picture in CSS pixels at scale 1.
type Size struct{ W, H float64 }

// Point is one value at one instant. A NaN is a gap: the line stops before it
// and starts again after it.
type Point struct {
	T time.Time
	V float64
}

// Line is one line of a time chart.
type Line struct {
	// Name stands at the line's end.
	Name string
	// Class is the line's role: observed, expected, cusum.
	Class  string
	Points []Point
	// Step holds each value until the next one (states).
	Step bool
	// Gaps hatches the spans in which this line has no value.
	Gaps bool
}

// Range is a low and a high value at one instant, NaN where unknown.
type Range struct {
	T         time.Time
	Low, High float64
}

// Area is a surface between two values over time.
type Area struct {
	// Class is the area's role: band, or excess and saving, which are hatched.
	Class  string
	Ranges []Range
}

// Mark is a vertical line at an instant, with a name at the top.
type Mark struct {
	T    time.Time
	Name string
	// Class is the mark's role: onset or detection.
	Class string
}

// Time is a chart with time on x.
type Time struct {
	// ID is unique on the page; patterns and the alternative text use it.
	ID   string
	Size Size
	// From and To bound the x axis; their location is the calendar's.
	From, To time.Time
	// Unit is the y axis' title.
	Unit string
	// Alt says what the chart shows in one sentence.
	Alt   string
	Areas []Area
	Lines []Line
	Marks []Mark
	// Zero makes the y axis start at 0, or contain it.
	Zero bool
	// States names the values 0, 1, … of a line of states.
	States []string
	// HideTimes leaves the labels of the x axis to a chart below.
	HideTimes bool
	// NamedMarks writes the marks' names.
	NamedMarks bool
	// RightRoom is the room kept for names at line ends; 0 lets the chart
	// choose. Charts that share x are given the same.
	RightRoom float64
	Locale    Locale
}

// frame is the plot inside the picture and its scales.
type frame struct {
	left, top, right, bottom float64
	from, to                 time.Time
	lo, hi                   float64
	ticks                    []float64
	decimals                 int
}

func (f frame) x(t time.Time) float64 {
	return f.left + (f.right-f.left)*float64(t.Sub(f.from))/float64(f.to.Sub(f.from))
}

func (f frame) y(v float64) float64 {
	return f.bottom - (f.bottom-f.top)*(v-f.lo)/(f.hi-f.lo)
}

// SVG draws the chart. A chart without a span or without a value is drawn
// with its axes and a hatched plot.
func (c Time) SVG() string {
	if !c.To.After(c.From) {
		c.To = c.From.Add(time.Hour)
	}
	f := c.frame()
	s := &svg{}
	s.begin(c.ID, c.Alt, c.Size,
		num("data-left", f.left), num("data-right", f.right), num("data-top", f.top), num("data-bottom", f.bottom),
		attr{"data-from", millis(c.From)}, attr{"data-to", millis(c.To)})
	s.open("defs")
	for _, h := range []string{"gap", "excess", "saving"} {
		s.hatch(c.ID+"-"+h, "hatch-"+h)
	}
	s.open("clipPath", attr{"id", c.ID + "-clip"})
	s.rect(f.left, f.top-2, f.right-f.left, f.bottom-f.top+4)
	s.close("clipPath")
	s.close("defs")
	c.calendar(s, f)
	c.yAxis(s, f)
	s.open("g", attr{"clip-path", "url(#" + c.ID + "-clip)"})
	c.gaps(s, f)
	c.areas(s, f)
	for _, l := range c.Lines {
		drawLine(s, f, l)
	}
	s.close("g")
	c.marks(s, f)
	c.names(s, f)
	s.line(f.left, f.bottom, f.right, f.bottom, "axis")
	s.close("svg")
	return s.b.String()
}

func (c Time) frame() frame {
	lo, hi := c.extent()
	f := frame{from: c.From, to: c.To, top: 22, bottom: c.Size.H - 24, right: c.Size.W - c.rightRoom()}
	if c.NamedMarks && len(c.Marks) > 0 {
		f.top = 40
	}
	if c.HideTimes {
		f.bottom = c.Size.H - 8
	}
	n := int(math.Max(2, math.Min(6, (f.bottom-f.top)/42)))
	f.ticks, f.decimals = numberTicks(lo, hi, n)
	if len(c.States) > 0 {
		f.ticks = nil
		for i := range c.States {
			f.ticks = append(f.ticks, float64(i))
		}
	}
	f.lo, f.hi = f.ticks[0], f.ticks[len(f.ticks)-1]
	if f.hi <= f.lo {
		f.hi = f.lo + 1
	}
	f.left = 48
	return f
}

func (c Time) rightRoom() float64 {
	room := c.RightRoom
	for _, l := range c.Lines {
		room = max(room, NameRoom(l.Name))
	}
	return room
}

// extent returns the smallest and largest value drawn, NaN without any.
func (c Time) extent() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	add := func(t time.Time, v float64) {
		if math.IsNaN(v) || t.Before(c.From) || t.After(c.To) {
			return
		}
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	for _, l := range c.Lines {
		for _, p := range l.Points {
			add(p.T, p.V)
		}
	}
	for _, a := range c.Areas {
		for _, r := range a.Ranges {
			add(r.T, r.Low)
			add(r.T, r.High)
		}
	}
	if c.Zero {
		lo, hi = math.Min(lo, 0), math.Max(hi, 0)
	}
	return lo, hi
}
