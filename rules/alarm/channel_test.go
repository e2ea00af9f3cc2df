package alarm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func TestChannels(t *testing.T) {
	_, classes := load(t)
	e := alarm.New(classes, nil, nil)
	e.Tick(start)
	var got []string
	step := func(after time.Duration, unsent, failed bool) {
		at := start.Add(after)
		e.Tick(at)
		got = append(got, said(e.Channels([]alarm.Channel{
			{Name: "sms", At: at, Unsent: unsent}, {Name: "modem", At: at, Failed: failed},
		}))...)
	}
	step(0, false, false)
	require.Empty(t, got)
	require.Empty(t, e.Alarms(), "what never failed is no alarm")
	step(time.Second, true, true)
	require.Equal(t, []string{"hub/sms/notification_failed unacknowledged", "hub/modem/channel_failed unacknowledged"}, got)
	got = nil
	kept := e.Alarms()
	e = alarm.New(classes, nil, kept)
	require.Equal(t, kept, e.Alarms(), "it outlives a restart")
	step(2*time.Second, true, true)
	step(10*time.Second, false, true)
	step(20*time.Second, false, true)
	require.Empty(t, got)
	step(41*time.Second, false, true)
	require.Equal(t, []string{"hub/sms/notification_failed returned_unacknowledged"}, got)
}

// That nobody can be told of an alarm calls, calls again for the next one, and
// ends with the last.
func TestUntold(t *testing.T) {
	_, classes := load(t)
	e := alarm.New(classes, nil, nil)
	e.Tick(start)
	const id = "hub/people/nobody_told"
	step := func(after time.Duration, untold time.Time) []string {
		at := start.Add(after)
		e.Tick(at)
		return said(e.Channels([]alarm.Channel{{Name: alarm.People, At: at, Untold: untold}}))
	}
	require.Empty(t, step(0, time.Time{}))
	first := start.Add(time.Minute)
	require.Equal(t, []string{id + " unacknowledged"}, step(time.Minute, first))
	require.Empty(t, step(2*time.Minute, start.Add(2*time.Minute)), "it calls already")
	_, err := e.Acknowledge(id, "un", start.Add(3*time.Minute))
	require.NoError(t, err)
	require.Empty(t, step(4*time.Minute, first))
	e = alarm.New(classes, nil, e.Alarms())
	require.Empty(t, step(5*time.Minute, first))
	require.Equal(t, []string{id + " unacknowledged"}, step(6*time.Minute, start.Add(6*time.Minute)), "another alarm")
	require.Empty(t, step(7*time.Minute, start.Add(6*time.Minute)))
	require.Empty(t, step(8*time.Minute, time.Time{}))
	require.Equal(t, []string{id + " returned_unacknowledged"}, step(9*time.Minute, time.Time{}))
}

func TestAdopt(t *testing.T) {
	_, classes := load(t)
	site := gtc.Site{ID: "home", Equipment: []gtc.Equipment{{ID: "boiler", Kind: "boiler"}}}
	lockout := func(at time.Time) gtc.Sample {
		return gtc.Sample{Series: gtc.Series{Site: "home", Kind: "boiler", Equipment: "boiler", Point: "lockout"}, At: at, Value: gtc.Bool(true), Quality: gtc.QualityGood}
	}
	e, other := alarm.New(classes, []gtc.Site{site}, nil), alarm.New(classes, []gtc.Site{site}, nil)
	for _, x := range []*alarm.Engine{e, other} {
		x.Tick(start)
		x.Observe([]gtc.Sample{lockout(start)})
		x.Tick(start.Add(time.Hour))
		x.Observe([]gtc.Sample{lockout(start.Add(time.Hour))})
	}
	_, err := other.Acknowledge("home/boiler/boiler_lockout", "un", start.Add(time.Hour+time.Second))
	require.NoError(t, err)
	theirs, _ := other.Alarm("home/boiler/boiler_lockout")
	e.Adopt(theirs)
	e.Adopt(gtc.Alarm{ID: "home/boiler/nothing"})
	mine, _ := e.Alarm(theirs.ID)
	require.Equal(t, theirs, mine)
	require.Equal(t, gtc.AlarmAcknowledged, mine.State)
}
