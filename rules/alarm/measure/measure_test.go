package measure_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm/measure"
)

var from = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

func change(after time.Duration, alarm string, p gtc.Priority, was, is gtc.AlarmState) gtc.Event {
	return gtc.Event{
		ID: fmt.Sprintf("%s/%s/%s", alarm, is, after), Kind: gtc.EventAlarm, Subject: alarm, Priority: p,
		At: from.Add(after), From: string(was), To: string(is),
	}
}

func raised(after time.Duration, alarm string, p gtc.Priority) gtc.Event {
	return change(after, alarm, p, gtc.AlarmNormal, gtc.AlarmUnacknowledged)
}

func TestCallsAreCountedByTenMinutes(t *testing.T) {
	inhibited := raised(5*time.Minute, "shelved", 3)
	inhibited.Inhibited = gtc.AlarmShelved
	late := raised(-time.Hour, "late", 2)
	late.Received = from.Add(25 * time.Minute) // heard of an hour and more after
	l := measure.Of([]gtc.Event{
		raised(20*time.Minute, "b", 3), raised(0, "a", 2), raised(0, "a", 2), raised(9*time.Minute, "a", 2), inhibited, late,
		raised(35*time.Minute, "outside", 1),
		{ID: "x", Kind: gtc.EventWork, At: from, To: "unacknowledged"},
	}, from, from.Add(35*time.Minute))
	require.Equal(t, []int{2, 0, 2, 0}, l.Counts, "the same event twice is one")
	require.Equal(t, [5]int{0, 0, 3, 1, 0}, l.Mix)
	require.Equal(t, []measure.Source{{"a", 2}, {"b", 1}, {"late", 1}}, l.Top)
	require.Empty(t, l.Floods)
}

func TestAFloodBeginsAboveTenAndEndsBelowFive(t *testing.T) {
	var events []gtc.Event
	for i := range 10 {
		events = append(events, raised(time.Duration(i)*30*time.Second, fmt.Sprint(i), 3))
	}
	to := from.Add(3 * time.Hour)
	require.Empty(t, measure.Of(events, from, to).Floods, "ten in ten minutes can be followed")
	events = append(events, raised(9*time.Minute, "k", 3))
	require.Equal(t, []measure.Flood{{from, from.Add(9 * time.Minute), 11}}, measure.Of(events, from, to).Floods)
	// A single one an hour later is not part of it.
	events = append(events, raised(time.Hour, "l", 3))
	require.Equal(t, []measure.Flood{{from, from.Add(9 * time.Minute), 11}}, measure.Of(events, from, to).Floods)
}

func TestHowFastAlarmsAreTakenInCharge(t *testing.T) {
	var events []gtc.Event
	for i := range 20 {
		id := fmt.Sprint(i)
		events = append(events, raised(0, id, 2), change(time.Duration(i+1)*time.Minute, id, 2, gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged))
	}
	events = append(events,
		raised(0, "returned", 3), change(time.Minute, "returned", 3, gtc.AlarmUnacknowledged, gtc.AlarmReturned),
		change(3*time.Minute, "returned", 3, gtc.AlarmReturned, gtc.AlarmNormal),
		raised(0, "waits", 1), raised(0, "set aside", 1), change(time.Minute, "set aside", 1, gtc.AlarmUnacknowledged, gtc.AlarmShelved),
	)
	l := measure.Of(events, from, from.Add(time.Hour))
	require.Equal(t, measure.Taken{Count: 20, Median: 10 * time.Minute, P95: 19 * time.Minute}, l.Taken[2])
	require.Equal(t, measure.Taken{Count: 1, Median: 3 * time.Minute, P95: 3 * time.Minute}, l.Taken[3])
	require.Equal(t, measure.Taken{Waiting: 1}, l.Taken[1])
}

func TestNothing(t *testing.T) {
	l := measure.Of(nil, from, from)
	require.Empty(t, l.Counts)
	require.Empty(t, l.Top)
}

// Whatever happens: each call is in one bin, in the mix, and floods hold no
// more than there are.
func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []gtc.Event
		for i := range rapid.IntRange(0, 60).Draw(t, "n") {
			after := time.Duration(rapid.IntRange(0, 7199).Draw(t, "s")) * time.Second
			ev := raised(after, fmt.Sprint(rapid.IntRange(0, 15).Draw(t, "alarm")), gtc.Priority(rapid.IntRange(1, 4).Draw(t, "p")))
			ev.ID = fmt.Sprint(i)
			events = append(events, ev)
		}
		l := measure.Of(events, from, from.Add(2*time.Hour))
		sum, mix, most := 0, 0, 0
		for _, n := range l.Counts {
			sum += n
			most = max(most, n)
		}
		for _, n := range l.Mix {
			mix += n
		}
		flooded := 0
		for _, f := range l.Floods {
			require.Greater(t, f.Count, measure.FloodAbove)
			require.False(t, f.To.Before(f.From))
			flooded += f.Count
		}
		require.Equal(t, len(events), sum)
		require.Equal(t, len(events), mix)
		require.LessOrEqual(t, flooded, sum)
		if most > measure.FloodAbove {
			require.NotEmpty(t, l.Floods)
		}
	})
}
