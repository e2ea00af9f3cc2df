package alarm_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/alarm/scenario"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect and the runbooks")

// start is an instant of winter at which the tests of the engine begin.
var start = time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)

func load(tb testing.TB) (*catalogue.Catalogue, []alarm.Class) {
	tb.Helper()
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	classes, err := alarm.Library(cat)
	require.NoError(tb, err)
	return cat, classes
}

// TestScenarios plays testdata/*.txtar; package scenario says how they read.
func TestScenarios(t *testing.T) {
	cat, classes := load(t)
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			s := parseScenario(t, path)
			got, err := s.Play(cat, classes)
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(path, s.Update(got), 0o644))
				s = parseScenario(t, path)
			}
			require.Empty(t, s.Compare(got))
		})
	}
}

func parseScenario(t *testing.T, path string) *scenario.Scenario {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := scenario.Parse(path, data)
	require.NoError(t, err)
	return s
}

// TestEveryClassHasAScenario asks of every class a scenario in which it is not
// raised, is raised and returns.
func TestEveryClassHasAScenario(t *testing.T) {
	_, classes := load(t)
	for _, c := range classes {
		switch c.When.Watch {
		case alarm.WatchRule:
			continue // no shipped expression can fail: see TestRuleThatCannotBeComputed
		case alarm.WatchStoreAway, alarm.WatchStoreRefused:
			continue // of the hub, not of a site: see TestStore
		case alarm.WatchUnsent, alarm.WatchChannel, alarm.WatchUntold:
			continue // of the hub, not of a site: see TestChannels and TestUntold
		default:
		}
		s := parseScenario(t, "testdata/"+c.ID+".txtar")
		require.NotEmpty(t, s.Comment, c.ID)
		require.NotEmpty(t, s.Quiet(), c.ID)
		require.Regexp(t, `\b`+c.ID+`(-\d+)? normal > unacknowledged`, s.Want(), c.ID)
		require.Regexp(t, "> (returned_unacknowledged|normal)", s.Want(), c.ID)
	}
}
