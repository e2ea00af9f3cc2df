package building

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// Step is the usual step of integration, that of history.
const Step = 15 * time.Minute

// Weather gives the outdoor conditions at an instant: a made-up climate
// ([weather.New]) or a recorded one ([weather.ReadHourly]).
type Weather interface {
	At(t time.Time) weather.Conditions
}

// Params describe one building. A zero field takes a value that suits the
// category and the area; see [Params.Complete]. [Params.Validate] says what
// cannot be. The names in brackets are those of a park file.
type Params struct {
	Seed     uint64
	Weather  Weather
	Location *time.Location
	// Epoch is the instant from which the building is integrated; it is cut to
	// a multiple of [Step]. No earlier instant can be asked.
	Epoch time.Time
	// Step is the step of integration, [Step] when zero; it divides 15 min.
	Step     time.Duration
	Category gtc.Category
	AreaM2   float64 // heated floor, m² [area_m2]

	// LossWPerK is the heat lost by envelope and natural ventilation, W per
	// kelvin between inside and outside; AirShare (0 to 1) of it goes with the
	// air through joints and windows. [loss_w_per_k, air_share]
	LossWPerK, AirShare float64
	// GlazingM2 is the area that lets the sun in, as if horizontal, m².
	GlazingM2 float64
	// AirWhPerK and StructureWhPerK are the heat capacities of air with
	// furniture and of walls and floors, Wh/K.
	AirWhPerK, StructureWhPerK float64
	// VolumeM3 is the heated volume.
	VolumeM3 float64

	// Schedule is when the heating is in comfort; ComfortTemp and SetbackTemp
	// are the room set points, °C.
	Schedule                 Schedule
	ComfortTemp, SetbackTemp float64
	// CurveSlope and CurveShiftK make the flow temperature from the outdoor
	// temperature: sp + shift + slope × (sp − outdoor), within FlowTempMin and
	// FlowTempMax, °C.
	CurveSlope, CurveShiftK  float64
	FlowTempMin, FlowTempMax float64
	// SummerLimitTemp is the damped outdoor temperature above which the
	// heating is off, °C.
	SummerLimitTemp float64
	// RadiatorKW is the emission at 75/65/20 °C (EN 442), kW.
	RadiatorKW float64
	// PipeWPerK is what the pipes of the heating circuit lose, W per kelvin
	// above the cellar.
	PipeWPerK float64

	// BoilerKW is the largest output, MinModulation (0 to 1) the share of it
	// below which the burner goes on and off.
	BoilerKW, MinModulation float64
	// BoilerEfficiency is on PCS at a return of 50 °C, 0 to 1. NonCondensing
	// says that a colder return brings nothing.
	BoilerEfficiency float64
	NonCondensing    bool
	// BoilerTempMin is the least temperature the boiler is held at while the
	// heating runs, °C; SwitchingK is between burner on and burner off, K.
	BoilerTempMin, SwitchingK float64
	// PumpKW is the electric power of the circuit's pump at full flow.
	PumpKW float64

	// HotWaterLitres is the hot water drawn on an ordinary day, litres at 60 °C.
	HotWaterLitres float64
	// HotWaterTemp is the tank's set point, °C; TankLitres its content.
	HotWaterTemp, TankLitres float64
	// LoopWPerK is the heat lost by the circulation loop, W per kelvin above 20 °C.
	LoopWPerK float64
	// Legionella is the weekly heating of tank and loop.
	Legionella Legionella

	// VentilationM3h is the mechanical supply and extract at full speed, m³/h;
	// NaturalVentilation says that there is none. HeatRecovery (0 to 0.95) is
	// the share of the heat that comes back, SupplyAirTemp what the air is
	// heated to, °C.
	VentilationM3h     float64
	NaturalVentilation bool
	HeatRecovery       float64
	SupplyAirTemp      float64
	// CoolingKW is the cold that the unit's cooling coil can give, kW; 0 is a
	// coil that is not used, or none. [cooling_kw]
	CoolingKW           float64
	VentilationSchedule Schedule

	// People is how many are inside when it is full.
	People float64

	// BaseLoadKW is electric power that is always there, OccupiedLoadKW what
	// people add when it is full: unless given, the next five are shares of it.
	BaseLoadKW, OccupiedLoadKW float64
	// LightingKW, EquipmentKW, KitchenKW, LiftKW and VentilationKW (fans at
	// full speed) are the largest powers.
	LightingKW, EquipmentKW, KitchenKW, LiftKW, VentilationKW float64
	// ElectricGain is the share of the electricity that heats the rooms, 0 to 1.
	ElectricGain float64

	// GasKWhPerM3 is the mean calorific value (PCS) at operating conditions;
	// GasVariation (0 to 0.1) is how far the months lie around it, as a share.
	GasKWhPerM3, GasVariation float64

	Faults []Fault
}

// Legionella is the weekly disinfection by heat. The zero value is that of the
// category; Off is none.
type Legionella struct {
	Off     bool
	Weekday time.Weekday
	Hour    float64 // local, 0 to 24
	Temp    float64 // °C, 60 to 80
}
