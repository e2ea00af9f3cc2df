package simulators

import (
	"math"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// read returns what a point shows at an instant.
type read func(s *instant) gtc.Value

// shown says what points show. It is made once for each site.
type shown struct {
	seed     uint64
	physics  Physics
	location *time.Location
}

// number makes a read of a float.
func number(f func(s *instant) float64) read {
	return func(s *instant) gtc.Value { return gtc.Float(f(s)) }
}

// fixed makes a read of a float that does not change.
func fixed(f float64) read {
	v := gtc.Float(f)
	return func(*instant) gtc.Value { return v }
}

// twoState makes a read of a boolean.
func twoState(f func(s *instant) bool) read {
	return func(s *instant) gtc.Value { return gtc.Bool(f(s)) }
}

// enum makes a read of an enumeration.
func enum(f func(s *instant) int) read {
	return func(s *instant) gtc.Value { return gtc.Enum(f(s)) }
}

func never(*instant) gtc.Value  { return gtc.Bool(false) }
func always(*instant) gtc.Value { return gtc.Bool(true) }

// points returns what the points of an equipment show.
func (x shown) points(kind gtc.Kind, eq gtc.EquipmentID) map[gtc.PointID]read {
	switch kind {
	case "heating_circuit":
		return x.heatingCircuit()
	case "dhw":
		return x.hotWater()
	case "boiler":
		return x.boiler()
	case gtc.KindWeather:
		return x.weather()
	case gtc.KindGasMeter:
		return x.gasMeter()
	case gtc.KindHeatMeter:
		return x.heatMeter()
	case gtc.KindElectricityMeter:
		return x.electricityMeter(x.physics.share(eq))
	case gtc.KindIntrusionPanel:
		return x.intrusionPanel()
	case gtc.KindFirePanel:
		return x.firePanel()
	case "room":
		return x.room()
	case "ventilation":
		return x.ventilation()
	case "cold_room":
		return x.coldRoom(eq)
	default: // two-state points only; see find
		return nil
	}
}

// find returns what one point shows. A two-state point that nothing in the
// simulation sets is false.
func find(points map[gtc.PointID]read, p gtc.PointID, t gtc.ValueType) (read, bool) {
	if r, ok := points[p]; ok {
		return r, true
	}
	if t == gtc.TypeBool {
		return never, true
	}
	return nil, false
}

func (x shown) heatingCircuit() map[gtc.PointID]read {
	type controls = building.Controls
	return map[gtc.PointID]read{
		"flow_temp":    number(func(s *instant) float64 { return s.FlowTemp }),
		"return_temp":  number(func(s *instant) float64 { return s.ReturnTemp }),
		"flow_temp_sp": number(func(s *instant) float64 { return s.FlowTempSp }),
		"room_temp":    number(func(s *instant) float64 { return s.RoomSensorTemp }),
		"room_temp_sp": number(func(s *instant) float64 { return s.RoomTempSp }),

		"room_temp_comfort_sp": setPoint(func(c *controls) float64 { return c.ComfortTemp }, func(s *instant) float64 { return s.ComfortTemp }),
		"room_temp_setback_sp": setPoint(func(c *controls) float64 { return c.SetbackTemp }, func(s *instant) float64 { return s.SetbackTemp }),
		"curve_slope":          setPoint(func(c *controls) float64 { return c.CurveSlope }, func(s *instant) float64 { return s.CurveSlope }),
		"curve_shift_k":        setPoint(func(c *controls) float64 { return c.CurveShiftK }, func(s *instant) float64 { return s.CurveShiftK }),
		"flow_temp_min_sp":     setPoint(func(c *controls) float64 { return c.FlowTempMin }, func(s *instant) float64 { return s.FlowTempMin }),
		"flow_temp_max_sp":     setPoint(func(c *controls) float64 { return c.FlowTempMax }, func(s *instant) float64 { return s.FlowTempMax }),
		"summer_limit_temp_sp": setPoint(func(c *controls) float64 { return c.SummerLimitTemp }, func(s *instant) float64 { return s.SummerLimitTemp }),
		"mode":                 commandedMode(func(c *controls) int { return int(c.Mode) }, func(s *instant) int { return int(s.Mode) }),

		"occupied":         twoState(func(s *instant) bool { return s.Comfort }),
		"heat_demand":      twoState(func(s *instant) bool { return s.HeatDemand }),
		"frost_protection": twoState(func(s *instant) bool { return s.FrostProtection }),
		"pump_run":         twoState(func(s *instant) bool { return s.PumpRun }),
		"pump_cmd":         twoState(func(s *instant) bool { return s.PumpRun }),
		"pump_pct":         number(func(s *instant) float64 { return s.PumpPct }),
		"pump_run_h":       number(func(s *instant) float64 { return s.PumpHours }),
		"valve_pct":        number(func(s *instant) float64 { return s.ValvePct }),
		"valve_cmd_pct":    number(func(s *instant) float64 { return s.ValvePct }),
	}
}

func (x shown) hotWater() map[gtc.PointID]read {
	type controls = building.Controls
	return map[gtc.PointID]read{
		"storage_temp":        number(func(s *instant) float64 { return s.TankTemp }),
		"storage_bottom_temp": number(func(s *instant) float64 { return s.TankBottomTemp }),
		"flow_temp":           number(func(s *instant) float64 { return s.HotWaterFlowTemp }),
		"mixed_temp":          number(func(s *instant) float64 { return s.MixedTemp }),
		"cold_temp":           number(func(s *instant) float64 { return s.ColdTemp }),

		"circulation_return_temp": number(func(s *instant) float64 { return s.LoopReturnTemp }),
		"storage_temp_sp":         setPoint(func(c *controls) float64 { return c.HotWaterTemp }, func(s *instant) float64 { return s.TankTempSp }),
		"mode":                    commandedMode(func(c *controls) int { return int(c.DHWMode) }, func(s *instant) int { return int(s.DHWMode) }),
		"charging":                twoState(func(s *instant) bool { return s.Charging }),
		"charge_pump_run":         twoState(func(s *instant) bool { return s.Charging }),
		"circulation_pump_run":    twoState(func(s *instant) bool { return s.CirculationPump }),
		"circulation_pump_cmd":    twoState(func(s *instant) bool { return s.CirculationPump }),
		"disinfection_active":     twoState(func(s *instant) bool { return s.LegionellaActive }),
		"disinfection_done":       twoState(func(s *instant) bool { return s.LegionellaDone }),
	}
}

func (x shown) boiler() map[gtc.PointID]read {
	return map[gtc.PointID]read{
		"flow_temp":      number(func(s *instant) float64 { return s.BoilerFlowTemp }),
		"return_temp":    number(func(s *instant) float64 { return s.BoilerReturnTemp }),
		"flow_temp_sp":   number(func(s *instant) float64 { return s.BoilerFlowTempSp }),
		"flue_temp":      number(func(s *instant) float64 { return s.FlueTemp }),
		"pressure_bar":   number(func(s *instant) float64 { return s.PressureBar }),
		"modulation_pct": number(func(s *instant) float64 { return s.ModulationPct }),
		"burner_run":     twoState(func(s *instant) bool { return s.BurnerRun }),
		"dhw_run":        twoState(func(s *instant) bool { return s.Charging }),
		"state":          enum(boilerState),
		"starts_count":   number(func(s *instant) float64 { return s.Starts }),
		"run_h":          number(func(s *instant) float64 { return s.BurnerHours }),
		"lockout":        twoState(func(s *instant) bool { return s.Lockout }),
		"fault":          twoState(func(s *instant) bool { return s.Lockout }),
		"fault_code": number(func(s *instant) float64 {
			if s.Lockout {
				return 14
			}
			return 0
		}),
		"enable_cmd": twoState(func(s *instant) bool { return s.BoilerEnabled }),
	}
}

// boilerState is the catalogue's enumeration.
func boilerState(s *instant) int {
	switch {
	case s.Lockout:
		return 6
	case s.Charging:
		return 4
	case s.BurnerRun:
		return 3
	}
	return 1
}

func (x shown) weather() map[gtc.PointID]read {
	return map[gtc.PointID]read{
		"air_temp":     number(func(s *instant) float64 { return s.OutdoorSensorTemp }),
		"humidity_pct": number(func(s *instant) float64 { return s.HumidityPct }),
		"solar_w_m2":   number(func(s *instant) float64 { return s.SolarWM2 }),
		"wind_ms":      number(func(s *instant) float64 { return s.WindMS }),
	}
}

func (x shown) gasMeter() map[gtc.PointID]read {
	return map[gtc.PointID]read{
		"volume_m3": number(func(s *instant) float64 { return s.GasM3 }),
		"flow_m3h":  number(func(s *instant) float64 { return s.GasM3h }),
	}
}

func (x shown) heatMeter() map[gtc.PointID]read {
	return map[gtc.PointID]read{
		"energy_kwh": number(func(s *instant) float64 { return s.HeatKWh }),
		"volume_m3":  number(func(s *instant) float64 { return s.HeatM3 }),
		// Nothing is cooled by the heating circuit.
		"energy_cooling_kwh": fixed(0),
		"power_kw":           number(func(s *instant) float64 { return s.HeatKW }),
		"flow_m3h":           number(func(s *instant) float64 { return s.HeatM3h }),
		"flow_temp":          number(func(s *instant) float64 { return s.FlowTemp }),
		"return_temp":        number(func(s *instant) float64 { return s.ReturnTemp }),
		"delta_temp_k":       number(func(s *instant) float64 { return s.FlowTemp - s.ReturnTemp }),
	}
}

func (x shown) firePanel() map[gtc.PointID]read {
	return map[gtc.PointID]read{
		"day_mode":       twoState(x.daytime),
		"disabled_count": fixed(0),
	}
}

func (x shown) daytime(s *instant) bool {
	h := s.At.In(x.location).Hour()
	return h >= 7 && h < 20
}

// intrusionPanel is set when nobody is there; where people live it never is.
func (x shown) intrusionPanel() map[gtc.PointID]read {
	set := enum(func(s *instant) int {
		if s.Occupancy > 0 || x.daytime(s) && s.Comfort {
			return 0
		}
		return 2
	})
	points := map[gtc.PointID]read{"set_state": set, "inhibited_count": fixed(0)}
	for _, p := range []gtc.PointID{"partition_01_set_state", "partition_02_set_state"} {
		points[p] = set
	}
	return points
}

// electricityMeter shows a share of the site's electricity. The power moves
// around the quarter-hour's mean as real power does.
func (x shown) electricityMeter(share float64) map[gtc.PointID]read {
	wobble := noise.Layer{Seed: noise.Seed(x.seed, "power"), Period: 20 * time.Second, SD: 0.03}
	power := func(s *instant) float64 { return share * s.ElecKW * (1 + wobble.At(s.At)) }
	grid := noise.Layer{Seed: noise.Seed(x.seed, "grid"), Period: 3 * time.Minute, SD: 1.2}
	points := map[gtc.PointID]read{
		// A meter adds what its two registers show.
		"energy_import_kwh": number(func(s *instant) float64 {
			return toWatthour(share*s.ElecDayKWh) + toWatthour(share*s.ElecNightKWh)
		}),
		"energy_import_t1_kwh": number(func(s *instant) float64 { return toWatthour(share * s.ElecDayKWh) }),
		"energy_import_t2_kwh": number(func(s *instant) float64 { return toWatthour(share * s.ElecNightKWh) }),
		"energy_export_kwh":    fixed(0),
		"energy_export_t1_kwh": fixed(0),
		"energy_export_t2_kwh": fixed(0),
		"power_kw":             number(power),
		"demand_kw":            number(func(s *instant) float64 { return share * s.ElecKW }),
		"demand_max_month_kw":  number(func(s *instant) float64 { return share * s.DemandMaxKW }),
		"reactive_kvar":        number(func(s *instant) float64 { return 0.29 * power(s) }),
		"reactive_import_kvarh": number(func(s *instant) float64 {
			return 0.29 * share * (s.ElecDayKWh + s.ElecNightKWh)
		}),
		"reactive_export_kvarh": fixed(0),
		"apparent_kva":          number(func(s *instant) float64 { return power(s) / 0.96 }),
		"power_factor":          fixed(0.96),
		"frequency_hz":          number(func(s *instant) float64 { return 50 + grid.At(s.At)/80 }),
		"breaker_closed":        always,
		"tariff": enum(func(s *instant) int {
			if s.DayTariff {
				return 1
			}
			return 2
		}),
	}
	phases(points, power, grid)
	return points
}

// phases adds what a meter shows of each phase.
func phases(points map[gtc.PointID]read, power func(*instant) float64, grid noise.Layer) {
	for _, p := range []gtc.PointID{"thd_u_l1_pct", "thd_u_l2_pct", "thd_u_l3_pct"} {
		points[p] = fixed(2.1)
	}
	for i, part := range []float64{0.36, 0.33, 0.31} {
		phase := []string{"l1", "l2", "l3"}[i]
		volt := func(s *instant) float64 { return 231 - float64(i) + grid.At(s.At) }
		points[gtc.PointID("power_"+phase+"_kw")] = number(func(s *instant) float64 { return part * power(s) })
		points[gtc.PointID("voltage_"+phase+"_v")] = number(volt)
		points[gtc.PointID("current_"+phase+"_a")] = number(func(s *instant) float64 {
			return part * power(s) * 1000 / 0.96 / volt(s)
		})
	}
}

func toWatthour(kwh float64) float64 { return math.Round(kwh*1000) / 1000 }

// asWritten rounds a value to the digits that a telegram or a payload of an
// MQTT device has for a point of this unit, so that history and live agree.
func asWritten(p gtc.PointID, v gtc.Value) gtc.Value {
	if v.Type != gtc.TypeFloat {
		return v
	}
	digits := 1000.0
	switch {
	case strings.HasSuffix(string(p), "_v"), strings.HasSuffix(string(p), "_count"):
		digits = 10
	case strings.HasSuffix(string(p), "_a"):
		digits = 100
	}
	return gtc.Float(math.Round(v.Num*digits) / digits)
}
