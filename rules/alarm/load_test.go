package alarm_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// loadOwn loads the shipped classes with those of these lines over them.
func loadOwn(t *testing.T, classes ...string) error {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	_, err = alarm.Load(cat, fstest.MapFS{"rules/alarms.yaml": {Data: yamlOf(classes...)}})
	return err
}

// yamlOf is a file with classes of these lines.
func yamlOf(classes ...string) []byte {
	var yaml strings.Builder
	yaml.WriteString("classes:\n")
	for _, c := range classes {
		yaml.WriteString("  - " + strings.ReplaceAll(strings.TrimSpace(c), "\n", "\n    ") + rest)
	}
	return []byte(yaml.String())
}

// TestSiteFileWeakensNoLifeSafety: texts may be a site's own, what raises the
// alarm and how urgent it is may not.
func TestSiteFileWeakensNoLifeSafety(t *testing.T) {
	for name, c := range map[string]struct{ class, want string }{
		"texts of one's own": {"class: fire_alarm\nkind: fire_panel\nwhen: {point: fire_alarm}\npriority: 1\nlife_safety: true\nlatch: true", ""},
		"another condition, a delay and a lower priority": {
			"class: fire_alarm\nkind: fire_panel\nwhen: {point: mains_fail}\non_delay: 24h\npriority: 4",
			`rules/alarms.yaml:2:5: class fire_alarm is life safety: life_safety: true stays
rules/alarms.yaml:4:11: class fire_alarm is life safety: its condition stays point: fire_alarm
rules/alarms.yaml:5:15: class fire_alarm is life safety: it is never delayed
rules/alarms.yaml:6:15: class fire_alarm is life safety: its priority stays 1`,
		},
		"another point of life safety": {
			"class: fire_alarm\nkind: fire_panel\nwhen: {point: pre_alarm}\npriority: 1\nlife_safety: true",
			"rules/alarms.yaml:4:11: class fire_alarm is life safety: its condition stays point: fire_alarm",
		},
		"another kind": {
			"class: fire_alarm\nkind: contact\nwhen: {point: gas_alarm}\npriority: 1\nlife_safety: true",
			"rules/alarms.yaml:3:11: class fire_alarm is life safety: its kind stays fire_panel",
		},
		"no latch": {
			"class: fire_zone\nkind: fire_panel\nwhen: {each: zone_<nn>_alarm}\npriority: 1\nlife_safety: true",
			"rules/alarms.yaml:2:5: class fire_zone is life safety: latch: true stays",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := loadOwn(t, c.class)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			var mistakes strict.Mistakes
			require.ErrorAs(t, err, &mistakes)
		})
	}
}

// TestParents: what a class names in suppressed_by exists, can explain it, and
// leads nowhere back.
func TestParents(t *testing.T) {
	one := func(id, kind, point, more string) string {
		return "class: " + id + "\nkind: " + kind + "\nwhen: {point: " + point + "}\npriority: 3\n" + more
	}
	for name, c := range map[string]struct {
		classes []string
		want    string
	}{
		"unknown": {
			[]string{one("own_class", "boiler", "fault", "suppressed_by: [edge_lost, boiler_lokout]")},
			`rules/alarms.yaml:6:32: class own_class: suppressed_by names "boiler_lokout", which is no class (did you mean "boiler_lockout"?)`,
		},
		"itself": {
			[]string{one("own_class", "boiler", "fault", "suppressed_by: [own_class]")},
			"rules/alarms.yaml:6:20: class own_class: suppresses itself",
		},
		"in a circle": {
			[]string{one("own_a", "boiler", "fault", "suppressed_by: [own_b]"), one("own_b", "boiler", "lockout", "suppressed_by: [own_c]"), one("own_c", "boiler", "pressure_low", "suppressed_by: [own_a]")},
			"rules/alarms.yaml:6:20: class own_a: suppressed_by leads back to it: own_a, own_b, own_c, own_a",
		},
		"of another kind": {
			[]string{one("own_class", "boiler", "fault", "suppressed_by: [heating_circuit_fault]")},
			"rules/alarms.yaml:6:21: class own_class: heating_circuit_fault is about another kind of equipment and explains nothing here: only with scope: site in that class",
		},
		"of another kind, and of the site": {[]string{one("own_class", "boiler", "fault", "suppressed_by: [power_fail, edge_lost, device_lost]")}, ""},
		"an unknown scope":                 {[]string{one("own_class", "boiler", "fault", "scope: building")}, `rules/alarms.yaml:6:12: class own_class: scope is site, or is left out for the equipment alone`},
		"a device has its own scope":       {[]string{"class: device_lost\nwhen: {watch: device}\nscope: site\npriority: 3"}, "rules/alarms.yaml:4:12: class device_lost: a device explains what it serves and has no scope"},
		"a replaced parent keeps the file": {[]string{one("boiler_lockout", "boiler", "lockout", "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := loadOwn(t, c.classes...)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			var mistakes strict.Mistakes
			require.ErrorAs(t, err, &mistakes)
		})
	}
}

// TestBounds: what cannot happen, or never ends, is refused with its position.
func TestBounds(t *testing.T) {
	boiler := func(when string) string {
		return "class: own_class\nkind: boiler\nwhen: {" + when + "}\npriority: 3"
	}
	cat, err := catalogue.Load()
	require.NoError(t, err)
	for name, c := range map[string]struct{ class, want string }{
		"within of nothing":        {boiler("point: pressure_bar, falls: 0.3, within: 10ns"), "4:53: class own_class: within is 1m to 720h"},
		"missing of nothing":       {boiler("point: pressure_bar, missing: 1ns"), "4:42: class own_class: missing is 1m to 720h"},
		"missing for ever":         {boiler("point: pressure_bar, missing: 999999h"), "4:42: class own_class: missing is 1m to 720h"},
		"stuck for ever":           {boiler("point: pressure_bar, stuck: 999999h"), "4:40: class own_class: stuck is 1m to 720h"},
		"a delay for ever":         {boiler("point: lockout") + "\non_delay: 99999h", "6:15: class own_class: on_delay is 1s to 720h"},
		"a delay of nothing":       {boiler("point: lockout") + "\noff_delay: 3ns", "6:16: class own_class: off_delay is 1s to 720h"},
		"settling for ever":        {boiler("point: pressure_bar, below: 1") + "\nsettle: {points: [burner_run], for: 999999h}", "6:41: class own_class: settle.for is 1s to 24h"},
		"settling without bound":   {boiler("point: pressure_bar, below: 1") + "\nsettle: {points: [burner_run], for: 1h, at_most: 999h}", "6:54: class own_class: settle.at_most is 1h to 72h"},
		"settling less than once":  {boiler("point: pressure_bar, below: 1") + "\nsettle: {points: [burner_run], for: 1h, at_most: 30m}", "6:54: class own_class: settle.at_most is 1h to 72h"},
		"a step backwards":         {boiler("point: pressure_bar, below: 1") + "\nsettle: {points: [flow_temp_sp], for: 1h, step: -1}", "6:53: class own_class: a step is not negative"},
		"a rise after for ever":    {boiler("point: lockout") + "\nrise: {priority: 2, after: 9999h}", "6:32: class own_class: rise.after is 1m to 720h"},
		"an unlikely time to act":  {boiler("point: lockout") + "\ntime_to_act: 9999h", "6:18: class own_class: time_to_act is 1m to 720h"},
		"a pressure that is not":   {boiler("point: pressure_bar, below: -900"), "4:40: class own_class: pressure_bar is never below -900 bar"},
		"a temperature":            {boiler("point: flow_temp, above: 9000"), "4:37: class own_class: flow_temp is never above 9000 °C"},
		"a share":                  {"class: own_class\nkind: tank\nwhen: {point: level_pct, below: 160}\npriority: 3", "4:37: class own_class: level_pct is always below 160 %"},
		"it never comes back":      {"class: own_class\nkind: tank\nwhen: {point: level_pct, below: 20, dead_band: 140}\npriority: 3", "4:52: class own_class: level_pct never comes back by 140 %"},
		"a tolerance of all":       {boiler("point: flow_temp, stuck: 24h, tolerance: 9999"), "4:53: class own_class: flow_temp never moves by 9999 °C"},
		"a movement that is none":  {boiler("point: flow_temp, rises: 9999, within: 1h"), "4:37: class own_class: flow_temp never moves by 9999 °C"},
		"a comparison of units":    {boiler("expr: flow_temp > pressure_bar"), "4:18: class own_class: flow_temp is in °C and pressure_bar in bar: they cannot be compared"},
		"a difference of units":    {boiler("expr: flow_temp - pressure_bar > 3"), "4:18: class own_class: flow_temp is in °C and pressure_bar in bar: they cannot be compared"},
		"units of what ends it":    {boiler("expr: flow_temp > 90, clear: flow_temp < pressure_bar"), "4:41: class own_class: flow_temp is in °C and pressure_bar in bar: they cannot be compared"},
		"a sum of units":           {boiler(`expr: "max(flow_temp, pressure_bar) > 3"`), "4:18: class own_class: flow_temp is in °C and pressure_bar in bar: they cannot be compared"},
		"a limit in an expression": {boiler("expr: flow_temp > 9000"), "4:18: class own_class: flow_temp is never above 9000 °C"},
		"a difference":             {boiler("expr: flow_temp - return_temp > 30"), ""},
		"half of a difference":     {boiler("expr: (flow_temp - return_temp) / 2 > 3 and flow_temp * 2 > return_temp + 5"), ""},
		"a floor":                  {"class: own_class\nkind: heating_circuit\nwhen: {expr: room_temp < floor_temp - 1}\npriority: 3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := alarm.Parse("rules/alarms.yaml", yamlOf(c.class), cat)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "rules/alarms.yaml:"+c.want)
		})
	}
}
