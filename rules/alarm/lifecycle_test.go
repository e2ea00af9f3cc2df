package alarm_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const (
	normal, unack      = gtc.AlarmNormal, gtc.AlarmUnacknowledged
	acked, back        = gtc.AlarmAcknowledged, gtc.AlarmReturned
	latchedNew, latch  = gtc.AlarmLatchedUnacknowledged, gtc.AlarmLatched
	shelved, suppress  = gtc.AlarmShelved, gtc.AlarmSuppressed
	outOfService       = gtc.AlarmOutOfService
	holds, clears      = alarm.Holds, alarm.Clears
	ack, reset, renew  = alarm.Acknowledge, alarm.Reset, alarm.Renew
	before, by, nobody = "before", "someone", ""
)

func states() []gtc.AlarmState {
	return []gtc.AlarmState{"", normal, unack, acked, back, latchedNew, latch}
}

// TestLifeCycle proves every state against every input, of a class that
// latches and one that does not, seen plainly and through every inhibition.
func TestLifeCycle(t *testing.T) {
	type move struct {
		from gtc.AlarmState
		in   alarm.Input
	}
	// What is not listed changes nothing.
	plain := map[move]gtc.AlarmState{
		{normal, holds}: unack, {back, holds}: unack, {latchedNew, holds}: unack, {latch, holds}: unack,
		{unack, clears}: back, {acked, clears}: normal,
		{unack, ack}: acked, {back, ack}: normal, {latchedNew, ack}: latch,
		{latch, reset}: normal,
		{acked, renew}: unack,
	}
	latching := map[move]gtc.AlarmState{{unack, clears}: latchedNew, {acked, clears}: latch}
	start := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	at := start.Add(time.Hour)
	for _, from := range states() {
		for _, in := range alarm.Inputs() {
			for _, latches := range []bool{false, true} {
				for _, over := range []gtc.AlarmState{"", shelved, suppress, outOfService} {
					t.Run(fmt.Sprintf("%s-%d-%t-%s", from, in, latches, over), func(t *testing.T) {
						state := from
						if state == "" {
							state = normal
						}
						to, moved := plain[move{state, in}]
						if x, ok := latching[move{state, in}]; ok && latches {
							to = x
						}
						if !moved {
							to = state
						}
						a := gtc.Alarm{ID: "a/b/c", State: from, Since: start, Changed: start, Occurrence: 3, By: before}
						want := a
						want.State = to
						if over != "" {
							a = alarm.Inhibit(a, gtc.Inhibition{State: over, By: by, Since: start})
							want = a
							want.Under = to
						}
						if moved {
							want.Changed = at
						}
						if moved && in == holds {
							want.Since, want.Occurrence, want.By = at, 4, nobody
						}
						if moved && (in == ack || in == reset) {
							want.By = by
						}
						require.Equal(t, want, alarm.Next(a, in, latches, by, at))
					})
				}
			}
		}
	}
}

func TestChangedNeverGoesBack(t *testing.T) {
	start := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	a := gtc.Alarm{State: unack, Since: start, Changed: start}
	for _, in := range alarm.Inputs() {
		require.Equal(t, start, alarm.Next(a, in, false, by, start.Add(-time.Minute)).Changed)
	}
}

// TestInhibitions shows which of several is seen, and what is left when they go.
func TestInhibitions(t *testing.T) {
	start := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	a := gtc.Alarm{State: acked, Since: start, Changed: start, Occurrence: 1, By: before}
	set := func(s gtc.AlarmState) { a = alarm.Inhibit(a, gtc.Inhibition{State: s, By: by, Since: start}) }
	set(shelved)
	require.Equal(t, shelved, a.State)
	set(suppress)
	require.Equal(t, suppress, a.State)
	set(outOfService)
	set(shelved) // again: in the place of the first
	require.Equal(t, outOfService, a.State)
	require.Len(t, a.Inhibitions, 3)
	require.Equal(t, acked, a.Process())
	require.True(t, a.Active())
	require.False(t, a.Standing())

	a = alarm.Release(a, outOfService, start)
	require.Equal(t, suppress, a.State)
	a = alarm.Release(a, outOfService, start)
	require.Equal(t, suppress, a.State, "it was not out of service any more")
	a = alarm.Release(a, suppress, start)
	require.Equal(t, shelved, a.State)
	a = alarm.Release(a, shelved, start)
	require.Equal(t, unack, a.State, "it holds and nobody looked since: it calls again")
	require.Equal(t, 1, a.Occurrence)
}

func TestReleaseOfASuppressionKeepsTheCharge(t *testing.T) {
	a := alarm.Inhibit(gtc.Alarm{State: acked, Occurrence: 1}, gtc.Inhibition{State: suppress})
	require.Equal(t, acked, alarm.Release(a, suppress, time.Time{}).State)
}

// TestLifeSafetyIsNeverInhibited holds for every inhibition and state.
func TestLifeSafetyIsNeverInhibited(t *testing.T) {
	for _, s := range states() {
		for _, i := range []gtc.AlarmState{shelved, suppress, outOfService} {
			a := gtc.Alarm{State: s, LifeSafety: true}
			require.Equal(t, a, alarm.Inhibit(a, gtc.Inhibition{State: i}))
		}
	}
}

// TestLifeCycleProperties plays anything that can happen, in any order.
func TestLifeCycleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latches := rapid.Bool().Draw(t, "latches")
		at := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
		a := gtc.Alarm{State: normal}
		process := false // the condition holds, as the process says
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(-5, 60).Draw(t, "later")) * time.Second)
			was := a
			switch what := rapid.IntRange(0, 6).Draw(t, "what"); what {
			case 0, 1:
				process = what == 0
				a = alarm.Next(a, alarm.Input(what), latches, "", at)
			case 2, 3, 4:
				a = alarm.Next(a, alarm.Input(what), latches, by, at)
				require.Equal(t, was.Active(), a.Active(), "a person never changes the process")
				require.Equal(t, was.Occurrence, a.Occurrence)
				require.Equal(t, was.Since, a.Since)
			case 5:
				s := rapid.SampledFrom([]gtc.AlarmState{shelved, suppress, outOfService}).Draw(t, "inhibit")
				a = alarm.Inhibit(a, gtc.Inhibition{State: s, By: by, Since: at})
				require.Equal(t, was.Process(), a.Process())
				require.True(t, a.State.Inhibits())
			case 6:
				s := rapid.SampledFrom([]gtc.AlarmState{shelved, suppress, outOfService}).Draw(t, "release")
				a = alarm.Release(a, s, at)
			}
			require.Equal(t, process, a.Active(), "the alarm follows its condition, whatever lies over it")
			require.False(t, a.Changed.Before(was.Changed))
			require.GreaterOrEqual(t, a.Occurrence, was.Occurrence)
			require.Equal(t, len(a.Inhibitions) > 0, a.State.Inhibits())
			require.Equal(t, len(a.Inhibitions) > 0, a.Under != "")
			require.True(t, slices.Contains(states(), a.Process()))
			if !process && was.Active() && was.Process() == unack {
				require.NotEqual(t, normal, a.Process(), "what nobody saw does not go away by itself")
			}
		}
	})
}
