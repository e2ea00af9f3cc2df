package building

import "time"

// State is everything that can be measured in the building at one instant.
// Temperatures are in °C.
type State struct {
	At time.Time

	// What the weather is.
	OutdoorTemp, SolarWM2, HumidityPct, WindMS float64
	// OutdoorSensorTemp is what the controller's outdoor sensor reads,
	// OutdoorDampedTemp what the summer limit looks at.
	OutdoorSensorTemp, OutdoorDampedTemp float64

	// RoomTemp is the air's temperature, StructureTemp that of the walls,
	// RoomSensorTemp what the controller's room sensor reads.
	RoomTemp, StructureTemp, RoomSensorTemp float64
	// RoomTempSp is the set point in force.
	RoomTempSp              float64
	ComfortTemp             float64
	SetbackTemp             float64
	CurveSlope, CurveShiftK float64
	SummerLimitTemp         float64
	FlowTempMin             float64
	FlowTempMax             float64
	FlowTemp, FlowTempSp    float64
	ReturnTemp              float64
	// ValvePct is where the mixing valve stands, 0 shut to 100 open.
	ValvePct        float64
	Mode            HeatingMode
	Comfort         bool // the schedule asks for comfort
	Season          bool // the heating is not stopped by the summer limit
	FrostProtection bool
	HeatDemand      bool // the circuit asks the boiler for heat
	PumpRun         bool
	PumpPct         float64
	PumpHours       float64 // run since commissioning, h

	// TankTemp is the top of the tank, where the sensor is.
	TankTemp, TankBottomTemp, TankTempSp float64
	// HotWaterFlowTemp leaves the tank, MixedTemp the mixing valves before
	// the taps; ColdTemp is the mains.
	HotWaterFlowTemp, MixedTemp, ColdTemp float64
	LoopReturnTemp                        float64
	DHWMode                               DHWMode
	Charging, CirculationPump             bool
	// DHWDrawLh is the hot water drawn, litres an hour.
	DHWDrawLh float64
	// LegionellaActive: the weekly heating runs; LegionellaDone: the last one
	// held its temperature.
	LegionellaActive, LegionellaDone bool

	BoilerFlowTemp, BoilerReturnTemp float64
	BoilerFlowTempSp, FlueTemp       float64
	BoilerEnabled                    bool
	BurnerRun, Lockout               bool
	ModulationPct                    float64
	PressureBar                      float64
	Starts, BurnerHours              float64
	// Efficiency is that of the burner on PCS, 0 when it is off.
	Efficiency float64

	// HeatKW and the indices of the heat meter are those of the heating circuit.
	HeatKW, HeatKWh, HeatM3, HeatM3h float64
	// BoilerKW is the heat the boiler gives, hot water included; HotWaterKW the
	// part that charges the tank.
	BoilerKW, HotWaterKW float64

	// GasM3 is the meter's index, GasM3h its flow, GasKWh the energy (PCS) that
	// passed since the epoch with the calorific value of each moment.
	GasM3, GasM3h, GasKWh float64
	CalorificKWhPerM3     float64

	// VentilationMode and fans; temperatures of supply, extract and exhaust.
	VentilationMode                               VentilationMode
	FanRun                                        bool
	FanPct                                        float64
	SupplyAirM3h                                  float64
	SupplyAirTemp, ExtractAirTemp, ExhaustAirTemp float64
	// HeatRecoveryPct is how much of the exchanger is used, CoilPct the heating
	// coil's valve.
	HeatRecoveryPct, CoilPct float64
	// CoolPct is the cooling coil's valve, CoolingKW the electric power of the
	// machine that makes its cold.
	CoolPct, CoolingKW float64

	// ElecKW is the sum of BaseKW to HeatingAuxKW (pumps, burner fan) and
	// CoolingKW.
	ElecKW                           float64
	BaseKW, LightingKW, EquipmentKW  float64
	KitchenKW, LiftKW, VentilationKW float64
	HeatingAuxKW                     float64
	ElecDayKWh, ElecNightKWh         float64
	DayTariff                        bool
	// DemandMaxKW is the largest quarter-hour of the calendar month.
	DemandMaxKW float64

	// Occupancy is 0 to 1, Occupants how many people that is.
	Occupancy, Occupants float64
	CO2ppm               float64
	RoomHumidityPct      float64
	WindowOpen           bool
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
	from, to := a.course(), s.course()
	for i := range to {
		*to[i] = *from[i] + w*(*to[i]-*from[i])
	}
	return s
}

// course lists what goes evenly through a step.
func (s *State) course() [37]*float64 {
	return [...]*float64{
		&s.OutdoorTemp, &s.SolarWM2, &s.HumidityPct, &s.WindMS,
		&s.OutdoorSensorTemp, &s.OutdoorDampedTemp,
		&s.RoomTemp, &s.StructureTemp, &s.RoomSensorTemp,
		&s.FlowTemp, &s.FlowTempSp, &s.ReturnTemp, &s.ValvePct, &s.PumpHours,
		&s.TankTemp, &s.TankBottomTemp, &s.HotWaterFlowTemp, &s.MixedTemp, &s.ColdTemp,
		&s.LoopReturnTemp,
		&s.BoilerFlowTemp, &s.BoilerReturnTemp, &s.FlueTemp, &s.PressureBar, &s.BurnerHours,
		&s.HeatKWh, &s.HeatM3, &s.GasM3, &s.GasKWh,
		&s.SupplyAirTemp, &s.ExtractAirTemp, &s.ExhaustAirTemp,
		&s.ElecDayKWh, &s.ElecNightKWh, &s.CO2ppm, &s.RoomHumidityPct, &s.Occupancy,
	}
}
