package simulators

import (
	"errors"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

var (
	errNotCommanded = errors.New("nothing in the building follows this point")
	errRecorded     = errors.New("recorded days cannot be commanded")
)

// command makes the building follow a point that a client wrote: from the next
// step of the physics on. The value is shown at once.
func (s *site) command(kind gtc.Kind, point gtc.PointID, v gtc.Value, at time.Time) error {
	set, ok := commanded(kind, point)
	if !ok {
		return fmt.Errorf("command %s of a %s: %w", point, kind, errNotCommanded)
	}
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	s.nowLocked(at)
	b, ok := l.lane.course.(*building.Building)
	if !ok {
		return fmt.Errorf("command %s of a %s: %w", point, kind, errRecorded)
	}
	c := b.Controls()
	set(&c, v)
	if err := b.SetControls(at, c); err != nil {
		return fmt.Errorf("command %s of a %s: %w", point, kind, err)
	}
	l.lane.told = &told{l.lane.told.first, c}
	now := *l.last
	now.told = l.lane.told
	l.last = &now
	return nil
}

// setter changes one thing that can be commanded.
type setter func(c *building.Controls, v gtc.Value)

// commanded returns what a point of a kind commands.
func commanded(kind gtc.Kind, point gtc.PointID) (setter, bool) {
	set, ok := commands()[kind][point]
	return set, ok
}

func commands() map[gtc.Kind]map[gtc.PointID]setter {
	onOff := func(v gtc.Value) building.Override {
		if v.True() {
			return building.ForcedOn
		}
		return building.ForcedOff
	}
	heating := func(c *building.Controls, v gtc.Value) { c.Mode = building.HeatingMode(v.Num) }
	hotWater := func(c *building.Controls, v gtc.Value) { c.DHWMode = building.DHWMode(v.Num) }
	air := func(c *building.Controls, v gtc.Value) { c.VentilationMode = building.VentilationMode(v.Num) }
	return map[gtc.Kind]map[gtc.PointID]setter{
		"heating_circuit": {
			"room_temp_comfort_sp": func(c *building.Controls, v gtc.Value) { c.ComfortTemp = v.Num },
			"room_temp_setback_sp": func(c *building.Controls, v gtc.Value) { c.SetbackTemp = v.Num },
			"curve_slope":          func(c *building.Controls, v gtc.Value) { c.CurveSlope = v.Num },
			"curve_shift_k":        func(c *building.Controls, v gtc.Value) { c.CurveShiftK = v.Num },
			"flow_temp_min_sp":     func(c *building.Controls, v gtc.Value) { c.FlowTempMin = v.Num },
			"flow_temp_max_sp":     func(c *building.Controls, v gtc.Value) { c.FlowTempMax = v.Num },
			"flow_temp_sp":         func(c *building.Controls, v gtc.Value) { c.FlowTempSp = v.Num },
			"summer_limit_temp_sp": func(c *building.Controls, v gtc.Value) { c.SummerLimitTemp = v.Num },
			"mode":                 heating, "mode_cmd": heating,
			"pump_cmd": func(c *building.Controls, v gtc.Value) { c.Pump = onOff(v) },
			"valve_cmd_pct": func(c *building.Controls, v gtc.Value) {
				c.Valve, c.ValvePct = building.ForcedOn, v.Num
			},
		},
		"boiler": {
			"enable_cmd": func(c *building.Controls, v gtc.Value) { c.BoilerEnable = v.True() },
		},
		"dhw": {
			"storage_temp_sp": func(c *building.Controls, v gtc.Value) { c.HotWaterTemp = v.Num },
			"mode":            hotWater, "mode_cmd": hotWater,
			"circulation_pump_cmd": func(c *building.Controls, v gtc.Value) { c.CirculationPump = v.True() },
		},
		"ventilation": {
			"supply_air_temp_sp": func(c *building.Controls, v gtc.Value) { c.SupplyAirTemp = v.Num },
			"supply_air_m3h_sp":  func(c *building.Controls, v gtc.Value) { c.SupplyAirM3h = v.Num },
			"mode":               air, "mode_cmd": air,
			"enable_cmd": func(c *building.Controls, v gtc.Value) { c.VentilationEnable = v.True() },
		},
	}
}

// setPoint reads a set point: what was commanded last if anything was, else
// what the state has, which is where a fault of a setting shows.
func setPoint(of func(c *building.Controls) float64, state func(s *instant) float64) read {
	return func(s *instant) gtc.Value {
		if s.told != nil && of(&s.told.last) != of(&s.told.first) {
			return gtc.Float(of(&s.told.last))
		}
		return gtc.Float(state(s))
	}
}

// commandedValue reads what has no place in the state.
func commandedValue(of func(c *building.Controls) float64) read {
	return func(s *instant) gtc.Value {
		if s.told == nil {
			return gtc.Value{}
		}
		return gtc.Float(of(&s.told.last))
	}
}

// commandedMode reads a mode as it was commanded last.
func commandedMode(of func(c *building.Controls) int, state func(s *instant) int) read {
	return func(s *instant) gtc.Value {
		if s.told != nil && of(&s.told.last) != of(&s.told.first) {
			return gtc.Enum(of(&s.told.last))
		}
		return gtc.Enum(state(s))
	}
}
