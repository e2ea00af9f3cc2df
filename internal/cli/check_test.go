package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkOf runs gtc check on a folder with these files.
func checkOf(t *testing.T, files map[string]string) (status int, said string) {
	t.Helper()
	dir := t.TempDir()
	files["gtc.yaml"] += "console: {language: fr}\n"
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	status, _, said = gtcRun(t, "check", dir)
	return status, said
}

func TestCheckReadsTheAlarmClassesAsServeDoes(t *testing.T) {
	status, said := checkOf(t, map[string]string{"rules/alarms.yaml": "classes:\n  - class: own\n    kind: boiler\n    when: {point: lockot}\n"})
	require.Equal(t, 1, status)
	require.Contains(t, said, "rules/alarms.yaml:4:")
	require.Contains(t, said, "lockot")
}

func TestCheckRefusesFilesThatNobodyReads(t *testing.T) {
	status, said := checkOf(t, map[string]string{
		"rules/alarm.yaml": "classes: []\n", "rules/old/alarms.yaml": "classes: []\n",
		"rules/boiler_lockout.txtar": "", "rules/.keep": "", "rules/README.md": "why",
	})
	require.Equal(t, 1, status)
	require.Contains(t, said, `rules/alarm.yaml: nobody reads this file`)
	require.Contains(t, said, `did you mean "alarms.yaml"?`)
	require.Contains(t, said, "rules/old/alarms.yaml: nobody reads")
	for _, fine := range []string{"txtar: nobody", "keep: nobody", "README.md: nobody"} {
		require.NotContains(t, said, fine)
	}
}

const checkedBook = `people:
  - {id: un, phone: "+32475000001"}
  - {id: deux, email: deux@example.org}
rotas:
  - {id: garde, start: 2026-01-05T08:00:00+01:00, turn_days: 7, members: [un, deux]}
routes:
  - id: feu
    disciplines: [fire]
    priorities: [1]
    steps: [{to: ["rota:garde"], channels: [sms, email]}]
`

func TestCheckHoldsTheBookAgainstTheConfiguration(t *testing.T) {
	status, said := checkOf(t, map[string]string{"rules/notify.yaml": checkedBook})
	require.Zero(t, status, said)
	require.Contains(t, said, "warning: rules/notify.yaml:10:19: route feu: step 1: rota garde: person deux is not told by sms")
	require.Contains(t, said, "no route for P2 of")
	require.Contains(t, said, "no route for P3 of")
	require.Contains(t, said, "no route for P2 of communication at hub: nobody is told")

	status, said = checkOf(t, map[string]string{"rules/notify.yaml": checkedBook + `  - {id: reste, steps: [{to: ["rota:garde"], channels: [sms, email]}]}` + "\n"})
	require.Zero(t, status, said)
	require.NotContains(t, said, "no route for")

	status, said = checkOf(t, map[string]string{"rules/notify.yaml": checkedBook + `  - id: faux
    sites: [hud]
    disciplines: [heatin]
    steps:
      - {to: ["webhook:cmms"], channels: [webhook]}
      - {after: 5m, to: ["rota:garde"], channels: [sms]}
`})
	require.Equal(t, 1, status)
	for _, want := range []string{
		`rules/notify.yaml:12:13: route faux: there is no site "hud" (did you mean "hub"?)`,
		`rules/notify.yaml:13:19: route faux: there is no discipline "heatin" (did you mean "heating"?)`,
		`rules/notify.yaml:15:15: route faux: step 1: there is no webhook "cmms" in gtc.yaml`,
		`rules/notify.yaml:16:26: route faux: step 2: rota garde: person deux is not told: has no sms`,
	} {
		require.Contains(t, said, want)
	}
}
