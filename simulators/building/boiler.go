package building

const (
	chargeTemp = 72.0 // boiler flow while the tank is charged, °C
	dewReturn  = 55.0 // return below which the flue gas condenses, °C
	settle     = 0.2  // hours in which the burner makes up for a wrong flow
	boilerRoom = 20.0 // °C
	mostStarts = 64   // in an inner step
)

// boiler is what does not change about it. Heat in Wh/K, powers in W.
type boiler struct {
	heatC, standing float64 // Wh/K, W/K to its room
	least, most     float64
	start           float64 // Wh lost to the chimney at every start
}

func newBoiler(p Params) boiler {
	return boiler{
		heatC:    2.5 * p.BoilerKW,
		standing: 0.06 * p.BoilerKW,
		least:    1000 * p.MinModulation * p.BoilerKW, most: 1000 * p.BoilerKW,
		start: 0.6 * p.BoilerKW,
	}
}

// load is what is taken from the boiler during an inner step, W.
type load struct{ circuit, tank, coil float64 }

func (l load) sum() float64 { return l.circuit + l.tank + l.coil }

// available reports whether the burner may start.
func (b *Building) available(s *State, x *interval) bool {
	s.BoilerEnabled, s.Lockout = x.c.BoilerEnable, b.now.lockout
	return x.c.BoilerEnable && !b.now.lockout
}

// spare returns what the boiler can give, W: less while it is colder than it
// has to be.
func (k *boiler) spare(s *State, x *interval, d decision, available bool) float64 {
	if !available {
		return 0
	}
	target := 0.0
	if d.wanted {
		target = max(s.FlowTempSp+5, 35)
	}
	return max(k.most-k.standing*(s.BoilerFlowTemp-boilerRoom)-max(0, k.heatC*(target-s.BoilerFlowTemp)/(settle+x.h)), 0)
}

// burn advances the boiler by an inner step.
func (b *Building) burn(s *State, x *interval, d decision, l load) {
	p, in := &b.p, &b.inner
	target := 0.0
	switch {
	case l.tank > 0:
		target = chargeTemp
	case d.wanted || l.coil > 0:
		target = max(s.FlowTempSp+5, p.BoilerTempMin)
	}
	s.BoilerFlowTempSp = target
	back := s.ReturnTemp
	if sum := l.sum(); sum > 0 {
		back = (l.circuit*s.ReturnTemp + l.tank*(s.TankBottomTemp+6) + l.coil*40) / sum
	}
	f := firing{
		k: &b.k, temp: s.BoilerFlowTemp, target: target, taken: l.sum(), on: in.burner,
		switching: max(p.SwitchingK/b.now.cycling, 0.2),
	}
	f.run(x.h, b.available(s, x) && target > 0)
	in.burner, s.BoilerFlowTemp = f.on, f.temp
	s.BoilerReturnTemp += (back - s.BoilerReturnTemp) * x.h / (0.05 + x.h)

	x.starts += f.starts
	x.fired += f.hours
	x.burnt += f.burnt
	x.boiler += l.sum() * x.h
	x.charge += l.tank * x.h
	s.Efficiency = 0
	share := 0.0
	if f.burnt > 0 {
		share = f.burnt / f.hours / b.k.most
		s.Efficiency = p.efficiency(back, share) * (1 - b.now.efficiency)
		gas := f.burnt / s.Efficiency
		x.gas += gas
		b.ledger.Flue += (gas - f.burnt) / 1000
	}
	x.aux += f.hours*(0.6+1.4*share)*p.BoilerKW + 0.5*p.BoilerKW*b2f(l.tank > 0)*x.h
	b.ledger.StandingLoss += f.lost / 1000
	b.ledger.StartLoss += f.starts * b.k.start / 1000
	flue := boilerRoom + 8
	if f.burnt > 0 {
		flue = s.BoilerReturnTemp + 6 + 28*share + 300*b.now.efficiency
	}
	s.FlueTemp += (flue - s.FlueTemp) * x.h / (0.08 + x.h)
	s.PressureBar = 1.6 + 0.006*(0.5*s.BoilerFlowTemp+0.5*b.inner.radiatorTemp-40)
}

// efficiency is that of the burner on PCS: nearly flat above the dew point,
// 0.34 % a kelvin below it, a little better at part load.
func (p *Params) efficiency(back, share float64) float64 {
	var e float64
	switch {
	case p.NonCondensing:
		e = p.BoilerEfficiency - 0.0006*(back-50)
	case back > dewReturn:
		e = p.BoilerEfficiency - 0.0034*(dewReturn-50) - 0.0006*(back-dewReturn)
	default:
		e = p.BoilerEfficiency + 0.0034*(50-max(back, 25)) + 0.012*(1-share)
	}
	return min(max(e, 0.3), 0.98)
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// firing is one inner step of a burner that holds a flow temperature: it
// modulates down to its least power and below that goes on and off between
// two temperatures. The instants of switching are exact, so that starts and
// gas do not depend on the step.
type firing struct {
	k             *boiler
	temp, target  float64 // °C
	taken         float64 // W
	on            bool
	switching     float64 // K
	starts, hours float64
	burnt, lost   float64 // Wh
}

func (f *firing) run(h float64, may bool) {
	out := f.taken + f.k.standing*(f.temp-boilerRoom) // W
	f.lost = f.k.standing * (f.temp - boilerRoom) * h
	if !may {
		f.on = false
	}
	low, high := f.target-0.6*f.switching, f.target+0.4*f.switching
	left := h
	for left > 0 {
		switch {
		case !may || !f.on && out <= 0:
			f.burn(0, out, left)
			left = 0
		case !f.on:
			t := max((f.temp-low)*f.k.heatC/out, 0)
			if t >= left {
				f.burn(0, out, left)
				return
			}
			f.burn(0, out, t)
			left -= t
			f.light()
		default:
			left = f.fire(out, high, left)
		}
		if f.starts >= mostStarts {
			f.burn(out, out, left)
			return
		}
	}
}

// light starts the burner; the purge takes heat with it.
func (f *firing) light() {
	f.on = true
	f.starts++
	f.temp -= f.k.start / f.k.heatC
}

// fire burns until the step ends or the water is too hot and returns what is
// left of the step.
func (f *firing) fire(out, high, left float64) float64 {
	wanted := out + f.k.heatC*(f.target-f.temp)/(settle+left)
	power := min(max(wanted, f.k.least), f.k.most)
	if rise := power - out; wanted < f.k.least && rise > 0 {
		t := max((high-f.temp)*f.k.heatC/rise, 0)
		if t < left {
			f.burn(power, out, t)
			f.on = false
			return left - t
		}
	}
	f.burn(power, out, left)
	return 0
}

func (f *firing) burn(power, out, t float64) {
	f.temp += (power - out) * t / f.k.heatC
	f.burnt += power * t
	if power > 0 {
		f.hours += t
	}
}
