package building

import (
	"time"

	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// innerStep is the longest step of the thermal integration: a quarter-hour of
// history is made of three.
const innerStep = 5 * time.Minute

// interval is what holds during one step and what it has come to.
type interval struct {
	c        *Controls
	m        moment
	hours, h float64            // of the step and of one inner step
	weather  weather.Conditions // in the middle
	outdoor  float64            // °C, of the inner step

	air    air
	elecKW float64 // what does not depend on the heating
	gains  float64 // W into the air, sun excluded

	pumped, fired float64 // hours
	// Wh of the step; aux is electricity.
	circuit, charge, boiler, burnt, gas, aux float64
	cold                                     float64 // taken by the cooling coil
	starts                                   float64
}

// step integrates one step from b.next on. Steps end on multiples of their
// length, so that a building that goes on in finer steps stays in the
// quarter-hours of history.
func (b *Building) step() {
	for b.applied+1 < len(b.log) && !b.log[b.applied+1].at.After(b.next.At) {
		b.applied++
	}
	c := &b.log[b.applied]
	s := &b.next
	begin := s.At
	end := begin.Truncate(c.step).Add(c.step)
	if begin.Before(b.block.begin) || !begin.Before(b.block.end) {
		b.block = b.newBlock(begin)
	}
	length := end.Sub(begin)
	middle := begin.Add(length / 2)
	n := int((length + innerStep - 1) / innerStep)
	x := interval{
		c: &c.controls, m: b.block.m,
		hours: length.Hours(), h: length.Hours() / float64(n),
		weather: b.block.weather(middle),
	}
	if length != Step {
		x.m = momentOf(middle, b.p.Location)
	}
	b.now = wrongAt(b.p.Faults, middle)
	s.At = end
	b.surroundings(s)
	b.setPoint(s, &x)
	b.ventilate(s, &x)
	b.electricity(s, &x)
	start, part := begin.Sub(b.block.begin).Hours()/Step.Hours(), x.h/Step.Hours()
	for i := range n {
		x.outdoor = b.block.outdoor(start + (float64(i)+0.5)*part)
		b.substep(s, &x)
	}
	b.count(s, &x)
	b.indoorAir(s, &x)
}

// substep advances controller, tank, rooms and boiler by x.h hours.
func (b *Building) substep(s *State, x *interval) {
	b.sense(s, x)
	d := b.control(s, x)
	tank := b.hotWater(s, x)
	air := b.treat(s, x)
	x.cold += air.cold * x.h
	heat := b.heat(s, x, d, tank.charge, air)
	b.burn(s, x, d, load{circuit: heat, tank: tank.charge, coil: air.coil})
}

// count closes the step: meters and the means of the step.
func (b *Building) count(s *State, x *interval) {
	l := &b.ledger
	s.HeatKW = x.circuit / x.hours / 1000
	s.BoilerKW, s.HotWaterKW = x.boiler/x.hours/1000, x.charge/x.hours/1000
	s.HeatKWh += x.circuit / 1000
	s.PumpHours += x.pumped
	s.BurnerHours += x.fired
	s.BurnerRun, s.PumpRun, s.Charging = x.fired > 0, x.pumped > 0, x.charge > 0
	s.Starts += x.starts
	s.ModulationPct = 0
	if x.fired > 0 {
		s.ModulationPct = min(100, x.burnt/x.fired/b.p.BoilerKW/10)
	}
	s.CalorificKWhPerM3 = b.block.calorific
	leak := b.now.leak * b.block.calorific * x.hours // kWh
	gas := x.gas/1000 + leak
	s.GasKWh += gas
	s.GasM3 += gas / b.block.calorific
	s.GasM3h = gas / b.block.calorific / x.hours
	l.Circuit += x.circuit / 1000
	l.Gas += gas
	l.Leak += leak
	l.Boiler += x.boiler / 1000

	s.HeatingAuxKW = x.aux / x.hours / 1000
	s.CoolingKW = x.cold / coldPerKWh / x.hours / 1000
	s.ElecKW = x.elecKW + s.HeatingAuxKW + s.CoolingKW
	kwh := s.ElecKW * x.hours
	if s.DayTariff {
		s.ElecDayKWh += kwh
	} else {
		s.ElecNightKWh += kwh
	}
	l.Electricity += kwh
	l.Base += s.BaseKW * x.hours
	l.Lighting += s.LightingKW * x.hours
	l.Equipment += s.EquipmentKW * x.hours
	l.Kitchen += s.KitchenKW * x.hours
	l.Lift += s.LiftKW * x.hours
	l.Ventilation += s.VentilationKW * x.hours
	l.Auxiliary += s.HeatingAuxKW * x.hours
	l.Cooling += s.CoolingKW * x.hours
	l.Cold += x.cold / 1000
	b.demand(s, x, kwh)
}

// demand keeps the largest quarter-hour of the month.
func (b *Building) demand(s *State, x *interval, kwh float64) {
	in := &b.inner
	if x.m.month != in.month {
		in.month, s.DemandMaxKW = x.m.month, 0
	}
	in.quarterKWh += kwh
	if s.At.Equal(b.block.end) {
		s.DemandMaxKW = max(s.DemandMaxKW, in.quarterKWh/Step.Hours())
		in.quarterKWh = 0
	}
}
