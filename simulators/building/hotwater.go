package building

import "time"

const (
	whPerLitreK = 1.163
	loopDropK   = 4.0  // what a sound loop comes back colder at 60 °C
	mixedTemp   = 45.0 // °C after the mixing valves
	// disinfect is how long the legionella heating may take, and hold how long
	// it has to stay, hours.
	disinfect = 5.0
	hold      = 1.0
)

// tank is two layers of hot water with a charging exchanger and the loop.
type tank struct {
	layerC float64 // Wh/K of each layer
	charge float64 // W, what the exchanger takes
	loop   float64 // W/K, heat flow of the loop's water
}

func newTank(p Params) tank {
	return tank{
		layerC: 0.5 * p.TankLitres * whPerLitreK,
		charge: min(0.7*p.BoilerKW*1000, p.HotWaterLitres*12+p.LoopWPerK*120+6000),
		loop:   p.LoopWPerK * (60 - cellarTemp) / loopDropK,
	}
}

// drawn is one inner step of the tank; powers in W.
type drawn struct {
	top, bottom        float64 // °C at the end
	charge, draw, loop float64
}

// flows is what an inner step asks of the tank: W/K and °C.
type flows struct{ draw, cold, loop float64 }

// solve makes one implicit step with a charge. Cold water pushes the lower
// layer into the upper one; warmer water below rises.
func (w *tank) solve(top, bottom, charge float64, f flows, h float64) drawn {
	const between = 0.05 // share of the layer's heat that crosses in an hour
	c, k := w.layerC/h, between*w.layerC
	b1, b0 := c+f.draw+k, c*bottom+charge+f.draw*f.cold
	t1, t0 := c+f.draw+k+f.loop, c*top+f.loop*cellarTemp
	// bottom = (b0 + k·top)/b1 in top's balance.
	y := drawn{charge: charge}
	y.top = (t0 + (f.draw+k)*b0/b1) / (t1 - (f.draw+k)*k/b1)
	y.bottom = (b0 + k*y.top) / b1
	if y.bottom > y.top {
		y.top = (c*(top+bottom) + charge + f.draw*f.cold + f.loop*cellarTemp) / (2*c + f.draw + f.loop)
		y.bottom = y.top
	}
	y.draw = f.draw * (y.top - f.cold)
	y.loop = f.loop * (y.top - cellarTemp)
	return y
}

// sensor is what the charging follows: mostly the upper layer.
func sensor(top, bottom float64) float64 { return 0.65*top + 0.35*bottom }

// charging is when the tank is charged: from below one temperature of the
// sensor until it is at another.
type charging struct {
	on     bool
	power  float64 // W, 0 when the boiler cannot
	lo, hi float64 // °C
}

// advance makes an inner step in which the charging may begin and end; the
// instants are found within the step, so that they do not depend on it.
func (w *tank) advance(top, bottom float64, c *charging, f flows, h float64) drawn {
	sum := drawn{top: top, bottom: bottom}
	c.on = c.on || sensor(top, bottom) < c.lo
	left := h
	const stages = 4 // on and off again, and more than that never
	for stage := 1; left > 0; stage++ {
		power := 0.0
		if c.on {
			power = c.power
		}
		y := w.solve(sum.top, sum.bottom, power, f, left)
		t := left
		end := sensor(y.top, y.bottom)
		if stage < stages && (c.on && end > c.hi || !c.on && end < c.lo) {
			limit := c.lo
			if c.on {
				limit = c.hi
			}
			y, t = w.until(sum, y, limit, power, f, left)
			c.on = !c.on
		}
		sum.add(&y, t)
		left -= t
	}
	sum.charge, sum.draw, sum.loop = sum.charge/h, sum.draw/h, sum.loop/h
	return sum
}

// until finds the part of a step after which the sensor is at a limit that it
// has passed at the step's end.
func (w *tank) until(from, end drawn, limit, power float64, f flows, h float64) (drawn, float64) {
	t0, s0 := 0.0, sensor(from.top, from.bottom)
	t1, s1 := h, sensor(end.top, end.bottom)
	y, t := end, h
	for range 3 {
		t = t0 + (t1-t0)*min(max((limit-s0)/(s1-s0), 0), 1)
		if t <= 0 {
			t = h * 1e-6 // it was there already
		}
		y = w.solve(from.top, from.bottom, power, f, t)
		if s := sensor(y.top, y.bottom); (s > limit) == (s1 > limit) {
			t1, s1 = t, s
		} else {
			t0, s0 = t, s
		}
	}
	return y, t
}

// add puts a part of h hours to an inner step; powers become Wh.
func (d *drawn) add(part *drawn, h float64) {
	d.top, d.bottom = part.top, part.bottom
	d.charge += part.charge * h
	d.draw += part.draw * h
	d.loop += part.loop * h
}

// hotWater advances the tank by an inner step.
func (b *Building) hotWater(s *State, x *interval) drawn {
	c, k := x.c, &b.block
	sp := b.tankSetPoint(s, x)
	loop := b.p.LoopWPerK * (1 + b.now.loop)
	s.CirculationPump = c.CirculationPump && c.DHWMode != DHWOff
	if !s.CirculationPump {
		loop *= 0.15 // the tank and the first metres
	}
	f := flows{draw: k.litresPerHour * whPerLitreK, cold: k.cold, loop: loop}
	charge := charging{on: b.inner.charging, lo: sp - 2, hi: sp + 2}
	if b.available(s, x) {
		charge.power = b.w.charge
	}
	d := b.w.advance(s.TankTemp, s.TankBottomTemp, &charge, f, x.h)
	b.inner.charging = charge.on
	s.TankTemp, s.TankBottomTemp = d.top, d.bottom
	s.TankTempSp, s.DHWMode, s.DHWDrawLh, s.ColdTemp = sp, c.DHWMode, k.litresPerHour, k.cold
	s.HotWaterFlowTemp = d.top - 0.5
	s.MixedTemp = min(mixedTemp, s.HotWaterFlowTemp)
	b.loopReturn(s, x, d.loop)
	b.ledger.HotWater += d.draw * x.h / 1000
	b.ledger.Loop += d.loop * x.h / 1000
	x.aux += 0.35 * b.w.loop / 1163 * 60 * b2f(s.CirculationPump) * x.h
	return d
}

// loopReturn sets what comes back from the loop, or stands in it.
func (b *Building) loopReturn(s *State, x *interval, loss float64) {
	if s.CirculationPump {
		s.LoopReturnTemp = s.TankTemp - min(loss/b.w.loop, s.TankTemp-cellarTemp)
		return
	}
	s.LoopReturnTemp += (cellarTemp + 3 - s.LoopReturnTemp) * x.h / (2 + x.h)
}

// tankSetPoint returns the tank's set point, legionella heating included.
func (b *Building) tankSetPoint(s *State, x *interval) float64 {
	in, l := &b.inner, &b.p.Legionella
	sp := x.c.HotWaterTemp
	switch x.c.DHWMode {
	case DHWOff:
		sp = frostTemp
	case DHWEco:
		sp -= 5
	case DHWAuto, DHWComfort, DHWDisinfection:
	}
	since := x.m.since(l.Weekday, l.Hour)
	s.LegionellaActive = x.c.DHWMode == DHWDisinfection
	if !l.Off && x.c.DHWMode != DHWOff && since < disinfect {
		s.LegionellaActive = s.LegionellaActive || in.held < hold
	} else if x.c.DHWMode != DHWDisinfection {
		if !l.Off && in.held < hold && since < disinfect+1 {
			s.LegionellaDone = false
		}
		if since >= disinfect+1 {
			in.held = 0
		}
	}
	if !s.LegionellaActive {
		return sp
	}
	if min(s.TankTemp, s.TankBottomTemp) >= l.temp()-2 {
		if in.held += x.h; in.held >= hold {
			s.LegionellaDone = true
		}
	}
	return max(sp, l.temp())
}

// temp is what tank and loop are heated to, °C.
func (l *Legionella) temp() float64 {
	if l.Temp == 0 {
		return 66
	}
	return l.Temp
}

// since returns the hours since the last local hour of a weekday.
func (m moment) since(day time.Weekday, hour float64) float64 {
	h := float64((m.day-day+7)%7)*24 + m.hour - hour
	if h < 0 {
		h += 7 * 24
	}
	return h
}
