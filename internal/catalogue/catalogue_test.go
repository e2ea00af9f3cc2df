package catalogue

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	require.NoError(t, err)
	return c
}

// each calls f for every point and every pattern of every kind.
func each(t *testing.T, f func(t *testing.T, p Point)) {
	t.Helper()
	c := load(t)
	for _, k := range c.Kinds() {
		for _, p := range append(c.Points(k), c.Patterns(k)...) {
			t.Run(string(k)+"/"+string(p.ID), func(t *testing.T) { f(t, p) })
		}
	}
}

func TestPointsAreWellFormed(t *testing.T) {
	each(t, func(t *testing.T, p Point) {
		t.Helper()
		id := gtc.PointID(strings.ReplaceAll(string(p.ID), "<nn>", "01"))
		require.True(t, WellFormed(id))
		require.NotEqual(t, gtc.TypeNone, p.Type)
		require.Contains(t, []gtc.Function{gtc.FunctionSensor, gtc.FunctionCommand, gtc.FunctionSetpoint}, p.Function)
		require.Contains(t, []string{"", ClassA, ClassB, ClassC, ClassX}, p.Class)
		for _, lang := range []string{"fr", "en", "nl"} {
			require.NotEmpty(t, p.Label[lang], lang)
		}
		require.NotEmpty(t, p.Brick)
	})
}

func TestUnitAgreesWithName(t *testing.T) {
	each(t, func(t *testing.T, p Point) {
		t.Helper()
		unit, ok := UnitOf(p.ID)
		if p.Type != gtc.TypeFloat {
			require.Empty(t, p.Unit, "a state has no unit")
			return
		}
		require.True(t, ok, "a number's name ends in its unit")
		require.Equal(t, unit, p.Unit)
	})
}

func TestWritablePoints(t *testing.T) {
	each(t, func(t *testing.T, p Point) {
		t.Helper()
		if p.Function == gtc.FunctionSensor {
			require.Contains(t, []string{"", ClassX}, p.Class, "nobody writes a sensor")
			return
		}
		require.NotEmpty(t, p.Class, "a set point or command has a class")
		require.NotEqual(t, gtc.KindFirePanel, p.Kind, "a fire panel has no set point and no command")
		require.NotEqual(t, gtc.KindIntrusionPanel, p.Kind)
	})
}

// Only the enumerations of the catalogue are integers: a new one is a change
// of the stored schema and is added here on purpose.
func TestOnlyListedEnumerationsAreIntegers(t *testing.T) {
	listed := map[string]int{
		"boiler/state": 9, "heating_circuit/mode": 6, "heating_circuit/mode_cmd": 6, "dhw/mode": 5, "dhw/mode_cmd": 5,
		"electricity_meter/tariff": 2, "intrusion_panel/set_state": 5, "intrusion_panel/partition_<nn>_set_state": 5,
		"ventilation/mode": 6, "ventilation/mode_cmd": 6, "heat_pump/state": 7, "heat_pump/mode_cmd": 6,
		"pv_inverter/state": 6, "chp/state": 7,
	}
	each(t, func(t *testing.T, p Point) {
		t.Helper()
		states := listed[string(p.Kind)+"/"+string(p.ID)]
		require.Equal(t, states > 0, p.Type == gtc.TypeEnum)
		require.Len(t, p.Enum, states)
		for i, label := range p.Enum {
			require.NotEmpty(t, label["fr"], i)
			require.NotEmpty(t, label["en"], i)
		}
	})
}

func TestFlags(t *testing.T) {
	c := load(t)
	var lifeSafety []string
	each(t, func(t *testing.T, p Point) {
		t.Helper()
		if p.LifeSafety {
			require.True(t, p.Alarm)
			lifeSafety = append(lifeSafety, string(p.Kind)+"/"+string(p.ID))
		}
		if p.Alarm {
			require.Equal(t, gtc.TypeBool, p.Type)
		}
		if p.Counter {
			require.Equal(t, gtc.TypeFloat, p.Type)
		}
		cumulative := strings.HasSuffix(string(p.ID), "_kwh") || strings.HasSuffix(string(p.ID), "_m3") ||
			strings.HasSuffix(string(p.ID), "_kvarh") || strings.HasSuffix(string(p.ID), "_h") ||
			p.ID == "starts_count" || p.ID == "pulse_count"
		require.Equal(t, cumulative, p.Counter)
	})
	require.ElementsMatch(t, []string{
		"fire_panel/fire_alarm", "fire_panel/pre_alarm", "fire_panel/zone_<nn>_alarm", "fire_panel/evacuation",
		"contact/gas_alarm", "contact/co_alarm", "contact/electrical_room_flood", "contact/lift_entrapment",
	}, lifeSafety)

	occupied, ok := c.Point("room", "occupied")
	require.True(t, ok)
	require.True(t, occupied.Privacy.Private())
	require.Equal(t, ClassX, c.KindClass(gtc.KindFirePanel))
	require.Equal(t, ClassX, c.KindClass(gtc.KindIntrusionPanel))
	require.Empty(t, c.KindClass("boiler"))
}

func TestPoint(t *testing.T) {
	c := load(t)
	for _, want := range []Point{
		{Kind: "boiler", ID: "flow_temp", Unit: "°C", Type: gtc.TypeFloat, Label: gtc.Label{"fr": "Température de départ"}},
		{Kind: "boiler", ID: "fault", Type: gtc.TypeBool, Alarm: true, Label: gtc.Label{"fr": "Dérangement"}},
		{Kind: "weather", ID: "fault_code", Type: gtc.TypeFloat, Label: gtc.Label{"fr": "Code de défaut"}},
		{Kind: "fire_panel", ID: "zone_03_alarm", Type: gtc.TypeBool, Alarm: true, LifeSafety: true, Label: gtc.Label{"fr": "Zone 3 : alarme"}},
		{Kind: "fire_panel", ID: "zone_112_disabled", Type: gtc.TypeBool, Alarm: true, Label: gtc.Label{"fr": "Zone 112 : hors surveillance"}},
		{Kind: "intrusion_panel", ID: "partition_01_set_state", Type: gtc.TypeEnum, Privacy: 2, Label: gtc.Label{"fr": "Partition 1 : état d'armement"}},
		{Kind: "electricity_meter", ID: "power_l2_kw", Unit: "kW", Type: gtc.TypeFloat, Label: gtc.Label{"fr": "Puissance L2"}},
		{Kind: "electricity_meter", ID: "thd_u_l3_pct", Unit: "%", Type: gtc.TypeFloat, Label: gtc.Label{"fr": "Taux d'harmoniques en tension L3"}},
		{Kind: "gas_meter", ID: "volume_m3", Unit: "m³", Type: gtc.TypeFloat, Counter: true, Label: gtc.Label{"fr": "Volume (service)"}},
		{Kind: "boiler", ID: "x_oil_temp", Unit: "°C", Type: gtc.TypeFloat, Label: gtc.Label{"fr": "oil temp"}},
		{Kind: "boiler", ID: "x_hatch_open", Type: gtc.TypeBool, Label: gtc.Label{"fr": "hatch open"}},
	} {
		t.Run(string(want.ID), func(t *testing.T) {
			got, ok := c.Point(want.Kind, want.ID)
			require.True(t, ok)
			require.Equal(t, want.Label["fr"], got.Label.In("fr"))
			require.Equal(t, want.Unit, got.Unit)
			require.Equal(t, want.Type, got.Type)
			require.Equal(t, want.Alarm, got.Alarm)
			require.Equal(t, want.LifeSafety, got.LifeSafety)
			require.Equal(t, want.Privacy, got.Privacy)
			require.Equal(t, want.Counter, got.Counter)
			require.Equal(t, want.ID, got.ID)
			require.Equal(t, want.Kind, got.Kind)
		})
	}
	for _, unknown := range [][2]string{
		{"boiler", "flow"},
		{"boyler", "flow_temp"},
		{"boiler", "zone_03_alarm"},
		{"fire_panel", "zone_3_alarm"},
		{"fire_panel", "zone_<nn>_alarm"},
		{"fire_panel", "zone_03_fault"},
		{"boyler", "x_a_temp"},
		{"boiler", "x_A"},
		{"", ""},
	} {
		_, ok := c.Point(gtc.Kind(unknown[0]), gtc.PointID(unknown[1]))
		require.False(t, ok, unknown)
	}
}

func TestClassOf(t *testing.T) {
	c := load(t)
	class := func(kind gtc.Kind, id gtc.PointID, v gtc.Value) string {
		p, ok := c.Point(kind, id)
		require.True(t, ok)
		return p.ClassOf(v)
	}
	require.Equal(t, ClassB, class("dhw", "storage_temp_sp", gtc.Float(60)))
	require.Equal(t, ClassC, class("dhw", "storage_temp_sp", gtc.Float(59.9)), "legionella")
	require.Equal(t, ClassC, class("dhw", "mode_cmd", gtc.Enum(4)))
	require.Equal(t, ClassB, class("dhw", "mode_cmd", gtc.Enum(1)))
	require.Equal(t, ClassB, class("ventilation", "mode_cmd", gtc.Enum(0)))
	require.Equal(t, ClassA, class("ventilation", "mode_cmd", gtc.Enum(2)))
	require.Equal(t, ClassX, class("heating_circuit", "flow_temp_max_sp", gtc.Float(70)))
	require.Equal(t, ClassC, class("boiler", "enable_cmd", gtc.Bool(false)))
}

func TestKinds(t *testing.T) {
	c := load(t)
	require.Equal(t, []gtc.Kind{
		"boiler", "heating_circuit", "dhw", "electricity_meter", "gas_meter", "heat_meter", "water_meter",
		"fire_panel", "intrusion_panel", "ventilation", "heat_pump", "room", "weather", "contact", "tank",
		"cold_room", "substation", "pv_inverter", "chp",
	}, c.Kinds())
	for _, k := range c.Kinds() {
		require.True(t, c.HasKind(k))
		require.NotEmpty(t, c.KindLabel(k)["fr"])
		require.NotEmpty(t, c.KindLabel(k)["en"])
		require.NotEmpty(t, c.KindLabel(k)["nl"])
	}
	require.False(t, c.HasKind("boyler"))
}

func TestParseReportsMistakes(t *testing.T) {
	_, mistakes := parse("p.yaml", []byte(`
kinds:
  - kind: boiler
    fr: Chaudière
    points:
      - {id: state, type: word, fr: État}
      - {id: mode, type: enum, enum_of: dhw/mode, fr: Régime}
      - {id: run, type: bool, fr: Marche}
      - {id: run, type: bool, fr: Marche}
  - kind: boiler
`))
	require.Equal(t, `p.yaml:6:27: word is not float, bool or enum
p.yaml:7:41: there is no enumeration dhw/mode above
p.yaml:9:14: boiler has run twice
p.yaml:10:11: kind boiler is listed twice`, mistakes.Error())
}
