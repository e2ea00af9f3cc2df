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

func TestCourses(t *testing.T) {
	type step struct {
		at   time.Duration
		v    gtc.Value
		want bool
	}
	f := gtc.Float
	for name, c := range map[string]struct {
		class, point string
		steps        []step
	}{
		"stuck": {`{point: flow_temp, stuck: 1h, tolerance: 0.1}`, "flow_temp", []step{
			{0, f(40), false}, {30 * time.Minute, f(40.05), false}, {59 * time.Minute, f(39.95), false}, {time.Hour, f(40), true}, {61 * time.Minute, f(40.2), false},
		}},
		"falls": {`{point: flow_temp, falls: 10, within: 10m}`, "flow_temp", []step{
			{0, f(60), false}, {5 * time.Minute, f(52), false}, {9 * time.Minute, f(49), true}, {20 * time.Minute, f(48), false},
		}},
		"falls slowly": {`{point: flow_temp, falls: 10, within: 10m}`, "flow_temp", []step{
			{0, f(60), false}, {11 * time.Minute, f(52), false}, {22 * time.Minute, f(44), false},
		}},
		"rises": {`{point: flow_temp, rises: 10, within: 10m}`, "flow_temp", []step{
			{0, f(60), false}, {5 * time.Minute, f(69), false}, {6 * time.Minute, f(71), true},
		}},
		"starts": {`{point: pump_run, starts: 2, within: 1h}`, "pump_run", []step{
			{0, gtc.Bool(true), false},
			{1 * time.Minute, gtc.Bool(false), false},
			{2 * time.Minute, gtc.Bool(true), false},
			{3 * time.Minute, gtc.Bool(false), false},
			{4 * time.Minute, gtc.Bool(true), false},
			{5 * time.Minute, gtc.Bool(false), false},
			{6 * time.Minute, gtc.Bool(true), true},
			{2 * time.Hour, gtc.Bool(true), false},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := engineOf(t, "class: course\nkind: heating_circuit\nwhen: "+c.class+"\npriority: 3")
			for _, s := range c.steps {
				e.Observe([]gtc.Sample{sampleOf("circuit", gtc.PointID(c.point), s.at, s.v)})
				a, _ := e.Alarm("home/circuit/course")
				require.Equal(t, s.want, a.Active(), s.at)
			}
		})
	}
}

func TestDeviation(t *testing.T) {
	e := engineOf(t, `class: away
kind: heating_circuit
when: {point: room_temp, from: room_temp_sp, beyond: 2, dead_band: 0.5}
priority: 3`)
	for i, s := range []struct {
		room, sp float64
		want     bool
	}{{20, 21, false}, {18.9, 21, true}, {19.3, 21, true}, {19.6, 21, false}, {23.1, 21, true}, {21, 21, false}} {
		d := time.Duration(i) * time.Minute
		e.Observe([]gtc.Sample{sampleOf("circuit", "room_temp_sp", d, gtc.Float(s.sp)), sampleOf("circuit", "room_temp", d+time.Second, gtc.Float(s.room))})
		a, _ := e.Alarm("home/circuit/away")
		require.Equal(t, s.want, a.Active(), s)
	}
}

func TestMissingWaitsForWhatIsLate(t *testing.T) {
	e := engineOf(t, "class: gone\nkind: heating_circuit\nwhen: {point: flow_temp, missing: 2h}\npriority: 3")
	const id = "home/circuit/gone"
	other := func(d time.Duration) gtc.Sample { return sampleOf("boiler", "flow_temp", d, gtc.Float(60)) }
	e.Observe([]gtc.Sample{flow(0, 40), other(0)})
	// The link is cut for a day: nothing is heard, so nothing is missing.
	require.Empty(t, e.Tick(start.Add(24*time.Hour)))
	// The backlog arrives in order, the point in it.
	for d := time.Hour; d < 24*time.Hour; d += time.Hour {
		e.Observe([]gtc.Sample{other(d), flow(d, 40)})
	}
	require.Equal(t, gtc.AlarmNormal, stateOf(t, e, id))
	// The site goes on without the point.
	for d := 24 * time.Hour; d < 26*time.Hour; d += 30 * time.Minute {
		e.Tick(start.Add(d))
		e.Observe([]gtc.Sample{other(d)})
	}
	require.Equal(t, gtc.AlarmUnacknowledged, stateOf(t, e, id))
	e.Tick(start.Add(26 * time.Hour))
	e.Observe([]gtc.Sample{flow(26*time.Hour, 40)})
	require.Equal(t, gtc.AlarmReturned, stateOf(t, e, id))
}

func TestRuleThatCannotBeComputed(t *testing.T) {
	e := engineOf(t, `class: ratio
kind: heating_circuit
when: {expr: "int(flow_temp) % int(return_temp) == 1"}
priority: 3`, `class: rule_fault
when: {watch: rule}
priority: 3`)
	const id = "home/circuit/rule_fault"
	back := func(d time.Duration, temp float64) gtc.Sample {
		return sampleOf("circuit", "return_temp", d, gtc.Float(temp))
	}
	events := e.Observe([]gtc.Sample{flow(0, 40), back(time.Second, 0)})
	require.Len(t, events, 1)
	require.Equal(t, id, events[0].Subject)
	require.Contains(t, events[0].Reason, "class ratio: ")
	require.Empty(t, e.Observe([]gtc.Sample{back(2*time.Second, 0)}), "said once")
	e.Observe([]gtc.Sample{back(3*time.Second, 30)})
	require.Equal(t, gtc.AlarmReturned, stateOf(t, e, id))
}

func TestMissingFromTheBeginning(t *testing.T) {
	for _, promised := range []bool{false, true} {
		e := engineOf(t, "class: gone\nkind: heating_circuit\nwhen: {point: flow_temp, missing: 2h}\npriority: 3")
		if promised {
			e.Expect([]gtc.Series{{Site: "home", Equipment: "circuit", Point: "flow_temp"}, {Site: "home", Equipment: "circuit", Point: "pump_run"}})
		}
		for d := time.Duration(0); d <= 3*time.Hour; d += 30 * time.Minute {
			e.Tick(start.Add(d))
			e.Observe([]gtc.Sample{sampleOf("boiler", "flow_temp", d, gtc.Float(60))})
		}
		a, _ := e.Alarm("home/circuit/gone")
		require.Equal(t, promised, a.Active())
	}
}

func TestFloorOfTheSite(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	class := `class: room_cold
kind: room
when: {expr: "air_temp < floor_temp - 1"}
priority: 3`
	classes, err := alarm.Parse("test.yaml", []byte("classes:\n  - "+strings.ReplaceAll(class, "\n", "\n    ")+rest), cat)
	require.NoError(t, err)
	for category, want := range map[gtc.Category]bool{gtc.CategoryRestHome: true, gtc.CategoryOffice: false} {
		site := gtc.Site{ID: "home", Category: category, Equipment: []gtc.Equipment{{ID: "room", Kind: "room"}}}
		e := alarm.New(classes, []gtc.Site{site}, nil)
		e.Observe([]gtc.Sample{sampleOf("room", "air_temp", 0, gtc.Float(20))})
		a, _ := e.Alarm("home/room/room_cold")
		require.Equal(t, want, a.Active(), category)
	}
}
