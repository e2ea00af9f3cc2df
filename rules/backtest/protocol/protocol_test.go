package protocol_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/backtest/protocol"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestScoreOfMadeUpMeters scores steady made-up meters: hardly anything
// without drift, every fifth more found soon, the CUSUM later.
func TestScoreOfMadeUpMeters(t *testing.T) {
	var all []protocol.Scored
	for seed := range int64(6) {
		pairs := protocol.Pairs("made-up", energytest.MadeUp(731, 15, 40, seed))
		require.Len(t, pairs, 1)
		all = append(all, pairs[0].Score(1, 1))
	}
	r := protocol.Sum(all, 1)
	rows := map[string]protocol.Row{}
	for _, row := range r.Rows {
		rows[row.Protocol] = row
	}
	require.Equal(t, 6, r.Pairs)
	require.Zero(t, r.Refused)
	require.LessOrEqual(t, rows["boot"].GTC.PerYear, 0.5)
	require.InDelta(t, 100, *rows["boot+20"].GTC.Within56, 0.1)
	require.LessOrEqual(t, *rows["boot+20"].GTC.MedianDelay, *rows["boot+20"].CUSUM.MedianDelay)
	require.Nil(t, rows["real"].GTC.Within28)
	require.Empty(t, protocol.Pairs("short", energytest.MadeUp(500, 15, 40, 1)))
}

// TestScoreIsRepeatable scores a real meter twice.
func TestScoreIsRepeatable(t *testing.T) {
	all := energytest.Cambridge(t)
	var pairs []protocol.Pair
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pairs = append(pairs, protocol.Pairs(name, all[name])...)
	}
	require.Len(t, pairs, 70, "those of the scoring program")
	first := pairs[0].Score(3, 1)
	require.Equal(t, first, pairs[0].Score(3, 1))
}
