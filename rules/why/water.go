package why

import (
	"math"

	"github.com/cpas-charleroi/gtc"
)

// lookStorage sees for how many minutes hot water left the tank too cold.
func lookStorage(d *day) look {
	return d.tooCold("flow_temp", "storage_temp", "")
}

// lookLoop sees for how many minutes the loop came back too cold while its
// pump ran.
func lookLoop(d *day) look {
	return d.tooCold("circulation_return_temp", "", "circulation_pump_run")
}

// tooCold is the longest run of minutes in which a point, or another where it
// is absent, was under the limit while a state held.
func (d *day) tooCold(point, other, while string) look {
	x := d.points(gtc.PointID(point), 0, 24)
	if known(x) == 0 && other != "" {
		x = d.points(gtc.PointID(other), 0, 24)
	}
	if known(x) < len(x)*3/4 || len(x) == 0 {
		return nil
	}
	on := d.points(gtc.PointID(while), 0, 24)
	limit := d.rule.Param("limit")
	return look{longestRun(len(x), func(i int) bool { return x[i] < limit && (on == nil || on[i] > 0) })}
}

// lookDeadLeg sees for how many hours, up to this day, water stood in the loop
// and was too cold. While the pump runs the loop is another rule's.
func lookDeadLeg(d *day) look {
	x := d.lately("circulation_return_temp")
	on := d.lately("circulation_pump_run")
	if known(on) == 0 {
		return nil
	}
	limit := d.rule.Param("limit")
	return d.lasting(x, func(i int) bool { return x[i] < limit && value(on, i) == 0 })
}

// lookLukewarm sees for how many hours, up to this day, tank or loop were at
// the temperatures at which legionella grow.
func lookLukewarm(d *day) look {
	from, to := d.rule.Param("from"), d.rule.Param("to")
	var worst look
	for _, p := range []gtc.PointID{"storage_temp", "circulation_return_temp"} {
		x := d.lately(p)
		if l := d.lasting(x, func(i int) bool { return x[i] >= from && x[i] <= to }); l != nil && (worst == nil || l[0] > worst[0]) {
			worst = l
		}
	}
	return worst
}

// lookBack is how many days before a day what lasts is followed.
const lookBack = 2

// lately returns a point of the day and the days before it.
func (d *day) lately(p gtc.PointID) []float64 { return d.points(p, -24*lookBack, 24) }

// lasting is the longest run of hours, begun on the days before or on this
// one, of which a part lies in the day; nil when the day is not known.
func (d *day) lasting(x []float64, holds func(i int) bool) look {
	begin := len(x) - int(d.end.Sub(d.start)/Step)
	if begin < 0 || known(x[begin:]) < (len(x)-begin)*3/4 {
		return nil
	}
	best, run := 0, 0
	for i := range x {
		if run++; !holds(i) {
			run = 0
		}
		if i >= begin {
			best = max(best, run)
		}
	}
	return look{float64(best) * Step.Hours()}
}

// lookShock sees for how many minutes the tank was hot enough to disinfect.
func lookShock(d *day) look {
	x := d.points("storage_temp", 0, 24)
	if known(x) < len(x)*3/4 || len(x) == 0 {
		return nil
	}
	limit := d.rule.Param("limit")
	return look{longestRun(len(x), func(i int) bool { return x[i] >= limit })}
}

// sayShock counts the days since the last thermal shock; where none was ever
// seen none is expected.
func sayShock(c course, i, _ int, r *Rule) reading {
	for k := i; k >= 0; k-- {
		if x := c[k].x; x != nil && x[0] >= r.Param("hold") {
			return reading{value: float64(i - k), known: c[i].x != nil}
		}
	}
	return reading{}
}

// lookPressure sees the pressure of the night.
func lookPressure(d *day) look {
	p := mean(d.points("pressure_bar", 2, 5))
	if math.IsNaN(p) {
		return nil
	}
	return look{p}
}

// sayPressure is by how much the pressure fell in a day.
func sayPressure(c course, i, _ int, _ *Rule) reading {
	if i == 0 || c[i].x == nil || c[i-1].x == nil {
		return reading{}
	}
	return reading{value: math.Max(0, c[i-1].x[0]-c[i].x[0]), known: true}
}
