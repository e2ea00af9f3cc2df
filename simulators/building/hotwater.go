package building

import (
	"math"
	"time"
)

const (
	whPerLitreK = 1.163
	cellarTemp  = 20 // around the loop, °C
	hysteresisK = 4
)

// hotWater is the tank and its loop.
type hotWater struct {
	tankC  float64 // Wh/K
	charge float64 // W, what the charging coil takes
}

func newHotWater(p Params) hotWater {
	litres := max(0.4*p.HotWaterLitres, 200)
	return hotWater{
		tankC:  litres * whPerLitreK,
		charge: min(0.7*p.BoilerKW*1000, p.HotWaterLitres*12+p.LoopWPerK*120+6000),
	}
}

// coldTemp is the temperature of the mains water, °C.
func coldTemp(t time.Time) float64 {
	return 11 - 4*math.Cos(2*math.Pi*float64(t.YearDay()-45)/365.25)
}

// drawn is one step of the tank; powers in W.
type drawn struct {
	temp               float64 // °C at the end
	charge, draw, loop float64
	charging           bool
}

// demand is what a step asks of the tank.
type demand struct {
	sp            float64 // °C
	charging      bool    // it was being charged
	boiler        bool    // the boiler can charge it
	litresPerHour float64
	cold          float64 // °C
	loop          float64 // W/K
}

// solve makes one implicit step. Charging starts below the set point less the
// hysteresis and goes on until the set point is reached.
func (w hotWater) solve(temp float64, d demand) drawn {
	charging := d.charging || temp < d.sp-hysteresisK
	loop := d.loop
	c := w.tankC / stepHours
	draw := d.litresPerHour * whPerLitreK
	end := func(charge float64) float64 {
		return (c*temp + charge + draw*d.cold + loop*cellarTemp) / (c + draw + loop)
	}
	charge := 0.0
	if charging && d.boiler {
		charge = w.charge
		full := d.sp*(c+draw+loop) - c*temp - draw*d.cold - loop*cellarTemp
		if full <= charge {
			charge, charging = max(full, 0), false
		}
	}
	t := end(charge)
	return drawn{
		temp: t, charge: charge, draw: draw * (t - d.cold), loop: loop * (t - cellarTemp),
		charging: charging,
	}
}
