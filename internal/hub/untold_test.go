package hub

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// sink takes every message.
type sink chan notify.Message

func (s sink) Send(_ context.Context, m notify.Message, _ channel.Text) error {
	s <- m
	return nil
}

// A boiler locks out and the only one to be told of it is on leave: the hub
// raises an alarm of its own, which reaches somebody else, and the lockout's
// history says so.
func TestALockoutOfWhichNobodyIsToldIsAnAlarmOfTheHub(t *testing.T) {
	told := make(sink, 64)
	c := newCentre(t, influxtest.Start(t)).again(t, alert.Way{Name: "gateway", Channel: notify.SMS, Sender: told})
	js, err := jetstream.New(c.bus.Conn())
	require.NoError(t, err)
	people, err := alert.OpenPeople(t.Context(), js)
	require.NoError(t, err)
	_, revision, err := alert.ReadBook(t.Context(), people)
	require.NoError(t, err)
	_, err = alert.WriteBook(t.Context(), people, &notify.Book{
		People: []notify.Person{{ID: "un", Phone: "+32475000001"}, {ID: "deux", Phone: "+32475000002"}},
		Leave:  []notify.Shift{{Person: "un", From: c.at.Add(-time.Hour), Until: c.at.Add(24 * time.Hour)}},
		Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"person:un"}, Channels: []notify.Channel{notify.SMS}}}}},
	}, revision)
	require.NoError(t, err)
	c = c.again(t, alert.Way{Name: "gateway", Channel: notify.SMS, Sender: told})
	id := c.lockout(t)
	al, ok := c.alarms.alarm(id)
	require.True(t, ok)
	require.Equal(t, gtc.PriorityHigh, al.Priority)

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.alert.Run(ctx) }()
	t.Cleanup(func() { stop(); require.ErrorIs(t, <-done, context.Canceled) })
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(c.alert.Channels(c.at), func(x alarm.Channel) bool { return !x.Untold.IsZero() })
	}, time.Minute, time.Millisecond)
	c.alarms.channels(c.alert.Channels(c.at))
	require.NoError(t, c.publishAlarms(t.Context()))
	select {
	case m := <-told:
		require.Equal(t, "deux", m.To.ID)
		require.Equal(t, "hub/people/nobody_told", m.Alarms[0].ID)
		require.NotEmpty(t, m.Alarms[0].Advice["fr"])
	case <-time.After(time.Minute):
		require.FailNow(t, "nobody was told of it")
	}

	follow, end := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	j := newJournal()
	go func() { followed <- j.follow(follow, c.bus.Conn(), c.at.Add(-time.Hour), c.log) }()
	t.Cleanup(func() { end(); require.ErrorIs(t, <-followed, context.Canceled) })
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(j.of(id), func(ev gtc.Event) bool { return ev.Kind == gtc.EventComment && ev.To == notify.Untold })
	}, time.Minute, time.Millisecond)
}
