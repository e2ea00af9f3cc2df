package drift

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The protocols on which the detector is scored.
var (
	still     = protocol{}
	plus10    = protocol{rise: .1}
	plus20    = protocol{rise: .2}
	ramp20    = protocol{rise: .2, ramp: 56}
	realYear  = protocol{real: true}
	realPlus  = protocol{real: true, rise: .2}
	realPlus1 = protocol{real: true, rise: .1}
)

// TestOperatingPoints scores the detector on real buildings: years made of
// each building's own residuals, without drift and with a step, and the real
// following years, beside the weekly CUSUM.
func TestOperatingPoints(t *testing.T) {
	ps := pairs(t)
	k := score(ps, 8, still, plus10, plus20)
	none, ten, twenty := k[0], k[1], k[2]
	load := score(ps, 1, realYear)[0]
	t.Logf("false findings a building-year %.2f; +20 %%: %.0f %% within 28 d, %.0f %% within 56 d, median %.0f d; +10 %%: %.0f %% within 56 d",
		none.rate(), twenty.within(28), twenty.within(56), twenty.median(), ten.within(56))
	t.Logf("findings a building-year on the real following years %.2f, weekly CUSUM %.2f", load.rate(), cusumLoad(ps))
	require.LessOrEqual(t, none.rate(), .30)
	require.GreaterOrEqual(t, twenty.within(28), 85.)
	require.GreaterOrEqual(t, twenty.within(56), 97.)
	require.LessOrEqual(t, twenty.median(), 14.)
	require.GreaterOrEqual(t, ten.within(56), 75.)
	require.LessOrEqual(t, load.rate(), cusumLoad(ps)/2)
}

// TestOperatingPointsBesideOthers scores the detector as a hub runs it: each
// building beside the others of the same year, in years with at least five.
func TestOperatingPointsBesideOthers(t *testing.T) {
	alone, beside := scoreYears(pairs(t), 2, still, plus10, plus20, realYear)
	for i, name := range []string{"no drift", "+10 %", "+20 %", "real years"} {
		a, b := alone[i], beside[i]
		t.Logf("%-10s alone / beside: %.2f / %.2f findings a building-year; %.0f / %.0f %% within 28 d, %.0f / %.0f %% within 56 d, median %.0f / %.0f d",
			name, a.rate(), b.rate(), a.within(28), b.within(28), a.within(56), b.within(56), a.median(), b.median())
	}
	require.LessOrEqual(t, beside[0].rate(), .30)
	require.LessOrEqual(t, beside[0].rate(), alone[0].rate())
	require.GreaterOrEqual(t, beside[1].within(56), 72.)
	// The bars are held by TestOperatingPoints on all pairs and 8 draws; these
	// are 57 of them and 2 draws, one building more or less is 0.9 points.
	require.GreaterOrEqual(t, beside[2].within(28), 83.)
	require.GreaterOrEqual(t, beside[2].within(56), 95.) // 57 pairs, 2 draws
	require.LessOrEqual(t, beside[2].median(), 14.)
	require.LessOrEqual(t, beside[3].rate(), alone[3].rate())
}

// BenchmarkOperatingCurve reports what the detector finds for what it costs in
// false findings, from the most silent to the most eager, and at the standard
// parameters for each half of the buildings.
func BenchmarkOperatingCurve(b *testing.B) {
	ps := pairs(b)
	for _, c := range []struct{ slow, leastScore float64 }{{.02, 3.5}, {.10, 3}, {.20, 2.5}, {.30, 2.5}, {.40, 2}, {.60, 1.5}, {.80, 1}} {
		b.Run(fmt.Sprintf("budget=%.2f,score=%.1f", c.slow, c.leastScore), func(b *testing.B) {
			t := standard()
			t.slow, t.leastScore = c.slow, c.leastScore
			reportPoint(b, retuned(ps, t))
		})
	}
	for i, half := range halves(ps) {
		b.Run(fmt.Sprintf("half=%d", i+1), func(b *testing.B) { reportPoint(b, half) })
	}
}

// reportPoint reports one point of the operating curve.
func reportPoint(b *testing.B, ps []pair) {
	b.Helper()
	var k []*tally
	for b.Loop() {
		k = score(ps, 8, still, plus10, plus20, ramp20, realPlus, realPlus1)
	}
	load := score(ps, 1, realYear)[0]
	for _, m := range []struct {
		value float64
		unit  string
	}{
		{k[0].rate(), "false/yr"},
		{k[2].within(28), "%+20@28d"},
		{k[2].within(56), "%+20@56d"},
		{k[2].median(), "d+20"},
		{k[1].within(28), "%+10@28d"},
		{k[1].within(56), "%+10@56d"},
		{k[3].within(56), "%ramp@56d"},
		{load.rate(), "real/yr"},
		{load.rate() / cusumLoad(ps), "real/cusum"},
		{k[4].within(28), "%real+20@28d"},
		{k[4].within(56), "%real+20@56d"},
		{k[5].within(56), "%real+10@56d"},
	} {
		b.ReportMetric(m.value, m.unit)
	}
}
