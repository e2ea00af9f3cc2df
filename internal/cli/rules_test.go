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
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
)

// runRules runs `gtc rules` with arguments and returns its exit status.
func runRules(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(t.Context(), Env{Args: append([]string{"rules"}, args...), Getenv: func(string) string { return "" }, Stdout: &o, Stderr: &e})
	return o.String(), e.String(), code
}

const example = "../../deploy/example"

func TestRulesList(t *testing.T) {
	out, errs, code := runRules(t, "list", "--config", example, "--json")
	require.Zero(t, code, errs)
	var rules []ruleView
	require.NoError(t, json.Unmarshal([]byte(out), &rules))
	seen := map[string]ruleView{}
	for _, r := range rules {
		require.NotEmpty(t, r.Name, r.ID)
		require.NotEmpty(t, r.Source, r.ID)
		seen[r.ID] = r
	}
	require.Equal(t, "Puissance électrique élevée", seen["kitchen_power_high"].Name)
	require.Equal(t, filepath.Join(example, "rules", "alarms.yaml"), seen["kitchen_power_high"].Source)
	require.Equal(t, "15m", seen["kitchen_power_high"].Parameters["on_delay"])
	require.Equal(t, "rules/library/heating.yaml", seen["boiler_lockout"].Source)
	require.Equal(t, "energy", seen[drift.RuleDrift].Type)
	h3, h9 := seen["H3"], seen["H9"]
	require.Equal(t, "0.6", h3.Parameters["threshold"])
	require.Equal(t, "night", h3.Cause)
	require.True(t, *h3.Enabled)
	require.Equal(t, "rules/why TestFullRates", h3.Measured.Where)
	require.True(t, *h9.Enabled)
	require.NotNil(t, h9.Measured, "without a measured rate it would ship switched off")
	require.Equal(t, []string{"energy-sudden"}, seen["H2"].By)

	out, _, code = runRules(t, "list", "--config", example)
	require.Zero(t, code)
	require.Contains(t, out, "Dérive progressive")
	_, errs, code = runRules(t, "list", "--config", filepath.Join(t.TempDir(), "absent"))
	require.Equal(t, 1, code)
	require.Contains(t, errs, "read configuration folder")
}

func TestRulesListRefusesWhatEnergyYAMLDoesNotKnow(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "rules"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules", "energy.yaml"), []byte("rules:\n  - rule: H99\n"), 0o600))
	_, errs, code := runRules(t, "list", "--config", dir)
	require.Equal(t, 1, code)
	require.Contains(t, errs, `rules/energy.yaml:2:11: rule "H99" is unknown`)
}

func TestSpanText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", 90 * time.Second: "1m30s", 15 * time.Minute: "15m", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m", 10 * time.Minute: "10m", 30 * time.Second: "30s",
	} {
		require.Equal(t, want, spanText(d))
	}
}

func TestRulesTestPlaysTheExample(t *testing.T) {
	out, errs, code := runRules(t, "test", "--config", example)
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "réussi")

	data, err := os.ReadFile(filepath.Join(example, "rules", "kitchen_power_high.txtar"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "kitchen_power_high.peak.txtar")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(data), "value=51", "value=52", 1)), 0o600))
	out, errs, code = runRules(t, "test", "--config", example, file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "1 of 1 scenarios failed")
	require.Regexp(t, `kitchen_power_high\.peak\.txtar:\d+:1: expected`, out)

	out, _, code = runRules(t, "test", "--config", example, "--update", file)
	require.Zero(t, code, out)
	out, _, code = runRules(t, "test", "--config", example, "--json", file)
	require.Zero(t, code)
	var played []scenarioView
	require.NoError(t, json.Unmarshal([]byte(out), &played))
	require.Equal(t, []scenarioView{{File: file, Class: "kitchen_power_high", Passed: true, Mistakes: played[0].Mistakes}}, played)

	_, errs, code = runRules(t, "test", "--config", t.TempDir())
	require.Equal(t, 1, code)
	require.Contains(t, errs, "no scenario given")
	_, _, code = runRules(t, "test", "--config", example, filepath.Join(t.TempDir(), "absent.txtar"))
	require.Equal(t, 1, code)
}

// brussels is the zone of the sites of these tests.
func brussels(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return loc
}

// twoYears are days of a gas meter that uses a quarter more from day 420 on.
func twoYears(start time.Time) []baseline.Day {
	var days []baseline.Day
	for i := range 730 {
		d := baseline.Day{Date: start.AddDate(0, 0, i), HasKWh: true, HasTemp: true, Coverage: 1}
		d.Temp = 10 - 8*math.Cos(2*math.Pi*float64(i-20)/365) + 3*math.Sin(float64(i)*1.7)
		d.KWh = 100 + 30*math.Max(0, 15-d.Temp) + 20*math.Sin(float64(i)*.9+1)
		if i >= 420 {
			d.KWh *= 1.25
		}
		days = append(days, d)
	}
	return days
}

// truthOf writes the truth of those days.
func truthOf(t *testing.T, site gtc.SiteID, days []baseline.Day) string {
	t.Helper()
	var extra []string
	for _, d := range days[420:] {
		extra = append(extra, fmt.Sprintf(`{"date":%q,"kwh":{"gas":%.1f}}`, d.Date.Format(time.DateOnly), d.KWh*0.2))
	}
	name := filepath.Join(t.TempDir(), "truth.json")
	require.NoError(t, os.WriteFile(name, []byte(fmt.Sprintf(
		`{"seed":1,"meters":[{"site":%q,"meter":"gaz","carrier":"gas"}],
"faults":[{"id":"f","site":%q,"kind":"curve_too_high","carrier":"gas","meters":["gaz"],"from":%q,"to":null,"size":4,"ramp_days":0,"extra_kwh_per_day":60,"days":[%s]}]}`,
		site, site, days[420].Date.UTC().Format(time.RFC3339), strings.Join(extra, ","))), 0o600))
	return name
}

func requireScored(t *testing.T, out string) {
	t.Helper()
	var r backtest.Report
	require.NoError(t, json.Unmarshal([]byte(out), &r), out)
	require.Equal(t, 1, r.Meters)
	require.Equal(t, 1, r.Total.Found, out)
	require.Equal(t, "curve_too_high", r.Kinds[0].Kind)
	require.LessOrEqual(t, *r.Total.DelayP50, 21)
	require.InDelta(t, 1, *r.Total.Ratio, 0.25)
	require.Zero(t, r.False.Drift)
}

func TestRulesBacktestOnFiles(t *testing.T) {
	days := twoYears(time.Date(2024, 1, 1, 0, 0, 0, 0, brussels(t)))
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "s"), 0o700))
	var csv strings.Builder
	csv.WriteString("time,energy_kwh,temperature_c\n")
	for _, d := range days {
		fmt.Fprintf(&csv, "%s,%.3f,%.3f\n", d.Date.Format(time.DateOnly), d.KWh, d.Temp)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "s", "gaz.csv"), []byte(csv.String()), 0o600))
	truth := truthOf(t, "s", days)

	out, errs, code := runRules(t, "backtest", "--csv", dir, "--truth", truth, "--json")
	require.Zero(t, code, errs)
	requireScored(t, out)
	out, _, code = runRules(t, "backtest", "--csv", dir, "--truth", truth)
	require.Zero(t, code)
	for _, want := range []string{"délai médian", "kWh estimés", "curve_too_high", "total", "Constats faux : 0 dérives", "trouvé"} {
		require.Contains(t, out, want)
	}
	out, _, code = runRules(t, "backtest", "--csv", dir)
	require.Zero(t, code)
	require.Contains(t, out, "dérive", "without a truth the findings are shown")
	out, _, code = runRules(t, "backtest", "--csv", dir, "--to", "2025-01-31")
	require.Zero(t, code)
	require.Contains(t, out, "aucun constat")
	require.Contains(t, out, "Rejeu du 2025-01-01 au 2025-01-31")

	for _, args := range [][]string{
		{"--csv", filepath.Join(dir, "absent")},
		{"--csv", t.TempDir()},
		{"--csv", dir, "--truth", filepath.Join(dir, "absent.json")},
		{"--csv", dir, "--truth", filepath.Join(dir, "s", "gaz.csv")},
		{"--csv", dir, "--from", "soon"},
		{"--csv", dir, "--from", "2025-02-01", "--to", "2025-01-01"},
		{"--csv", dir, "--carrier", "coal"},
		{"--csv", filepath.Dir(dir) + "/" + filepath.Base(dir) + "/s"},
		{"--config", t.TempDir()},
	} {
		_, errs, code := runRules(t, append([]string{"backtest"}, args...)...)
		require.Equal(t, 1, code, "%v: %s", args, errs)
	}
}

// TestRulesBacktestOnInfluxDB replays what a hub has kept in a real InfluxDB.
func TestRulesBacktestOnInfluxDB(t *testing.T) {
	db, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, db.EnsureDatabases(t.Context()))
	loc := brussels(t)
	now := time.Now().In(loc)
	days := twoYears(time.Date(now.Year(), now.Month(), now.Day()-730, 0, 0, 0, 0, loc))
	const site = "abri-nuit"
	meter := gtc.Meter{Equipment: "gaz", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10.9}
	var buf []byte
	for _, d := range days {
		buf = rollup.AppendInterval(buf, site, meter, rollup.StepDay, energy.Interval{Start: d.Date, KWh: d.KWh, Volume: d.KWh / 10.9, Coverage: 1}, nil)
		buf = rollup.AppendTempDay(buf, "charleroi", energy.TempDay{Date: d.Date, Mean: d.Temp, Min: d.Temp - 3, Max: d.Temp + 3, Hours: 24})
	}
	require.NoError(t, db.Write(t.Context(), influx.Rollup, buf))
	config := filepath.Join(t.TempDir(), "config")
	require.NoError(t, writeDemoConfig(config))

	out, errs, code := runRules(t, "backtest", "--config", config, "--influx", server.URL, "--truth", truthOf(t, site, days), "--json")
	require.Zero(t, code, errs)
	requireScored(t, out)
	server.Stop()
	_, errs, code = runRules(t, "backtest", "--config", config, "--influx", server.URL)
	require.Equal(t, 2, code, "InfluxDB away is a failure of the system: %s", errs)
}
