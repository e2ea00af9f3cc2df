package alarm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// rest are the texts that every class needs.
const rest = `
    discipline: heating
    label: {fr: "a", nl: "b", en: "c"}
    cause: {fr: "a", nl: "b", en: "c"}
    consequence: {fr: "a", nl: "b", en: "c"}
    advice: {fr: [a], nl: [b], en: [c]}
`

// engineOf returns an engine with classes of these lines, on a site with one
// boiler, circuit and fire panel.
func engineOf(t *testing.T, classes ...string) *alarm.Engine {
	t.Helper()
	return alarm.New(classesOf(t, classes...), []gtc.Site{home()}, nil)
}

// classesOf returns classes of these lines.
func classesOf(t *testing.T, classes ...string) []alarm.Class {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	parsed, err := alarm.Parse("test.yaml", yamlOf(classes...), cat)
	require.NoError(t, err)
	return parsed
}

const lockoutClass = `class: boiler_lockout
kind: boiler
when: {point: lockout}
scope: site
priority: 3`

const coldClass = `class: flow_cold
kind: heating_circuit
when: {point: flow_temp, below: 30, dead_band: 2}
priority: 3
suppressed_by: [boiler_lockout]`

func flow(d time.Duration, temp float64) gtc.Sample {
	return sampleOf("circuit", "flow_temp", d, gtc.Float(temp))
}

func stateOf(t *testing.T, e *alarm.Engine, id string) gtc.AlarmState {
	t.Helper()
	a, ok := e.Alarm(id)
	require.True(t, ok, id)
	return a.State
}

func TestParentSuppresses(t *testing.T) {
	e := engineOf(t, lockoutClass, coldClass)
	const cold = "home/circuit/flow_cold"
	e.Observe([]gtc.Sample{lockout(0, true)})
	require.Equal(t, gtc.AlarmSuppressed, stateOf(t, e, cold))
	events := e.Observe([]gtc.Sample{flow(time.Second, 20)})
	require.Len(t, events, 1)
	require.Equal(t, gtc.AlarmSuppressed, events[0].Inhibited, "recorded, but nobody is called")
	require.Equal(t, "unacknowledged", events[0].To)

	again := alarm.New(nil, nil, nil) // a restart without configuration changes nothing here
	require.Empty(t, again.Alarms())

	events = e.Observe([]gtc.Sample{lockout(2*time.Second, false)})
	require.Len(t, events, 2)
	require.Equal(t, "unacknowledged", events[1].To)
	require.Empty(t, events[1].Inhibited, "the cause is gone and the flow still cold: somebody is called")
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, cold))
}

func TestSuppressionSurvivesRestart(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Parse("test.yaml", []byte("classes:\n  - "+strings.ReplaceAll(lockoutClass, "\n", "\n    ")+rest+
		"  - "+strings.ReplaceAll(coldClass, "\n", "\n    ")+rest), cat)
	require.NoError(t, err)
	e := alarm.New(classes, []gtc.Site{home()}, nil)
	e.Observe([]gtc.Sample{lockout(0, true)})
	e = alarm.New(classes, []gtc.Site{home()}, e.Alarms())
	require.Equal(t, gtc.AlarmSuppressed, stateOf(t, e, "home/circuit/flow_cold"))
}

func TestShelveReturnsByItself(t *testing.T) {
	e := engineOf(t, lockoutClass)
	const id = "home/boiler/boiler_lockout"
	e.Observe([]gtc.Sample{lockout(0, true)})
	until := start.Add(time.Hour)
	for name, c := range map[string]struct {
		by, reason string
		until      time.Time
		want       error
	}{
		"nobody":   {"", "travaux", until, alarm.ErrNobody},
		"why":      {"garde", "", until, alarm.ErrNoReason},
		"past":     {"garde", "travaux", start, alarm.ErrUntil},
		"for ever": {"garde", "travaux", start.Add(alarm.LongestShelving + time.Minute), alarm.ErrUntil},
	} {
		_, err := e.Shelve(id, c.by, c.reason, c.until, start)
		require.ErrorIs(t, err, c.want, name)
	}
	events, err := e.Shelve(id, "garde", "travaux", until, start.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, "shelved", events[0].To)
	require.Equal(t, until, events[0].Until)

	events = e.Observe([]gtc.Sample{lockout(2*time.Minute, false), lockout(3*time.Minute, true)})
	require.Len(t, events, 2, "a shelved alarm goes on being recorded")
	for _, ev := range events {
		require.Equal(t, gtc.AlarmShelved, ev.Inhibited)
	}
	require.Empty(t, e.Tick(until.Add(-time.Second)))
	events = e.Tick(until)
	require.Len(t, events, 1)
	require.Equal(t, "unacknowledged", events[0].To)
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, id))
}

func TestShelvingEndsOverTheClockChange(t *testing.T) {
	// 29 March 2026, 02:00 becomes 03:00 in Brussels: an hour is an hour.
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	for _, at := range []time.Time{time.Date(2026, 3, 29, 1, 30, 0, 0, brussels), time.Date(2026, 10, 25, 2, 30, 0, 0, brussels)} {
		e := engineOf(t, lockoutClass)
		const id = "home/boiler/boiler_lockout"
		_, err := e.Shelve(id, "garde", "essai", at.Add(time.Hour), at)
		require.NoError(t, err)
		e.Tick(at.Add(59 * time.Minute))
		require.Equal(t, gtc.AlarmShelved, stateOf(t, e, id))
		e.Tick(at.Add(61 * time.Minute))
		require.Equal(t, gtc.AlarmNormal, stateOf(t, e, id))
	}
}

func TestRestartInEachState(t *testing.T) {
	const id = "home/boiler/boiler_lockout"
	reach := map[gtc.AlarmState]func(e *alarm.Engine){
		gtc.AlarmNormal: func(e *alarm.Engine) {
			ackAt(e, id, 2*time.Minute)
			e.Observe([]gtc.Sample{lockout(time.Hour, false), lockout(time.Hour+10*time.Minute, false)})
		},
		gtc.AlarmUnacknowledged: func(*alarm.Engine) {},
		gtc.AlarmAcknowledged:   func(e *alarm.Engine) { ackAt(e, id, 2*time.Minute) },
		gtc.AlarmReturned: func(e *alarm.Engine) {
			e.Observe([]gtc.Sample{lockout(time.Hour, false), lockout(time.Hour+10*time.Minute, false)})
		},
		gtc.AlarmShelved: func(e *alarm.Engine) {
			_, _ = e.Shelve(id, "garde", "essai", start.Add(5*time.Hour), start.Add(time.Minute))
		},
		gtc.AlarmOutOfService: func(e *alarm.Engine) { _, _ = e.Plan(maintenance("boiler"), start.Add(time.Minute)) },
	}
	for state, do := range reach {
		t.Run(string(state), func(t *testing.T) {
			e := newEngine(t)
			e.Observe([]gtc.Sample{lockout(0, false), lockout(time.Second, true), lockout(61*time.Second, true)})
			do(e)
			require.Equal(t, state, stateOf(t, e, id))
			want, _ := e.Alarm(id)

			again := newEngine(t, e.Alarms()...)
			again.RestoreWorks(e.Works())
			got, _ := again.Alarm(id)
			require.Equal(t, want, got)
			require.Empty(t, again.Tick(start.Add(2*time.Hour)), "a restart says nothing new")
			if state == gtc.AlarmShelved || state == gtc.AlarmOutOfService {
				again.Tick(start.Add(6 * time.Hour))
				require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, again, id), "it comes back after the restart too")
			}
		})
	}
}

func ackAt(e *alarm.Engine, id string, d time.Duration) {
	_, _ = e.Acknowledge(id, "garde", start.Add(d))
}

func maintenance(eq gtc.EquipmentID) alarm.Work {
	return alarm.Work{
		Kind: alarm.WorkMaintenance, Site: "home", Equipment: eq, By: "garde", Reason: "entretien",
		From: start.Add(time.Minute), Until: start.Add(5 * time.Hour),
	}
}

func TestMaintenanceLeavesLifeSafetyInService(t *testing.T) {
	e := newEngine(t)
	_, err := e.Plan(maintenance(""), start)
	require.NoError(t, err)
	e.Tick(start.Add(time.Minute))
	require.Equal(t, gtc.AlarmOutOfService, stateOf(t, e, "home/boiler/boiler_lockout"))
	events := e.Observe([]gtc.Sample{fire(2*time.Minute, true)})
	require.Len(t, events, 1)
	require.Empty(t, events[0].Inhibited)
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, "home/fire/fire_alarm"))
	_, err = e.Shelve("home/fire/fire_alarm", "garde", "bruit", start.Add(time.Hour), start)
	require.ErrorIs(t, err, alarm.ErrLifeSafety)

	w := maintenance("boiler")
	w.Alarm = "home/fire/fire_alarm"
	_, err = e.Plan(w, start)
	require.ErrorIs(t, err, alarm.ErrLifeSafety)

	require.Len(t, e.Works(), 1)
	events, err = e.Finish(e.Works()[0].ID, "garde", start.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, "finished", events[0].To)
	require.Equal(t, gtc.AlarmNormal, stateOf(t, e, "home/boiler/boiler_lockout"))
}

func TestPanelUnderTest(t *testing.T) {
	e := newEngine(t)
	test := func(d time.Duration, on bool) gtc.Sample { return sampleOf("fire", "test", d, gtc.Bool(on)) }
	e.Observe([]gtc.Sample{test(0, true)})
	events := e.Observe([]gtc.Sample{fire(time.Second, true)})
	require.True(t, events[0].InTest, "it shows at once, as a test")
	require.Equal(t, "unacknowledged", events[0].To)
	_, err := e.Acknowledge("home/fire/fire_alarm", "garde", start.Add(2*time.Second))
	require.NoError(t, err)

	events = e.Observe([]gtc.Sample{test(time.Minute, false)})
	var called []string
	for _, ev := range events {
		if ev.Subject == "home/fire/fire_alarm" {
			require.False(t, ev.InTest)
			called = append(called, ev.To)
		}
	}
	require.Equal(t, []string{"unacknowledged"}, called, "the alarm outlives the test: it was none")
}

func TestPlannedTest(t *testing.T) {
	e := newEngine(t)
	w := alarm.Work{Kind: alarm.WorkTest, Site: "home", Equipment: "fire", By: "garde", Reason: "essai mensuel", From: start, Until: start.Add(time.Hour)}
	for name, c := range map[string]func(w *alarm.Work){
		"too long": func(w *alarm.Work) { w.Until = start.Add(3 * time.Hour) },
		"no panel": func(w *alarm.Work) { w.Equipment = "boiler" },
		"no site":  func(w *alarm.Work) { w.Site = "away" },
		"nobody":   func(w *alarm.Work) { w.By = "" },
		"no why":   func(w *alarm.Work) { w.Reason = "" },
	} {
		bad := w
		c(&bad)
		_, err := e.Plan(bad, start)
		require.Error(t, err, name)
	}
	_, err := e.Plan(w, start)
	require.NoError(t, err)
	require.True(t, e.Observe([]gtc.Sample{fire(time.Minute, true)})[0].InTest)
	e.Observe([]gtc.Sample{fire(2*time.Minute, false)})
	e.Tick(start.Add(time.Hour))
	require.False(t, e.Observe([]gtc.Sample{fire(2*time.Hour, true)})[0].InTest)
}

func TestEachZoneCalls(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	zone := `class: fire_zone
kind: fire_panel
when: {each: zone_<nn>_alarm}
priority: 1
life_safety: true`
	classes, err := alarm.Parse("test.yaml", []byte("classes:\n  - "+strings.ReplaceAll(zone, "\n", "\n    ")+rest), cat)
	require.NoError(t, err)
	e := alarm.New(classes, []gtc.Site{home()}, nil)
	in := func(n gtc.PointID, d time.Duration, on bool) gtc.Sample {
		return sampleOf("fire", "zone_"+n+"_alarm", d, gtc.Bool(on))
	}
	require.Equal(t, []string{"0s home/fire/fire_zone-03/1/unacknowledged", "1s home/fire/fire_zone-12/1/unacknowledged"},
		observe(e, in("03", 0, true), in("12", time.Second, true)))
	a, ok := e.Alarm("home/fire/fire_zone-12")
	require.True(t, ok)
	require.Equal(t, "a 12", a.Label.In("fr"))
	again := alarm.New(classes, []gtc.Site{home()}, e.Alarms())
	require.Equal(t, e.Alarms(), again.Alarms())
	require.Equal(t, []string{"1m0s home/fire/fire_zone-12/1/returned_unacknowledged"}, observe(again, in("12", time.Minute, false)))
}

func TestLatchNeedsReset(t *testing.T) {
	e := engineOf(t, lockoutClass+"\nlatch: true")
	const id = "home/boiler/boiler_lockout"
	e.Observe([]gtc.Sample{lockout(0, true), lockout(time.Second, false)})
	require.Equal(t, gtc.AlarmLatchedUnacknowledged, stateOf(t, e, id))
	events, err := e.Reset(id, "garde", start.Add(time.Minute))
	require.NoError(t, err)
	require.Empty(t, events, "not before somebody took it in charge")
	ackAt(e, id, 2*time.Minute)
	require.Equal(t, gtc.AlarmLatched, stateOf(t, e, id))
	_, err = e.Reset(id, "garde", start.Add(3*time.Minute))
	require.NoError(t, err)
	require.Equal(t, gtc.AlarmNormal, stateOf(t, e, id))
}

func TestRise(t *testing.T) {
	long := engineOf(t, lockoutClass+"\nrise: {priority: 2, after: 24h}")
	const id = "home/boiler/boiler_lockout"
	long.Observe([]gtc.Sample{lockout(0, true)})
	ackAt(long, id, time.Minute)
	require.Empty(t, long.Tick(start.Add(24*time.Hour-time.Second)))
	events := long.Tick(start.Add(24 * time.Hour))
	require.Len(t, events, 1)
	require.Equal(t, gtc.PriorityHigh, events[0].Priority)
	require.Equal(t, "unacknowledged", events[0].To, "it calls again")
	require.Empty(t, long.Tick(start.Add(25*time.Hour)), "once")
	long.Observe([]gtc.Sample{lockout(26*time.Hour, false), lockout(27*time.Hour, true)})
	a, _ := long.Alarm(id)
	require.Equal(t, gtc.PriorityMedium, a.Priority, "the next occurrence begins as its class says")

	// start is a Monday at 06:00 UTC, 07:00 in no time zone of the site.
	alone := engineOf(t, lockoutClass+"\nrise: {priority: 2, outside_hours: true}")
	alone.Observe([]gtc.Sample{lockout(4*time.Hour, true)})
	require.Empty(t, alone.Tick(start.Add(5*time.Hour)), "Monday, 11:00: the service is there")
	require.Len(t, alone.Tick(start.Add(12*time.Hour)), 1, "18:00: nobody is")
}

func TestChatteringStaysOnTheList(t *testing.T) {
	e := engineOf(t, lockoutClass)
	const id = "home/boiler/boiler_lockout"
	raised := 0
	for i := range 20 {
		for _, ev := range e.Observe([]gtc.Sample{lockout(time.Duration(2*i)*time.Second, true), lockout(time.Duration(2*i+1)*time.Second, false)}) {
			if ev.To == "unacknowledged" {
				raised++
			}
		}
	}
	require.Equal(t, 3, raised)
	a, _ := e.Alarm(id)
	require.True(t, a.Chattering)
	require.True(t, a.Active())
	e.Observe([]gtc.Sample{lockout(41*time.Second, false)})
	for d := time.Minute; d < 12*time.Minute; d += time.Minute {
		e.Observe([]gtc.Sample{lockout(d, false)})
	}
	a, _ = e.Alarm(id)
	require.False(t, a.Active(), "ten quiet minutes later it is over")
	require.False(t, a.Chattering)
}

func TestLifeSafetyChattersAsItIs(t *testing.T) {
	e := newEngine(t)
	n := 0
	for i := range 10 {
		n += len(e.Observe([]gtc.Sample{fire(time.Duration(2*i)*time.Second, true), fire(time.Duration(2*i+1)*time.Second, false)}))
	}
	require.Equal(t, 20, n, "every occurrence is said")
}

func TestSettleAfterAChange(t *testing.T) {
	e := engineOf(t, `class: flow_cold
kind: heating_circuit
when: {point: flow_temp, below: 30}
priority: 3
on_delay: 1m
settle: {points: [pump_run, room_temp_sp], for: 20m}`)
	pump := func(d time.Duration, on bool) gtc.Sample { return sampleOf("circuit", "pump_run", d, gtc.Bool(on)) }
	e.Observe([]gtc.Sample{pump(0, false), flow(0, 40), pump(time.Minute, true)})
	for d := time.Minute; d < 21*time.Minute; d += 30 * time.Second {
		require.Empty(t, e.Observe([]gtc.Sample{flow(d, 20)}), d)
	}
	require.NotEmpty(t, e.Observe([]gtc.Sample{flow(21*time.Minute, 20)}), "it had its time")
}
