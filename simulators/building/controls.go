package building

import (
	"errors"
	"fmt"
	"time"
)

// HeatingMode is what the heating circuit's controller is set to, numbered as
// in the point catalogue.
type HeatingMode int

// The modes of a heating circuit.
const (
	HeatingOff     HeatingMode = 0 // frost protection only
	HeatingAuto    HeatingMode = 1 // the schedule
	HeatingComfort HeatingMode = 2
	HeatingSetback HeatingMode = 3
	HeatingManual  HeatingMode = 4 // FlowTempSp, pump on
	HeatingSummer  HeatingMode = 5 // no heating, frost protection
)

// DHWMode is what the hot-water controller is set to, numbered as in the
// point catalogue.
type DHWMode int

// The modes of the hot water.
const (
	DHWOff          DHWMode = 0 // frost protection only
	DHWAuto         DHWMode = 1
	DHWComfort      DHWMode = 2
	DHWEco          DHWMode = 3 // 5 K lower
	DHWDisinfection DHWMode = 4 // heats to the legionella temperature until changed
)

// VentilationMode is what the ventilation is set to, numbered as in the point
// catalogue.
type VentilationMode int

// The modes of the ventilation.
const (
	VentilationOff          VentilationMode = 0
	VentilationAuto         VentilationMode = 1 // the schedule, at the air asked for
	VentilationLow          VentilationMode = 2 // 40 % of full speed
	VentilationNormal       VentilationMode = 3 // 70 %
	VentilationHigh         VentilationMode = 4 // 100 %
	VentilationNightCooling VentilationMode = 5 // 100 % without heat recovery
)

// Override is a command that may leave a drive to its controller.
type Override int

// The overrides.
const (
	Automatic Override = 0
	ForcedOn  Override = 1
	ForcedOff Override = 2
)

// Controls are what commands and people can change in a running building.
// Units as in [Params].
type Controls struct {
	Mode                     HeatingMode
	ComfortTemp, SetbackTemp float64
	CurveSlope, CurveShiftK  float64
	FlowTempMin, FlowTempMax float64
	// FlowTempSp is the flow temperature of the manual mode, °C.
	FlowTempSp      float64
	SummerLimitTemp float64
	Schedule        Schedule
	// Pump and Valve override the circuit's pump and mixing valve; ValvePct
	// (0 to 100) is where a valve ForcedOn stands, a valve ForcedOff is shut.
	Pump, Valve Override
	ValvePct    float64

	// BoilerEnable false stops the boiler, hot water included.
	BoilerEnable bool

	DHWMode         DHWMode
	HotWaterTemp    float64
	CirculationPump bool

	VentilationMode     VentilationMode
	VentilationEnable   bool
	VentilationSchedule Schedule
	// SupplyAirM3h is the air asked for in the automatic mode, m³/h.
	SupplyAirM3h  float64
	SupplyAirTemp float64
}

// controls are those of the first instant.
func (p *Params) controls() Controls {
	return Controls{
		Mode: HeatingAuto, ComfortTemp: p.ComfortTemp, SetbackTemp: p.SetbackTemp,
		CurveSlope: p.CurveSlope, CurveShiftK: p.CurveShiftK,
		FlowTempMin: p.FlowTempMin, FlowTempMax: p.FlowTempMax, FlowTempSp: 55,
		SummerLimitTemp: p.SummerLimitTemp, Schedule: p.Schedule,
		BoilerEnable: true, DHWMode: DHWAuto, HotWaterTemp: p.HotWaterTemp, CirculationPump: true,
		VentilationMode: VentilationAuto, VentilationEnable: true,
		VentilationSchedule: p.VentilationSchedule,
		SupplyAirM3h:        p.VentilationM3h, SupplyAirTemp: p.SupplyAirTemp,
	}
}

// ErrImpossible marks controls that no controller would take.
var ErrImpossible = errors.New("impossible")

// Check returns every value that no controller would take, joined; each error
// is an [ErrImpossible].
func (c *Controls) Check() error {
	var wrong []error
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%w: "+format, append([]any{ErrImpossible}, args...)...))
	}
	for _, b := range []bound{
		{"comfort_temp", c.ComfortTemp, 5, 35, " °C"},
		{"setback_temp", c.SetbackTemp, 5, 35, " °C"},
		{"curve_slope", c.CurveSlope, 0, 5, ""},
		{"curve_shift_k", c.CurveShiftK, -40, 40, " K"},
		{"flow_temp_min", c.FlowTempMin, 5, 90, " °C"},
		{"flow_temp_max", c.FlowTempMax, 20, 95, " °C"},
		{"flow_temp_sp", c.FlowTempSp, 5, 95, " °C"},
		{"summer_limit_temp", c.SummerLimitTemp, 0, 50, " °C"},
		{"valve_pct", c.ValvePct, 0, 100, " %"},
		{"hot_water_temp", c.HotWaterTemp, 10, 80, " °C"},
		{"supply_air_m3h", c.SupplyAirM3h, 0, 1e7, " m³/h"},
		{"supply_air_temp", c.SupplyAirTemp, 10, 35, " °C"},
		{"mode", float64(c.Mode), 0, 5, ""},
		{"dhw_mode", float64(c.DHWMode), 0, 4, ""},
		{"ventilation_mode", float64(c.VentilationMode), 0, 5, ""},
		{"pump", float64(c.Pump), 0, 2, ""},
		{"valve", float64(c.Valve), 0, 2, ""},
	} {
		// Unlike in Params, a zero is a value here.
		if !(b.value >= b.from && b.value <= b.to) { // NaN is refused too
			say("%s of %g%s is not between %g and %g", b.field, b.value, b.unit, b.from, b.to)
		}
	}
	if c.FlowTempMin >= c.FlowTempMax {
		say("flow_temp_min of %g °C is not below flow_temp_max of %g °C", c.FlowTempMin, c.FlowTempMax)
	}
	if what := c.Schedule.wrong(); what != "" {
		say("schedule: %s", what)
	}
	if what := c.VentilationSchedule.wrong(); what != "" {
		say("ventilation_schedule: %s", what)
	}
	return errors.Join(wrong...)
}

// change is one entry of a building's log: from an instant on, other controls
// or another step.
type change struct {
	at       time.Time
	controls Controls
	step     time.Duration
}

// Controls returns the controls last set, which may take effect later than the
// instant last asked.
func (b *Building) Controls() Controls { return b.last().controls }

func (b *Building) last() change { return b.log[len(b.log)-1] }

// SetControls changes what can be commanded from at on, but not before the
// end of the last step ever integrated nor before an earlier change: the past
// is never rewritten. The log of changes is kept, so that [Building.At] goes
// on depending on nothing but the parameters and what was set. Controls that
// no controller would take are refused with all that is wrong; nothing then
// changes.
func (b *Building) SetControls(at time.Time, c Controls) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("set controls: %w", err)
	}
	next := b.last()
	next.at, next.controls = at, c
	b.record(next)
	return nil
}

// Finer makes the building go on in other steps (a second for a live park)
// from the end of the last step on. A step divides [Step].
func (b *Building) Finer(step time.Duration) error {
	if step <= 0 || step > Step || Step%step != 0 {
		return fmt.Errorf("go on in steps of %s: %w: they do not divide %s", step, ErrImpossible, Step)
	}
	next := b.last()
	next.at, next.step = b.frontier, step
	b.record(next)
	return nil
}

// record appends to the log, at the earliest instant that is not yet past.
func (b *Building) record(c change) {
	for _, not := range []time.Time{b.frontier, b.last().at} {
		if c.at.Before(not) {
			c.at = not
		}
	}
	b.log = append(b.log, c)
}

// Twin returns the building anew at its epoch, with the same log of changes:
// a reader of its own that sees the same states.
func (b *Building) Twin() *Building {
	t := New(b.p)
	t.log = append([]change(nil), b.log...)
	t.frontier = b.frontier
	return t
}
