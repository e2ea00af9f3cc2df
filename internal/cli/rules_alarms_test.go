package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// peak are lines of the example's kitchen meter: one minute a line, 50 kW from
// 8:00 on for half an hour and at noon for twelve minutes.
func peak(day time.Time) []gtc.Sample {
	var out []gtc.Sample
	for m := range 24 * 60 {
		kw := 20.0
		if m >= 480 && m < 510 || m >= 720 && m < 732 {
			kw = 50
		}
		out = append(out, gtc.Sample{
			Series: gtc.Series{Site: "maison-exemple", Kind: "electricity_meter", Equipment: "cuisine", Point: "power_kw"},
			At:     day.Add(time.Duration(m) * time.Minute), Value: gtc.Float(kw), Quality: gtc.QualityGood,
		})
	}
	return out
}

// tighter writes the example's classes with a shorter delay into a folder.
func tighter(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(example, "rules", "alarms.yaml"))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alarms.yaml"), []byte(strings.Replace(string(data), "on_delay: 15m", "on_delay: 10m", 1)), 0o600))
	return dir
}

func TestRulesBacktestAlarmsOnFiles(t *testing.T) {
	day := time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)
	samples := peak(day)
	dir := t.TempDir()
	lp := filepath.Join(dir, "day.lp")
	require.NoError(t, os.WriteFile(lp, influx.AppendSamples(nil, samples), 0o600))
	var csv strings.Builder
	csv.WriteString("time,site,equipment,point,value,quality\n")
	for _, s := range samples {
		fmt.Fprintf(&csv, "%s,%s,%s,%s,%g,\n", s.At.Format(time.RFC3339), s.Site, s.Equipment, s.Point, s.Value.Num)
	}
	table := filepath.Join(dir, "day.csv")
	require.NoError(t, os.WriteFile(table, []byte(csv.String()), 0o600))

	run := func(args ...string) alarmReplayView {
		out, errs, code := runRules(t, append([]string{"backtest", "alarms", "--config", example, "--json"}, args...)...)
		require.Zero(t, code, errs)
		var v alarmReplayView
		require.NoError(t, json.Unmarshal([]byte(out), &v))
		return v
	}
	fromLP, fromCSV := run(lp), run(table)
	require.Equal(t, fromLP, fromCSV, "the same samples")
	require.Equal(t, 1440, fromLP.Samples)
	require.Len(t, fromLP.Occurrences, 1)
	require.Equal(t, "kitchen_power_high", fromLP.Occurrences[0].Class)
	require.Equal(t, day.Add(495*time.Minute), fromLP.Occurrences[0].From)
	require.InDelta(t, 50, *fromLP.Occurrences[0].Value, 0)

	v := run(lp, "--against", tighter(t))
	require.Len(t, v.Changes.Lines, 1)
	require.Equal(t, 1, v.Changes.Lines[0].New)
	require.Equal(t, [2]int{1, 2}, v.Changes.Lines[0].Called)
	require.Equal(t, 2, run(lp, "--rules", tighter(t)).Load.Calls)
	require.Empty(t, run(lp, "--class", "gas_alarm").Occurrences)
	require.Empty(t, run(lp, "--from", "2026-01-13", "--to", "2026-01-14").Occurrences, "the day before is played, not reported")

	out, errs, code := runRules(t, "backtest", "alarms", "--config", example, "--against", tighter(t), "--list", lp)
	require.Zero(t, code, errs)
	for _, want := range []string{"kitchen_power_high", "EEMUA 191", "seulement dans l’autre jeu", "2026-01-12 12:10Z", "edge_lost"} {
		require.Contains(t, out, want)
	}
}

func TestRulesBacktestAlarmsRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	head := "time,site,equipment,point,value,quality\n"
	for want, args := range map[string][]string{
		"no such file":           {filepath.Join(dir, "absent.lp")},
		"no sample in the files": {write("empty.lp", "")},
		"lines 1 to 1":           {write("bad.lp", "electricity_meter,site=x power_kw=\n")},
		"no column value":        {write("short.csv", "time,site,equipment,point\n")},
		"line 2: time":           {write("time.csv", head+"monday,a,b,c,1,\n")},
		"neither a number":       {write("value.csv", head+"2026-01-12T00:00:00Z,a,b,c,warm,\n")},
		"no quality":             {write("quality.csv", head+"2026-01-12T00:00:00Z,a,b,c,1,splendid\n")},
		"no such site":           {"--site", "elsewhere"},
		"no such alarm class":    {"--class", "elsewhere"},
		"want rules/alarms.yaml": {"--rules", t.TempDir()},
		"ends before it begins":  {"--from", "2026-02-01", "--to", "2026-01-01"},
		"want 2026-01-31":        {"--from", "soon"},
		"read configuration":     {"--config", filepath.Join(dir, "absent")},
	} {
		_, errs, code := runRules(t, append([]string{"backtest", "alarms", "--config", example}, args...)...)
		require.Equal(t, 1, code, "%v: %s", args, errs)
		if want != "read configuration" {
			require.Contains(t, errs, want)
		}
	}
}

// TestRulesBacktestAlarmsOnInfluxDB replays what a real InfluxDB holds.
func TestRulesBacktestAlarmsOnInfluxDB(t *testing.T) {
	db, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, db.EnsureDatabases(t.Context()))
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -3)
	samples := peak(day)
	// From 8:20 on the meter cannot be read, but the edge is heard each minute:
	// the alarm stands until it can.
	lines := influx.AppendSamples(nil, append(samples[:500:500], samples[600:]...))
	lines = append(lines, influx.AppendSamples(nil, []gtc.Sample{{Series: samples[0].Series, At: day.Add(500 * time.Minute), Quality: gtc.QualityCommLost}})...)
	for m := range 24 * 60 {
		lines = append(lines, influx.NewLine(influx.MeasurementCollector).Tag(influx.TagSite, "maison-exemple").Tag("device", "compteurs").
			Float("polls", 1).At(day.Add(time.Duration(m)*time.Minute)).Append(nil)...)
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, lines))
	args := []string{"backtest", "alarms", "--config", example, "--influx", server.URL, "--site", "maison-exemple", "--class", "kitchen_power_high", "--json"}
	run := func() (out, errs string, code int) {
		var o, e bytes.Buffer
		code = Run(t.Context(), Env{
			Args: append([]string{"rules"}, args...), Stdout: &o, Stderr: &e,
			Getenv: func(name string) string { return map[string]string{"GTC_INFLUX_TOKEN": "any:any"}[name] },
		})
		return o.String(), e.String(), code
	}
	out, errs, code := run()
	require.Zero(t, code, errs)
	var v alarmReplayView
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	require.Len(t, v.Occurrences, 1, out)
	require.Equal(t, day.Add(495*time.Minute), v.Occurrences[0].From)
	require.Equal(t, day.Add(605*time.Minute), v.Occurrences[0].To, "nothing is known until it is read again")
	server.Stop()
	_, errs, code = run()
	require.Equal(t, 2, code, errs)
}
