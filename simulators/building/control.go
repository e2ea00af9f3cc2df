package building

import "math"

const (
	frostTemp     = 8.0 // room temperature that is always held, °C
	roomInfluence = 3.0 // K of flow for a kelvin in the room
	valveLeak     = 0.03
	boostHours    = 4.0  // of the morning boost at most
	boostK        = 12.0 // of the flow, while the room lacks a kelvin or more
)

// wrong is what the faults amount to during one step.
type wrong struct {
	setback, shift, summer, curve, valve, cycling float64
	efficiency, loop, base, fans, window, leak    float64
	outdoor, room, cool                           float64
	everyDay, pump, lockout                       bool
}

// decision is what the controller wants of the circuit.
type decision struct {
	// wanted: the circuit asks the boiler for heat.
	wanted bool
	pump   bool
	// valve is the least opening, 0 to 1; forced that the valve stands there.
	valve  float64
	forced bool
}

// sense sets what the controller's sensors read, at the inner step's middle.
func (b *Building) sense(s *State, x *interval) {
	s.OutdoorSensorTemp = x.outdoor + b.now.outdoor
	s.RoomSensorTemp = s.RoomTemp + b.now.room
	// The summer limit follows the outdoor temperature with 12 hours' delay.
	s.OutdoorDampedTemp += (s.OutdoorSensorTemp - s.OutdoorDampedTemp) * x.h / (12 + x.h)
}

// setPoint decides what the rooms are to have during the step.
func (b *Building) setPoint(s *State, x *interval) {
	c, in := x.c, &b.inner
	s.Mode = c.Mode
	s.ComfortTemp, s.SetbackTemp = c.ComfortTemp, c.SetbackTemp
	s.CurveSlope, s.CurveShiftK = c.CurveSlope, c.CurveShiftK+b.now.curve
	s.FlowTempMin, s.FlowTempMax = c.FlowTempMin, c.FlowTempMax
	s.SummerLimitTemp = c.SummerLimitTemp

	lost := 0.0
	switch c.Mode {
	case HeatingComfort, HeatingManual:
		s.Comfort = true
	case HeatingSetback, HeatingOff, HeatingSummer:
		s.Comfort = false
	case HeatingAuto:
		s.Comfort = c.Schedule.at(x.m, int(math.Round(b.now.shift*60)), b.now.everyDay)
		lost = b.now.setback
	}
	sp := c.ComfortTemp
	if !s.Comfort {
		sp = c.SetbackTemp + lost*(c.ComfortTemp-c.SetbackTemp)
		s.Comfort = lost >= 1
	}
	if c.Mode == HeatingOff || c.Mode == HeatingSummer {
		sp = frostTemp
	}
	if s.Comfort && !in.wasComfort && sp > s.RoomTempSp+1 {
		in.boost = boostHours
	}
	in.wasComfort = s.Comfort
	s.RoomTempSp = sp
}

// control decides season, flow temperature and pump for one inner step.
func (b *Building) control(s *State, x *interval) decision {
	c, in := x.c, &b.inner
	if s.OutdoorDampedTemp > s.SummerLimitTemp+0.5 {
		in.heating = false
	} else if s.OutdoorDampedTemp < s.SummerLimitTemp-0.5 {
		in.heating = true
	}
	s.Season = in.heating && c.Mode != HeatingOff && c.Mode != HeatingSummer
	b.frost(s)

	sp := b.curve(s, x)
	d := decision{valve: max(valveLeak, b.now.valve)}
	d.wanted = (s.Season || s.FrostProtection) && sp > s.RoomSensorTemp+1
	switch {
	case c.Mode == HeatingManual:
		sp, d.wanted = c.FlowTempSp, true
	case b.now.summer > 0 && !in.heating && c.Mode == HeatingAuto:
		s.Season, d.wanted = true, true
		sp = max(sp, s.RoomTempSp+b.now.summer)
	}
	s.FlowTempSp = min(max(sp, c.FlowTempMin), c.FlowTempMax)
	d.pump = d.wanted
	switch {
	case c.Pump == ForcedOn || b.now.pump:
		d.pump = true
	case c.Pump == ForcedOff:
		d.pump, d.wanted = false, false
	}
	switch c.Valve {
	case ForcedOn:
		d.valve, d.forced = max(c.ValvePct/100, b.now.valve), true
	case ForcedOff:
		d.valve, d.forced = b.now.valve, true
	case Automatic:
	}
	s.HeatDemand = d.wanted
	return d
}

// curve returns the flow temperature that curve, room and morning ask for, °C.
func (b *Building) curve(s *State, x *interval) float64 {
	in := &b.inner
	in.boost = max(0, in.boost-x.h)
	if !s.Comfort {
		in.boost = 0
	}
	outdoor := 0.5*s.OutdoorSensorTemp + 0.5*s.OutdoorDampedTemp
	lacks := s.RoomTempSp - s.RoomSensorTemp
	sp := s.RoomTempSp + s.CurveShiftK + s.CurveSlope*(s.RoomTempSp-outdoor) + roomInfluence*min(max(lacks, -3), 3)
	switch {
	case in.boost > 0:
		sp += boostK * min(max(lacks, 0), 1)
	case !s.Comfort:
		// In setback the room sensor shuts the circuit until it is cold enough.
		share := min(max(lacks+0.5, 0), 1)
		sp = s.RoomSensorTemp + share*(sp-s.RoomSensorTemp)
	}
	return sp
}

// frost decides whether the circuit runs although the heating is off.
func (b *Building) frost(s *State) {
	in := &b.inner
	switch {
	case s.RoomSensorTemp < frostTemp-0.5:
		in.frost = true
	case s.RoomSensorTemp > frostTemp+0.5:
		in.frost = false
	}
	s.FrostProtection = in.frost
}
