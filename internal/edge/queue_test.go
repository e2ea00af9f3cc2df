package edge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

func TestQueueWatch(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	w := queueWatch{site: "s1", boot: "b", lost: 5}
	ids := map[string]bool{}
	steps := []struct {
		name    string
		q       bus.QueueState
		dropped uint64
		want    []string // subject from>to value
		values  []float64
	}{
		{name: "as before the restart", q: bus.QueueState{Lost: 5}},
		{name: "just below", q: bus.QueueState{Lost: 5, Fill: 0.79}},
		{name: "filling", q: bus.QueueState{Lost: 5, Fill: 0.8}, want: []string{"queue normal>filling"}, values: []float64{0.8}},
		{name: "said once", q: bus.QueueState{Lost: 5, Fill: 0.9}},
		{name: "not yet normal", q: bus.QueueState{Lost: 5, Fill: 0.75}},
		{name: "lost", q: bus.QueueState{Lost: 12, Fill: 1}, want: []string{"queue >lost"}, values: []float64{7}},
		{name: "normal", q: bus.QueueState{Lost: 12}, want: []string{"queue filling>normal"}, values: []float64{0}},
		{name: "disk full", q: bus.QueueState{Lost: 12, Refused: true, Reason: "disk full", Free: 9}, dropped: 3, want: []string{"disk normal>full"}, values: []float64{9}},
		{name: "still", q: bus.QueueState{Lost: 12, Refused: true, Reason: "disk full", Free: 9}, dropped: 40},
		{name: "over", q: bus.QueueState{Lost: 12, Free: 99}, dropped: 41, want: []string{"disk full>normal", "queue >dropped"}, values: []float64{99, 41}},
		{name: "nothing more", q: bus.QueueState{Lost: 12, Free: 99}, dropped: 41},
	}
	for _, s := range steps {
		got := w.look(now, s.q, s.dropped)
		require.Len(t, got, len(s.want), s.name)
		for i, ev := range got {
			require.Equal(t, s.want[i], ev.Subject+" "+ev.From+">"+ev.To, s.name)
			require.InDelta(t, s.values[i], *ev.Value, 1e-9, s.name)
			require.Equal(t, gtc.EventEdge, ev.Kind)
			require.Equal(t, now, ev.At)
			require.False(t, ids[ev.ID], "an id of its own")
			ids[ev.ID] = true
		}
	}
}

func TestMachineTime(t *testing.T) {
	t.Parallel()
	m := &machineTime{begun: time.Now()}
	a := m.read()
	b := m.read()
	require.GreaterOrEqual(t, b.Mono, a.Mono)
	require.False(t, b.Wall.Before(a.Wall.Round(0)) && b.Mono > a.Mono)
	require.True(t, built().Before(time.Now()), "the program was made before now")
}
