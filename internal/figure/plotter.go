package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// curve is a line that is interrupted where a value is absent (NaN) and where
// two points lie farther apart than gap.
type curve struct {
	pts   plotter.XYs
	gap   float64 // 0 for no limit
	style draw.LineStyle
	// stairs draws each value up to the next, as a power over an interval.
	stairs bool
}

// runs returns the stretches without a gap.
func (c curve) runs() []plotter.XYs {
	var out []plotter.XYs
	open := false
	for i, p := range c.pts {
		if math.IsNaN(p.Y) {
			open = false
			continue
		}
		if !open || c.gap > 0 && p.X-c.pts[i-1].X > c.gap {
			out = append(out, nil)
			open = true
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// Plot draws the line, and a point where a value stands alone.
func (c curve) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	for _, run := range c.runs() {
		pts := make([]vg.Point, 0, 2*len(run))
		for i, q := range run {
			if c.stairs && i > 0 {
				pts = append(pts, vg.Point{X: tx(q.X), Y: ty(run[i-1].Y)})
			}
			pts = append(pts, vg.Point{X: tx(q.X), Y: ty(q.Y)})
		}
		if len(pts) == 1 {
			dc.DrawGlyph(draw.GlyphStyle{Color: c.style.Color, Radius: c.style.Width, Shape: draw.CircleGlyph{}}, pts[0])
			continue
		}
		dc.StrokeLines(c.style, dc.ClipLinesXY(pts)...)
	}
}

// span is the range of the values that are there.
func (c curve) span() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, p := range c.pts {
		if !math.IsNaN(p.Y) {
			lo, hi = math.Min(lo, p.Y), math.Max(hi, p.Y)
		}
	}
	return lo, hi
}

// last returns the last value that is there.
func (c curve) last() float64 {
	for _, p := range slices.Backward(c.pts) {
		if !math.IsNaN(p.Y) {
			return p.Y
		}
	}
	return math.NaN()
}

// area fills between two curves of the same points.
type area struct {
	low, high curve
	fill      color.Color
}

// Plot fills each stretch without a gap.
func (a area) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	low, high := a.low.runs(), a.high.runs()
	for i := range min(len(low), len(high)) {
		var pts []vg.Point
		for _, q := range high[i] {
			pts = append(pts, vg.Point{X: tx(q.X), Y: ty(q.Y)})
		}
		for _, q := range slices.Backward(low[i]) {
			pts = append(pts, vg.Point{X: tx(q.X), Y: ty(q.Y)})
		}
		if len(pts) > 3 {
			dc.FillPolygon(a.fill, dc.ClipPolygonXY(pts))
		}
	}
}

// hatch strokes from one curve to the other at every point that is there in
// both: the area between them, told from a band by its strokes.
type hatch struct {
	from, to plotter.XYs
	style    draw.LineStyle
}

// Plot draws the strokes.
func (h hatch) Plot(dc draw.Canvas, p *plot.Plot) {
	const step = 2.2 // points between strokes, so that they stay apart
	tx, ty := p.Transforms(&dc)
	last := math.Inf(-1)
	for i := range h.from {
		a, b := h.from[i], h.to[i]
		if at := float64(tx(a.X)); !math.IsNaN(a.Y) && !math.IsNaN(b.Y) && at-last >= step {
			last = at
			dc.StrokeLines(h.style, dc.ClipLinesXY([]vg.Point{{X: tx(a.X), Y: ty(a.Y)}, {X: tx(b.X), Y: ty(b.Y)}})...)
		}
	}
}

// stripes shade every other cell of the calendar and draw the grid.
type stripes struct {
	calendar *calendar // nil for no shading
	zero     bool      // draw the zero line stronger
}

// Plot draws what lies under everything else.
func (s stripes) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	if s.calendar != nil {
		for _, cell := range s.calendar.cells() {
			odd := cell[0].Month()%2 == 0
			if s.calendar.days() {
				odd = cell[0].YearDay()%2 == 0
			}
			if odd {
				a, b := tx(x(cell[0])), tx(x(cell[1]))
				dc.FillPolygon(stripe(), []vg.Point{{X: a, Y: dc.Min.Y}, {X: b, Y: dc.Min.Y}, {X: b, Y: dc.Max.Y}, {X: a, Y: dc.Max.Y}})
			}
		}
	} else {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			dc.StrokeLine2(line(rule(), 0.4), tx(t.Value), dc.Min.Y, tx(t.Value), dc.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		style := line(rule(), 0.4)
		if s.zero && t.Value == 0 {
			style = line(quiet(), 0.8)
		}
		dc.StrokeLine2(style, dc.Min.X, ty(t.Value), dc.Max.X, ty(t.Value))
	}
	if s.calendar != nil && s.calendar.days() {
		for _, at := range s.calendar.changes() {
			dc.StrokeLine2(line(quiet(), 0.6, 2, 2), tx(x(at)), dc.Min.Y, tx(x(at)), dc.Max.Y)
			dc.FillText(textStyle(sizeSmall, quiet(), false), vg.Point{X: tx(x(at)) + 3, Y: dc.Max.Y - 10}, "changement d’heure")
		}
	}
}

// names are written at the right end of the lines, apart from each other.
type names []name

type name struct {
	text  string
	y     float64
	color color.Color
	// inside writes it at x, the end of a line that ends before the others.
	x      float64
	inside bool
}

// Plot writes the names beside the data.
func (n names) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	order := make([]int, 0, len(n))
	for i := range n {
		if !math.IsNaN(n[i].y) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(n[a].y, n[b].y) })
	const apart = sizeText + 2
	ys := make([]vg.Length, len(order))
	for k, i := range order {
		ys[k] = ty(min(max(n[i].y, p.Y.Min), p.Y.Max))
		if k > 0 {
			ys[k] = max(ys[k], ys[k-1]+apart)
		}
	}
	// What was pushed out at the top pushes the others down.
	top := dc.Max.Y
	for k := len(ys) - 1; k >= 0; k-- {
		ys[k] = min(ys[k], top)
		top = ys[k] - apart
	}
	for k, i := range order {
		st := textStyle(sizeText, n[i].color, false)
		st.YAlign = draw.YCenter
		at := dc.Max.X + 5
		if n[i].inside {
			at = min(at, tx(n[i].x)+5)
			w := st.Width(n[i].text)
			dc.FillPolygon(ground(), []vg.Point{{X: at - 2, Y: ys[k] - 6}, {X: at + w + 1, Y: ys[k] - 6}, {X: at + w + 1, Y: ys[k] + 6}, {X: at - 2, Y: ys[k] + 6}})
		}
		dc.FillText(st, vg.Point{X: at, Y: ys[k]}, n[i].text)
	}
}

// GlyphBoxes keeps room for the longest name.
func (n names) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	longest := vg.Length(0)
	for _, x := range n {
		longest = max(longest, textStyle(sizeText, ink(), false).Width(x.text))
	}
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: longest + 8}}}}
}

// mark is a vertical line with words at its top.
type mark struct {
	at    float64
	text  string
	style draw.LineStyle
	// row moves the words down, left writes them before the line.
	row  int
	left bool
	// diamond draws the sign of a drift at the foot.
	diamond bool
}

// marks are drawn line by line and then word by word, so that no line crosses
// the words of another.
type marks []mark

// Plot draws the marks that are on the axis.
func (all marks) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, _ := p.Transforms(&dc)
	var seen marks
	for _, m := range all {
		if m.at >= p.X.Min && m.at <= p.X.Max {
			seen = append(seen, m)
			m.line(dc, tx(m.at))
		}
	}
	for _, m := range seen {
		m.words(dc, tx(m.at))
	}
}

func (m mark) line(dc draw.Canvas, at vg.Length) {
	dc.StrokeLine2(m.style, at, dc.Min.Y, at, dc.Max.Y)
	if m.diamond {
		const r = 4
		y := dc.Min.Y + r
		dc.FillPolygon(m.style.Color, []vg.Point{{X: at - r, Y: y}, {X: at, Y: y + r}, {X: at + r, Y: y}, {X: at, Y: y - r}})
	}
}

func (m mark) words(dc draw.Canvas, at vg.Length) {
	if m.text == "" {
		return
	}
	st := textStyle(sizeText, m.style.Color, false)
	pt := vg.Point{X: at + 4, Y: dc.Max.Y - vg.Length(13*(m.row+1))}
	w, h := st.Width(m.text), vg.Length(sizeText)
	if m.left || at+4+w > dc.Max.X {
		pt.X = at - 4 - w
	}
	// A ground under the words keeps them readable on lines.
	dc.FillPolygon(ground(), []vg.Point{{X: pt.X - 1, Y: pt.Y - 2}, {X: pt.X + w + 1, Y: pt.Y - 2}, {X: pt.X + w + 1, Y: pt.Y + h}, {X: pt.X - 1, Y: pt.Y + h}})
	dc.FillText(st, pt, m.text)
}

// series makes points of a time and a value each.
func series[T any](of []T, at func(T) time.Time, value func(T) float64) plotter.XYs {
	out := make(plotter.XYs, len(of))
	for i, v := range of {
		out[i] = plotter.XY{X: x(at(v)), Y: value(v)}
	}
	return out
}
