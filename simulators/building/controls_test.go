package building_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// winter is an instant at which everything heats.
var winter = time.Date(2025, 1, 14, 9, 0, 0, 0, time.UTC)

// TestCommandsActOnThePhysics: what a command changes in the building some
// time after, compared with its twin that got none.
func TestCommandsActOnThePhysics(t *testing.T) {
	t.Parallel()
	type controls = *building.Controls
	type state = building.State
	near := func(want, got, by float64) bool { return math.Abs(got-want) <= by }
	for name, c := range map[string]struct {
		category gtc.Category
		command  func(c controls)
		after    time.Duration
		// so says what is to hold after the command.
		so func(was, is state) bool
	}{
		"comfort up": {"rest_home", func(c controls) { c.ComfortTemp = 24 }, 48 * time.Hour, func(was, is state) bool {
			return near(24, is.RoomTempSp, 1e-9) && is.RoomTemp > was.RoomTemp+1
		}},
		"comfort down": {"rest_home", func(c controls) { c.ComfortTemp, c.SetbackTemp = 19, 19 }, 48 * time.Hour, func(was, is state) bool {
			return is.RoomTemp < was.RoomTemp-1.5 && is.GasKWh < was.GasKWh
		}},
		"setback": {"rest_home", func(c controls) { c.Mode, c.SetbackTemp = building.HeatingSetback, 17 }, 40 * time.Hour, func(was, is state) bool {
			return !is.Comfort && is.RoomTemp < was.RoomTemp-2
		}},
		"comfort all night": {"office", func(c controls) { c.Mode = building.HeatingComfort }, 17 * time.Hour, func(was, is state) bool {
			return is.Comfort && !was.Comfort && is.RoomTemp > was.RoomTemp+1
		}},
		// The hot water goes on.
		"off": {"rest_home", func(c controls) { c.Mode = building.HeatingOff }, 24 * time.Hour, func(was, is state) bool {
			return !is.PumpRun && is.HeatKW == 0 && is.RoomTemp < was.RoomTemp-2 && is.TankTemp > 57
		}},
		"manual": {"rest_home", func(c controls) { c.Mode, c.FlowTempSp = building.HeatingManual, 65 }, 4 * time.Hour, func(was, is state) bool {
			return near(65, is.FlowTemp, 2) && is.RoomTemp > was.RoomTemp+1
		}},
		"curve": {"rest_home", func(c controls) { c.CurveSlope += 0.5 }, 4 * time.Hour, func(was, is state) bool {
			return is.FlowTempSp > was.FlowTempSp+4
		}},
		"flow limit": {"rest_home", func(c controls) { c.FlowTempMax = 30 }, 4 * time.Hour, func(_, is state) bool {
			return near(30, is.FlowTemp, 0.5)
		}},
		"pump off": {"rest_home", func(c controls) { c.Pump = building.ForcedOff }, 4 * time.Hour, func(was, is state) bool {
			return !is.PumpRun && is.RoomTemp < was.RoomTemp-0.5
		}},
		"valve shut": {"rest_home", func(c controls) { c.Valve = building.ForcedOff }, 4 * time.Hour, func(_, is state) bool {
			return is.PumpRun && is.ValvePct == 0 && is.HeatKW == 0
		}},
		"valve open": {"rest_home", func(c controls) { c.Valve, c.ValvePct = building.ForcedOn, 100 }, 4 * time.Hour, func(was, is state) bool {
			return near(100, is.ValvePct, 1e-9) && is.FlowTemp > was.FlowTemp+2
		}},
		"boiler off": {"rest_home", func(c controls) { c.BoilerEnable = false }, 12 * time.Hour, func(was, is state) bool {
			return !is.BurnerRun && !is.BoilerEnabled && is.GasM3h == 0 && is.TankTemp < was.TankTemp-10
		}},
		"hot water cooler": {"rest_home", func(c controls) { c.HotWaterTemp = 50 }, 12 * time.Hour, func(_, is state) bool {
			return near(50, is.TankTemp, 3) && near(50, is.TankTempSp, 1e-9)
		}},
		"hot water off": {"rest_home", func(c controls) { c.DHWMode = building.DHWOff }, 24 * time.Hour, func(_, is state) bool {
			return is.TankTemp < 35 && !is.CirculationPump
		}},
		"disinfection": {"rest_home", func(c controls) { c.DHWMode = building.DHWDisinfection }, 6 * time.Hour, func(_, is state) bool {
			return is.LegionellaActive && near(66, is.TankTemp, 3)
		}},
		"loop pump off": {"rest_home", func(c controls) { c.CirculationPump = false }, 12 * time.Hour, func(was, is state) bool {
			return !is.CirculationPump && is.LoopReturnTemp < 30 && is.GasKWh < was.GasKWh
		}},
		"fans": {"office", func(c controls) { c.VentilationMode = building.VentilationLow }, 2 * time.Hour, func(was, is state) bool {
			return near(40, is.FanPct, 1e-9) && is.VentilationKW < 0.4*was.VentilationKW && is.CO2ppm > was.CO2ppm+30
		}},
		"fans off": {"office", func(c controls) { c.VentilationEnable = false }, 2 * time.Hour, func(_, is state) bool {
			return !is.FanRun && is.SupplyAirM3h == 0 && is.VentilationKW == 0
		}},
		"warmer air": {"office", func(c controls) { c.SupplyAirTemp = 22 }, 2 * time.Hour, func(_, is state) bool {
			return near(22, is.SupplyAirTemp, 0.5) && is.CoilPct > 0
		}},
		"less air": {"office", func(c controls) { c.SupplyAirM3h = 1000 }, 2 * time.Hour, func(_, is state) bool {
			return near(1000, is.SupplyAirM3h, 1e-9)
		}},
		"schedule": {"office", func(c controls) { c.Schedule = building.Weekly(false, nil, nil, nil) }, 2 * time.Hour, func(was, is state) bool {
			return was.Comfort && !is.Comfort
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain, commanded := building.New(params(t, c.category, 1500)), building.New(params(t, c.category, 1500))
			for _, b := range []*building.Building{plain, commanded} {
				b.AdvanceTo(winter)
				require.NoError(t, b.Finer(time.Minute))
			}
			k := commanded.Controls()
			c.command(&k)
			require.NoError(t, commanded.SetControls(winter, k))
			require.Equal(t, plain.At(winter), commanded.At(winter), "the past stays")
			was, is := plain.At(winter.Add(c.after)), commanded.At(winter.Add(c.after))
			require.True(t, c.so(was, is), "without the command %+v\nwith it %+v", was, is)
		})
	}
}

func TestControlsNeverRewriteThePast(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryOffice, 1500))
	before := b.At(winter)
	yesterday := b.At(winter.AddDate(0, 0, -1)) // went back
	c := b.Controls()
	c.Mode = building.HeatingComfort
	require.NoError(t, b.SetControls(winter.AddDate(0, -1, 0), c))
	require.Equal(t, yesterday, b.At(winter.AddDate(0, 0, -1)))
	require.Equal(t, before, b.At(winter))
	require.Equal(t, building.HeatingAuto, b.At(winter.AddDate(0, 0, -20)).Mode)
	require.Equal(t, building.HeatingComfort, b.At(winter.Add(time.Hour)).Mode)
	require.Equal(t, b.At(winter.AddDate(0, 0, 9)), b.Twin().At(winter.AddDate(0, 0, 9)))
	require.Equal(t, c, b.Controls())
}

func TestFrostIsKeptOut(t *testing.T) {
	t.Parallel()
	p := params(t, gtc.CategoryOffice, 1500)
	b := building.New(p)
	c := b.Controls()
	c.Mode = building.HeatingOff
	require.NoError(t, b.SetControls(epoch.AddDate(0, 2, 0), c))
	low, protected := math.Inf(1), false
	for at := epoch.AddDate(0, 2, 0); at.Before(epoch.AddDate(0, 7, 0)); at = at.Add(time.Hour) {
		s := b.At(at)
		low, protected = min(low, s.RoomTemp), protected || s.FrostProtection
	}
	require.True(t, protected)
	require.Greater(t, low, 6.5)
}

func TestImpossibleControlsAreRefused(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryOffice, 500))
	for says, spoil := range map[string]func(c *building.Controls){
		"comfort_temp":         func(c *building.Controls) { c.ComfortTemp = 60 },
		"setback_temp":         func(c *building.Controls) { c.SetbackTemp = math.NaN() },
		"curve_slope":          func(c *building.Controls) { c.CurveSlope = -1 },
		"below flow_temp_max":  func(c *building.Controls) { c.FlowTempMin, c.FlowTempMax = 60, 50 },
		"hot_water_temp":       func(c *building.Controls) { c.HotWaterTemp = math.Inf(1) },
		"mode of 9":            func(c *building.Controls) { c.Mode = 9 },
		"dhw_mode of -1":       func(c *building.Controls) { c.DHWMode = -1 },
		"valve_pct":            func(c *building.Controls) { c.ValvePct = 101 },
		"schedule: on Monday":  func(c *building.Controls) { c.Schedule.Days[time.Monday][0] = building.Period{From: 900, To: 800} },
		"ventilation_schedule": func(c *building.Controls) { c.VentilationSchedule.Days[0][3].To = 2000 },
	} {
		c := b.Controls()
		spoil(&c)
		err := b.SetControls(epoch, c)
		require.ErrorIs(t, err, building.ErrImpossible)
		require.ErrorContains(t, err, says)
	}
	require.Equal(t, building.New(params(t, gtc.CategoryOffice, 500)).Controls(), b.Controls())
	c := b.Controls()
	c.ComfortTemp, c.CurveSlope = 99, 99
	err := b.SetControls(epoch, c)
	require.ErrorContains(t, err, "comfort_temp")
	require.ErrorContains(t, err, "curve_slope")
}
