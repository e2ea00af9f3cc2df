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
		Equipment: []config.Equipment{{ID: "elec", Kind: gtc.KindElectricityMeter}, {ID: "incendie", Kind: gtc.KindFirePanel}},
		Devices:   []config.Device{{ID: "contacts"}},
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
`, ""},
		"unknown key":       {"sed: 3\n", "park.yaml:1:1"},
		"unknown site":      {"sites:\n  b: {}\n", `there is no site "b"`},
		"unknown fault":     {"sites:\n  a: {faults: [{fault: fire, from: -1d}]}\n", `unknown fault "fire"`},
		"offset":            {"sites:\n  a: {faults: [{fault: comm_loss, from: yesterday, device: contacts}]}\n", "yesterday"},
		"ends too early":    {"sites:\n  a: {faults: [{fault: comm_loss, from: 0m, to: -1h, device: contacts}]}\n", "ends before it begins"},
		"unknown device":    {"sites:\n  a: {faults: [{fault: comm_loss, from: 0m, device: x}]}\n", `no device "x"`},
		"unknown equipment": {"sites:\n  a: {faults: [{fault: panel_event, from: 0m, equipment: x, point: test}]}\n", `no equipment "x"`},
		"no point":          {"sites:\n  a: {faults: [{fault: panel_event, from: 0m, equipment: incendie}]}\n", "names a point"},
		"not a meter":       {"sites:\n  a: {submeters: {incendie: 0.1}}\n", "not an electricity meter"},
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
