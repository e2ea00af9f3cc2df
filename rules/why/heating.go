package why

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// lookNight sees the power of the night that ends on a working day and of its
// working hours: kW, kW. Frost nights are none, nor is a mild day.
func lookNight(d *day) look {
	if _, _, ok := opening(d.ev.Site.Category); !ok || !working(d.ev.Site, d.start) {
		return nil
	}
	night, busy := mean(d.hours(-1, 5)), mean(d.hours(8, 18))
	out := d.outdoor(-1, 5)
	if !(out > d.rule.Param("frost")) || !(d.temp < d.rule.Param("season")) || !(busy > 0) || math.IsNaN(night) {
		return nil
	}
	return look{night, busy}
}

// sayNight compares night and day. What should have been is put at half the
// threshold.
func sayNight(c course, i, _ int, r *Rule) reading {
	x := c[i].x
	if x == nil {
		return reading{}
	}
	const nightHours = 6
	over := math.Max(0, x[0]-r.Param(paramThreshold)/2*x[1])
	return reading{x[0] / x[1], over * nightHours, true}
}

// lookCold sees how many minutes of the day a rest home's rooms were too cold.
func lookCold(d *day) look {
	if d.ev.Site.Category != "rest_home" {
		return nil
	}
	room := d.points("room_temp", 7, 21)
	if known(room) < len(room)*3/4 || len(room) == 0 {
		return nil
	}
	limit := d.rule.Param("limit")
	return look{longestRun(len(room), func(i int) bool { return room[i] < limit })}
}

// lookSummer sees the day's consumption and the mean temperature of three
// days beyond the balance point: kWh, K, expected kWh, and 1 after the baseline
// (0 in it: what is usual).
func lookSummer(d *day) look {
	if d.meter == nil || math.IsNaN(d.temp) {
		return nil
	}
	b, ok := d.ev.Baselines[d.meter.Equipment]
	e, can := b.Predict(baseline.Day{Date: d.start, Temp: d.temp, HasTemp: true})
	kwh := d.kwh()
	three := mean(part(d.ev.Outdoor, d.ev.From, Step, d.at(-48), d.end))
	if !ok || !can || !b.Judgeable || b.Whole.Heating <= 0 || math.IsNaN(kwh) || math.IsNaN(three) || d.start.Before(b.From) {
		return nil
	}
	return look{kwh, three - b.Whole.HeatingBP, e.KWh, b2f(!d.start.Before(b.To))}
}

// z90 is the two-sided 90 % point of the normal distribution.
const z90 = 1.645

// leastSummer is how many days without heating need tell what is usual.
const leastSummer = 10

// saySummer compares with the summer ceiling: what is expected, and how far
// days without heating need were from that, with two deviations.
func saySummer(c course, i, ref int, r *Rule) reading {
	x := c[i].x
	if x == nil || x[1] < r.Param("warm") || x[3] == 0 {
		return reading{}
	}
	var n, sum, squares float64
	for k := range ref {
		if y := c[k].x; y != nil && y[1] >= r.Param("warm") {
			n, sum, squares = n+1, sum+y[0]-y[2], squares+(y[0]-y[2])*(y[0]-y[2])
		}
	}
	if n < leastSummer {
		return reading{}
	}
	ceiling := x[2] + sum/n + 2*math.Sqrt(math.Max(0, squares/n-sum/n*sum/n))
	if ceiling <= 0 {
		return reading{}
	}
	return reading{x[0] / ceiling, math.Max(0, x[0]-x[2]), true}
}

// lookBase sees a day without heating need: kWh and what is expected.
func lookBase(d *day) look {
	x := lookSummer(d)
	if x == nil || x[3] == 0 || x[1] < d.rule.Param("warm") {
		return nil
	}
	return look{x[0], x[2]}
}

// sayBase compares the last such days with what is expected of them, in per
// cent, unless chance explains it.
func sayBase(c course, i, _ int, r *Rule) reading {
	if c[i].x == nil {
		return reading{}
	}
	n := int(r.Param("days"))
	got := before(c, i+1, n, 2*n, first)
	want := before(c, i+1, n, 2*n, func(x look) float64 { return x[1] })
	if len(got) < n/2 {
		return reading{}
	}
	var sum, due, squares float64
	for k := range got {
		rest := got[k] - want[k]
		sum, due, squares = sum+rest, due+want[k], squares+rest*rest
	}
	m := float64(len(got))
	sd := math.Sqrt(math.Max(0, squares/m-sum/m*sum/m) / m)
	if due <= 0 {
		return reading{}
	}
	if sum/m < z90*sd { // one-sided, p < 0.05
		return reading{0, 0, true}
	}
	return reading{100 * sum / due, math.Max(0, c[i].x[0]-c[i].x[1]), true}
}

// lookSlope sees a day with heating need: degree-days on the balance point,
// kWh and what is expected.
func lookSlope(d *day) look {
	b, ok := d.baseline()
	e, can := d.expected()
	kwh := d.kwh()
	if !ok || !can || b.Whole.Heating <= 0 || math.IsNaN(kwh) {
		return nil
	}
	hdd := b.Whole.HeatingBP - d.temp
	if hdd < d.rule.Param("least_hdd") {
		return nil
	}
	return look{hdd, kwh, e.KWh}
}

// saySlope compares the slope of twelve weeks with the expected one, in per
// cent; within the 90 % band it is none.
func saySlope(c course, i, _ int, r *Rule) reading {
	span := int(r.Param("days"))
	var n, h, hh, o, ho, e, he float64
	for k := max(0, i+1-span); k <= i; k++ {
		if x := c[k].x; x != nil {
			n, h, hh, o, ho, e, he = n+1, h+x[0], hh+x[0]*x[0], o+x[1], ho+x[0]*x[1], e+x[2], he+x[0]*x[2]
		}
	}
	det := hh - h*h/max(n, 1)
	if c[i].x == nil || n < float64(span)/2 || det < 4*n {
		return reading{}
	}
	slope, want := (ho-h*o/n)/det, (he-h*e/n)/det
	rest := 0.0
	for k := max(0, i+1-span); k <= i; k++ {
		if x := c[k].x; x != nil {
			v := x[1] - o/n - slope*(x[0]-h/n)
			rest += v * v
		}
	}
	// Successive days are alike: half as many count.
	sd := math.Sqrt(2 * rest / (n - 2) / det)
	if want <= 0 || slope-z90*sd <= want || o <= e {
		return reading{0, 0, true}
	}
	return reading{100 * (slope/want - 1), math.Max(0, c[i].x[1]-c[i].x[2]), true}
}

// lookClosed sees the heating of a day, closed or working: kWh a degree-day
// 16.5, degree-days, 1 for a closed day.
func lookClosed(d *day) look {
	kwh := d.kwh()
	hdd := 16.5 - d.temp
	shut := closed(d.ev.Site, d.start)
	if _, _, ok := opening(d.ev.Site.Category); !ok || !shut && !working(d.ev.Site, d.start) {
		return nil
	}
	if !(d.temp > d.rule.Param("frost")) || !(hdd > d.rule.Param("least_hdd")) || math.IsNaN(kwh) {
		return nil
	}
	return look{kwh / hdd, hdd, b2f(shut)}
}

// sayClosed compares a closed day with the working days before it. What it
// should have been is put at the share of them that is due.
func sayClosed(c course, i, _ int, r *Rule) reading {
	x := c[i].x
	if x == nil || x[2] == 0 {
		return reading{}
	}
	var usual []float64
	for k := i - 1; k >= max(0, i-21) && len(usual) < 5; k-- {
		if y := c[k].x; y != nil && y[2] == 0 {
			usual = append(usual, y[0])
		}
	}
	m := mean(usual)
	if len(usual) < 4 || !(m > 0) {
		return reading{}
	}
	over := math.Max(0, x[0]-r.Param("due")*m) * x[1]
	if over < r.Param("least_kwh") {
		return reading{0, 0, true}
	}
	return reading{x[0] / m, over, true}
}

// lookBoth sees for how many minutes an air handling unit heated and cooled.
func lookBoth(d *day) look {
	heat, cool := d.points("heating_valve_pct", 0, 24), d.points("cooling_valve_pct", 0, 24)
	if known(heat) == 0 || known(cool) == 0 {
		return nil
	}
	least := d.rule.Param("opening")
	if _, h := extremes(heat); !(h >= least) {
		if _, c := extremes(cool); !(c >= least) {
			return nil // a unit at rest proves nothing
		}
	}
	return look{longestRun(min(len(heat), len(cool)), func(i int) bool { return heat[i] >= least && cool[i] >= least })}
}

// lookStart sees how many minutes before it needs to the heating starts.
func lookStart(d *day) look {
	from, _, ok := opening(d.ev.Site.Category)
	morning := d.hours(0, 12)
	if !ok || !working(d.ev.Site, d.start) || known(morning) < 12 || !(d.temp < d.rule.Param("season")) || !(d.outdoor(0, 6) > d.rule.Param("frost")) {
		return nil
	}
	least, most := extremes(morning)
	trip := least + 0.2*(most-least)
	if most <= 0 || morning[0] > trip { // it never stopped: that is another rule's
		return nil
	}
	start := -1
	for h := 0; h+1 < len(morning) && start < 0; h++ {
		if morning[h] > trip && morning[h+1] > trip { // one hour may be hot water
			start = h
		}
	}
	if start < 0 {
		return nil
	}
	optimum := d.rule.Param("optimum") + d.rule.Param("optimum_k")*math.Max(0, 15-d.outdoor(0, 6))
	return look{60 * math.Max(0, from-optimum-float64(start))}
}

// lookSpread sees the circuit at its highest load: kW of heat, K between
// supply and return over the same hours.
func lookSpread(d *day) look {
	flow, back, pump := d.points("flow_temp", 0, 24), d.points("return_temp", 0, 24), d.points("pump_run", 0, 24)
	heat := d.circuitHeat()
	per := int(time.Hour / Step)
	bestKW, bestDT := math.NaN(), math.NaN()
	for h := range heat {
		if (h+1)*per > min(len(flow), len(back)) || math.IsNaN(heat[h]) {
			continue
		}
		dt := mean(flow[h*per:(h+1)*per]) - mean(back[h*per:(h+1)*per])
		if pump != nil && !(mean(pump[h*per:(h+1)*per]) >= 1) || math.IsNaN(dt) {
			continue
		}
		if math.IsNaN(bestKW) || heat[h] > bestKW {
			bestKW, bestDT = heat[h], dt
		}
	}
	if math.IsNaN(bestKW) {
		return nil
	}
	return look{bestKW, bestDT}
}

// circuitHeat returns the hours of a heat meter, which alone tells the
// heating from the hot water.
func (d *day) circuitHeat() []float64 {
	for _, m := range metersOf(d.ev.Site, "any") {
		if m.Carrier == "heat" {
			return part(d.ev.Hours[m.Equipment], d.ev.From, time.Hour, d.start, d.end)
		}
	}
	return nil
}

// saySpread compares the spread with half of what the load calls for.
func saySpread(c course, i, _ int, r *Rule) reading {
	x := c[i].x
	past := before(c, i+1, 365, 365, first)
	if x == nil || len(past) < 30 {
		return reading{}
	}
	load := x[0] / quantile(past, 0.98)
	if !(load > r.Param("least_load")) || x[1] <= 0 {
		return reading{}
	}
	return reading{0.5 * r.Param("design_dt") * math.Min(load, 1) / x[1], 0, true}
}

// demand reports step by step whether a circuit wants heat and gets it: its
// pump runs, it is asked, and hot water has no priority.
func (d *day) demand() func(i int) bool {
	asked, pump := d.points("heat_demand", 0, 24), d.points("pump_run", 0, 24)
	charging := d.charging()
	return func(i int) bool {
		if asked == nil && pump == nil || asked != nil && !(value(asked, i) > 0) || pump != nil && !(value(pump, i) > 0) {
			return false
		}
		return !charging(i)
	}
}

// lookCurve counts the hours in which supply and curve are apart, after the
// set point has stood still for half an hour.
func lookCurve(d *day) look {
	flow, sp := d.points("flow_temp", 0, 24), d.points("flow_temp_sp", 0, 24)
	if known(flow) < len(flow)*3/4 || known(sp) == 0 {
		return nil
	}
	apart, ramp, wants := d.rule.Param("apart"), int(d.rule.Param("ramp")/Step.Minutes()), d.demand()
	times, run := 0, 0
	for i := range min(len(flow), len(sp)) {
		least, most := extremes(sp[max(0, i-ramp) : i+1])
		if wants(i) && i >= ramp && most-least < 3 && math.Abs(flow[i]-sp[i]) > apart {
			run++
		} else {
			run = 0
		}
		if run == int(time.Hour/Step) {
			times, run = times+1, 0
		}
	}
	return look{float64(times)}
}

// lookFailing sees for how many minutes a circuit that is asked for heat was
// colder than its curve by more than the margin, in cold weather.
func lookFailing(d *day) look {
	flow, sp := d.points("flow_temp", 0, 24), d.points("flow_temp_sp", 0, 24)
	if known(flow) < len(flow)*3/4 || len(flow) == 0 || !(d.temp < d.rule.Param("cold")) {
		return nil
	}
	wants, margin, ramp := d.demand(), d.rule.Param("margin"), int(d.rule.Param("ramp")/Step.Minutes())
	return look{longestRun(len(flow), func(i int) bool {
		if i < ramp || !wants(i) {
			return false
		}
		least, _ := extremes(sp[max(0, min(i-ramp, len(sp))):min(i+1, len(sp))])
		// The lowest set point of the ramp: what was asked for all along.
		return flow[i] < least-margin
	})}
}
