package alarm_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// restHome is a rest home with two boilers and two circuits.
func restHome() gtc.Site {
	return gtc.Site{ID: "home", Category: gtc.CategoryRestHome, Equipment: []gtc.Equipment{
		{ID: "boiler-1", Kind: "boiler"},
		{ID: "boiler", Kind: "boiler"},
		{ID: "dhw", Kind: "dhw"},
		{ID: "circuit-1", Kind: "heating_circuit"},
		{ID: "circuit-2", Kind: "heating_circuit"},
		{ID: "fan-1", Kind: "ventilation"},
		{ID: "fan-2", Kind: "ventilation"},
		{ID: "contacts", Kind: "contact"},
	}}
}

// TestSuppressionHoldsWithinOneEquipment plays the shipped classes: what one
// equipment suffers explains nothing of another one, except where physics says
// so.
func TestSuppressionHoldsWithinOneEquipment(t *testing.T) {
	type point struct {
		eq    gtc.EquipmentID
		point gtc.PointID
		value gtc.Value
	}
	on, off := gtc.Bool(true), gtc.Bool(false)
	for name, c := range map[string]struct {
		holds []point
		want  map[string]gtc.AlarmState
	}{
		"a cold room": {
			[]point{
				{"circuit-1", "occupied", on},
				{"circuit-1", "room_temp", gtc.Float(15)},
				{"circuit-2", "occupied", on},
				{"circuit-2", "room_temp", gtc.Float(20)},
			},
			map[string]gtc.AlarmState{
				"home/circuit-1/room_cold": gtc.AlarmUnacknowledged, "home/circuit-1/room_cool": gtc.AlarmSuppressed,
				"home/circuit-2/room_cold": gtc.AlarmNormal, "home/circuit-2/room_cool": gtc.AlarmUnacknowledged,
			},
		},
		"a pump that stands still": {
			[]point{
				{"circuit-1", "heat_demand", on},
				{"circuit-1", "pump_run", off},
				{"circuit-2", "pump_run", on},
				{"circuit-2", "flow_temp", gtc.Float(20)},
				{"circuit-2", "flow_temp_sp", gtc.Float(60)},
			},
			map[string]gtc.AlarmState{
				"home/circuit-1/heating_pump_stopped": gtc.AlarmUnacknowledged, "home/circuit-2/heating_flow_cold": gtc.AlarmUnacknowledged,
			},
		},
		"frost in a fan": {
			[]point{{"fan-1", "frost_stat", on}, {"fan-1", "mode", gtc.Enum(2)}, {"fan-1", "supply_fan_run", off}, {"fan-2", "mode", gtc.Enum(2)}, {"fan-2", "supply_fan_run", off}},
			map[string]gtc.AlarmState{
				"home/fan-1/ventilation_frost": gtc.AlarmUnacknowledged, "home/fan-1/ventilation_stopped": gtc.AlarmSuppressed,
				"home/fan-2/ventilation_stopped": gtc.AlarmUnacknowledged,
			},
		},
		"a boiler that locks out": {
			[]point{
				{"boiler", "lockout", on},
				{"dhw", "storage_temp", gtc.Float(20)},
				{"circuit-2", "occupied", on},
				{"circuit-2", "room_temp", gtc.Float(20)},
			},
			map[string]gtc.AlarmState{
				"home/circuit-2/room_cool": gtc.AlarmSuppressed,
				// The water of a rest home does not wait for a boiler.
				"home/dhw/dhw_storage_critical": gtc.AlarmUnacknowledged, "home/dhw/dhw_storage_low": gtc.AlarmSuppressed,
			},
		},
		"a power cut": {
			[]point{{"contacts", "power_fail", on}, {"circuit-1", "heat_demand", on}, {"circuit-1", "pump_run", off}, {"fan-2", "mode", gtc.Enum(2)}, {"fan-2", "supply_fan_run", off}},
			map[string]gtc.AlarmState{
				"home/circuit-1/heating_pump_stopped": gtc.AlarmSuppressed, "home/fan-2/ventilation_stopped": gtc.AlarmSuppressed,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, classes := load(t)
			e := alarm.New(classes, []gtc.Site{restHome()}, nil)
			for d := time.Duration(0); d < 6*time.Hour; d += time.Minute {
				var samples []gtc.Sample
				for _, p := range c.holds {
					samples = append(samples, sampleOf(p.eq, p.point, d, p.value))
				}
				e.Observe(samples)
			}
			for id, want := range c.want {
				require.Equal(t, want, stateOf(t, e, id), id)
			}
		})
	}
}

// TestParentSetAsideSuppressesNothing: whoever shelves an alarm does not shelve
// what it would explain.
func TestParentSetAsideSuppressesNothing(t *testing.T) {
	const parent, child = "home/boiler/boiler_lockout", "home/circuit/flow_cold"
	setAside := map[string]struct {
		begin, end func(e *alarm.Engine) []gtc.Event
	}{
		"shelved": {
			func(e *alarm.Engine) []gtc.Event {
				events, _ := e.Shelve(parent, "garde", "pièce en commande", start.Add(24*time.Hour), start.Add(time.Hour))
				return events
			},
			func(e *alarm.Engine) []gtc.Event {
				events, _ := e.Unshelve(parent, "garde", start.Add(2*time.Hour))
				return events
			},
		},
		"out of service": {
			func(e *alarm.Engine) []gtc.Event {
				events, _ := e.Plan(maintenance("boiler"), start.Add(time.Minute))
				return append(events, e.Tick(start.Add(time.Hour))...)
			},
			func(e *alarm.Engine) []gtc.Event { return e.Tick(start.Add(6 * time.Hour)) },
		},
	}
	for name, c := range setAside {
		t.Run(name, func(t *testing.T) {
			e := engineOf(t, lockoutClass, coldClass)
			e.Observe([]gtc.Sample{lockout(0, true), flow(time.Second, 20)})
			require.Equal(t, gtc.AlarmSuppressed, stateOf(t, e, child))
			require.True(t, calls(c.begin(e), child), "somebody is called for what was explained")
			require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, child))
			again := alarm.New(classesOf(t, lockoutClass, coldClass), []gtc.Site{home()}, e.Alarms())
			require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, again, child), "after a restart too")
			c.end(e)
			require.Equal(t, gtc.AlarmSuppressed, stateOf(t, e, child))
		})
	}
}

func calls(events []gtc.Event, id string) bool {
	for _, ev := range events {
		if ev.Subject == id && ev.To == string(gtc.AlarmUnacknowledged) && ev.Inhibited == "" {
			return true
		}
	}
	return false
}

// TestSuppressionEndsWithoutItsParent: a kept suppression whose parent is gone,
// or explains it no longer, does not last.
func TestSuppressionEndsWithoutItsParent(t *testing.T) {
	const child = "home/circuit/flow_cold"
	e := engineOf(t, lockoutClass, coldClass)
	e.Observe([]gtc.Sample{lockout(0, true), flow(time.Second, 20)})
	var kept []gtc.Alarm
	for _, a := range e.Alarms() {
		if a.ID == child {
			kept = append(kept, a)
		}
	}
	again := alarm.New(classesOf(t, lockoutClass, coldClass), []gtc.Site{home()}, kept)
	require.True(t, calls(again.Tick(start.Add(time.Minute)), child))
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, again, child))
	require.Empty(t, again.Tick(start.Add(2*time.Minute)))
}

// TestRiseEndsShelving: what was set aside as it was is more urgent now.
func TestRiseEndsShelving(t *testing.T) {
	const id = "home/boiler/boiler_lockout"
	e := engineOf(t, lockoutClass+"\nrise: {priority: 2, after: 24h}")
	e.Observe([]gtc.Sample{lockout(0, true)})
	ackAt(e, id, time.Minute)
	_, err := e.Shelve(id, "garde", "travaux", start.Add(7*24*time.Hour), start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, e.Tick(start.Add(24*time.Hour-time.Second)))
	events := e.Tick(start.Add(24 * time.Hour))
	require.Len(t, events, 1)
	require.Equal(t, "shelved", events[0].From)
	require.Equal(t, "unacknowledged", events[0].To)
	require.Equal(t, gtc.PriorityHigh, events[0].Priority)
	require.Equal(t, "priority rises, shelving ends", events[0].Reason)
	a, _ := e.Alarm(id)
	require.Empty(t, a.Inhibitions)
	require.Empty(t, e.Tick(start.Add(8*24*time.Hour)))

	// Works on the plant go on: nobody is called, and it is recorded.
	e = engineOf(t, lockoutClass+"\nrise: {priority: 2, after: 24h}")
	e.Observe([]gtc.Sample{lockout(0, true)})
	w := maintenance("boiler")
	w.Until = start.Add(48 * time.Hour)
	_, err = e.Plan(w, start.Add(time.Minute))
	require.NoError(t, err)
	e.Tick(start.Add(time.Hour))
	_, err = e.Shelve(id, "garde", "travaux", start.Add(7*24*time.Hour), start.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, calls(e.Tick(start.Add(25*time.Hour)), id))
	require.True(t, calls(e.Tick(start.Add(48*time.Hour)), id), "the works are over and nothing shelves it any more")
}

// TestSettleHasAnEnd: a set point that follows the weather does not keep an
// alarm waiting for ever.
func TestSettleHasAnEnd(t *testing.T) {
	const id = "home/circuit/flow_cold"
	class := `class: flow_cold
kind: heating_circuit
when: {expr: "pump_run && flow_temp_sp - flow_temp > 10"}
on_delay: 45m
priority: 3
settle: {points: [pump_run, flow_temp_sp], for: 20m%s}`
	never := func(time.Duration) float64 { return 60 }
	for name, c := range map[string]struct {
		more string
		sp   func(d time.Duration) float64
		want time.Duration
	}{
		"a set point that stands":         {"", never, 45 * time.Minute},
		"small steps each ten minutes":    {"", func(d time.Duration) float64 { return 60 + 0.1*float64(int(d.Minutes()/10)%7) }, 45 * time.Minute},
		"a step":                          {"", steps(40*time.Minute, 1), 60 * time.Minute},
		"a smaller step":                  {"", steps(40*time.Minute, 0.9), 45 * time.Minute},
		"a step that the class allows":    {", step: 3", steps(40*time.Minute, 2), 45 * time.Minute},
		"a step that it does not":         {", step: 3", steps(40*time.Minute, 3), 60 * time.Minute},
		"small steps that add up":         {"", steps(8*time.Minute, 0.25), 52 * time.Minute},
		"steps without end":               {"", steps(10*time.Minute, 2), 85 * time.Minute},
		"steps without end, class's span": {", at_most: 30m", steps(10*time.Minute, 2), 75 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			e := engineOf(t, fmt.Sprintf(class, c.more))
			raised := time.Duration(-1)
			for d := time.Duration(0); d <= 4*time.Hour && raised < 0; d += 30 * time.Second {
				e.Observe([]gtc.Sample{
					sampleOf("circuit", "pump_run", d, gtc.Bool(true)), sampleOf("circuit", "flow_temp", d, gtc.Float(20)),
					sampleOf("circuit", "flow_temp_sp", d, gtc.Float(c.sp(d))),
				})
				if a, _ := e.Alarm(id); a.Active() {
					raised = d
				}
			}
			require.Equal(t, c.want, raised)
		})
	}
}

// steps is a set point that moves by some kelvins after every while.
func steps(every time.Duration, by float64) func(d time.Duration) float64 {
	return func(d time.Duration) float64 { return 60 + by*float64(d/every) }
}
