package scenario_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/alarm/scenario"
)

const lockout = `A lockout of a minute is an alarm.
-- quiet --
# a restart attempt
0s lockout=false
10s lockout=true
69s lockout=false
-- input --
0s lockout=false
10s lockout=true
70s lockout=true
-- want --
1m10s p2 boiler_lockout normal > unacknowledged since=10s n=1
`

func shipped(t *testing.T) (*catalogue.Catalogue, []alarm.Class) {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Library(cat)
	require.NoError(t, err)
	return cat, classes
}

func TestScenarioPassesAndFailsWhereItDiffers(t *testing.T) {
	cat, classes := shipped(t)
	for name, c := range map[string]struct{ old, new, want string }{
		"passes":          {"", "", ""},
		"windows endings": {"\n", "\r\n", ""},
		"wrong event":     {"n=1", "n=2", `a/boiler_lockout.txtar:12:1: expected "1m10s p2 boiler_lockout normal > unacknowledged since=10s n=2", and "1m10s`},
		"missing event":   {"1m10s p2 boiler_lockout normal > unacknowledged since=10s n=1\n", "", "a/boiler_lockout.txtar:12:1: came, and was not expected: 1m10s"},
		"one too many":    {"n=1\n", "n=1\n2m p2 more\n", "a/boiler_lockout.txtar:13:1: expected, and nothing came: 2m p2 more"},
		"not quiet":       {"69s lockout=false", "75s lockout=true", "a/boiler_lockout.txtar:3:1: quiet gives the event: 1m10s"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Parse("a/boiler_lockout.txtar", []byte(strings.ReplaceAll(lockout, c.old, c.new)))
			if c.old == "" {
				s, err = scenario.Parse("a/boiler_lockout.txtar", []byte(lockout))
			}
			require.NoError(t, err)
			got, err := s.Play(cat, classes)
			require.NoError(t, err)
			diff := s.Compare(got)
			if c.want == "" {
				require.Empty(t, diff)
				return
			}
			require.Contains(t, diff.Error(), c.want)

			again, err := scenario.Parse(s.Name, s.Update(got))
			require.NoError(t, err)
			require.Equal(t, again.Want(), got.Got)
		})
	}
}

func TestWithoutWantTheEventsAreNew(t *testing.T) {
	cat, classes := shipped(t)
	text, _, _ := strings.Cut(lockout, "-- want --")
	s, err := scenario.Parse("boiler_lockout.new.txtar", []byte(text))
	require.NoError(t, err)
	got, err := s.Play(cat, classes)
	require.NoError(t, err)
	require.Contains(t, s.Compare(got).Error(), "came, and was not expected")
	again, err := scenario.Parse(s.Name, s.Update(got))
	require.NoError(t, err)
	require.Empty(t, again.Compare(got))
}

func TestMistakesHaveTheirLine(t *testing.T) {
	cat, classes := shipped(t)
	for name, c := range map[string]struct{ file, text, want string }{
		"no class":       {"boiler_lokout.txtar", lockout, `boiler_lokout.txtar:1:1: there is no alarm class "boiler_lokout", after which the file is named (did you mean "boiler_lockout"?)`},
		"no input":       {"boiler_lockout.txtar", "words\n-- quiet --\n", `boiler_lockout.txtar:1:1: the part "-- input --" is missing`},
		"unknown part":   {"x.txtar", "w\n-- input --\n-- wants --\n", `x.txtar:3:1: "wants" is no part of a scenario`},
		"twice":          {"x.txtar", "w\n-- input --\n-- input --\n", `x.txtar:3:1: the part "input" is given twice`},
		"no instant":     {"boiler_lockout.txtar", "w\n-- input --\n0s tick\nsoon tick\n", `boiler_lockout.txtar:4:1: "soon" is no instant`},
		"backwards":      {"boiler_lockout.txtar", "w\n-- input --\n9s tick\n8s tick\n", `boiler_lockout.txtar:4:1: 8s comes before the line above`},
		"nothing":        {"boiler_lockout.txtar", "w\n-- input --\n9s\n", `boiler_lockout.txtar:3:1: nothing happens at 9s`},
		"no point":       {"boiler_lockout.txtar", "w\n-- input --\n9s lokout=true\n", `a boiler has no point "lokout"`},
		"no value":       {"boiler_lockout.txtar", "w\n-- input --\n9s lockout=maybe\n", `lockout is true or false`},
		"no number":      {"boiler_lockout.txtar", "w\n-- input --\n9s flow_temp=hot\n", `"hot" is neither a number nor a quality`},
		"no quality":     {"boiler_lockout.txtar", "w\n-- input --\n9s lockout=true!bad\n", `"bad" is no quality`},
		"no word":        {"boiler_lockout.txtar", "w\n-- input --\n9s lockout\n", `"lockout" is neither point=value`},
		"nobody":         {"boiler_lockout.txtar", "w\n-- input --\n9s ack\n", `ack names one person`},
		"no device":      {"device_lost.txtar", "w\n-- input --\n9s beat x=gone\n", `a device is =online, =offline or =unknown`},
		"no such kind":   {"boiler_lockout.txtar", "w\n-- site --\nteapot\n-- input --\n9s tick\n", `boiler_lockout.txtar:3:1: there is no kind of equipment "teapot"`},
		"several at one": {"boiler_lockout.txtar", "w\n-- input --\nsoon tick\nlater tick\n", "boiler_lockout.txtar:4:1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Parse(c.file, []byte(c.text))
			if err == nil {
				_, err = s.Play(cat, classes)
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzScenario(f *testing.F) {
	f.Add([]byte(lockout))
	f.Add([]byte("-- input --\n1h ack x\n0s beat a/b=online\n"))
	cat, err := catalogue.Load()
	require.NoError(f, err)
	classes, err := alarm.Library(cat)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenario.Parse("boiler_lockout.txtar", data)
		if err != nil {
			return
		}
		if got, err := s.Play(cat, classes); err == nil {
			for _, m := range s.Compare(got) {
				require.Positive(t, m.Line)
			}
			if _, err := scenario.Parse(s.Name, s.Update(got)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
