package building

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Wrong is one thing that cannot be: Field is its name in a park file
// (loss_w_per_k, faults[2].from), What says why, in words for people.
type Wrong struct{ Field, What string }

// bound is what a number of Params may be; a zero is always allowed and takes
// the category's value.
type bound struct {
	field    string
	value    float64
	from, to float64
	unit     string
}

// Validate returns all that is impossible about the parameters as given,
// nothing when they can be a building.
func (p Params) Validate() []Wrong {
	var wrong []Wrong
	say := func(field, format string, args ...any) {
		wrong = append(wrong, Wrong{field, fmt.Sprintf(format, args...)})
	}
	for _, b := range slices.Concat(p.rooms(), p.plant(), p.electric()) {
		if what := b.wrong(); what != "" {
			say(b.field, "%s", what)
		}
	}
	if p.Category != "" && !slices.Contains(Categories(), p.Category) {
		say("category", "unknown category %q; known are %q", p.Category, Categories())
	}
	if p.Step < 0 || p.Step > Step || p.Step > 0 && Step%p.Step != 0 {
		say("step", "a step of %s does not divide %s", p.Step, Step)
	}
	if what := p.Schedule.wrong(); what != "" {
		say("schedule", "%s", what)
	}
	if what := p.VentilationSchedule.wrong(); what != "" {
		say("ventilation_schedule", "%s", what)
	}
	if len(wrong) == 0 { // relations between values, the usual ones included
		c := p.Complete()
		if c.SetbackTemp > c.ComfortTemp {
			say("setback_temp", "a setback of %g °C is above the comfort of %g °C", c.SetbackTemp, c.ComfortTemp)
		}
		if c.FlowTempMin >= c.FlowTempMax {
			say("flow_temp_min", "%g °C is not below the largest flow temperature, %g °C", c.FlowTempMin, c.FlowTempMax)
		}
	}
	for i, f := range p.Faults {
		for _, w := range f.wrong(p.Epoch) {
			say(fmt.Sprintf("faults[%d].%s", i, w.Field), "%s", w.What)
		}
	}
	return wrong
}

func (p *Params) rooms() []bound {
	return []bound{
		{"area_m2", p.AreaM2, 1, 1e6, " m²"},
		{"loss_w_per_k", p.LossWPerK, 1, 1e7, " W/K"},
		{"air_share", p.AirShare, 0, 0.95, ""},
		{"glazing_m2", p.GlazingM2, 0, 1e6, " m²"},
		{"air_wh_per_k", p.AirWhPerK, 1, 1e9, " Wh/K"},
		{"structure_wh_per_k", p.StructureWhPerK, 1, 1e9, " Wh/K"},
		{"volume_m3", p.VolumeM3, 1, 1e8, " m³"},
		{"comfort_temp", p.ComfortTemp, 5, 35, " °C"},
		{"setback_temp", p.SetbackTemp, 5, 35, " °C"},
		{"curve_slope", p.CurveSlope, 0, 5, ""},
		{"curve_shift_k", p.CurveShiftK, -40, 40, " K"},
		{"flow_temp_min", p.FlowTempMin, 5, 90, " °C"},
		{"flow_temp_max", p.FlowTempMax, 20, 95, " °C"},
		{"summer_limit_temp", p.SummerLimitTemp, 5, 40, " °C"},
		{"radiator_kw", p.RadiatorKW, 0.1, 1e5, " kW"},
		{"pipe_w_per_k", p.PipeWPerK, 0, 1e6, " W/K"},
		{"people", p.People, 0, 1e5, ""},
	}
}

func (p *Params) plant() []bound {
	return []bound{
		{"boiler_kw", p.BoilerKW, 1, 1e5, " kW"},
		{"boiler_efficiency", p.BoilerEfficiency, 0.3, 1, " on PCS"},
		{"min_modulation", p.MinModulation, 0.05, 1, ""},
		{"boiler_temp_min", p.BoilerTempMin, 10, 90, " °C"},
		{"switching_k", p.SwitchingK, 1, 40, " K"},
		{"pump_kw", p.PumpKW, 0, 1e3, " kW"},
		{"hot_water_litres", p.HotWaterLitres, 0, 1e6, " l a day"},
		{"hot_water_temp", p.HotWaterTemp, 30, 80, " °C"},
		{"tank_litres", p.TankLitres, 10, 1e6, " l"},
		{"loop_w_per_k", p.LoopWPerK, 0, 1e6, " W/K"},
		{"legionella.hour", p.Legionella.Hour, 0, 24, " h"},
		{"legionella.temp", p.Legionella.Temp, 60, 80, " °C"},
		{"legionella.weekday", float64(p.Legionella.Weekday), 0, 6, ""},
		{"ventilation_m3h", p.VentilationM3h, 0, 1e7, " m³/h"},
		{"heat_recovery", p.HeatRecovery, 0, 0.95, ""},
		{"supply_air_temp", p.SupplyAirTemp, 10, 30, " °C"},
		{"cooling_kw", p.CoolingKW, 0, 1e5, " kW"},
		{"gas_kwh_per_m3", p.GasKWhPerM3, 5, 15, " kWh/m³"},
		{"gas_variation", p.GasVariation, 0, 0.1, ""},
	}
}

func (p *Params) electric() []bound {
	return []bound{
		{"base_load_kw", p.BaseLoadKW, 0, 1e5, " kW"},
		{"occupied_load_kw", p.OccupiedLoadKW, 0, 1e5, " kW"},
		{"lighting_kw", p.LightingKW, 0, 1e5, " kW"},
		{"equipment_kw", p.EquipmentKW, 0, 1e5, " kW"},
		{"kitchen_kw", p.KitchenKW, 0, 1e5, " kW"},
		{"lift_kw", p.LiftKW, 0, 1e5, " kW"},
		{"ventilation_kw", p.VentilationKW, 0, 1e5, " kW"},
		{"electric_gain", p.ElectricGain, 0, 1, ""},
	}
}

// wrong says why a number cannot be, "" when it can.
func (b bound) wrong() string {
	switch {
	case b.value == 0 || b.value >= b.from && b.value <= b.to:
		return ""
	case math.IsNaN(b.value) || math.IsInf(b.value, 0):
		return fmt.Sprintf("%v is not a number", b.value)
	}
	return fmt.Sprintf("%g%s is not between %g and %g", b.value, b.unit, b.from, b.to)
}

// wrong says what is impossible about a program, "" when nothing.
func (s *Schedule) wrong() string {
	for d := range s.Days {
		for _, p := range s.Days[d] {
			if p.To > 1440 || p.From > p.To {
				return fmt.Sprintf("on %s, minute %d to %d is not a part of a day", time.Weekday(d), p.From, p.To)
			}
		}
	}
	return ""
}

// wrong lists what is impossible about a fault of a building with this epoch.
func (f Fault) wrong(epoch time.Time) []Wrong {
	var wrong []Wrong
	from, to, known := SizeRange(f.Kind)
	switch {
	case !known:
		wrong = append(wrong, Wrong{"fault", fmt.Sprintf("unknown fault %q; known are %q", f.Kind, FaultKinds())})
	case math.IsNaN(f.Size) || (from != 0 || to != 0) && (f.Size < from || f.Size > to),
		f.Kind == ScheduleWrong && f.Size > 12 && f.Size != 24:
		wrong = append(wrong, Wrong{"size", fmt.Sprintf("%s has a size between %g and %g, not %g", f.Kind, from, to, f.Size)})
	case f.Size == 0 && (from != 0 || to != 0):
		wrong = append(wrong, Wrong{"size", fmt.Sprintf("a %s of size 0 is no fault", f.Kind)})
	}
	if f.From.Before(epoch) {
		wrong = append(wrong, Wrong{"from", fmt.Sprintf("begins on %s, before the building's first instant, %s",
			f.From.Format(time.DateTime), epoch.Format(time.DateTime))})
	}
	if !f.To.IsZero() && !f.To.After(f.From) {
		wrong = append(wrong, Wrong{"to", "ends before it begins"})
	}
	if f.Ramp < 0 {
		wrong = append(wrong, Wrong{"ramp", fmt.Sprintf("a ramp of %s", f.Ramp)})
	}
	return wrong
}
