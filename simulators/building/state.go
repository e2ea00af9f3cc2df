package building

import "time"

// State is everything that can be measured in the building at one instant.
type State struct {
	At time.Time

	OutdoorTemp, SolarWM2, HumidityPct, WindMS float64

	// RoomTemp is the air's temperature, StructureTemp that of the walls, °C.
	RoomTemp, StructureTemp float64
	// RoomTempSp is the set point in force, °C.
	RoomTempSp              float64
	ComfortTemp             float64
	SetbackTemp             float64
	CurveSlope, CurveShiftK float64
	FlowTemp, FlowTempSp    float64
	ReturnTemp              float64
	ValvePct                float64
	Comfort                 bool // the schedule asks for comfort
	Season                  bool // the heating is not stopped by the summer limit
	PumpRun                 bool

	TankTemp, TankTempSp float64
	LoopReturnTemp       float64
	Charging             bool

	BoilerFlowTemp, BoilerReturnTemp float64
	BurnerRun, Lockout               bool
	ModulationPct                    float64
	PressureBar                      float64
	Starts, BurnerHours              float64

	// HeatKW and the indices of the heat meter are those of the heating circuit.
	HeatKW, HeatKWh, HeatM3, HeatM3h float64
	// BoilerKW is the heat the boiler gives, hot water included.
	BoilerKW, GasM3, GasM3h float64

	ElecKW, ElecDayKWh, ElecNightKWh float64
	DayTariff                        bool
	// DemandMaxKW is the largest quarter-hour of the calendar month.
	DemandMaxKW float64
	// Occupancy is 0 to 1.
	Occupancy float64
}

// between returns the state at a share w (0 to 1) of the way from a to b:
// temperatures and indices go evenly, powers and states are those of the
// interval, which b holds.
func between(a, b *State, t time.Time, w float64) State {
	if w >= 1 {
		return *b
	}
	s := *b
	s.At = t
	mix := func(field *float64, from float64) { *field = from + w*(*field-from) }
	mix(&s.OutdoorTemp, a.OutdoorTemp)
	mix(&s.SolarWM2, a.SolarWM2)
	mix(&s.HumidityPct, a.HumidityPct)
	mix(&s.WindMS, a.WindMS)
	mix(&s.RoomTemp, a.RoomTemp)
	mix(&s.StructureTemp, a.StructureTemp)
	mix(&s.FlowTemp, a.FlowTemp)
	mix(&s.FlowTempSp, a.FlowTempSp)
	mix(&s.ReturnTemp, a.ReturnTemp)
	mix(&s.ValvePct, a.ValvePct)
	mix(&s.TankTemp, a.TankTemp)
	mix(&s.LoopReturnTemp, a.LoopReturnTemp)
	mix(&s.BoilerFlowTemp, a.BoilerFlowTemp)
	mix(&s.BoilerReturnTemp, a.BoilerReturnTemp)
	mix(&s.PressureBar, a.PressureBar)
	mix(&s.BurnerHours, a.BurnerHours)
	mix(&s.HeatKWh, a.HeatKWh)
	mix(&s.HeatM3, a.HeatM3)
	mix(&s.GasM3, a.GasM3)
	mix(&s.ElecDayKWh, a.ElecDayKWh)
	mix(&s.ElecNightKWh, a.ElecNightKWh)
	return s
}

// Ledger is where energy came from and went since the epoch, in kWh.
type Ledger struct {
	// In.
	Boiler, Gains float64
	// Out.
	Envelope, HotWater, Loop float64
	// Stored is the heat in air, structure and tank above what it was.
	Stored float64
	// Gas is the energy of the gas burnt (PCS), StandingLoss the boiler's.
	Gas, StandingLoss float64
}

// Residual is what came in and is not accounted for, kWh.
func (l Ledger) Residual() float64 {
	return l.Boiler + l.Gains - l.Envelope - l.HotWater - l.Loop - l.Stored
}
