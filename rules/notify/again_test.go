package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// raise begins the next occurrence of an alarm.
func (d *desk) raise(s *notify.Subject) []notify.Message {
	s.Alarm.Occurrence++
	s.Alarm.Since = d.now
	return d.say(*s, gtc.AlarmUnacknowledged)
}

// firstCall lets time pass until somebody is called.
func (d *desk) firstCall() time.Time {
	for end := d.now.Add(7 * 24 * time.Hour); d.now.Before(end); d.now = d.now.Add(time.Minute) {
		if len(d.engine.Tick(d.now)) > 0 {
			return d.now.In(brussels(d.tb))
		}
	}
	return time.Time{}
}

// over ends an occurrence that nobody took in charge.
func (d *desk) over(s *notify.Subject) []notify.Message { return d.say(*s, gtc.AlarmReturned) }

// A boiler that locks out, is said to be over and locks out again is told
// again: whoever read « revenu à la normale » sleeps.
func TestAnUrgentAlarmThatComesBackCallsAgain(t *testing.T) {
	for _, end := range [][]gtc.AlarmState{{gtc.AlarmReturned}, {gtc.AlarmAcknowledged, gtc.AlarmNormal}, {gtc.AlarmSuppressed}} {
		d := newDesk(t, monday(t).Add(12*time.Hour))
		s := subject("boiler", 2)
		d.raise(&s)
		require.Equal(t, []string{"0s trois sms"}, d.pass(5*time.Minute))
		for _, to := range end {
			d.say(s, to)
		}
		d.restart()
		require.Empty(t, d.pass(20*time.Minute))
		d.raise(&s)
		d.restart()
		require.Equal(t, []string{"0s trois sms", "15m0s deux sms"}, d.pass(24*time.Hour), "%s: the whole escalation; the chief sleeps", end)
	}
}

func TestARecurrenceSaysHowOftenItCame(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("boiler", 2)
	d.raise(&s)
	first := d.engine.Tick(d.now)
	d.over(&s)
	d.now = d.now.Add(10 * time.Minute)
	d.raise(&s)
	again := d.engine.Tick(d.now)
	require.Len(t, again, 1)
	require.Equal(t, 1, again[0].Again)
	require.Equal(t, first[0].Numbers, again[0].Numbers, "an answer to the first message means the same alarm")
	require.NotEqual(t, first[0].ID, again[0].ID)
	require.Zero(t, again[0].Late)
}

// What comes and goes every few minutes rings twice an hour; what stands for a
// quarter of an hour is told however often it came before.
func TestAnAlarmThatComesAndGoesDoesNotRingEachTime(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("boiler", 2)
	rung, said := 0, 0
	for range 10 { // every 5 minutes, for 2 minutes
		d.raise(&s)
		rung += len(d.pass(2 * time.Minute))
		said += len(d.over(&s))
		d.now = monday(t).Add(time.Duration(s.Alarm.Occurrence) * 5 * time.Minute)
		d.restart()
	}
	require.Equal(t, 2, rung)
	require.Equal(t, 2, said, "of what nobody was told, nobody is told that it is over")
	d.raise(&s)
	got := d.pass(20 * time.Minute)
	require.Equal(t, []string{"15m0s trois sms"}, got, "it stands")
	require.Len(t, d.over(&s), 1)
}

func TestTheWindowOfAnUrgentAlarmEnds(t *testing.T) {
	d := newDesk(t, monday(t))
	s := subject("boiler", 2)
	for i, rings := range []bool{true, true, false, true} {
		d.now = monday(t).Add(time.Duration(i) * 20 * time.Minute)
		d.raise(&s)
		require.Equal(t, rings, len(d.engine.Tick(d.now)) > 0, i)
		d.over(&s)
	}
}

func TestTakenInChargeOrOverIsNotToldLater(t *testing.T) {
	for _, end := range []gtc.AlarmState{gtc.AlarmAcknowledged, gtc.AlarmReturned, gtc.AlarmShelved} {
		d := newDesk(t, monday(t))
		s := subject("boiler", 2)
		for range 2 {
			d.raise(&s)
			d.pass(time.Minute)
			d.over(&s)
		}
		d.raise(&s)
		require.Empty(t, d.pass(10*time.Minute))
		require.Empty(t, d.say(s, end))
		require.Empty(t, d.pass(8*time.Hour), end)
	}
}

// A meter that comes back within eight hours is the same news; one that still
// stands when they end is told.
func TestWhatStandsWhenTheWindowEndsIsTold(t *testing.T) {
	for _, p := range []gtc.Priority{3, 4} {
		d := newDesk(t, monday(t).Add(-2*time.Hour)) // 8:00
		s := subject("meter", p)
		d.raise(&s)
		require.Equal(t, []string{"0s un email"}, d.pass(time.Minute))
		d.over(&s)
		d.now = monday(t).Add(5 * time.Hour)
		d.engine.Tick(d.now)
		d.raise(&s)
		d.restart()
		require.Equal(t, []string{"1h0m0s un email"}, d.pass(2*time.Hour), "16:00, and once")
		require.Len(t, d.over(&s), 1)
		d.raise(&s)
		require.Equal(t, "07:30", d.firstCall().Format("15:04"), "midnight, and office hours")
	}
}

// However often an alarm comes, in whatever way it ends: nobody is unaware of
// an urgent one that stands for an hour, and none rings more than five times an
// hour beyond its escalation.
func TestAnUrgentAlarmThatStandsIsKnown(t *testing.T) {
	loc := brussels(t)
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk(t, time.Date(2026, 11, 16, 0, 0, 0, 0, loc).Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(r, "start"))*time.Minute))
		d.book.Routes[1].Steps = d.book.Routes[1].Steps[:1]
		s := subject("boiler", 2)
		var calls []time.Time
		pass := func(minutes int) {
			for range minutes {
				for _, m := range d.engine.Tick(d.now) {
					d.engine.Sent(&m)
					calls = append(calls, d.now)
				}
				d.now = d.now.Add(time.Minute)
			}
		}
		for range rapid.IntRange(1, 20).Draw(r, "n") {
			begun, before := d.now, len(calls)
			d.raise(&s)
			stands := rapid.IntRange(0, 90).Draw(r, "stands")
			pass(stands)
			if d.now.Sub(begun) > time.Hour {
				require.Greater(r, len(calls), before, "stands since %s", begun)
			}
			if rapid.Bool().Draw(r, "taken") {
				d.say(s, gtc.AlarmAcknowledged)
				d.say(s, gtc.AlarmNormal)
			} else {
				d.over(&s)
			}
			if rapid.Bool().Draw(r, "restart") {
				d.restart()
			}
			pass(rapid.IntRange(0, 30).Draw(r, "pause"))
		}
		for i := range calls {
			if i >= 5 {
				require.GreaterOrEqual(r, calls[i].Sub(calls[i-5]), time.Hour)
			}
		}
	})
}
