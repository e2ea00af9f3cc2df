package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// calendar draws what the days are: weekends (or every second day of a short
// span) shaded, ticks and their labels, changes of the clock.
func (c Time) calendar(s *svg, f frame) {
	days := c.To.Sub(c.From).Hours() / 24
	for day := midnight(c.From); days <= 100 && day.Before(c.To); day = day.AddDate(0, 0, 1) {
		shaded := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		if days <= shortSpan {
			shaded = day.YearDay()%2 == 0
		}
		if !shaded {
			continue
		}
		a := math.Max(f.left, f.x(day))
		b := math.Min(f.right, f.x(day.AddDate(0, 0, 1)))
		s.rect(a, f.top, b-a, f.bottom-f.top, class("weekend"))
	}
	for _, k := range timeTicks(c.From, c.To, c.Locale, f.right-f.left) {
		x := f.x(k.t)
		cls := "grid"
		if k.strong {
			cls = "grid strong"
		}
		s.line(x, f.top, x, f.bottom, cls)
		w := textWidth(k.label) / 2
		if !c.HideTimes && x-w >= 0 && x+w <= c.Size.W {
			s.text(x, f.bottom+16, "middle", "tick", k.label)
		}
	}
	for _, ch := range clockChanges(c.From, c.To) {
		name := c.Locale.Winter
		if ch.summer {
			name = c.Locale.Summer
		}
		x := f.x(ch.t)
		s.open("g", class("clock"))
		s.line(x, f.bottom-6, x, f.bottom+4, "dst")
		s.open("title")
		s.b.WriteString(name)
		s.close("title")
		s.close("g")
		if days <= 100 && !c.HideTimes && x+6+textWidth(name) < f.right {
			s.text(x+4, f.bottom-6, "start", "tick halo", name)
		}
	}
}

func (c Time) yAxis(s *svg, f frame) {
	for i, v := range f.ticks {
		y := f.y(v)
		cls := "grid"
		if v == 0 && f.lo < 0 {
			cls = "axis"
		}
		s.line(f.left, y, f.right, y, cls)
		label := c.Locale.Number(v, f.decimals)
		if len(c.States) > 0 {
			label = c.States[i]
		}
		s.text(f.left-6, y+4, "end", "tick", label)
	}
	s.text(0, 12, "start", "tick unit", c.Unit)
}

// span is a stretch of x.
type span struct{ from, to time.Time }

// gaps hatches the stretches in which a line that asks for it has no value:
// unknown is a state and is drawn as one.
func (c Time) gaps(s *svg, f frame) {
	for _, l := range c.Lines {
		if !l.Gaps {
			continue
		}
		named := false
		for _, g := range gapsOf(l.Points, c.From, c.To) {
			a, b := f.x(g.from), f.x(g.to)
			if b-a < 1.5 {
				continue
			}
			s.rect(a, f.top, b-a, f.bottom-f.top, attr{"fill", "url(#" + c.ID + "-gap)"}, class("gap"))
			if w := textWidth(c.Locale.Absent); !named && b-a > w+8 {
				s.text((a+b)/2, f.top+14, "middle", "tick halo", c.Locale.Absent)
				named = true
			}
		}
	}
}

// gapsOf returns the stretches from the last value before a NaN to the first
// value after it, and those before the first and after the last value when
// they are longer than a few steps.
func gapsOf(points []Point, from, to time.Time) []span {
	var out []span
	last := from
	open := true
	for _, p := range points {
		if math.IsNaN(p.V) {
			open = true
			continue
		}
		if open && p.T.After(last) {
			out = append(out, span{last, p.T})
		}
		last, open = p.T, false
	}
	if last.Before(to) && (open || to.Sub(last) > 4*typicalStep(points)) {
		out = append(out, span{last, to})
	}
	if len(out) > 0 && out[0].from.Equal(from) && out[0].to.Sub(from) <= 4*typicalStep(points) {
		out = out[1:]
	}
	return out
}

// typicalStep is the median distance between points.
func typicalStep(points []Point) time.Duration {
	if len(points) < 2 {
		return 0
	}
	steps := make([]time.Duration, 0, len(points)-1)
	for i := 1; i < len(points); i++ {
		steps = append(steps, points[i].T.Sub(points[i-1].T))
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

func (c Time) areas(s *svg, f frame) {
	for _, a := range c.Areas {
		var run []Range
		flush := func() {
			if len(run) > 1 {
				attrs := []attr{{"d", areaPath(f, run)}, class(a.Class)}
				if a.Class != "band" {
					attrs = append(attrs, attr{"fill", "url(#" + c.ID + "-" + a.Class + ")"})
				}
				s.leaf("path", attrs...)
			}
			run = run[:0]
		}
		for _, r := range a.Ranges {
			if math.IsNaN(r.Low) || math.IsNaN(r.High) {
				flush()
				continue
			}
			run = append(run, r)
		}
		flush()
	}
}

func areaPath(f frame, run []Range) string {
	var b strings.Builder
	for i, r := range run {
		move(&b, i == 0, f.x(r.T), f.y(r.High))
	}
	for _, r := range slices.Backward(run) {
		move(&b, false, f.x(r.T), f.y(r.Low))
	}
	b.WriteByte('Z')
	return b.String()
}

func move(b *strings.Builder, first bool, x, y float64) {
	if first {
		b.WriteByte('M')
	} else {
		b.WriteByte('L')
	}
	b.WriteString(coord(x))
	b.WriteByte(' ')
	b.WriteString(coord(y))
}

// drawLine draws the runs of a line between its gaps; a value alone between
// two gaps is a dot.
func drawLine(s *svg, f frame, l Line) {
	var b strings.Builder
	var dots [][2]float64
	run := 0
	var x, y float64
	end := func() {
		if run == 1 {
			dots = append(dots, [2]float64{x, y})
		}
		run = 0
	}
	for _, p := range l.Points {
		if math.IsNaN(p.V) {
			if l.Step && run > 0 {
				move(&b, false, f.x(p.T), y)
			}
			end()
			continue
		}
		nx, ny := f.x(p.T), f.y(p.V)
		if l.Step && run > 0 {
			move(&b, false, nx, y)
		}
		move(&b, run == 0, nx, ny)
		x, y = nx, ny
		run++
	}
	end()
	if b.Len() > 0 {
		s.leaf("path", attr{"d", b.String()}, class("line "+l.Class))
	}
	for _, d := range dots {
		s.leaf("circle", num("cx", d[0]), num("cy", d[1]), num("r", 1.5), class("dot "+l.Class))
	}
}

func (c Time) marks(s *svg, f frame) {
	for i, m := range c.Marks {
		if m.T.Before(c.From) || m.T.After(c.To) {
			continue
		}
		x := f.x(m.T)
		s.line(x, f.top, x, f.bottom, "mark "+m.Class)
		if !c.NamedMarks {
			continue
		}
		// Two rows keep the names of onset and detection apart.
		y := 12.0 + 14*float64(i%2)
		anchor, at := "start", x+4
		if at+textWidth(m.Name) > c.Size.W-4 {
			anchor, at = "end", x-4
		}
		s.line(x, y-8, x, f.top, "mark "+m.Class)
		s.text(at, y, anchor, "tick markname halo", m.Name)
	}
}

// names writes each line's name at its last value, kept apart.
func (c Time) names(s *svg, f frame) {
	type label struct {
		name, class string
		y           float64
	}
	var labels []label
	for _, l := range c.Lines {
		if l.Name == "" {
			continue
		}
		for _, p := range slices.Backward(l.Points) {
			if !math.IsNaN(p.V) {
				labels = append(labels, label{l.Name, l.Class, f.y(p.V)})
				break
			}
		}
	}
	slices.SortStableFunc(labels, func(a, b label) int { return int(math.Copysign(1, a.y-b.y)) })
	for i := range labels {
		if i > 0 {
			labels[i].y = math.Max(labels[i].y, labels[i-1].y+15)
		}
	}
	for _, l := range labels {
		y := math.Min(math.Max(l.y, f.top+6), f.bottom-2)
		s.text(f.right+6, y+4, "start", "name "+l.class, l.name)
	}
}
