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
	quiet := run("--exclude", "2025-02-03..2025-02-23", "--price", "0.08")
	require.Empty(t, quiet.Findings)
	require.InDelta(t, 0.08**quiet.ProvableKWh, *quiet.ProvableEUR, 0.01)

	cmd := newEnergyDriftCommand(&bytes.Buffer{}, &bytes.Buffer{})
	cmd.SetArgs([]string{file, "--baseline", "2024-01-01..2024-12-31", "--exclude", "yesterday"})
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	require.ErrorIs(t, cmd.Execute(), ErrInput)
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
