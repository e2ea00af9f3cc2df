package alarm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const safetyUnread = "home/fire/safety_unread"

// panelHeard is a heartbeat at an instant with the panel's device.
func panelHeard(d time.Duration, online bool) alarm.Health {
	at := start.Add(d)
	return alarm.Health{Site: "home", At: at, Devices: []alarm.Device{
		{ID: "panel-io", Equipment: []gtc.EquipmentID{"fire"}, Known: true, Online: online, LastSuccess: at},
	}}
}

// TestPanelThatRefusesEverything: many points are one alarm, whose event names
// them, and it goes on for as long as they are refused.
func TestPanelThatRefusesEverything(t *testing.T) {
	e := newEngine(t)
	points := []gtc.PointID{"fire_alarm", "pre_alarm", "evacuation", "zone_01_alarm", "zone_02_alarm"}
	var promised []gtc.Series
	for _, p := range points {
		promised = append(promised, gtc.Series{Site: "home", Kind: gtc.KindFirePanel, Equipment: "fire", Point: p})
	}
	e.Expect(promised)
	var events []gtc.Event
	for d := time.Duration(0); d < 24*time.Hour; d += 30 * time.Second {
		for _, p := range points {
			s := sampleOf("fire", p, d, gtc.Value{})
			s.Quality = gtc.QualityRefused
			events = append(events, e.Observe([]gtc.Sample{s, sampleOf("fire", "fault", d, gtc.Bool(false))})...)
		}
		events = append(events, e.Health(panelHeard(d, true))...)
		events = append(events, e.Tick(start.Add(d))...)
	}
	require.Equal(t, []string{"2m0s " + safetyUnread + "/1/unacknowledged"}, texts(events))
	require.Equal(t, gtc.PriorityHigh, events[0].Priority)
	require.Equal(t, gtc.PointID("fire_alarm"), events[0].Point)
	require.Equal(t, "fire_alarm, pre_alarm, evacuation, zone_01_alarm, zone_02_alarm", events[0].Reason)
}

// TestPointThatIsNoLongerRead: a point that came all the time and does not, with
// nothing said of it.
func TestPointThatIsNoLongerRead(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		want  gtc.AlarmState
	}{
		"polled":    {5 * time.Second, gtc.AlarmUnacknowledged},
		"on change": {20 * time.Minute, gtc.AlarmNormal},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t)
			for d := time.Duration(0); d < 2*time.Hour; d += 5 * time.Second {
				if d < time.Hour && d%c.every == 0 {
					e.ObserveLive([]gtc.Sample{fire(d, false)})
					e.Observe([]gtc.Sample{fire(d, false)})
				}
				if d%(15*time.Second) == 0 {
					e.Health(panelHeard(d, true))
				}
			}
			require.Equal(t, c.want, stateOf(t, e, safetyUnread))
		})
	}
}

// TestUnreadOverARestart: what stands goes on standing, and what nobody says
// anything of clears nothing.
func TestUnreadOverARestart(t *testing.T) {
	e := newEngine(t)
	e.Observe([]gtc.Sample{doubtful(0, gtc.QualityRefused, gtc.Value{})})
	for d := time.Duration(0); d < 5*time.Minute; d += 15 * time.Second {
		e.Health(panelHeard(d, true))
	}
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, safetyUnread))
	again := newEngine(t, e.Alarms()...)
	for d := 5 * time.Minute; d < 10*time.Minute; d += 15 * time.Second {
		require.Empty(t, again.Health(panelHeard(d, true)))
	}
	again.Observe([]gtc.Sample{fire(10*time.Minute, false)})
	for d := 10 * time.Minute; d < 12*time.Minute; d += 15 * time.Second {
		again.Health(panelHeard(d, true))
	}
	require.Equal(t, gtc.AlarmReturned, stateOf(t, again, safetyUnread))
}

// TestPromisedPointWithoutADevice: the edge runs a configuration that knows
// nothing of it.
func TestPromisedPointWithoutADevice(t *testing.T) {
	e := newEngine(t)
	e.Expect([]gtc.Series{{Site: "home", Kind: gtc.KindFirePanel, Equipment: "fire", Point: "fire_alarm"}})
	for d := time.Duration(0); d < 5*time.Minute; d += 15 * time.Second {
		e.Health(alarm.Health{Site: "home", At: start.Add(d), Queued: 12})
	}
	require.Equal(t, gtc.AlarmNormal, stateOf(t, e, safetyUnread), "what waits may be it")
	for d := 5 * time.Minute; d < 10*time.Minute; d += 15 * time.Second {
		e.Health(alarm.Health{Site: "home", At: start.Add(d)})
	}
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, safetyUnread))
}
