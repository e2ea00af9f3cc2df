package figure

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{0, 0, "0"},
		{12.345, 1, "12,3"},
		{1234.5, 0, "1\u202f234"},
		{1234567.25, 2, "1\u202f234\u202f567,25"},
		{-5, 0, "−5"},
		{-0.04, 1, "0,0"},
		{-1234, 1, "−1\u202f234,0"},
		{999, 0, "999"},
		{math.NaN(), 1, "–"},
		{math.Inf(1), 0, "–"},
	} {
		require.Equal(t, c.want, Number(c.v, c.decimals), "%v with %d", c.v, c.decimals)
	}
}

func TestDate(t *testing.T) {
	require.Equal(t, "21\u00a0nov.\u00a02026", Date(time.Date(2026, 11, 21, 14, 3, 0, 0, time.UTC)))
}

func TestNumberTicks(t *testing.T) {
	var labels []string
	for _, k := range (numbers{}).Ticks(-4, 21.5) {
		labels = append(labels, k.Label)
	}
	require.Equal(t, []string{"0", "10", "20"}, labels)
	labels = nil
	for _, k := range (numbers{}).Ticks(0, 0.9) {
		labels = append(labels, k.Label)
	}
	require.Equal(t, []string{"0,0", "0,2", "0,4", "0,6", "0,8"}, labels)
	require.Empty(t, (numbers{}).Ticks(3, 3))
	require.Empty(t, (numbers{}).Ticks(0, math.Inf(1)))
}

// TestTicksAreFewRoundAndInside for any range.
func TestTicksAreFewRoundAndInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		span := math.Pow(10, rapid.Float64Range(-3, 7).Draw(t, "span"))
		a, b := widen(lo, lo+span)
		require.LessOrEqual(t, a, lo+1e-9*span)
		require.GreaterOrEqual(t, b, lo+span-1e-9*span)
		ticks := (numbers{}).Ticks(a, b)
		require.GreaterOrEqual(t, len(ticks), 2)
		require.LessOrEqual(t, len(ticks), 8)
		seen := map[string]bool{}
		for _, k := range ticks {
			require.False(t, seen[k.Label], "%s twice between %v and %v", k.Label, a, b)
			seen[k.Label] = true
		}
	})
}

func zone(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

func TestCalendarOfAWeekAndItsChangeOfTheClock(t *testing.T) {
	from := time.Date(2026, 3, 26, 0, 0, 0, 0, zone(t))
	c := calendar{from, from.AddDate(0, 0, 7)}
	var labels []string
	for _, k := range c.Ticks(0, 0) {
		labels = append(labels, k.Label)
	}
	require.Equal(t, []string{"jeu. 26 mars", "ven. 27 mars", "sam. 28 mars", "dim. 29 mars", "lun. 30 mars", "mar. 31 mars", "mer. 1 avril"}, labels)
	require.Equal(t, []time.Time{time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)}, utc(c.changes()))
	for i, cell := range c.cells() {
		hours := 24.0
		if i == 3 {
			hours = 23
		}
		require.InDelta(t, hours, cell[1].Sub(cell[0]).Hours(), 0, "a day of the change is shorter")
	}
	require.Empty(t, calendar{from, from.AddDate(0, 0, 2)}.changes())
}

func utc(in []time.Time) (out []time.Time) {
	for _, t := range in {
		out = append(out, t.UTC())
	}
	return out
}

func TestCalendarOfYears(t *testing.T) {
	from := time.Date(2025, 1, 20, 0, 0, 0, 0, zone(t))
	var labels []string
	for _, k := range (calendar{from, from.AddDate(1, 0, 0)}).Ticks(0, 0) {
		labels = append(labels, k.Label)
	}
	require.Equal(t, []string{
		"févr.\n2025", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.", "janv.\n2026",
	}, labels, "the twelve days of January are too few for a word")
	long := calendar{from, from.AddDate(5, 0, 0)}.Ticks(0, 0)
	require.LessOrEqual(t, len(long), 28)
}
