package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

func ofDiscipline(discipline string) notify.Subject {
	s := subject("a", 2)
	s.Discipline = discipline
	return s
}

// A button that was pressed for a second, a break-in that is over: somebody has
// to know of it all the same.
func TestWhatNobodySawGoesOnCalling(t *testing.T) {
	whole := []string{"0s trois sms", "15m0s deux sms", "30m0s chef sms"}
	for name, c := range map[string]struct {
		subject notify.Subject
		end     gtc.AlarmState
		taken   gtc.AlarmState
	}{
		"a latched alarm": {ofDiscipline("safety"), gtc.AlarmLatchedUnacknowledged, gtc.AlarmLatched},
		"a break-in":      {ofDiscipline("intrusion"), gtc.AlarmReturned, gtc.AlarmNormal},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, monday(t))
			d.say(c.subject, gtc.AlarmUnacknowledged)
			require.Empty(t, d.say(c.subject, c.end), "nobody was told yet")
			require.Equal(t, whole, d.pass(2*time.Hour), "it was over before anybody was told")

			d = newDesk(t, monday(t))
			d.say(c.subject, gtc.AlarmUnacknowledged)
			require.Equal(t, whole[:1], d.pass(time.Minute))
			require.Empty(t, d.say(c.subject, c.end), "that it is over is not all")
			d.restart()
			require.Equal(t, []string{"13m30s deux sms"}, d.pass(15*time.Minute))
			for _, m := range d.say(c.subject, c.taken) {
				require.NotEqual(t, gtc.AlarmLatched, c.taken, "a latched alarm is not over: %s", m.ID)
			}
			require.Empty(t, d.pass(2*time.Hour), "somebody took it in charge")
		})
	}
}

func TestALatchedAlarmIsNeverSaidToBeOver(t *testing.T) {
	d := newDesk(t, monday(t))
	s := ofDiscipline("intrusion")
	d.say(s, gtc.AlarmUnacknowledged)
	d.pass(time.Minute)
	d.say(s, gtc.AlarmAcknowledged)
	for _, to := range []gtc.AlarmState{gtc.AlarmLatched, gtc.AlarmNormal} {
		require.Empty(t, d.say(s, to))
	}
	require.Empty(t, d.pass(2*time.Hour))
}

// The button is pressed again while nobody answered the first time.
func TestAnotherOccurrenceOfWhatNobodySaw(t *testing.T) {
	d := newDesk(t, monday(t))
	s := ofDiscipline("intrusion")
	d.raise(&s)
	d.say(s, gtc.AlarmLatchedUnacknowledged)
	require.Len(t, d.pass(50*time.Minute), 3)
	d.raise(&s)
	d.say(s, gtc.AlarmLatchedUnacknowledged)
	require.Equal(t, []string{"0s trois sms", "15m0s deux sms"}, d.pass(20*time.Minute))
	d.now = d.now.Add(-15 * time.Minute) // within the hour
	d.raise(&s)
	d.say(s, gtc.AlarmLatchedUnacknowledged)
	d.restart()
	require.Equal(t, []string{"15m0s trois sms"}, d.pass(20*time.Minute), "the third time it waits, though it is over")
}

func TestWaits(t *testing.T) {
	life, lift, plain := subject("a", 1), ofDiscipline("intrusion"), subject("a", 2)
	for to, want := range map[gtc.AlarmState][3]bool{
		gtc.AlarmUnacknowledged:        {true, true, true},
		gtc.AlarmLatchedUnacknowledged: {true, true, true},
		gtc.AlarmReturned:              {true, true, false},
		gtc.AlarmAcknowledged:          {},
		gtc.AlarmLatched:               {},
		gtc.AlarmNormal:                {},
		gtc.AlarmShelved:               {},
	} {
		require.Equal(t, want, [3]bool{life.Waits(to), lift.Waits(to), plain.Waits(to)}, to)
	}
}
