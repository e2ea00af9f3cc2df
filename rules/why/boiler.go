package why

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// lookCycling sees the most starts of the burner in an hour.
func lookCycling(d *day) look {
	starts := d.points("starts_count", 0, 24)
	if known(starts) < len(starts)*3/4 || len(starts) == 0 {
		return nil
	}
	per := int(time.Hour / Step)
	most := 0.0
	for i := 0; i+per < len(starts); i++ {
		if n := starts[i+per] - starts[i]; n > most {
			most = n
		}
	}
	return look{most}
}

// lookRuns sees the day's starts and hours of the burner.
func lookRuns(d *day) look {
	starts, hours := d.points("starts_count", 0, 24), d.points("run_h", 0, 24)
	if known(starts) < len(starts)*3/4 || known(hours) < len(hours)*3/4 || len(starts) == 0 || len(hours) == 0 {
		return nil
	}
	a, b := extremes(starts)
	u, v := extremes(hours)
	return look{b - a, v - u}
}

// runDays is how far back starts are counted to make enough of them.
const runDays = 7

// sayRuns is how often the burner starts in an hour of its own running, over
// as many days as it takes to count enough starts: 12 are runs of five minutes.
func sayRuns(c course, i, _ int, r *Rule) reading {
	if c[i].x == nil {
		return reading{}
	}
	starts, hours := 0.0, 0.0
	for k := i; k >= max(0, i-runDays+1); k-- {
		if x := c[k].x; x != nil {
			starts, hours = starts+x[0], hours+x[1]
		}
		if starts >= r.Param("least_cycles") {
			break
		}
	}
	if starts < r.Param("least_cycles") || hours <= 0 {
		return reading{}
	}
	return reading{value: starts / hours, known: true}
}

// lookReturn sees on what share of the burner's time the water came back to a
// condensing boiler too hot to condense, hot water apart. Any other boiler is
// to be kept hot.
func lookReturn(d *day) look {
	if !d.condensing() {
		return nil
	}
	back, burner := d.points("return_temp", 0, 24), d.points("burner_run", 0, 24)
	charging := d.charging()
	limit := d.rule.Param("limit")
	n, hot := 0, 0
	for i := range min(len(back), len(burner)) {
		if !(burner[i] > 0) || math.IsNaN(back[i]) || charging(i) {
			continue
		}
		if n++; back[i] > limit {
			hot++
		}
	}
	if float64(n)*Step.Hours() < d.rule.Param("least_run") {
		return nil
	}
	return look{100 * float64(hot) / float64(n)}
}

// condensing reports whether the equipment is a boiler that is to condense.
func (d *day) condensing() bool {
	for _, q := range d.ev.Site.Equipment {
		if q.ID == d.eq {
			return q.Condensing
		}
	}
	return false
}

// charging reports step by step whether hot water is being made, or was just
// before.
func (d *day) charging() func(i int) bool {
	var charging [][]float64
	for _, q := range d.ev.Site.Equipment {
		if q.Kind != kindHotWater {
			continue
		}
		for _, p := range []gtc.PointID{"charging", "charge_pump_run"} {
			if x := d.ev.Points[Point{q.ID, p}]; x != nil {
				charging = append(charging, part(x, d.ev.From, Step, d.start, d.end))
			}
		}
	}
	return func(i int) bool {
		for _, c := range charging {
			if value(c, i) > 0 || value(c, i-1) > 0 {
				return true
			}
		}
		return false
	}
}
