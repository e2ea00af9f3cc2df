package drift

import (
	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// layers is the most findings that lie on one another.
const layers = 4

// track follows a meter through the timeline.
type track struct {
	base  baseline.Baseline
	scale scale
	// split names how the expectation groups the days.
	split string
	line  []judged
	opts  Options
	gauge gauge
	found []gtc.Finding
	// pool is what is judged when it is not a meter.
	pool *Pool
	// others are comparable meters.
	others beside
}

// direction follows findings of too much (sign 1) or of too little (sign −1).
type direction struct {
	sign float64
	// ground are the sums against the expectation itself.
	ground running
	// open are the findings that last, each a worsening of the one before.
	open []layer
	// origin is the first day that a window may use.
	origin int
}

// layer is an open finding.
type layer struct {
	on alarm
	// index is its place among the findings.
	index int
	// level multiplies the expectation that the finding exceeds; sums are
	// those against it.
	level float64
	sums  running
	// origin is the first day that a window may use to show a worsening.
	origin int
	// above are the worsenings that lay on it.
	above []portion
}

// portion are the days [from,to) of a finding on which only what lies below
// level times the expectation is its own; the rest is the worsening's.
type portion struct {
	from, to int
	level    float64
}

// run returns the findings of both directions.
func (t *track) run() []gtc.Finding {
	up, down := &direction{sign: 1}, &direction{sign: -1}
	up.ground, down.ground = t.sums(1, 1), t.sums(-1, 1)
	if f := t.opts.Shared; f != nil {
		t.others = func(a, b int) float64 { return f(t.line[a].date, t.line[b-1].date.AddDate(0, 0, 1)) }
	}
	t.gauge = t.scale.gauge(up.ground)
	for k := range t.line {
		if t.line[k].ok {
			t.day(up, down, k)
			t.day(down, up, k)
		}
	}
	for _, d := range [...]*direction{up, down} {
		for _, l := range d.open {
			t.size(l, d.sign, len(t.line))
		}
	}
	return t.found
}

// sums returns the running sums against level times the expectation.
func (t *track) sums(sign, level float64) running {
	r := newRunning(len(t.line))
	r.fill(t.line, sign, level)
	return r
}

// day judges day k in one direction. A finding that begins ends those of the
// other direction.
func (t *track) day(d, other *direction, k int) {
	if len(d.open) == 0 {
		a, fired := t.scale.fire(d.ground, t.gauge, d.origin, k, d.sign, t.others)
		if fired && !t.suspectUnit(k) {
			t.begin(d, layer{on: a, level: 1, sums: d.ground}, k)
			t.end(other, 0, a.onset)
		}
		return
	}
	for i, l := range d.open {
		if end, over := t.scale.over(l, k); over {
			t.end(d, i, end)
			return
		}
	}
	if len(d.open) < layers {
		t.worsen(d, k)
	}
}

// worsen puts a finding on top of those that are open when day k shows one.
func (t *track) worsen(d *direction, k int) {
	top := d.open[len(d.open)-1]
	had, fired := t.scale.worse(top, k, d.sign, t.others)
	if !fired {
		return
	}
	l := layer{on: alarm{detected: k}, level: top.level * (1 + d.sign*had)}
	l.sums = t.sums(d.sign, l.level)
	l.on.onset = t.scale.onset(l.sums, top.origin, k, false)
	below := &d.open[len(d.open)-1]
	below.above = append(below.above, portion{from: l.on.onset, to: len(t.line), level: l.level})
	t.begin(d, l, k)
}

// begin makes the finding of a layer.
func (t *track) begin(d *direction, l layer, k int) {
	l.index, l.origin = len(t.found), k+1
	t.found = append(t.found, t.finding(l.on, d.sign, len(d.open) > 0))
	d.open = append(d.open, l)
}

// end ends the open findings from the i-th on at a day; what was found later
// than that ends on the day after it was found. What lies before that day
// counts no more.
func (t *track) end(d *direction, i, day int) {
	for j := len(d.open) - 1; j >= i; j-- {
		l := d.open[j]
		last := max(day, min(l.on.detected+1, len(t.line)-1))
		t.found[l.index].End = t.line[last].date
		t.size(l, d.sign, last)
		if j > 0 {
			above := d.open[j-1].above
			above[len(above)-1].to = last
		}
	}
	d.open = d.open[:i]
	if i == 0 {
		d.origin = max(d.origin, day)
	} else {
		d.open[i-1].origin = day
	}
}

// suspectUnit reports whether the last days look like a unit or factor error,
// on which the data rule will speak when there are enough of them.
func (t *track) suspectUnit(k int) bool {
	last := t.line[k]
	if last.e <= 0 {
		return false
	}
	factor := unitFactor(last.y/last.e, slack(last, mostSlack))
	if factor == 0 {
		return false
	}
	days := unitDays
	if factor < 1 {
		days = unitDaysLow
	}
	for n := 1; n < days; n++ {
		if k < n || t.line[k-n].seen && !scaled(t.line[k-n], factor) {
			return true
		}
	}
	return false
}
