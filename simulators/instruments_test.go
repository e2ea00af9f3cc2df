package simulators_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
)

// prepared returns a park of one demo site with these faults, nothing of it
// listening. It begins 30 days before the origin.
func prepared(t *testing.T, id gtc.SiteID, faults ...string) *simulators.Park {
	t.Helper()
	cfg := demo(t)
	cfg.Sites = slices.DeleteFunc(cfg.Sites, func(s *config.Site) bool { return s.ID != id })
	text := "seed: 1\nweather_seed: 1\nstart: -30d\nsites:\n  " + string(id) + ":\n    faults:\n"
	for _, f := range faults {
		text += "      - {" + f + "}\n"
	}
	if len(faults) == 0 {
		text = strings.ReplaceAll(text, "\n    faults:\n", " {}\n")
	}
	path := filepath.Join(t.TempDir(), "park.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	p, err := simulators.Load(cfg, path)
	require.NoError(t, err)
	require.NoError(t, p.Prepare(simulators.Options{Origin: origin, Log: zerolog.Nop()}))
	return p
}

// point returns what a point shows at an instant, absent when nothing is read.
func point(t *testing.T, p *simulators.Park, eq gtc.EquipmentID, id gtc.PointID, instant time.Time) gtc.Value {
	t.Helper()
	for s, v := range at(t, p, "antenne-gilly", instant) {
		if s.Equipment == eq && s.Point == id {
			return v
		}
	}
	return gtc.Value{}
}

func TestInstrumentFaults(t *testing.T) {
	t.Parallel()
	const site = "antenne-gilly"
	ago := func(days float64) time.Time { return origin.Add(-time.Duration(days * 24 * float64(time.Hour))) }
	for name, c := range map[string]struct {
		fault string
		eq    gtc.EquipmentID
		point gtc.PointID
		// want is what the point shows some days ago, from what it would.
		days float64
		want func(sound func(days float64) float64) gtc.Value
	}{
		"a stuck sensor keeps its value": {
			"fault: sensor_stuck, from: -10d, to: -2d, equipment: meteo, point: air_temp", "meteo", "air_temp", 3,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(10)) },
		},
		"a stuck sensor moves again": {
			"fault: sensor_stuck, from: -10d, to: -2d, equipment: meteo, point: air_temp", "meteo", "air_temp", 1,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(1)) },
		},
		"a sensor drifts": {
			"fault: sensor_offset_drift, from: -12d, ramp: 10d, size: 4, equipment: meteo, point: air_temp", "meteo", "air_temp", 7,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(7) + 2) },
		},
		"a new meter counts from its own index": {
			"fault: meter_swap, from: -10d, size: 250, equipment: gaz", "gaz", "volume_m3", 4,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(4) - sound(10) + 250) },
		},
		"both meters count, the old one is read": {
			"fault: meter_swap, from: -10d, size: 250, overlap: 3d, equipment: gaz", "gaz", "volume_m3", 8,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(8)) },
		},
		"after the overlap the new meter has counted meanwhile": {
			"fault: meter_swap, from: -10d, size: 250, overlap: 3d, equipment: gaz", "gaz", "volume_m3", 6,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(6) - sound(10) + 250) },
		},
		"a reset index starts at nothing": {
			"fault: meter_reset, from: -10d, equipment: gaz", "gaz", "volume_m3", 9,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(9) - sound(10)) },
		},
		"a register is nearly full": {
			"fault: meter_rollover, from: -10d, size: 10000, equipment: gaz", "gaz", "volume_m3", 11,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(10000 - (sound(10) - sound(11))) },
		},
		"and rolls over": {
			"fault: meter_rollover, from: -10d, size: 10000, equipment: gaz", "gaz", "volume_m3", 9,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(9) - sound(10)) },
		},
		"a flow is not counted anew": {
			"fault: meter_reset, from: -10d, equipment: elec", "elec", "power_kw", 9,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(9)) },
		},
		"a meter without values": {
			"fault: meter_gap, from: -10d, to: -8d, equipment: gaz", "gaz", "volume_m3", 9,
			func(func(float64) float64) gtc.Value { return gtc.Value{} },
		},
		"values come back": {
			"fault: meter_gap, from: -10d, to: -8d, equipment: gaz", "gaz", "volume_m3", 8,
			func(sound func(float64) float64) gtc.Value { return gtc.Float(sound(8)) },
		},
		"a silent device": {
			"fault: meter_gap, from: -10d, to: -8d, device: impulsions-gaz", "gaz", "volume_m3", 9,
			func(func(float64) float64) gtc.Value { return gtc.Value{} },
		},
		"a panel's event": {
			"fault: panel_event, from: -1d, equipment: incendie, point: pre_alarm", "incendie", "pre_alarm", 0.5,
			func(func(float64) float64) gtc.Value { return gtc.Bool(true) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy, faulty := prepared(t, site), prepared(t, site, c.fault)
			sound := func(days float64) float64 { return point(t, healthy, c.eq, c.point, ago(days)).Num }
			got, want := point(t, faulty, c.eq, c.point, ago(c.days)), c.want(sound)
			require.Equal(t, want.Type, got.Type)
			require.InDelta(t, want.Num, got.Num, 0.021, "within what a pulse or a digit is worth")
			before := point(t, faulty, c.eq, c.point, ago(20))
			if !strings.Contains(c.fault, "rollover") {
				require.Equal(t, point(t, healthy, c.eq, c.point, ago(20)), before, "nothing is wrong before")
			}
		})
	}
}

// An electricity meter that was replaced still adds up: its total is what its
// two registers show.
func TestANewMeterAddsUp(t *testing.T) {
	t.Parallel()
	p := prepared(t, "antenne-gilly", "fault: meter_swap, from: -10d, size: 777, equipment: elec")
	for _, days := range []int{10, 9, 1} {
		values := map[gtc.PointID]float64{}
		for s, v := range at(t, p, "antenne-gilly", origin.AddDate(0, 0, -days)) {
			if s.Equipment == "elec" {
				values[s.Point] = v.Num
			}
		}
		require.InDelta(t, values["energy_import_t1_kwh"]+values["energy_import_t2_kwh"], values["energy_import_kwh"], 1e-6)
		require.Less(t, values["energy_import_kwh"], 20_000.0)
	}
	require.InDelta(t, 777, point(t, p, "elec", "energy_import_kwh", origin.AddDate(0, 0, -10)).Num, 1e-6)
}

// Two readers that ask for instants in another order see the same.
func TestFaultsDoNotDependOnWhatWasAsked(t *testing.T) {
	t.Parallel()
	faults := []string{
		"fault: sensor_stuck, from: -20d, to: -2d, equipment: meteo, point: air_temp",
		"fault: meter_swap, from: -10d, size: 5, equipment: gaz",
		"fault: meter_rollover, from: -9d, size: 1000, equipment: chaleur",
	}
	p := prepared(t, "antenne-gilly", faults...)
	late := at(t, p, "antenne-gilly", origin)
	require.Equal(t, at(t, prepared(t, "antenne-gilly", faults...), "antenne-gilly", origin.AddDate(0, 0, -15)), at(t, p, "antenne-gilly", origin.AddDate(0, 0, -15)))
	require.Equal(t, late, at(t, p, "antenne-gilly", origin))
}
