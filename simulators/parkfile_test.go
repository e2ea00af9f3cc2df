package simulators_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
)

func smallConfig() *config.Config {
	return &config.Config{Sites: []*config.Site{{
		ID: "a", TimeZone: "Europe/Brussels", Category: gtc.CategoryOffice,
		Equipment: []config.Equipment{
			{ID: "elec", Kind: gtc.KindElectricityMeter}, {ID: "incendie", Kind: gtc.KindFirePanel}, {ID: "froid", Kind: "cold_room"},
		},
		Devices: []config.Device{{ID: "contacts"}},
	}}}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"all right": {`
seed: 3
weather_seed: 4
sites:
  a:
    boiler_kw: 120
    submeters: {elec: 0.5}
    faults:
      - {fault: setback_lost, from: -120d, to: -1h, size: 1, ramp: 30d}
      - {fault: comm_loss, from: 0m, device: contacts}
      - {fault: panel_event, from: -5h, equipment: incendie, point: disablement}
      - {fault: sensor_stuck, from: -2d, to: -1d, equipment: incendie, point: disablement}
      - {fault: sensor_offset_drift, from: -20d, ramp: 10d, size: -1.5, equipment: froid, point: air_temp}
      - {fault: meter_swap, from: -40d, size: 12, overlap: 3d, equipment: elec}
      - {fault: meter_rollover, from: -40d, size: 1000000, equipment: elec}
      - {fault: meter_reset, from: -40d, equipment: elec}
      - {fault: meter_gap, from: -9d, to: -8d, equipment: elec}
      - {fault: meter_gap, from: -9d, to: -8d, device: contacts}
      - {fault: clock_off, from: -9d, size: -1, device: contacts}
    cold_rooms: {froid: -18}
`, ""},
		"weather twice":     {"weather_seed: 4\nweather_file: w.csv\n", "park.yaml:2:15: weather is recorded or made"},
		"no weather":        {"weather_file: none.csv\n", "none.csv: no such file"},
		"unknown key":       {"sed: 3\n", "park.yaml:1:1"},
		"unknown site":      {"sites:\n  b: {}\n", `there is no site "b"`},
		"unknown fault":     {"sites:\n  a: {faults: [{fault: fire, from: -1d}]}\n", `unknown fault "fire"`},
		"offset":            {"sites:\n  a: {faults: [{fault: comm_loss, from: yesterday, device: contacts}]}\n", "yesterday"},
		"ends too early":    {"sites:\n  a: {faults: [{fault: comm_loss, from: 0m, to: -1h, device: contacts}]}\n", "ends before it begins"},
		"unknown device":    {"sites:\n  a: {faults: [{fault: comm_loss, from: 0m, device: x}]}\n", `no device "x"`},
		"unknown equipment": {"sites:\n  a: {faults: [{fault: panel_event, from: 0m, equipment: x, point: test}]}\n", `no equipment "x"`},
		"no point":          {"sites:\n  a: {faults: [{fault: panel_event, from: 0m, equipment: incendie}]}\n", "names a point"},
		"not a meter":       {"sites:\n  a: {submeters: {incendie: 0.1}}\n", "not an electricity meter"},
		"no size":           {"sites:\n  a: {faults: [{fault: comm_loss, from: -1d, size: 2, device: contacts}]}\n", "park.yaml:2:52: a comm_loss has no size"},
		"a swap lasts":      {"sites:\n  a: {faults: [{fault: meter_swap, from: -1d, to: 0m, equipment: elec}]}\n", "a meter_swap has no to"},
		"gap of what":       {"sites:\n  a: {faults: [{fault: meter_gap, from: -1d}]}\n", "names an equipment or a device"},
		"capacity":          {"sites:\n  a: {faults: [{fault: meter_rollover, from: -1d, equipment: elec}]}\n", "holds more than 0"},
		"not an index":      {"sites:\n  a: {faults: [{fault: meter_reset, from: -1d, equipment: incendie}]}\n", `"incendie" is not a meter`},
		"before the start":  {"sites:\n  a:\n    faults:\n      - fault: comm_loss\n        from: -900d\n        device: contacts\n", "park.yaml:5:15: the fault begins before the simulation does, at -760d"},
		"before this start": {"start: -30d\nsites:\n  a:\n    faults:\n      - {fault: setback_lost, from: -31d, size: 1}\n", "park.yaml:5:37: the fault begins before"},
		"size of a setback": {"sites:\n  a:\n    faults:\n      - {fault: setback_lost, from: -1d, size: 3}\n", "park.yaml:4:48: setback_lost has a size between 0 and 1, not 3"},
		"after another":     {"sites:\n  a:\n    faults:\n      - {fault: comm_loss, from: -1d, device: contacts}\n      - {fault: setback_lost, from: -1d, size: 3}\n", "park.yaml:5:48: setback_lost"},
		"negative area":     {"sites:\n  a:\n    glazing_m2: -4\n", "park.yaml:3:17: -4 m² is not between"},
		"efficiency":        {"sites:\n  a:\n    boiler_efficiency: 1.08\n", "park.yaml:3:24: 1.08 on PCS is not between"},
		"not a cold room":   {"sites:\n  a: {cold_rooms: {elec: 3}}\n", "not a cold room"},
		"future":            {"start: 5d\n", "park.yaml:1:8: the simulation starts in the future"},
		"share":             {"sites:\n  a: {submeters: {elec: 1.1}}\n", "between 0 and 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "park.yaml")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			f, err := simulators.ReadFile(path, smallConfig())
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, uint64(3), f.Seed)
			fault := f.Sites["a"].Faults[0]
			require.Equal(t, -120*24*time.Hour, time.Duration(fault.From))
			require.Equal(t, -time.Hour, time.Duration(*fault.To))
			require.Equal(t, 30*24*time.Hour, time.Duration(fault.Ramp))
		})
	}
}
