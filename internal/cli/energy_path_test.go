package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// pathBench is a configuration of one office with gas and electricity of two
// whole years in an InfluxDB.
func pathBench(t *testing.T, gtcYAML string) (dir string, path func(args ...string) (code int, stdout, stderr string)) {
	t.Helper()
	client, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, client.EnsureDatabases(t.Context()))
	dir = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sites"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), fmt.Appendf(nil, "influx: {url: %q}\n%s", server.URL, gtcYAML), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "banc.yaml"), []byte(`site: banc
label: {fr: Banc}
category: office
time_zone: Europe/Brussels
area_m2: 500
weather_station: ici
equipment:
  - {id: gaz, kind: gas_meter, label: {fr: Gaz}}
  - {id: elec, kind: electricity_meter, label: {fr: Électricité}}
meters:
  - {equipment: gaz, point: volume_m3, carrier: gas, kwh_per_unit: 10}
  - {equipment: elec, point: energy_import_kwh, carrier: electricity}
`), 0o600))
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	year := time.Now().In(loc).Year() - 2
	var lines []byte
	for d := time.Date(year, 1, 1, 0, 0, 0, 0, loc); d.Year() < year+2; d = d.AddDate(0, 0, 1) {
		kwh, low, high := 100.0, 15.0, 25.0
		if d.YearDay() <= 100 {
			kwh, low, high = 200, 3, 7 // ten degree-days
		}
		lines = fmt.Appendf(lines, "energy,site=banc,meter=gaz,carrier=gas,direction=import,step=day kwh=%f,coverage=1,source=\"metered\" %d\n", kwh, d.UnixMilli())
		lines = fmt.Appendf(lines, "energy,site=banc,meter=elec,carrier=electricity,direction=import,step=day kwh=50,coverage=1,source=\"metered\" %d\n", d.UnixMilli())
		lines = fmt.Appendf(lines, "weather_day,station=ici temp_mean=%f,temp_min=%f,temp_max=%f,dj15=0,dj165=0,hours=24 %d\n", (low+high)/2, low, high, d.UnixMilli())
	}
	require.NoError(t, client.Write(t.Context(), influx.Rollup, lines))
	return dir, func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), Env{Args: append([]string{"energy", "path", "--config", dir}, args...), Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr})
		return code, stdout.String(), stderr.String()
	}
}

func TestEnergyPath(t *testing.T) {
	year := time.Now().Year() - 2
	dir, path := pathBench(t, fmt.Sprintf(`factors:
  - {carrier: electricity, from: 2000-01-01, kgco2_per_kwh: 0.3, basis: final, scope: life_cycle, year: 2020, set: essai}
  - {carrier: electricity, from: 2000-01-01, kgco2_per_kwh: 0.2, basis: final, scope: life_cycle, year: 2020, set: essai, recorded: 2026-03-01}
carbon:
  set: peb-wallonie-2021
  reference: {year: %d}
  normals: [{station: ici, base: "15/15", value: 1200, period: essai}]
`, year))
	figure := filepath.Join(dir, "path.svg")
	code, stdout, stderr := path("--json", "--plot", figure)
	require.Zero(t, code, stderr)
	var c console.Carbon
	require.NoError(t, json.Unmarshal([]byte(stdout), &c))
	days := float64(time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay())
	gas, elec := 100*days+10_000, 50*days
	require.InDelta(t, gas*0.18144+elec*0.2, *c.Path.ReferenceKg, 1e-6)
	require.InDelta(t, (gas+10_000*0.2)*0.18144+elec*0.2, *c.Path.ReferenceNormKg, 1e-6, "1000 degree-days, 1200 in a normal year")
	require.False(t, c.Path.Years[1].Partial)
	require.FileExists(t, figure)
	require.Len(t, c.Cadastre, 1)
	require.Equal(t, "ici", c.Stations[0].Station)
	require.InDelta(t, 1000, c.Stations[0].Years[0].DJ15, 1e-9)

	code, stdout, stderr = path("--known", "2026-02-28", "--json")
	require.Zero(t, code, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &c))
	require.InDelta(t, gas*0.18144+elec*0.3, *c.Path.ReferenceKg, 1e-6)

	code, stdout, stderr = path()
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "PEB Wallonie 2021, émissions directes, kg/kWh PCS (converti du PCI)")
	require.Contains(t, stdout, "trajectoire")

	code, _, stderr = path("--known", "hier")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, `--known "hier"`)
}

// Without figures of the reference year the command lists what is missing.
func TestEnergyPathWithoutReference(t *testing.T) {
	_, path := pathBench(t, "carbon: {set: peb-wallonie-2021, reference: {year: 2006}}\n")
	code, stdout, stderr := path()
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "Pas de trajectoire")
	require.Contains(t, stdout, "Manque : 2006 · gas : aucune donnée")
}
