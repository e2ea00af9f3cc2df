//go:build e2e && full

package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// meterData finds the folder of real meters; it is not part of the repository.
func meterData(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/data/mv")
	require.NoError(t, err)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real meter data is not there: %v", err)
	}
	return dir
}

// TestFullReplay plays real meters through the whole way: register, decode,
// JetStream, InfluxDB, rollup, baseline, finding, screen.
func TestFullReplay(t *testing.T) {
	data := meterData(t)
	for _, c := range []struct {
		file   string
		drifts bool
	}{
		{"b25_gas_drifts.csv", true},
		{"b109_gas_steady.csv", false},
	} {
		t.Run(c.file, func(t *testing.T) {
			dir := t.TempDir()
			keepSites(t, dir, "", "mr-monceau.yaml")
			r := startProgram(t, "--dir", dir, "--listen", "127.0.0.1:0", "--history", "3", "--speed", "2.5", "--replay", filepath.Join(data, c.file))
			s := eventually(t, r, "/api/v1/sites/rejeu", 6*time.Minute, func(s console.SiteDetail) bool {
				return time.Since(s.LastSample) < time.Hour
			}, "the file is played to its end")
			require.True(t, s.Linked)

			path := "/api/v1/energy/rejeu/gaz?from=" + time.Now().AddDate(-2, -1, 0).Format(time.DateOnly) + "&to=" + time.Now().Format(time.DateOnly)
			e := eventually(t, r, path, 4*time.Minute, func(e console.Energy) bool {
				return e.Baseline.Eligible && lastKnown(e).After(time.Now().AddDate(0, 0, -9)) && e.Baseline.N > 340
			}, "every day is rolled up and the baseline fitted on its year")
			drifts := 0
			for _, f := range e.Findings {
				// What the live clock lets the collector read varies a little from
				// run to run: only a drift that is proven at the end counts.
				if f.Kind == gtc.FindingDrift && f.End.IsZero() && f.ExcessPct > f.BandPct {
					drifts++
					require.NotNil(t, f.EUR)
					require.NotNil(t, f.KgCO2)
				}
			}
			if c.drifts {
				require.Positive(t, drifts, "13 %% more than its baseline is a finding")
			} else {
				require.Zero(t, drifts, "a steady meter has none: %+v", e.Findings)
			}
		})
	}
}

func lastKnown(e console.Energy) (last time.Time) {
	for _, d := range e.Days {
		if d.KWh != nil && d.Expected != nil {
			last = d.Day
		}
	}
	return last
}
