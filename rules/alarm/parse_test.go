package alarm_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// texts3 completes a class with what every class needs.
const texts3 = `
    priority: 2
    discipline: heating
    label: {fr: a, nl: b, en: c}
    cause: {fr: a, nl: b, en: c}
    consequence: {fr: a, nl: b, en: c}
    advice: {fr: [a], nl: [b], en: [c]}
`

func parse(t *testing.T, text string) ([]alarm.Class, error) {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	return alarm.Parse("a.yaml", []byte(text), cat)
}

func TestParse(t *testing.T) {
	classes, err := parse(t, `classes:
  - class: own_class
    kind: boiler
    when: {point: flow_temp, above: 95, dead_band: 5}
    on_delay: 2m
    off_delay: 10s`+texts3)
	require.NoError(t, err)
	require.Len(t, classes, 1)
	c := classes[0]
	require.Equal(t, []gtc.PointID{"flow_temp"}, c.When.Points())
	require.Equal(t, 2*time.Minute, c.OnDelay)
	require.Equal(t, []string{"a"}, c.Advice["fr"])
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"unknown key": {`
    kind: boiler
    whem: {point: lockout}`, `a.yaml:4:5: unknown key "whem" in classes[0] (did you mean "when"?)`},
		"unknown point": {`
    kind: boiler
    when: {point: lokout}`, `a.yaml:4:19: class bad: boiler has no point "lokout" (did you mean "lockout"?)`},
		"unknown kind": {`
    kind: boilr
    when: {point: lockout}`, `a.yaml:3:11: class bad: unknown kind "boilr" (did you mean "boiler"?)`},
		"no limit": {`
    kind: boiler
    when: {point: flow_temp}`, `a.yaml:4:11: class bad: flow_temp is a number: say above or below`},
		"limit of a two-state point": {`
    kind: boiler
    when: {point: lockout, above: 1}`, `a.yaml:4:11: class bad: lockout is two-state and needs no limit`},
		"unknown state": {`
    kind: boiler
    when: {point: state, in: [66]}`, `a.yaml:4:30: class bad: state has no state 66`},
		"point and expression": {`
    kind: boiler
    when: {point: lockout, expr: lockout}`, `a.yaml:4:11: class bad: when is one of point, each, any, expr or watch`},
		"unknown point in an expression": {`
    kind: boiler
    when: {expr: flow_tmp > 3}`, `a.yaml:4:18: class bad: boiler has no point "flow_tmp" (did you mean "flow_temp"?)`},
		"type of an expression": {`
    kind: boiler
    when: {expr: flow_temp + 3}`, `a.yaml:4:18: class bad: expected bool, but got float64`},
		"types in an expression": {`
    kind: boiler
    when: {expr: lockout > 3}`, `a.yaml:4:18: class bad: invalid operation: > (mismatched types bool and int)`},
		"set state": {`
    kind: intrusion_panel
    when: {point: set_state, in: [2]}`, `a.yaml:4:19: class bad: an alarm never looks at whether premises are set`},
		"set state of a partition": {`
    kind: intrusion_panel
    when: {expr: partition_01_set_state == 2}`, `a.yaml:4:18: class bad: an alarm never looks at whether premises are set`},
		"any of numbers": {`
    kind: boiler
    when: {any: [lockout, flow_temp]}`, `a.yaml:4:27: class bad: flow_temp is not two-state`},
		"any of life safety": {`
    kind: contact
    when: {any: [flood_alarm, gas_alarm]}`, `a.yaml:4:31: class bad: gas_alarm concerns life safety: give it a class of its own`},
		"watch": {`
    when: {watch: edges}`, `a.yaml:3:19: class bad: watch is one of edge, device, rule, unread, store_away, store_refused, unsent, channel`},
		"life safety not said": {`
    kind: contact
    when: {point: gas_alarm}`, `a.yaml:4:19: class bad: gas_alarm concerns life safety: say life_safety: true`},
		"life safety delayed": {`
    kind: contact
    life_safety: true
    on_delay: 10s
    when: {point: gas_alarm}`, `a.yaml:5:15: class bad: life safety is never delayed`},
		"negative delay": {`
    kind: boiler
    off_delay: -1s
    when: {point: lockout}`, `a.yaml:4:16: a delay is not negative`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, "classes:\n  - class: bad"+c.text+texts3)
			require.ErrorContains(t, err, c.want)
			var mistakes strict.Mistakes
			require.ErrorAs(t, err, &mistakes)
		})
	}
}

func TestClassWithoutAdviceIsRefused(t *testing.T) {
	_, err := parse(t, `classes:
  - class: bad
    kind: boiler
    when: {point: lockout}
    priority: 1
    discipline: cooking
    label: {fr: a, nl: b, en: c}
    cause: {fr: a, nl: b, en: c}
    consequence: {fr: a, nl: b}
    advice: {fr: [a], en: []}
`)
	require.EqualError(t, err, `a.yaml:5:15: class bad: priority 1 is for life safety
a.yaml:6:17: class bad: discipline is one of fire, safety, intrusion, heating, dhw, ventilation, electricity, water, cold, communication
a.yaml:9:18: class bad: no consequence in en
a.yaml:10:13: class bad: no advice (consigne) in nl: an alarm that nobody can act on is none
a.yaml:10:13: class bad: no advice (consigne) in en: an alarm that nobody can act on is none`)
}

func TestLoadOverTheLibrary(t *testing.T) {
	cat, shipped := load(t)
	folder := fstest.MapFS{"rules/alarms.yaml": {Data: []byte(`classes:
  - class: boiler_lockout
    kind: boiler
    when: {point: lockout}
    on_delay: 5m` + texts3 + `  - class: own_class
    kind: boiler
    when: {point: limiter_trip}` + texts3)}}
	classes, err := alarm.Load(cat, folder)
	require.NoError(t, err)
	require.Len(t, classes, len(shipped)+1)
	for i, c := range classes {
		if c.ID == "boiler_lockout" {
			require.Equal(t, 5*time.Minute, c.OnDelay)
			require.Equal(t, "boiler_lockout", shipped[i].ID, "it stands in the shipped one's place")
		}
	}
	classes, err = alarm.Load(cat, fstest.MapFS{})
	require.NoError(t, err)
	require.Len(t, classes, len(shipped))
	_, err = alarm.Load(cat, fstest.MapFS{"rules/alarms.yaml": {Data: []byte("classes: [{class: x}]")}})
	require.ErrorContains(t, err, "rules/alarms.yaml:1:")
}

// TestLifeSafetyIsCovered: every point that the catalogue calls life safety has
// a class, and both agree on what life safety is.
func TestLifeSafetyIsCovered(t *testing.T) {
	cat, classes := load(t)
	covered := map[string]bool{}
	for _, c := range classes {
		if c.LifeSafety {
			covered[string(c.Kind)+"/"+string(c.When.Point)] = true
		}
	}
	for _, k := range cat.Kinds() {
		for _, p := range cat.Points(k) {
			if p.LifeSafety {
				require.True(t, covered[string(k)+"/"+string(p.ID)], "%s/%s has no class", k, p.ID)
			}
		}
	}
	require.GreaterOrEqual(t, len(covered), 5)
}

func FuzzParse(f *testing.F) {
	cat, err := catalogue.Load()
	require.NoError(f, err)
	f.Add("classes:\n  - class: bad\n    kind: boiler\n    when: {expr: flow_temp > 3 and lockout}" + texts3)
	f.Add("classes: [{class: x, when: {expr: '#'}}]")
	f.Add("classes:\n  - class: bad\n    kind: boiler\n    when: {point: pressure_bar, falls: 0.3, within: 10ns}" + texts3)
	f.Add("classes:\n  - class: bad\n    kind: boiler\n    when: {expr: min(flow_temp, -1) - abs(return_temp) * 2 > (lockout ? 1 : 2.5)}" + texts3)
	f.Fuzz(func(t *testing.T, text string) {
		classes, err := alarm.Parse("a.yaml", []byte(text), cat)
		if err != nil {
			return
		}
		e := alarm.New(classes, []gtc.Site{home()}, nil)
		e.Observe([]gtc.Sample{fire(0, true), lockout(0, true)})
	})
}
