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

	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// driftFile writes two made-up years with two weeks of works in the second.
func driftFile(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	for _, d := range energytest.MadeUp(731, 15, 20, 3) {
		if day := d.Date.Format(time.DateOnly); day >= "2025-02-03" && day <= "2025-02-23" {
			d.KWh *= 1.6 // temporary heating during the works
		}
		fmt.Fprintf(&text, "%s,%.2f,%.2f\n", d.Date.Format(time.DateOnly), d.KWh, d.Temp)
	}
	name := filepath.Join(t.TempDir(), "home.csv")
	require.NoError(t, os.WriteFile(name, []byte(text.String()), 0o600))
	return name
}

// TestDriftLeavesWorksOut finds the works as a drift, unless they are excluded,
// and says what can be proven in kWh and EUR.
func TestDriftLeavesWorksOut(t *testing.T) {
	file := driftFile(t)
	run := func(more ...string) energyDrift {
		var out, errOut bytes.Buffer
		cmd := newEnergyDriftCommand(&out, &errOut)
		cmd.SetArgs(append([]string{file, "--baseline", "2024-01-01..2024-12-31", "--json"}, more...))
		require.NoError(t, cmd.Execute())
		var v energyDrift
		require.NoError(t, json.Unmarshal(out.Bytes(), &v))
		return v
	}
	plain := run()
	require.NotEmpty(t, plain.Findings)
	require.Nil(t, plain.ProvableEUR)
	require.Equal(t, energyJudged{Days: 365, Of: 365}, plain.Judged)
	priced := run("--price", "0.08", "--co2", "0.181").Findings[0]
	require.InDelta(t, 0.08*plain.Findings[0].ExcessKWh, *priced.ExcessEUR, 1e-6)
	require.InDelta(t, 0.181*plain.Findings[0].ExcessKWh, *priced.ExcessKgCO2, 1e-6)
	quiet := run("--exclude", "2025-02-03..2025-02-23", "--price", "0.08")
	require.Equal(t, energyJudged{Days: 344, Of: 365, Reason: "the others lack a consumption or a temperature"}, quiet.Judged)
	require.Empty(t, quiet.Findings)
	require.InDelta(t, 0.08**quiet.ProvableKWh, *quiet.ProvableEUR, 0.01)

	cmd := newEnergyDriftCommand(&bytes.Buffer{}, &bytes.Buffer{})
	cmd.SetArgs([]string{file, "--baseline", "2024-01-01..2024-12-31", "--exclude", "yesterday"})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	require.ErrorIs(t, cmd.Execute(), ErrInput)
}

// TestDriftThatCannotBeJudgedSaysSo: no finding of a file that was not judged is
// no good news.
func TestDriftThatCannotBeJudgedSaysSo(t *testing.T) {
	file := driftFile(t)
	out, _, err := runEnergy("drift", file, "--baseline", "2024-01-01..2025-12-31")
	require.NoError(t, err)
	require.Contains(t, out, "judged: 0 of 0 days after the baseline: the file ends with the baseline")
	require.Contains(t, out, "nothing was judged")
	require.NotContains(t, out, "no finding\n")

	out, _, err = runEnergy("drift", file, "--baseline", "2024-01-01..2024-02-15", "--json")
	require.NoError(t, err)
	var v energyDrift
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	require.Zero(t, v.Judged.Days)
	require.Contains(t, v.Judged.Reason, "the baseline cannot be used: ")
	require.Contains(t, out, `"cooling": null`)
}

// periodFile writes rows that are some days apart.
func periodFile(t *testing.T, days, rows int) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("time,energy_kwh,temperature_c\n")
	for i := range rows {
		day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days*i)
		fmt.Fprintf(&text, "%s,%d,%d\n", day.Format(time.DateOnly), 100+i%7, i%20)
	}
	name := filepath.Join(t.TempDir(), "periods.csv")
	require.NoError(t, os.WriteFile(name, []byte(text.String()), 0o600))
	return name
}

// TestPeriodsAreNotTakenForDays: what a week used is not the use of a day.
func TestPeriodsAreNotTakenForDays(t *testing.T) {
	weekly, monthly := periodFile(t, 7, 110), periodFile(t, 30, 30)
	_, _, err := runEnergy("fit", weekly)
	require.ErrorContains(t, err, "the rows with a consumption are 7 days apart")
	_, _, err = runEnergy("drift", weekly, "--baseline", "2023-01-01..2023-12-31")
	require.ErrorContains(t, err, "7 days apart")
	_, _, err = runEnergy("drift", monthly, "--baseline", "2023-01-01..2023-12-31")
	require.ErrorContains(t, err, "drift is judged on days")
	_, _, err = runEnergy("fit", periodFile(t, 2, 365))
	require.NoError(t, err, "every other day is missing")
}

// TestScoreOfAFolder scores a folder with one meter of two years, and refuses
// one without.
func TestScoreOfAFolder(t *testing.T) {
	var out, errOut bytes.Buffer
	cmd := newEnergyScoreCommand(&out, &errOut)
	cmd.SetArgs([]string{filepath.Dir(driftFile(t))})
	require.NoError(t, cmd.ExecuteContext(t.Context()))
	require.Contains(t, out.String(), "1 pairs of years")
	require.Contains(t, out.String(), "boot+20")
	cmd.SetArgs([]string{t.TempDir()})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	require.ErrorIs(t, cmd.ExecuteContext(t.Context()), ErrInput)
}
