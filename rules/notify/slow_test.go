package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// route makes one route of some steps.
func (d *desk) route(p gtc.Priority, steps ...notify.Step) {
	d.book.Routes = []notify.Route{{ID: "r", Priorities: []gtc.Priority{p}, Steps: steps}}
	require.NoError(d.tb, d.book.Check())
}

func sms(after time.Duration, to ...string) notify.Step {
	return notify.Step{After: after, To: to, Channels: []notify.Channel{notify.SMS}}
}

// What waits for its channel is told by the next way, then to the next person.
func TestAMessageThatWaits(t *testing.T) {
	for p, patience := range map[gtc.Priority]string{1: "1m0s", 2: "5m0s"} {
		d := newDesk(t, monday(t))
		d.route(p, sms(0, "person:un"), sms(time.Hour, "person:deux"))
		d.stuck = []notify.Channel{notify.SMS}
		d.say(subject("a", p), gtc.AlarmUnacknowledged)
		require.Equal(t, []string{"0s un sms", patience + " un email"}, d.pass(20*time.Minute))
		slow := d.engine.Slow()
		require.Equal(t, []notify.Slow{{Alarm: "a", Person: "un", Channel: notify.SMS, Made: monday(t)}}, slow)
		require.Empty(t, d.engine.Slow())
		d.restart()
		require.Empty(t, d.pass(20*time.Minute), "once, also over a restart")
		require.Empty(t, d.engine.Slow())
	}
}

func TestWaitingEverywhereHurriesTheNextStep(t *testing.T) {
	d := newDesk(t, monday(t))
	d.route(2, sms(0, "person:deux"), sms(time.Hour, "person:un"))
	d.stuck = []notify.Channel{notify.SMS}
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s deux sms", "5m0s un sms", "10m0s un email"}, d.pass(30*time.Minute))
	require.Empty(t, d.untold())

	d = newDesk(t, monday(t))
	d.route(2, sms(0, "person:deux"))
	d.stuck = []notify.Channel{notify.SMS}
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	sent := d.engine.Tick(d.now)
	d.pass(30 * time.Minute)
	require.Equal(t, []string{"a"}, d.untold(), "no way and nobody is left")
	// It leaves after all: it is neither made again nor told by another way.
	d.restart()
	d.engine.Sent(&sent[0])
	require.Empty(t, d.pass(30*time.Minute))
	require.Empty(t, d.untold())
}

func TestTheFirstWayComesBack(t *testing.T) {
	d := newDesk(t, monday(t))
	d.route(2, sms(0, "person:un"), sms(15*time.Minute, "person:un"))
	d.stuck = []notify.Channel{notify.SMS}
	s := subject("a", 2)
	d.say(s, gtc.AlarmUnacknowledged)
	sent := d.engine.Tick(d.now)
	require.Equal(t, []string{"5m0s un email"}, d.pass(6*time.Minute))
	d.engine.Sent(&sent[0])
	d.stuck = nil
	require.Empty(t, d.lost("un", notify.Email, d.now), "the mail came back: the SMS was read")
	require.Equal(t, []string{"8m30s un sms"}, d.pass(time.Hour), "the second step as ever")
	require.Empty(t, d.lost("un", notify.SMS, sent[0].At.Add(-time.Second)), "of another call")
}

func TestWhatDoesNotWaitTooLong(t *testing.T) {
	d := newDesk(t, monday(t))
	d.stuck = []notify.Channel{notify.SMS, notify.Email}
	d.say(subject("low", 3), gtc.AlarmUnacknowledged)
	d.say(subject("taken", 2), gtc.AlarmUnacknowledged)
	d.pass(4 * time.Minute)
	d.say(subject("taken", 2), gtc.AlarmAcknowledged)
	require.Empty(t, d.pass(time.Hour))
	require.Empty(t, d.engine.Slow(), "of little urgency, or in charge")
}

// A message of very many alarms lists a hundred of them.
func TestAMessageOfManyIsHandedOverForAll(t *testing.T) {
	d := newDesk(t, monday(t))
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		d.say(subject(id, 2), gtc.AlarmUnacknowledged)
	}
	sent := d.engine.Tick(d.now)
	require.Len(t, sent, 1)
	sent[0].Alarms, sent[0].More = sent[0].Alarms[:2], 3
	d.engine.Sent(&sent[0])
	for _, c := range d.engine.Cases() {
		require.Empty(t, c.Unsent, c.Subject.Alarm.ID)
	}
}

func TestUnheard(t *testing.T) {
	unheard := func(d *desk) string {
		c, _, ok := d.engine.Unheard(d.now)
		if !ok {
			return ""
		}
		return c.Subject.Alarm.ID
	}
	start := func(p gtc.Priority) *desk {
		d := newDesk(t, monday(t))
		d.stuck = notify.Channels()
		d.say(subject("a", p), gtc.AlarmUnacknowledged)
		return d
	}
	for p, limit := range map[gtc.Priority]time.Duration{1: 5 * time.Minute, 2: 15 * time.Minute} {
		d := start(p)
		d.pass(limit - time.Minute)
		require.Empty(t, unheard(d))
		d.pass(2 * time.Minute)
		require.Equal(t, "a", unheard(d))
		d.restart()
		require.Equal(t, "a", unheard(d))
		d.say(subject("a", p), gtc.AlarmAcknowledged)
		require.Empty(t, unheard(d), "somebody has it in charge")
	}
	d := start(2)
	d.pass(16 * time.Minute)
	m := notify.Message{Why: notify.Raised, To: d.book.People[2], Channel: notify.SMS, At: monday(t), Alarms: []gtc.Alarm{{ID: "a"}}}
	d.engine.Sent(&m)
	require.Empty(t, unheard(d), "one of them knows")
	require.Empty(t, d.lost("trois", notify.SMS, monday(t)))
	require.Equal(t, "a", unheard(d), "it came back")

	d = start(3)
	d.pass(24 * time.Hour)
	require.Empty(t, unheard(d))

	// Where nobody could be told it is enough that somebody knows of that.
	d = newDesk(t, monday(t).Add(12*time.Hour))
	d.leave(99*time.Hour, "un", "deux", "trois")
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	d.pass(16 * time.Minute)
	require.Equal(t, "a", unheard(d))
	last := subject("hub/people/nobody_told", 2)
	last.LastResort = true
	d.say(last, gtc.AlarmUnacknowledged)
	d.pass(time.Hour)
	require.Empty(t, unheard(d))
	d.restart()
	require.Empty(t, unheard(d))
	d = newDesk(t, monday(t))
	d.book.People = nil
	d.say(last, gtc.AlarmUnacknowledged)
	d.pass(16 * time.Minute)
	require.Equal(t, "hub/people/nobody_told", unheard(d), "there is nobody at all")
}
