package simulators

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// room is what a sensor in a room that is heated like the others shows.
func (x shown) room() map[gtc.PointID]read {
	air := noise.Layer{Seed: noise.Seed(x.seed, "room"), Period: 40 * time.Minute, SD: 0.2}
	return map[gtc.PointID]read{
		"air_temp":     number(func(s *instant) float64 { return s.RoomTemp + air.At(s.At) }),
		"air_temp_sp":  number(func(s *instant) float64 { return s.RoomTempSp }),
		"humidity_pct": number(func(s *instant) float64 { return min(max(s.RoomHumidityPct-2*air.At(s.At), 5), 100) }),
		"co2_ppm":      number(func(s *instant) float64 { return s.CO2ppm }),
		"illuminance_lux": number(func(s *instant) float64 {
			return math.Round(0.4*s.SolarWM2 + 350*min(s.Occupancy, 1))
		}),
		"window_open": twoState(func(s *instant) bool { return s.WindowOpen }),
		"occupied":    twoState(func(s *instant) bool { return s.Occupancy > 0.05 }),
		"battery_pct": fixed(91),
	}
}

// ventilation is an air handling unit with heat recovery and a heating coil.
func (x shown) ventilation() map[gtc.PointID]read {
	type controls = building.Controls
	pressure := func(full float64) read {
		return number(func(s *instant) float64 { return full * s.FanPct / 100 * s.FanPct / 100 })
	}
	return map[gtc.PointID]read{
		"outdoor_air_temp":   number(func(s *instant) float64 { return s.OutdoorTemp }),
		"supply_air_temp":    number(func(s *instant) float64 { return s.SupplyAirTemp }),
		"extract_air_temp":   number(func(s *instant) float64 { return s.ExtractAirTemp }),
		"exhaust_air_temp":   number(func(s *instant) float64 { return s.ExhaustAirTemp }),
		"supply_air_temp_sp": commandedValue(func(c *controls) float64 { return c.SupplyAirTemp }),
		"supply_air_m3h":     number(func(s *instant) float64 { return s.SupplyAirM3h }),
		"extract_air_m3h":    number(func(s *instant) float64 { return 0.97 * s.SupplyAirM3h }),
		"supply_air_m3h_sp":  commandedValue(func(c *controls) float64 { return c.SupplyAirM3h }),
		"supply_fan_run":     twoState(func(s *instant) bool { return s.FanRun }),
		"extract_fan_run":    twoState(func(s *instant) bool { return s.FanRun }),
		"supply_fan_pct":     number(func(s *instant) float64 { return s.FanPct }),
		"extract_fan_pct":    number(func(s *instant) float64 { return 0.97 * s.FanPct }),
		"enable_cmd": func(s *instant) gtc.Value {
			return gtc.Bool(s.told == nil || s.told.last.VentilationEnable)
		},
		"mode":                 commandedMode(func(c *controls) int { return int(c.VentilationMode) }, func(s *instant) int { return int(s.VentilationMode) }),
		"supply_dp_pa":         pressure(280),
		"filter_supply_dp_pa":  pressure(95),
		"filter_extract_dp_pa": pressure(80),
		"heating_valve_pct":    number(func(s *instant) float64 { return s.CoilPct }),
		"cooling_valve_pct":    number(func(s *instant) float64 { return s.CoolPct }),
		"heat_recovery_pct":    number(func(s *instant) float64 { return s.HeatRecoveryPct }),
		"heat_recovery_efficiency_pct": number(func(s *instant) float64 {
			if !s.FanRun || s.ExtractAirTemp-s.OutdoorTemp < 1 {
				return 0
			}
			// What the exhaust gave up of what it had above the outside.
			return min(max(100*(s.ExtractAirTemp-s.ExhaustAirTemp)/(s.ExtractAirTemp-s.OutdoorTemp), 0), 100)
		}),
		"co2_ppm":      number(func(s *instant) float64 { return s.CO2ppm }),
		"humidity_pct": number(func(s *instant) float64 { return s.RoomHumidityPct }),
	}
}

// coldRoom is held around its temperature by a machine that goes on and off;
// four times a day it defrosts, and doors are opened while people work.
func (x shown) coldRoom(eq gtc.EquipmentID) map[gtc.PointID]read {
	set := 3.0
	if t, ok := x.physics.ColdRooms[string(eq)]; ok {
		set = t
	}
	seed := noise.Seed(x.seed, "cold "+string(eq))
	doors := noise.Layer{Seed: seed, Period: 25 * time.Minute, SD: 0.6}
	phase := time.Duration(noise.Uniform(seed, 1) * float64(time.Hour))
	defrosting := func(s *instant) bool {
		return s.At.Add(phase).Sub(s.At.Add(phase).Truncate(6*time.Hour)) < 25*time.Minute
	}
	return map[gtc.PointID]read{
		"air_temp": number(func(s *instant) float64 {
			machine := 0.8 * math.Sin(2*math.Pi*float64(s.At.Add(phase).Unix()%1500)/1500)
			t := set + machine + math.Abs(doors.At(s.At))*s.Occupancy
			if defrosting(s) {
				t += 2
			}
			return t
		}),
		"air_temp_sp": fixed(set),
		"defrost":     twoState(defrosting),
		"door_open":   twoState(func(s *instant) bool { return doors.At(s.At)*s.Occupancy > 1.1 }),
	}
}
