package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/simulators/noise"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// step integrates one step from b.next on.
func (b *Building) step() {
	s := b.next
	s.At = s.At.Add(Step)
	// Conditions of the step are those of its middle.
	middle := s.At.Add(-Step / 2)
	c := b.p.Weather.At(middle)
	m := momentOf(middle, b.p.Location)
	b.observe(&s)
	s.Occupancy = occupancy(b.p.Category, m)
	s.DayTariff = m.dayTariff()

	b.faultsAt(middle)
	elec := b.electricity(&s, m, c)
	s.Lockout = b.now.lockout
	tank := b.hotWater(&s, m)
	b.control(&s, m, c)
	heat := b.heat(&s, c, elec, tank.charge)
	b.boiler(&s, heat, tank)
	b.next = s
}

// wrong is what the faults amount to during one step.
type wrong struct {
	setback, curve, base, loop float64
	lockout                    bool
}

func (b *Building) faultsAt(t time.Time) {
	if len(b.p.Faults) == 0 {
		return
	}
	f := b.p.Faults
	b.now = wrong{
		setback: min(size(f, SetbackLost, t), 1), curve: size(f, CurveTooHigh, t),
		base: size(f, BaseLoadCreep, t), loop: size(f, DHWLoopLoss, t),
		lockout: active(f, BoilerLockout, t),
	}
}

// observe sets what the weather station reads at the end of the step.
func (b *Building) observe(s *State) {
	c := b.p.Weather.At(s.At)
	s.OutdoorTemp, s.SolarWM2, s.HumidityPct, s.WindMS = c.AirTemp, c.SolarWM2, c.HumidityPct, c.WindMS
}

// electricity advances the electricity meter and returns the power in kW.
func (b *Building) electricity(s *State, m moment, c weather.Conditions) float64 {
	dark := 1 - min(c.SolarWM2/150, 1)
	use := s.Occupancy * (0.75 + 0.25*dark) * (1 + b.habits.At(s.At))
	jitter := 0.04 * noise.Normal(b.habits.Seed, s.At.Unix())
	kw := b.p.BaseLoadKW*(1+b.now.base) + b.p.OccupiedLoadKW*use
	kw *= 1 + jitter
	s.ElecKW = kw
	if s.DayTariff {
		s.ElecDayKWh += kw * stepHours
	} else {
		s.ElecNightKWh += kw * stepHours
	}
	if m.month != b.inner.month {
		b.inner.month, s.DemandMaxKW = m.month, 0
	}
	s.DemandMaxKW = max(s.DemandMaxKW, kw)
	return kw
}

// hotWater advances the tank.
func (b *Building) hotWater(s *State, m moment) drawn {
	litres := b.p.HotWaterLitres * hotWaterShare(b.p.Category, m) * (1 + b.water.At(s.At))
	loop := b.p.LoopWPerK * (1 + b.now.loop)
	d := b.w.solve(s.TankTemp, demand{
		sp: b.p.HotWaterTemp, charging: b.inner.charging, boiler: !s.Lockout,
		litresPerHour: litres, cold: coldTemp(s.At), loop: loop,
	})
	b.inner.charging = d.charging
	s.TankTemp, s.TankTempSp, s.Charging = d.temp, b.p.HotWaterTemp, d.charge > 0
	// A sound loop comes back 4 K colder than it left; the flow is constant.
	s.LoopReturnTemp = d.temp - 4*loop/b.p.LoopWPerK*(d.temp-cellarTemp)/40
	b.ledger.HotWater += d.draw * stepHours / 1000
	b.ledger.Loop += d.loop * stepHours / 1000
	return d
}

// control decides set point, season, flow temperature and valves.
func (b *Building) control(s *State, m moment, c weather.Conditions) {
	p, in := b.p, &b.inner
	// The controller follows the outdoor temperature with 12 hours' delay.
	in.dampedOutdoor += (c.AirTemp - in.dampedOutdoor) * stepHours / 12
	if in.dampedOutdoor > p.SummerLimitTemp+0.5 {
		in.season = false
	} else if in.dampedOutdoor < p.SummerLimitTemp-0.5 {
		in.season = true
	}
	lost := b.now.setback
	s.ComfortTemp, s.SetbackTemp = p.ComfortTemp, p.SetbackTemp
	s.CurveSlope = p.CurveSlope
	s.CurveShiftK = p.CurveShiftK + b.now.curve
	s.Comfort, s.Season = comfort(p.Category, m), in.season
	s.RoomTempSp = p.ComfortTemp
	if !s.Comfort {
		s.RoomTempSp = p.SetbackTemp + lost*(p.ComfortTemp-p.SetbackTemp)
		s.Comfort = lost >= 1
	}
	if s.Comfort && !in.wasComfort {
		in.boost = 2
	}
	in.wasComfort = s.Comfort
	in.boost = max(0, in.boost-stepHours)

	outdoor := 0.5*c.AirTemp + 0.5*in.dampedOutdoor
	s.FlowTempSp = b.h.curve(p, s.RoomTempSp, outdoor, s.CurveShiftK+8*math.Min(in.boost, 1))
	s.PumpRun = in.season && s.FlowTempSp > s.RoomTemp+1
	if !s.Comfort && s.RoomTemp > s.RoomTempSp+0.5 {
		s.PumpRun = false // the room sensor keeps the circuit shut
	}
	s.ValvePct = 0
	if s.PumpRun {
		s.ValvePct = 100 * b.h.valve(s.RoomTempSp, s.RoomTemp)
	}
}

// heat advances air and structure and returns the heat given in W.
func (b *Building) heat(s *State, c weather.Conditions, elecKW, dhw float64) float64 {
	limit := max(0, b.p.BoilerKW*1000-dhw)
	if s.Lockout {
		limit = 0
	}
	sun := 0.6 * b.p.GlazingM2 * c.SolarWM2
	gains := 1000*b.p.ElectricGain*elecKW + 4.5*b.p.AreaM2*s.Occupancy
	x := exchange{
		outdoor:     c.AirTemp,
		ventilation: b.h.ventilation * max(0.5, 1+b.windows.At(s.At)+0.15*(c.WindMS-3.9)/3.9),
		airGain:     gains + 0.4*sun, wallGain: 0.6 * sun,
		flow: s.FlowTempSp, valve: s.ValvePct / 100, limit: limit,
	}
	r := b.h.solve(s.RoomTemp, s.StructureTemp, x)
	s.RoomTemp, s.StructureTemp = r.air, r.structure
	b.ledger.Gains += (gains + sun) * stepHours / 1000
	b.ledger.Envelope += r.envelope * stepHours / 1000
	b.waters(s, r.heat)
	return r.heat
}

// waters sets the temperatures and the meter of the heating circuit.
func (b *Building) waters(s *State, heat float64) {
	s.HeatKW, s.HeatM3h = heat/1000, 0
	if !s.PumpRun || s.Lockout {
		// The water of the circuit cools towards the room.
		left := math.Exp(-stepHours / 0.8)
		s.FlowTemp = s.RoomTemp + (s.FlowTemp-s.RoomTemp)*left
		s.ReturnTemp = s.RoomTemp + (s.ReturnTemp-s.RoomTemp)*left
		if s.PumpRun {
			s.HeatM3h = b.h.water * s.ValvePct / 100 / 1163
		}
	} else {
		stream := b.h.water * s.ValvePct / 100
		s.FlowTemp = s.FlowTempSp
		s.ReturnTemp = s.FlowTemp - heat/stream
		s.HeatM3h = stream / 1163
	}
	s.HeatKWh += s.HeatKW * stepHours
	s.HeatM3 += s.HeatM3h * stepHours
}

// boiler burns the gas that circuit and tank asked for.
func (b *Building) boiler(s *State, heat float64, tank drawn) {
	out := heat + tank.charge
	s.BoilerKW = out / 1000
	standing := 0.0
	if !s.Lockout && (s.Season || s.Charging) {
		standing = 0.003 * b.p.BoilerKW * 1000
	}
	target := s.FlowTempSp + 4
	back := s.ReturnTemp
	if tank.charge > heat {
		target, back = 72, 60
	}
	efficiency := min(max(b.p.BoilerEfficiency-0.0015*(back-50), 0.7), 0.97)
	gas := (out + standing) / efficiency // W, PCS
	burner := out > 0
	if burner && !b.inner.burner {
		s.Starts++
	}
	if burner {
		// Below the least modulation the burner goes on and off.
		share := min(1, out/(0.2*b.p.BoilerKW*1000))
		s.BurnerHours += share * stepHours
		s.Starts += math.Round(4 * share * (1 - share))
	} else {
		target, back = s.RoomTemp+6, s.RoomTemp+4
	}
	b.inner.burner = burner
	s.BurnerRun = burner
	s.ModulationPct = min(100, out/b.p.BoilerKW/10)
	left := math.Exp(-stepHours / 0.5)
	s.BoilerFlowTemp = target + (s.BoilerFlowTemp-target)*left
	s.BoilerReturnTemp = back + (s.BoilerReturnTemp-back)*left
	s.PressureBar = 1.6 + 0.006*(s.BoilerFlowTemp-40)
	s.GasM3h = gas / 1000 / b.p.GasKWhPerM3
	s.GasM3 += s.GasM3h * stepHours
	b.ledger.Boiler += out * stepHours / 1000
	b.ledger.Gas += gas * stepHours / 1000
	b.ledger.StandingLoss += standing * stepHours / 1000
}
