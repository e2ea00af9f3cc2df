package alarm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// TestOutOfServiceEndsWithoutItsWork: the hub died after the alarms were kept
// and before the works were.
func TestOutOfServiceEndsWithoutItsWork(t *testing.T) {
	const id = "home/boiler/boiler_lockout"
	for _, active := range []bool{false, true} {
		e := newEngine(t)
		e.Tick(start)
		_, err := e.Plan(maintenance("boiler"), start)
		require.NoError(t, err)
		e.Tick(start.Add(2 * time.Minute))
		e.Observe([]gtc.Sample{lockout(2*time.Minute, active), lockout(3*time.Minute, active)})
		require.Equal(t, gtc.AlarmOutOfService, stateOf(t, e, id))
		again := newEngine(t, e.Alarms()...)
		require.Empty(t, again.Works())
		require.Empty(t, only(again.Tick(start.Add(5*time.Hour-time.Second)), "boiler"))
		require.Equal(t, gtc.AlarmOutOfService, stateOf(t, again, id))
		events := only(again.Tick(start.Add(5*time.Hour)), "boiler")
		if !active {
			require.Empty(t, events, "nobody sees it")
			require.Equal(t, gtc.AlarmNormal, stateOf(t, again, id))
			continue
		}
		require.Len(t, events, 1)
		require.Equal(t, "unacknowledged", events[0].To)
		require.Empty(t, events[0].Inhibited)
		require.Equal(t, "works are over", events[0].Reason)
		require.Empty(t, only(again.Tick(start.Add(5*time.Hour+time.Second)), "boiler"), "once")
	}
}
