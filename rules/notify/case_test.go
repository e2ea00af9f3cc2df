package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// What an alarm is about cannot bring its message.
func TestAFailedChannelIsAvoided(t *testing.T) {
	d := newDesk(t, monday(t))
	d.book.Routes = []notify.Route{{ID: "tout", Steps: []notify.Step{
		{To: []string{"person:un"}, Channels: []notify.Channel{notify.SMS}},
		{After: time.Minute, To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
	}}}
	s := subject("hub/sms/notification_failed", 2)
	s.Avoid = notify.SMS
	d.say(s, gtc.AlarmUnacknowledged)
	require.Equal(t, []string{"0s un email"}, d.pass(10*time.Minute), "the second one has a telephone only")
}

func TestCasesHaveNumbers(t *testing.T) {
	d := newDesk(t, monday(t))
	for _, id := range []string{"a", "b"} {
		d.say(subject(id, 1), gtc.AlarmUnacknowledged)
	}
	var numbers []int
	for _, m := range d.engine.Tick(d.now) {
		numbers = append(numbers, m.Numbers...)
	}
	require.Subset(t, []int{1, 2}, numbers)
	require.Subset(t, numbers, []int{1, 2})
	d.restart()
	d.say(subject("c", 1), gtc.AlarmUnacknowledged)
	for _, c := range d.engine.Cases() {
		require.Equal(t, map[string]int{"a": 1, "b": 2, "c": 3}[c.Subject.Alarm.ID], c.Number)
	}
}

func TestTheSameEventTwiceIsOneCase(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("a", 1)
	s.Alarm.Since = d.now
	ev := gtc.Event{ID: "a/1/unacknowledged", To: string(gtc.AlarmUnacknowledged)}
	d.engine.Observe(s, ev, d.now)
	require.NotEmpty(t, d.engine.Tick(d.now))
	d.engine.Observe(s, ev, d.now)
	require.Empty(t, d.engine.Tick(d.now))
}

func TestReached(t *testing.T) {
	b := book(t)
	got := b.Reached("home", "fire", 1, monday(t), brussels(t))
	require.Equal(t, []string{"trois sms", "chef sms", "chef email", "deux sms"}, got)
	b.Leave = []notify.Shift{{Person: "chef", From: monday(t), Until: monday(t).Add(time.Hour)}}
	require.NotContains(t, b.Reached("home", "fire", 1, monday(t), brussels(t)), "chef sms")
	b.Routes = b.Routes[1:2]
	require.Empty(t, b.Reached("home", "fire", 1, monday(t), brussels(t)), "no route")
}

func TestPriorityOfAMessage(t *testing.T) {
	require.Equal(t, gtc.PriorityDrift, notify.Message{}.Priority(), "a test")
	require.Equal(t, gtc.PriorityHigh, notify.Message{Alarms: []gtc.Alarm{{Priority: 3}, {Priority: 2}, {}}}.Priority())
}
