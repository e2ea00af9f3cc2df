package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// leave sends people away from an hour before monday on.
func (d *desk) leave(span time.Duration, people ...string) {
	for _, p := range people {
		d.book.Leave = append(d.book.Leave, notify.Shift{Person: p, From: monday(d.tb).Add(-time.Hour), Until: monday(d.tb).Add(span)})
	}
}

func (d *desk) untold() []string {
	var out []string
	for _, c := range d.engine.Cases() {
		if !c.Nobody.IsZero() {
			out = append(out, c.Subject.Alarm.ID)
		}
	}
	return out
}

func TestAStepWithoutRecipientPassesAtOnce(t *testing.T) {
	d := newDesk(t, monday(t))
	d.leave(99*time.Hour, "un", "deux", "trois")
	d.say(subject("a", 2), gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s chef sms"}, d.pass(2*time.Hour), "the rota and the second are away")
	require.Empty(t, d.untold())
}

func TestNobodyWhoCanBeToldIsKnown(t *testing.T) {
	d := newDesk(t, monday(t).Add(12*time.Hour)) // 22:00
	d.leave(99*time.Hour, "un", "deux", "trois")
	s := subject("a", 2)
	d.say(s, gtc.AlarmUnacknowledged)
	require.Empty(t, d.pass(time.Minute), "the chief sleeps")
	require.Equal(t, []string{"a"}, d.untold())
	d.restart()
	require.Equal(t, []string{"a"}, d.untold())
	require.Equal(t, []string{"8h58m30s chef sms"}, d.pass(24*time.Hour), "7:00: somebody can be told, and is told once")
	require.Empty(t, d.untold())

	d = newDesk(t, monday(t).Add(12*time.Hour))
	d.leave(99*time.Hour, "un", "deux", "trois")
	d.say(s, gtc.AlarmUnacknowledged)
	d.pass(time.Minute)
	d.say(s, gtc.AlarmAcknowledged)
	require.Empty(t, d.untold(), "somebody saw it on the screen")
}

func TestLifeSafetyFallsBackToEverybody(t *testing.T) {
	d := newDesk(t, monday(t).Add(12*time.Hour))
	d.book.Routes[0].Steps[0].To = []string{"rota:garde"}
	d.leave(99*time.Hour, "un", "deux", "trois")
	s := subject("a", 1)
	d.say(s, gtc.AlarmUnacknowledged)
	require.ElementsMatch(t, []string{"0s chef sms", "0s chef email"}, d.pass(2*time.Hour), "who is there, quiet hours or not")
	require.Empty(t, d.untold())

	d = newDesk(t, monday(t))
	d.leave(99*time.Hour, "un", "deux", "trois", "chef")
	d.say(s, gtc.AlarmUnacknowledged)
	require.Len(t, d.pass(2*time.Hour), 6, "everybody is away: everybody, by each way")

	d = newDesk(t, monday(t))
	d.book.Routes = d.book.Routes[1:2]
	d.say(s, gtc.AlarmUnacknowledged)
	require.Len(t, d.pass(2*time.Hour), 6, "no route")
}

// The alarm that nobody was told reaches somebody, whatever the routes say.
func TestTheLastAlarmFallsBackToEverybody(t *testing.T) {
	d := newDesk(t, monday(t).Add(12*time.Hour))
	d.leave(99*time.Hour, "un", "deux", "trois")
	s := subject("hub/people/nobody_told", 2)
	s.LastResort = true
	d.say(s, gtc.AlarmUnacknowledged)
	require.ElementsMatch(t, []string{"0s chef sms", "0s chef email"}, d.pass(2*time.Hour))
}

func TestWhatIsNobodysFault(t *testing.T) {
	night := monday(t).Add(12 * time.Hour)
	t.Run("it waits for office hours", func(t *testing.T) {
		d := newDesk(t, night)
		d.say(subject("a", 3), gtc.AlarmUnacknowledged)
		require.Empty(t, d.pass(time.Hour))
		require.Empty(t, d.untold())
	})
	t.Run("of little urgency and without a route", func(t *testing.T) {
		d := newDesk(t, monday(t))
		d.book.Routes = d.book.Routes[:2]
		d.say(subject("a", 3), gtc.AlarmUnacknowledged)
		d.say(subject("b", 4), gtc.AlarmUnacknowledged)
		require.Empty(t, d.pass(time.Hour))
		require.Empty(t, d.untold())
	})
	t.Run("a program is told, on purpose", func(t *testing.T) {
		d := newDesk(t, monday(t))
		d.book.Routes[1].Steps = []notify.Step{{To: []string{"webhook:tickets"}, Channels: []notify.Channel{notify.Webhook}}}
		d.say(subject("a", 2), gtc.AlarmUnacknowledged)
		require.Len(t, d.pass(time.Hour), 1)
		require.Empty(t, d.untold())
	})
	t.Run("nobody is to be told of anything yet", func(t *testing.T) {
		d := newDesk(t, monday(t))
		*d.book = notify.Book{}
		d.say(subject("a", 1), gtc.AlarmUnacknowledged)
		require.Empty(t, d.pass(time.Hour))
		require.Empty(t, d.untold())
	})
}

func TestNobodyIsLeftOfARoute(t *testing.T) {
	for name, change := range map[string]func(*desk){
		"no route": func(d *desk) { d.book.Routes = d.book.Routes[:1] },
		"a program beside a person who is away": func(d *desk) {
			d.leave(99*time.Hour, "deux")
			d.book.Routes[1].Steps = []notify.Step{{To: []string{"webhook:tickets", "person:deux"}, Channels: []notify.Channel{notify.Webhook, notify.SMS}}}
		},
		"office hours after somebody who is away": func(d *desk) {
			d.now = d.now.Add(12 * time.Hour)
			d.leave(99*time.Hour, "deux")
			d.book.Routes[1].Steps = []notify.Step{
				{To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
				{After: time.Minute, To: []string{"person:un"}, Channels: []notify.Channel{notify.SMS}, OfficeHours: true},
			}
		},
	} {
		d := newDesk(t, monday(t))
		change(d)
		d.say(subject("a", 2), gtc.AlarmUnacknowledged)
		d.pass(time.Minute)
		require.Equal(t, []string{"a"}, d.untold(), name)
	}
}

// A test whose holder cannot be reached is no reason to tell nobody.
func TestATestOfSomebodyWhoCannotBeReached(t *testing.T) {
	everybody := []string{"0s chef email", "0s chef sms", "0s trois sms", "5m0s deux sms"}
	for name, holder := range map[string]string{"without that channel": "tech", "on leave": "un", "unknown": "visiteur"} {
		d := newDesk(t, monday(t))
		d.book.People = append(d.book.People, notify.Person{ID: "tech", Name: "T. Nicien", Push: true})
		d.leave(99*time.Hour, "un")
		s := subject("a", 1)
		s.Alarm.InTest, s.Holder = true, holder
		d.say(s, gtc.AlarmUnacknowledged)
		require.Equal(t, everybody, d.pass(time.Hour), name)
	}
	d := newDesk(t, monday(t))
	d.book.People[1].Name = "D. Eux"
	s := subject("a", 1)
	s.Alarm.InTest, s.Holder = true, " d. eux"
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s deux sms", "5m0s deux sms"}, d.pass(time.Hour), "by the name")
}
