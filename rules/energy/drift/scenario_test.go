package drift

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestScenarios runs testdata/*.txtar: a made-up building whose second year is
// changed. Under "quiet" nothing is found, under "input" what "want" says. A
// line is FROM..TO, both included, and what happens to the days: xF multiplies
// the consumption, =V sets it, +V adds kWh to it, absent takes it away.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			parts := map[string]string{}
			for _, f := range txtar.Parse(data).Files {
				parts[f.Name] = string(f.Data)
			}
			require.Empty(t, scenario(t, parts["quiet"]), "quiet")
			require.Equal(t, parts["want"], scenario(t, parts["input"]))
		})
	}
}

// scenario returns what is found, a line a finding.
func scenario(tb testing.TB, script string) string {
	tb.Helper()
	b, days := watched(tb, quiet)
	for line := range strings.Lines(script) {
		span, what, ok := strings.Cut(strings.TrimSpace(line), " ")
		require.True(tb, ok, line)
		from, to, ok := strings.Cut(span, "..")
		require.True(tb, ok, line)
		for i := range days {
			if energytest.Inside(days[i].Date, energytest.Date(tb, from), energytest.Date(tb, to).AddDate(0, 0, 1)) {
				change(tb, &days[i], what)
			}
		}
	}
	var out strings.Builder
	for _, f := range New(b).Detect(days, Options{}) {
		end := "lasts"
		if !f.End.IsZero() {
			end = "ended=" + f.End.Format(time.DateOnly)
		}
		fmt.Fprintf(&out, "%s %s since=%s %s", f.Detected.Format(time.DateOnly), f.Rule, f.Onset.Format(time.DateOnly), end)
		if f.Kind != gtc.FindingData {
			fmt.Fprintf(&out, " %+.0f%%", f.ExcessPct)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// change applies what happens to one day.
func change(tb testing.TB, d *baseline.Day, what string) {
	tb.Helper()
	if what == "absent" {
		d.HasKWh = false
		return
	}
	v, err := strconv.ParseFloat(what[1:], 64)
	require.NoError(tb, err)
	switch what[0] {
	case 'x':
		d.KWh *= v
	case '=':
		d.KWh = v
	case '+':
		d.KWh += v
	default:
		require.Fail(tb, "unknown change", what)
	}
}
