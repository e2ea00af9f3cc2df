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
)

// meterFile writes two years of a made-up meter that uses a quarter more from
// a day of the second year on.
func meterFile(t *testing.T, extra string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 730 {
		d := start.AddDate(0, 0, i)
		temp := 10 - 8*math.Cos(2*math.Pi*float64(i-20)/365) + 3*math.Sin(float64(i)*1.7)
		kwh := 100 + 30*math.Max(0, 15-temp) + 20*math.Sin(float64(i)*.9+1)
		if i >= 400 {
			kwh *= 1.25
		}
		fmt.Fprintf(&text, "%s,%.2f,%.2f\n", d.Format(time.DateOnly), kwh, temp)
	}
	name := filepath.Join(t.TempDir(), "meter.csv")
	require.NoError(t, os.WriteFile(name, []byte(text.String()+extra), 0o600))
	return name
}

// runEnergy runs `gtc energy` with arguments.
func runEnergy(args ...string) (out, errOut string, err error) {
	var o, e bytes.Buffer
	cmd := newEnergyCommand(&o, &e)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err = cmd.Execute()
	return o.String(), e.String(), err
}

func TestEnergyFitJSON(t *testing.T) {
	file := meterFile(t, "")
	for _, mode := range []string{"native", "caltrack"} {
		out, _, err := runEnergy("fit", file, "--mode", mode, "--from", "2024-01-01", "--to", "2024-12-31", "--json")
		require.NoError(t, err)
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(out), &v))
		for _, key := range []string{
			"model", "balance_points_c", "intercept", "slopes", "r2", "r2_adj", "cvrmse", "nmbe", "n", "n_prime", "rho", "eligible", "reason", "splits",
		} {
			require.Contains(t, v, key)
		}
		require.Equal(t, "hdd_only", v["model"])
		require.InDelta(t, 366, v["n"], 0)
		require.InDelta(t, 15, v["balance_points_c"].(map[string]any)["heating"], .5)
	}
}

func TestEnergyDrift(t *testing.T) {
	file := meterFile(t, "")
	out, _, err := runEnergy("drift", file, "--baseline", "2024-01-01..2024-12-31", "--json")
	require.NoError(t, err)
	var v energyDrift
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	require.Len(t, v.Findings, 1)
	f := v.Findings[0]
	require.Equal(t, "drift", string(f.Kind))
	require.Nil(t, f.End)
	require.InDelta(t, 25, f.ExcessPct, 5)
	require.Contains(t, out, `"end": null`)

	out, _, err = runEnergy("drift", file, "--baseline", "2024-01-01..2024-12-31")
	require.NoError(t, err)
	require.Contains(t, out, "goes on")
	require.Contains(t, out, "de plus que la consommation attendue")
}

func TestEnergyRefusesBadInput(t *testing.T) {
	bad := meterFile(t, "2026-05-01,abc,3\n")
	out, errOut, err := runEnergy("fit", bad)
	require.NoError(t, err, "lenient goes on")
	require.Contains(t, errOut, bad+`:732:12: energy_kwh "abc" is not a number`)
	require.Contains(t, errOut, "1 bad rows left out, 730 rows read")
	require.Contains(t, out, "eligible")

	_, errOut, err = runEnergy("fit", meterFile(t, strings.Repeat("01/02/2026,1,2\n", 50)))
	require.NoError(t, err)
	require.Contains(t, errOut, "30 bad rows more, the last on line 781")

	for _, args := range [][]string{
		{"fit", bad, "--strict"},
		{"fit", filepath.Join(t.TempDir(), "absent.csv")},
		{"fit", bad, "--from", "yesterday"},
		{"fit", bad, "--from", "2025-01-01", "--to", "2024-01-01"},
		{"fit", bad, "--carrier", "coal"},
		{"fit", bad, "--zone", "Mars/Olympus"},
		{"fit", bad, "--mode", "magic"},
		{"drift", bad, "--baseline", "2024"},
		{"drift", bad, "--baseline", "2030-01-01..2030-12-31"},
	} {
		_, _, err := runEnergy(args...)
		require.ErrorIs(t, err, ErrInput, strings.Join(args, " "))
	}
}
