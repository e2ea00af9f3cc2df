package stamp

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	var h History
	require.EqualValues(t, 1000, h.Place(1000, 1))
	require.EqualValues(t, 2000, h.Place(2000, 2))
	require.EqualValues(t, 2000, h.Place(2000, 2), "the same sample again")
	require.EqualValues(t, 2001, h.Place(2000, 3), "another value")
	require.EqualValues(t, 1001, h.Place(1000, 9), "after the clock went back")
	require.EqualValues(t, 1500, h.Place(1500, 4), "an instant between is free")
	require.EqualValues(t, 1002, h.Place(1000, 10))
}

// Two different values of a series never get the same instant.
func TestHistoryKeepsValuesApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var h History
		at := map[int64]float64{}
		for range rapid.IntRange(1, 100).Draw(t, "n") {
			ms := rapid.Int64Range(0, 20).Draw(t, "ms")
			v := float64(rapid.IntRange(0, 3).Draw(t, "v"))
			got := h.Place(ms, v)
			if got < ms {
				t.Fatalf("%d was put at %d", ms, got)
			}
			if old, ok := at[got]; ok && old != v {
				t.Fatalf("%v replaces %v at %d", v, old, got)
			}
			at[got] = v
		}
	})
}

// A clock that was ahead for a while and was set back: what it stamped is
// still remembered when that time comes.
func TestHistoryRemembersWhatLiesAhead(t *testing.T) {
	t.Parallel()
	var h History
	used := map[int64]bool{}
	place := func(ms int64) {
		at := h.Place(ms, float64(len(used)))
		require.False(t, used[at])
		used[at] = true
	}
	ms := int64(0)
	for range 300 {
		place(ms)
		ms += 1000
	}
	ahead := ms
	for range 15 { // three minutes ahead for 15 s
		place(ms + 180_000)
		ms += 1000
	}
	for range 600 {
		place(ms)
		ms += 1000
	}
	require.Greater(t, ms, ahead+180_000)
	require.LessOrEqual(t, len(h.all)-h.head, keptMost)
}
