package why

import (
	"math"

	"github.com/cpas-charleroi/gtc"
)

// lookGas sees on what share of the night's steps gas flowed while every
// burner was proven off, and the kWh of a day at that rate.
func lookGas(d *day) look {
	if d.meter == nil || d.meter.Carrier != gtc.CarrierGas {
		return nil
	}
	const from, to = 0, 6
	index := part(d.ev.Points[Point{d.meter.Equipment, d.meter.Point}], d.ev.From, Step, d.at(from), d.at(to))
	off := d.burnersOff(from, to)
	if off == nil {
		return nil
	}
	least := 3 * d.rule.Param("resolution")
	n, flowing, sum := 0, 0, 0.0
	for i := 1; i < len(index); i++ {
		rise := index[i] - index[i-1]
		if !off(i-1) || !off(i) || !off(i+1) || math.IsNaN(rise) {
			continue
		}
		n++
		if rise > least {
			flowing++
			sum += rise
		}
	}
	if float64(n) < d.rule.Param("least_steps") {
		return nil
	}
	perDay := sum / float64(n) * 24 * 60 / Step.Minutes()
	return look{100 * float64(flowing) / float64(n), perDay * d.meter.KWhPerUnit}
}

// burnersOff reports step by step whether every boiler of the site is off, nil
// when nothing tells. With no signal of a burner, weather proves it off where
// no hot water is made.
func (d *day) burnersOff(from, to float64) func(i int) bool {
	var burners [][]float64
	boilers, water := 0, false
	for _, q := range d.ev.Site.Equipment {
		water = water || q.Kind == kindHotWater
		if q.Kind != kindBoiler {
			continue
		}
		boilers++
		if b := part(d.ev.Points[Point{q.ID, "burner_run"}], d.ev.From, Step, d.at(from), d.at(to)); known(b) > 0 {
			burners = append(burners, b)
		}
	}
	if boilers > 0 && len(burners) == boilers {
		return func(i int) bool {
			for _, b := range burners {
				if value(b, i) != 0 {
					return false
				}
			}
			return true
		}
	}
	b, ok := d.baseline()
	if water || !ok || !(d.outdoor(from, to) > b.Whole.HeatingBP+d.rule.Param("warm")) {
		return nil
	}
	return func(int) bool { return true }
}
