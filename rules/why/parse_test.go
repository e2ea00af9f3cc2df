package why_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/why"
)

func TestLibrary(t *testing.T) {
	set, err := why.Library()
	require.NoError(t, err)
	var ids []string
	for i := range set {
		r := &set[i]
		ids = append(ids, r.ID)
		if len(r.By) > 0 {
			require.True(t, r.Enabled, r.ID)
			continue
		}
		require.NotEmpty(t, r.Needs, r.ID)
		require.Equal(t, "threshold", r.ParamNames()[0], r.ID)
		require.True(t, !r.Enabled || r.Rate.Measured(), r.ID)
	}
	require.Equal(t, "H1 H2 H3 H4 H5 H5-circuit H6 H7 H8 H9 H10 H11 H11-runs H12 H12-return H13 H14 H14-gas W1 W2 W2-dead-leg W2-lukewarm W3 E1 E2 E3 E4 G1 G2 D1 D1-room D2 D3 D4 D5 D6 D7 D8", strings.Join(ids, " "))
}

func TestLoadSetsRules(t *testing.T) {
	set, err := why.Load(fstest.MapFS{"rules/energy.yaml": {Data: []byte(`
sensitivity: high
rules:
  - rule: H3
    enabled: false
    sensitivity: low
    open: 3
  - rule: H14
    params: {margin: {value: 6}, threshold: {value: 60}}
`)}})
	require.NoError(t, err)
	h3, h14, e1 := set.Rule("H3"), set.Rule("H14"), set.Rule("E1")
	require.False(t, h3.Enabled)
	require.Equal(t, 3, h3.Open)
	require.InDelta(t, 0.75, h3.Param("threshold"), 1e-9)
	require.InDelta(t, 30, h14.Param("threshold"), 1e-9)
	require.InDelta(t, 6, h14.Param("margin"), 1e-9)
	require.InDelta(t, 7.5, e1.Param("threshold"), 1e-9)
	require.Equal(t, "rules/energy.yaml", h3.Source)
	require.Equal(t, "rules/library/energy.yaml", e1.Source)
	shipped, err := why.Load(fstest.MapFS{})
	require.NoError(t, err)
	require.InDelta(t, 15, shipped.Rule("E1").Param("threshold"), 1e-9)
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{`rules/energy.yaml:2:11: rule "H33" is unknown, did you mean H3?`, "rules:\n  - rule: H33\n"},
		{`rules/energy.yaml:3:24: parameter "treshold" of rule H3 is unknown, did you mean threshold?`, "rules:\n  - rule: H3\n    params: {treshold: {value: 1}}\n"},
		{`sensitivity is low, normal or high`, "sensitivity: loud\n"},
		{`rule H3: kind, cause, by, explains, needs and measured are those of the library`, "rules:\n  - rule: H3\n    kind: data\n"},
		{`rule H3: open is at least 1 and at most within`, "rules:\n  - rule: H3\n    open: 12\n"},
		{`rule H3 is given twice`, "rules:\n  - rule: H3\n  - rule: H3\n"},
		{`rule H3: reset is not above threshold`, "rules:\n  - rule: H3\n    params: {reset: {value: 2}}\n"},
		{`unknown key "nam"`, "rules:\n  - rule: H3\n    nam: 1\n"},
	} {
		want, text := c[0], c[1]
		_, err := why.Load(fstest.MapFS{"rules/energy.yaml": {Data: []byte(text)}})
		require.ErrorContains(t, err, "rules/energy.yaml:", text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestLibraryRefusesAnUnmeasuredRuleSwitchedOn(t *testing.T) {
	_, err := why.Parse(nil, "lib.yaml", []byte("rules:\n  - {rule: H3, kind: drift, enabled: true, open: 1, within: 1, clear: 1, params: {threshold: {value: 1}, reset: {value: 1}}}\n"))
	require.ErrorContains(t, err, "without a measured rate of false findings it ships switched off")
	require.ErrorContains(t, err, "has no text or check in nl")
}
