package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/finding"
)

// keeping is the bus of a hub, with the configuration that leads to it.
func keeping(t *testing.T) (*bus.Hub, string) {
	t.Helper()
	return runningHub(t, "tariffs:\n  - {carrier: gas, eur_per_kwh: 0.1, source: contrat, from: 2020-01-01}\n")
}

const worksText = `works:
  - {id: w1, site: home, kind: works, from: 2025-06-02, to: 2025-06-20, description: chaudière, cost_eur: 48000, expected_saving_pct: 15, by: un, at: 2025-07-01T08:00:00Z}
`

func TestWorksAreImportedAndExported(t *testing.T) {
	_, dir := keeping(t)
	file := filepath.Join(dir, "works.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write(worksText)
	code, out, errs := gtcRun(t, "works", "import", "--config", dir, "--dry-run", file)
	require.Zero(t, code, errs)
	require.Contains(t, out, "nothing changed")
	code, out, _ = gtcRun(t, "works", "export", "--config", dir)
	require.Zero(t, code)
	require.NotContains(t, out, "w1")
	code, out, errs = gtcRun(t, "works", "import", "--config", dir, file)
	require.Zero(t, code, errs)
	require.Contains(t, out, "home: 1 entries")
	code, out, _ = gtcRun(t, "works", "export", "--config", dir)
	require.Zero(t, code)
	require.Contains(t, out, "chaudière")

	write("works:\n  - {id: w2, site: nowhere, meters: [m], kind: works, from: 2025-06-02, description: x, by: un}\n")
	code, _, errs = gtcRun(t, "works", "import", "--config", dir, file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, `there is no site "nowhere"`)
	write("works:\n  - {id: w2, site: home, kind: party, from: 2025-06-02, description: x, by: un}\n")
	code, _, errs = gtcRun(t, "works", "import", "--config", dir, file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "works.yaml:2:")
}

func TestFindingsAreListedAndShown(t *testing.T) {
	b, dir := keeping(t)
	onset := time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)
	for i, week := range []float64{50, 200, 80} {
		r, err := finding.Record{}.Apply(finding.Input{Kind: finding.See, At: onset, Finding: gtc.Finding{
			ID: fmt.Sprintf("home/gaz/energy-drift/%d", i), Site: "home", Meter: "gaz", Carrier: gtc.CarrierGas, Rule: "energy-drift", Kind: gtc.FindingDrift,
			Onset: onset, Detected: onset, ExcessPct: 20, KWhPerWeek: week, Inputs: map[string]string{"query": "SELECT kwh FROM energy"},
		}})
		require.NoError(t, err)
		if i == 2 {
			r, err = r.Apply(finding.Input{Kind: finding.Reject, At: onset, By: "un", Class: finding.ClassFalse, Reason: "aile rouverte"})
			require.NoError(t, err)
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		_, err = b.State().Put(t.Context(), "finding/"+r.ID, data)
		require.NoError(t, err)
	}
	code, out, errs := gtcRun(t, "findings", "list", "--config", dir, "--json")
	require.Zero(t, code, errs)
	var list []struct {
		ID         string  `json:"id"`
		Course     string  `json:"course"`
		EURPerWeek float64 `json:"eur_per_week"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &list), out)
	require.Len(t, list, 2)
	require.Equal(t, "home/gaz/energy-drift/1", list[0].ID, "the costliest first")
	require.InDelta(t, 20, list[0].EURPerWeek, 1e-9)
	require.Equal(t, "lasting", list[0].Course)
	code, out, _ = gtcRun(t, "findings", "list", "--config", dir, "--state", "rejected")
	require.Zero(t, code)
	require.Contains(t, out, "home/gaz/energy-drift/2")
	code, out, _ = gtcRun(t, "findings", "show", "--config", dir, "home/gaz/energy-drift/2")
	require.Zero(t, code)
	require.Contains(t, out, "rejected (false): aile rouverte")
	require.Contains(t, out, "SELECT kwh FROM energy")
	code, out, errs = gtcRun(t, "rules", "list", "--config", dir, "--field")
	require.Zero(t, code, errs)
	require.Contains(t, out, "field: 3 findings, 1 judged, 1 rejected, 100 % false")
	code, _, _ = gtcRun(t, "findings", "show", "--config", dir, "nothing")
	require.Equal(t, 1, code)
	code, _, _ = gtcRun(t, "findings", "list", "--config", dir, "--state", "tired")
	require.Equal(t, 1, code)
}
