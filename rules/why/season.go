package why

import "math"

// lookSummerCircuit sees for how many hours hot water flowed through a circuit
// on a day that ends three warm ones. Unlike what the meter shows, no hot water
// hides it.
func lookSummerCircuit(d *day) look {
	flow, pump := d.points("flow_temp", 0, 24), d.points("pump_run", 0, 24)
	three := mean(part(d.ev.Outdoor, d.ev.From, Step, d.at(-48), d.end))
	if known(flow) < len(flow)*3/4 || len(flow) == 0 || known(pump) == 0 || math.IsNaN(three) || !(three >= d.rule.Param("limit")) {
		return nil
	}
	least := d.rule.Param("flow")
	n := 0
	for i := range min(len(flow), len(pump)) {
		if pump[i] > 0 && flow[i] >= least {
			n++
		}
	}
	return look{float64(n) * Step.Hours()}
}

// lookNoHeat sees the kind of day, the kWh it calls for and what the building
// took to heat with in each hour, as a share of that; of a mild day, which calls
// for nothing, and of one on which nobody comes only the first two. One on which
// nobody comes and nothing is used says nothing: a plant that is out is not well
// at the weekend.
func lookNoHeat(d *day) look {
	e, ok := d.expected()
	coldest := *d
	coldest.temp = d.rule.Param("design")
	most, can := coldest.expected()
	h := d.hours(0, 24)
	if !ok || !can || most.KWh <= 0 || len(h) != 24 || known(h) < 18 {
		return nil
	}
	out := look{d.use(), e.KWh}
	if out[0] == 0 && !(d.kwh() > d.rule.Param("idle")*e.KWh) {
		return nil
	}
	if out[0] == 0 || e.KWh <= d.rule.Param("least_load")*most.KWh {
		return out
	}
	for _, v := range h {
		out = append(out, 24*v/e.KWh)
	}
	return out
}

// use is the kind of a day by how the building is used: 0 when nobody comes, 1
// on a working day, 2 on any other.
func (d *day) use() float64 {
	switch {
	case closed(d.ev.Site, d.start):
		return 0
	case working(d.ev.Site, d.start):
		return 1
	}
	return 2
}

// alike is by how much more than a day another may call for and still tell what
// is usual on it: on a mild day even a sound heating rests for hours.
const alike = 1.1

// Days that tell which hours are heated, and how many of them at least.
const heatedDays, leastHeated = 28, 10

// sayNoHeat counts the hours in a row in which nothing was used and in which,
// on days of the kind that called for no more, something nearly always was.
func sayNoHeat(c course, i, ref int, r *Rule) reading {
	x := c[i].x
	if len(x) < 26 {
		return reading{known: x != nil}
	}
	var n float64
	used := make([]float64, 24)
	idle := r.Param("idle")
	for k := ref - 1; k >= max(0, ref-aYear) && n < heatedDays; k-- {
		y := c[k].x
		if len(y) < 26 || y[0] != x[0] || y[1] > alike*x[1] || c[k].spoilt {
			continue
		}
		n++
		for h := range used {
			used[h] += b2f(!(y[h+2] <= idle))
		}
	}
	if n < leastHeated {
		return reading{}
	}
	best, run := 0, 0
	for h := range used {
		if run++; !(x[h+2] <= idle) || used[h] < r.Param("usual")*n {
			run = 0
		}
		best = max(best, run)
	}
	return reading{value: float64(best), known: true}
}
