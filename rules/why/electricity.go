package why

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// aYear is how far back what is usual reaches, halfYear the least of it.
const aYear, leastYear = 364, 56

// PointDemand is the power of a quarter-hour of an electricity meter. Of a step
// the highest is looked at: a meter that shows the quarter-hour in progress
// comes to the whole at its end.
const PointDemand gtc.PointID = "demand_kw"

// lookFloor sees the power that is always there: the 5th percentile of the
// day's hours, kW.
func lookFloor(d *day) look {
	h := d.hours(0, 24)
	if known(h) < 20 {
		return nil
	}
	return look{quantile(h, 0.05)}
}

// sayFloor compares the median of a week with that of the year before, in per
// cent.
func sayFloor(c course, i, ref int, r *Rule) reading {
	week := before(c, i+1, 7, 7, first)
	usual := before(c, min(ref, i-6), aYear, aYear, first)
	if c[i].x == nil || len(week) < 4 || len(usual) < leastYear {
		return reading{}
	}
	now, was := quantile(week, 0.5), quantile(usual, 0.5)
	over := now - was
	if was <= 0 || over < r.Param("least_kw") {
		return reading{0, 0, true}
	}
	return reading{100 * over / was, 24 * over, true}
}

// lookNightLoad sees the night's power against the working hours': a share, kW.
func lookNightLoad(d *day) look {
	if _, _, ok := opening(d.ev.Site.Category); !ok || !working(d.ev.Site, d.start) {
		return nil
	}
	night, busy := mean(d.hours(0, 5)), mean(d.hours(9, 17))
	if math.IsNaN(night) || !(busy > 0) {
		return nil
	}
	return look{night / busy, busy}
}

// sayNightLoad is by how many points the night is above what it seldom was.
func sayNightLoad(c course, i, ref int, _ *Rule) reading {
	usual := before(c, ref, aYear, aYear, first)
	x := c[i].x
	if x == nil || len(usual) < leastYear {
		return reading{}
	}
	const nightHours = 5
	over := x[0] - quantile(usual, 0.9)
	return reading{100 * over, math.Max(0, over) * x[1] * nightHours, true}
}

// lookOutOfHours sees what is used while the building is closed, kWh.
func lookOutOfHours(d *day) look {
	from, to, ok := opening(d.ev.Site.Category)
	if !ok {
		return nil
	}
	h := d.hours(0, 24)
	if known(h) < 20 {
		return nil
	}
	shut := closed(d.ev.Site, d.start)
	sum := 0.0
	for i, v := range h {
		hour := d.start.Add(time.Duration(i) * time.Hour).Hour()
		away := float64(hour)+1 <= from-1 || float64(hour) >= to+1
		if (shut || away) && !math.IsNaN(v) {
			sum += v
		}
	}
	return look{sum, b2f(shut)}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// sayOutOfHours compares with the same weekday of the weeks before.
func sayOutOfHours(c course, i, ref int, r *Rule) reading {
	x := c[i].x
	if x == nil {
		return reading{}
	}
	var past []float64
	for k := i - 7; k >= 0 && k > i-90 && len(past) < 4; k -= 7 {
		if y := c[k].x; k < ref && y != nil && !c[k].spoilt && y[1] == x[1] {
			past = append(past, y[0])
		}
	}
	if len(past) < 3 {
		return reading{}
	}
	m := mean(past)
	over := x[0] - m
	if m <= 0 || over < r.Param("least_kwh") || x[0] < r.Param("last_week")*past[0] {
		return reading{0, 0, true}
	}
	return reading{x[0] / m, over, true}
}

// lookPeak sees the highest quarter-hour, or the highest hour of a meter that
// does not tell it, against the subscribed power: of the meter, or of all that
// say none.
func lookPeak(d *day) look {
	if d.meter == nil {
		return nil
	}
	contract := d.meter.SubscribedKW
	if contract == 0 {
		contract = d.rule.Param("subscribed_kw")
	}
	_, most := extremes(part(d.ev.Points[Point{d.meter.Equipment, PointDemand}], d.ev.From, Step, d.start, d.end))
	if _, hour := extremes(d.hours(0, 24)); math.IsNaN(most) || hour > most {
		most = hour
	}
	if contract <= 0 || math.IsNaN(most) {
		return nil
	}
	return look{most / contract}
}
