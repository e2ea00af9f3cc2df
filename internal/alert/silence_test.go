package alert

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// channelOf returns a way to people as the alarm engine judges it.
func (d *desk) channelOf(name gtc.EquipmentID) alarm.Channel {
	for _, c := range d.service.Channels(d.clock()) {
		if c.Name == name {
			return c
		}
	}
	require.FailNow(d.t, "no such channel", name)
	return alarm.Channel{}
}

// A gateway that is down: it is a fault after a minute, the person is told by
// e-mail meanwhile, and the SMS goes out once when the gateway is back.
func TestAMessageThatWaitsIsToldByTheNextWay(t *testing.T) {
	sms, email := newCounter(), newCounter()
	var up, checks atomic.Int64
	sms.fail = func(notify.Message) error {
		if up.Load() == 0 {
			return errors.New("no network")
		}
		return nil
	}
	check := func(context.Context) error { checks.Add(1); return nil }
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: sms, Check: check}, Way{Name: "email", Channel: notify.Email, Sender: email})
	require.Eventually(t, func() bool { return checks.Load() == 1 }, patience, time.Millisecond, "the daily test")
	id := d.see(1, 1, gtc.AlarmUnacknowledged)
	require.Eventually(t, func() bool { return checks.Load() == 2 }, patience, time.Millisecond, "what does not take a message is tested")
	require.False(t, d.channelOf("sms").Unsent)
	d.pass(time.Minute)
	m := await(t, email.sent)
	require.Equal(t, id+"/1/unacknowledged/raised/0/un/email", m.ID)
	require.True(t, d.channelOf("sms").Unsent)
	st, err := d.service.Status(t.Context())
	require.NoError(t, err)
	require.Contains(t, st.Unsent[notify.SMS], "message to un waits since 2026-11-16T09:00:00Z: ")
	require.Contains(t, st.Unsent[notify.SMS], "no network")
	require.EqualValues(t, 2, checks.Load(), "not after each attempt")

	// A hub that stops as it sends does not know that it did, and sends again.
	require.Eventually(t, func() bool {
		n, _, err := d.service.outbox.waiting(t.Context())
		return err == nil && n == 1
	}, patience, 10*time.Millisecond, "the e-mail is through")
	d.stop()
	d.start()
	require.True(t, d.channelOf("sms").Unsent)
	up.Store(1)
	require.Contains(t, await(t, sms.sent).ID, "/raised/0/un/sms")
	require.Eventually(t, func() bool {
		c, ok := d.caseOf(id)
		return ok && len(c.Unsent) == 0 && len(c.Failed) == 0
	}, patience, time.Millisecond)
	require.False(t, d.channelOf("sms").Unsent)
	require.Empty(t, sms.sent)
	require.Empty(t, email.sent)
}

// The outside watcher is not told that all is well while an urgent alarm reaches
// nobody.
func TestTheSignOfLifeEndsWhenNobodyIsReached(t *testing.T) {
	down := newCounter()
	down.fail = func(notify.Message) error { return errors.New("no network") }
	d := newDesk(t, bookOf(notify.SMS, notify.Email), Way{Name: "gateway", Channel: notify.SMS, Sender: down}, Way{Name: "email", Channel: notify.Email, Sender: down})
	id := d.see(1, 2, gtc.AlarmUnacknowledged)
	d.see(2, 3, gtc.AlarmUnacknowledged)
	alive := func() error { return d.service.Alive(d.clock()) }
	turned := func() {
		require.Eventually(t, func() bool {
			d.service.turning.Lock()
			defer d.service.turning.Unlock()
			return d.service.ticked.Equal(d.clock())
		}, patience, time.Millisecond)
	}
	d.pass(14 * time.Minute)
	turned()
	require.NoError(t, alive())
	d.pass(time.Minute)
	turned()
	require.ErrorContains(t, alive(), "nobody knows of "+id)
	d.see(1, 2, gtc.AlarmAcknowledged)
	turned()
	require.NoError(t, alive(), "somebody has it in charge")
}

// Nobody who could be told: it is an alarm of the hub, it stands beside the alarm,
// and it is over when somebody took that in charge.
func TestNobodyCanBeTold(t *testing.T) {
	book := bookOf(notify.SMS)
	book.Leave = []notify.Shift{{Person: "un", From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}}
	sms := newCounter()
	d := newDesk(t, book, Way{Name: "gateway", Channel: notify.SMS, Sender: sms})
	d.stop()
	recorded := make(chan gtc.Event, 8)
	fails := errors.New("bus away")
	d.opts.Journal = func(_ context.Context, ev gtc.Event) error {
		if err := fails; err != nil {
			fails = nil
			return err
		}
		recorded <- ev
		return nil
	}
	d.start()
	require.Zero(t, d.channelOf(alarm.People).Untold)
	at := d.clock()
	id := d.change(1, 2, gtc.AlarmUnacknowledged)
	ev := await(t, recorded)
	require.Equal(t, gtc.Event{
		ID: "untold/" + id + "/1/unacknowledged", Site: "home", At: at, Received: at, Kind: gtc.EventComment, Subject: id, To: "untold", Actor: "rules/notify", Priority: 2,
	}, ev)
	require.Equal(t, at, d.channelOf(alarm.People).Untold)
	st, err := d.service.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{id}, st.Untold)

	// The alarm about that reaches whoever there is.
	last := "hub/people/" + classUntold
	d.mu.Lock()
	d.alarms[last] = notify.Subject{Alarm: gtc.Alarm{ID: last, Site: gtc.HubSite, Class: classUntold, Priority: 2, State: gtc.AlarmUnacknowledged, Since: at}}
	d.mu.Unlock()
	require.NoError(t, d.bus.PublishEvent(t.Context(), gtc.Event{
		ID: last + "/1/unacknowledged", Site: gtc.HubSite, At: at, Kind: gtc.EventAlarm, Subject: last, To: string(gtc.AlarmUnacknowledged), Priority: 2,
	}))
	require.Equal(t, last, await(t, sms.sent).Alarms[0].ID)
	require.Equal(t, []string{id}, d.service.untold.list())

	d.change(1, 2, gtc.AlarmAcknowledged)
	require.Eventually(t, func() bool { return d.channelOf(alarm.People).Untold.IsZero() }, patience, time.Millisecond)
	require.Empty(t, sms.sent)
	require.Empty(t, recorded)
}
