package alert

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// What stood before people were to be told at all is told of once: not what
// somebody has in charge, not what is set aside, and not what changed just now,
// whose event is on its way.
func TestAlarmsThatStoodAreToldOf(t *testing.T) {
	c := newCounter()
	d := newDesk(t, bookOf(notify.SMS), Way{Name: "gateway", Channel: notify.SMS, Sender: c})
	d.stop()
	var standing []gtc.Alarm
	for i, a := range []gtc.Alarm{
		{State: gtc.AlarmUnacknowledged, Priority: 2},
		{State: gtc.AlarmAcknowledged, Priority: 2},
		{State: gtc.AlarmShelved, Under: gtc.AlarmUnacknowledged, Priority: 2},
		{State: gtc.AlarmReturned, Priority: 2},
		{State: gtc.AlarmReturned, Priority: 1, LifeSafety: true},
		{State: gtc.AlarmNormal, Priority: 2},
		{State: gtc.AlarmUnacknowledged, Priority: 2}, // changed just now
	} {
		a.ID, a.Site, a.Occurrence = fmt.Sprintf("home/eq-%d/fault", i), "home", 3
		a.Since, a.Label = d.clock().Add(-3*time.Hour), gtc.Label{"fr": "Alarme"}
		a.Changed = a.Since
		if i == 6 {
			a.Changed = d.clock().Add(-time.Second)
		}
		d.alarms[a.ID] = notify.Subject{Alarm: a, Discipline: "heating"}
		standing = append(standing, a)
	}
	d.opts.Standing = func() []gtc.Alarm { return standing }
	d.start()
	told := map[string]time.Time{}
	for range 2 {
		m := await(t, c.sent)
		told[m.Alarms[0].ID] = m.Late
	}
	require.Equal(t, map[string]time.Time{"home/eq-0/fault": d.clock(), "home/eq-4/fault": d.clock()}, told, "with the instant at which the hub heard")
	// The event of its beginning, should it come after all, is the same one; a
	// restart tells nobody again. The marker comes after whatever these would say.
	require.NoError(t, d.bus.PublishEvent(t.Context(), gtc.Event{
		ID: "home/eq-0/fault/3/unacknowledged", Site: "home", At: d.clock(), Kind: gtc.EventAlarm, Subject: "home/eq-0/fault", To: string(gtc.AlarmUnacknowledged), Priority: 2,
	}))
	d.stop()
	d.start()
	require.Eventually(t, func() bool {
		done, err := d.service.takeStanding(t.Context())
		return err == nil && done
	}, patience, 10*time.Millisecond)
	d.change(9, 2, gtc.AlarmUnacknowledged)
	require.Equal(t, "home/eq-9/fault", await(t, c.sent).Alarms[0].ID)
	require.Empty(t, c.sent)
}
