//go:build e2e

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/backup"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// TestBackupRestoreOfARunningHub runs a hub and an edge, imports a year of
// history that drifts, raises an alarm, saves the running hub, wipes
// everything, restores into clean folders and a clean InfluxDB, and finds the
// same alarms, findings and days.
func TestBackupRestoreOfARunningHub(t *testing.T) {
	db, server := influxtest.StartServer(t, t.TempDir(), "")
	writeWeather(t, db)
	unit := &modbus.Unit{Profile: shippedProfile(t, "eastron-sdm630"), Values: func(string, gtc.PointID) gtc.Value { return gtc.Float(12) }}
	device := modbus.NewServer(map[uint8]*modbus.Unit{1: unit})
	require.NoError(t, device.Listen("127.0.0.1:0"))
	defer device.Close()

	leaf, page, listen := freePort(t), freePort(t), freePort(t)
	root := t.TempDir()
	dir := filepath.Join(root, "etc")
	write := func(path, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	configure := func(dir, data, influxURL string) {
		write(filepath.Join(dir, "gtc.yaml"), fmt.Sprintf("influx: {url: %q}\nbus: {listen: %q, leaf_listen: %q, dir: %q, credentials_dir: %q, password_file: %q}\nconsole: {listen: %q}\n",
			influxURL, listen, leaf, data, filepath.Join(dir, "secrets", "sites"), filepath.Join(dir, "secrets", "bus"), page))
	}
	configure(dir, filepath.Join(root, "hub"), server.URL)
	write(filepath.Join(dir, "secrets", "sites", "banc"), "a password of this test\n")
	write(filepath.Join(dir, "secrets", "bus"), "another password\n")
	write(filepath.Join(dir, "sites", "banc.yaml"), fmt.Sprintf(`site: banc
label: {fr: Banc}
category: other
time_zone: Europe/Brussels
weather_station: ici
weather_equipment: meteo
hub: {url: "nats://%s", password_file: %q}
connections:
  - {id: ligne, url: "modbus://%s"}
equipment:
  - {id: compteur, kind: electricity_meter, label: {fr: Compteur}}
  - {id: meteo, kind: weather, label: {fr: Météo}}
devices:
  - {id: sdm, connection: ligne, profile: eastron-sdm630, equipment: {meter: compteur}}
meters:
  - {equipment: compteur, point: energy_import_kwh, carrier: electricity}
`, leaf, filepath.Join(dir, "secrets", "sites", "banc"), device.Addr()))

	hub := launch(t, "serve", "--config", dir)
	r := &running{url: "http://" + page, stdout: &syncBuffer{}, stderr: hub.stderr}
	hub.await(t, "hub started")
	edge := launch(t, "collect", "--config", dir, "--data", filepath.Join(root, "edge"), "--metrics", "")
	eventually(t, r, "/api/v1/sites/banc", time.Minute, func(s console.SiteDetail) bool {
		return s.Linked && value(s, "compteur", "energy_import_kwh") == 12
	}, "the edge's values at the hub")

	device.Close() // its alarm comes while the history is imported

	// Two years of weather are there; of the meter only as a file, which comes
	// while the hub runs. It drifts in its last hundred days.
	code, out, stderr := command(t, "import", "--config", dir, "--site", "banc", "--meter", "compteur", driftingYears(t, root))
	require.Zero(t, code, stderr)
	require.Contains(t, out, "700 nouveaux")
	findings := eventually(t, r, "/api/v1/findings", 3*time.Minute, func(l console.FindingList) bool { return len(l.Findings) > 0 }, "the drift in what was imported")
	require.Equal(t, gtc.FindingDrift, findings.Findings[0].Kind)
	eventually(t, r, "/api/v1/alarms", 5*time.Minute, func(l console.AlarmList) bool { return len(l.Alarms) > 0 }, "the device that stopped answering")

	// A running hub cannot be restored over, and another cannot start.
	file := filepath.Join(root, "b.tar.zst")
	code, _, stderr = command(t, "restore", "--config", filepath.Join(root, "x"), "--data", filepath.Join(root, "hub"), "none.tar.zst")
	require.Equal(t, 1, code, stderr)
	require.Contains(t, stderr, "a running hub uses it")

	code, out, stderr = command(t, "backup", "--config", dir, "--json", file)
	require.Zero(t, code, stderr)
	var m backup.Manifest
	require.NoError(t, json.Unmarshal([]byte(out), &m))
	require.True(t, m.Live)
	require.GreaterOrEqual(t, m.Rollups["energy"], 600)
	before := snapshotOf(t, r, server.URL)
	require.Zero(t, edge.stop())
	require.Zero(t, hub.stop())

	// Everything is lost: machine, folders, database.
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.RemoveAll(filepath.Join(root, "hub")))
	server.Stop()
	_, fresh := influxtest.StartServer(t, t.TempDir(), "")
	code, _, stderr = command(t, "restore", "--verify", file)
	require.Zero(t, code, stderr)
	code, out, stderr = command(t, "restore", "--influx", fresh.URL, file)
	require.Zero(t, code, stderr)
	require.Contains(t, out, "toutes les sommes de contrôle sont justes")
	configure(dir, filepath.Join(root, "hub"), fresh.URL) // the new database has another address

	hub = launch(t, "serve", "--config", dir)
	r = &running{url: "http://" + page, stdout: &syncBuffer{}, stderr: hub.stderr}
	hub.await(t, "hub started")
	hub.await(t, "every meter rolled up and judged")
	after := snapshotOf(t, r, fresh.URL)
	require.Equal(t, before.days, after.days, "the same days")
	require.Equal(t, before.states, after.states, "the same alarms and findings")
	edge = launch(t, "collect", "--config", dir, "--data", filepath.Join(root, "edge"), "--metrics", "")
	eventually(t, r, "/api/v1/sites/banc", time.Minute, func(s console.SiteDetail) bool { return s.Linked }, "the edge finds the restored hub")
	require.Zero(t, edge.stop())
	require.Zero(t, hub.stop())
}

// outdoor is the temperature of a day.
func outdoor(day time.Time) float64 {
	return 10 - 9*math.Cos(2*math.Pi*float64(day.YearDay())/365) + float64(day.YearDay()%7)
}

// writeWeather stores two years of outdoor temperature.
func writeWeather(t *testing.T, db *influx.Client) {
	t.Helper()
	require.NoError(t, db.EnsureDatabases(t.Context()))
	var lines []byte
	for at := time.Now().AddDate(-2, 0, 0).Truncate(time.Hour); at.Before(time.Now()); at = at.Add(time.Hour) {
		lines = influx.NewLine("weather").Tag("equipment", "meteo").Tag("site", "banc").Float("air_temp", outdoor(at)).At(at).Append(lines)
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, lines))
}

// driftingYears writes 700 days of a heated building as a file, 40 % too many
// kWh in the last hundred.
func driftingYears(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Date;kWh\n")
	first := time.Now().AddDate(0, 0, -702)
	for i := range 700 {
		day := first.AddDate(0, 0, i)
		kwh := 100 + 50*math.Max(0, 15-outdoor(day)) + float64(i*7919%23)
		if i >= 600 {
			kwh *= 1.4
		}
		fmt.Fprintf(&b, "%s;%.1f\n", day.Format("02/01/2006"), kwh)
	}
	path := filepath.Join(dir, "histoire.csv")
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), Env{Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// kept is what must be the same after a restore.
type kept struct {
	days   []string
	states string
}

func snapshotOf(t *testing.T, r *running, url string) (k kept) {
	t.Helper()
	client, err := influx.Open(influx.Options{URL: url})
	require.NoError(t, err)
	defer client.Close()
	today := time.Now().AddDate(0, 0, -1)
	require.NoError(t, client.Read(t.Context(), influx.Query{
		Database: influx.Rollup, Text: "SELECT kwh, coverage, source, origin, expected_kwh FROM energy WHERE step = 'day' AND time < $today", Params: influx.Params{"today": today},
	}, func(tb *influx.Table) error {
		for _, row := range tb.Values {
			k.days = append(k.days, fmt.Sprint(row))
		}
		return nil
	}))
	require.NotEmpty(t, k.days)
	for _, a := range get[console.AlarmList](t, r, "/api/v1/alarms").Alarms {
		k.states += fmt.Sprintln(a.ID, a.State, a.Since.UnixMilli(), a.Occurrence)
	}
	for _, f := range get[console.FindingList](t, r, "/api/v1/findings").Findings {
		k.states += fmt.Sprintln(f.ID, f.State, f.Onset, f.ExcessKWh)
	}
	return k
}
