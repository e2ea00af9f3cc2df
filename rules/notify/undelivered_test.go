package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// lost says that a message to a person did not arrive, and returns whom it is
// said to instead.
func (d *desk) lost(person string, by notify.Channel, made time.Time) []string {
	var out []string
	for _, m := range d.engine.Undelivered([]string{"a", "unknown"}, person, by, made, d.now) {
		require.Equal(d.tb, notify.Raised, m.Why)
		out = append(out, m.To.ID+" "+string(m.Channel))
		d.engine.Sent(&m)
	}
	return out
}

func TestUndelivered(t *testing.T) {
	begun := monday(t)
	mailFirst := []notify.Route{{ID: "courrier", Steps: []notify.Step{
		{To: []string{"person:un"}, Channels: []notify.Channel{notify.Email}},
		{After: time.Hour, To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
		{After: 2 * time.Hour, To: []string{"person:chef"}, Channels: []notify.Channel{notify.SMS}},
	}}}
	start := func() *desk {
		d := newDesk(t, begun)
		d.book.Routes = mailFirst
		d.say(subject("a", 2), gtc.AlarmUnacknowledged)
		require.Equal(t, []string{"0s un email"}, d.pass(time.Minute))
		return d
	}
	t.Run("the next way, then the next person, at once and once", func(t *testing.T) {
		d := start()
		require.Equal(t, []string{"un sms"}, d.lost("un", notify.Email, begun))
		require.Empty(t, d.lost("un", notify.Email, begun), "once")
		d.restart()
		require.Empty(t, d.lost("un", notify.Email, begun), "also over a restart")
		require.Empty(t, d.pass(10*time.Minute), "by the other way they were reached")
		require.Empty(t, d.lost("un", notify.SMS, begun))
		d.restart()
		require.Equal(t, []string{"0s deux sms"}, d.pass(30*time.Minute), "nobody was reached: the next one")
		require.Equal(t, []string{"1h17m30s chef sms"}, d.pass(2*time.Hour), "who has time again")
	})
	t.Run("who is told by two ways is told", func(t *testing.T) {
		d := newDesk(t, begun)
		d.book.Routes = []notify.Route{{ID: "deux", Steps: []notify.Step{
			{To: []string{"person:un"}, Channels: []notify.Channel{notify.Email, notify.SMS}},
			{After: time.Hour, To: []string{"person:deux"}, Channels: []notify.Channel{notify.SMS}},
		}}}
		d.say(subject("a", 2), gtc.AlarmUnacknowledged)
		require.Len(t, d.pass(time.Minute), 2)
		require.Empty(t, d.lost("un", notify.Email, begun))
		require.Empty(t, d.pass(30*time.Minute))
	})
	t.Run("of another case, another person, or one that is over", func(t *testing.T) {
		d := start()
		require.Empty(t, d.lost("un", notify.Email, begun.Add(-time.Second)), "made before the case began")
		require.Empty(t, d.lost("chef", notify.Email, begun), "never told")
		d.say(subject("a", 2), gtc.AlarmAcknowledged)
		require.Empty(t, d.lost("un", notify.Email, begun))
		require.Empty(t, d.pass(3*time.Hour))
	})
	t.Run("quiet hours hold for the other way too", func(t *testing.T) {
		begun := time.Date(2026, 11, 17, 2, 0, 0, 0, brussels(t))
		d := newDesk(t, begun)
		d.book.Routes = []notify.Route{{ID: "nuit", Steps: []notify.Step{
			{To: []string{"person:chef"}, Channels: []notify.Channel{notify.Email}},
			{After: time.Hour, To: []string{"rota:garde"}, Channels: []notify.Channel{notify.SMS}},
		}}}
		d.say(subject("a", 2), gtc.AlarmUnacknowledged)
		require.Equal(t, []string{"0s chef email"}, d.pass(0))
		require.Empty(t, d.lost("chef", notify.Email, begun))
		require.Equal(t, []string{"0s trois sms"}, d.pass(time.Minute), "the chief sleeps: who is on call, at once")
	})
}
