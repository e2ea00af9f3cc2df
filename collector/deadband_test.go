package collector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

func TestDeadbandLeavesOutSmallChanges(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	b := &banded{band: band{width: 0.5, heartbeat: time.Minute}}
	at := func(d time.Duration, v float64) *gtc.Sample {
		return &gtc.Sample{At: start.Add(d), Value: gtc.Float(v), Quality: gtc.QualityGood}
	}
	require.False(t, b.leavesOut(at(0, 20), false), "the first")
	require.True(t, b.leavesOut(at(10*time.Second, 20.4), false))
	require.True(t, b.leavesOut(at(20*time.Second, 19.5), false))
	require.False(t, b.leavesOut(at(30*time.Second, 20.6), false), "against what was written, not what was read last")
	require.True(t, b.leavesOut(at(80*time.Second, 20.6), false))
	require.False(t, b.leavesOut(at(90*time.Second, 20.6), false), "the heartbeat")
	require.False(t, b.leavesOut(at(91*time.Second, 20.6), true), "a change of quality")
	require.False(t, b.leavesOut(at(-time.Hour, 20.6), false), "a clock that was set back")
	require.False(t, (*banded)(nil).leavesOut(at(0, 20), false), "off by default")
}

func TestTotalsHaveNoDeadband(t *testing.T) {
	t.Parallel()
	w := &wiring{bands: map[pointKey]band{}}
	require.NoError(t, w.band("e", profile.Register{Point: "a"}, true))
	require.Error(t, w.band("e", profile.Register{Point: "a", Deadband: 1}, true))
	require.Error(t, w.band("e", profile.Register{Point: "a", Deadband: -1}, false))
	require.NoError(t, w.band("e", profile.Register{Point: "a", Deadband: 1}, false))
	require.Equal(t, map[pointKey]band{{"e", "a"}: {1, defaultHeartbeat}}, w.bands)
}
