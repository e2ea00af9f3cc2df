package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// withPoints loads the good configuration with settings for a circuit.
func withPoints(t *testing.T, settings string) (*Config, *Site, *catalogue.Catalogue) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/good")))
	name := filepath.Join(dir, "sites", "home.yaml")
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	const plain = "  - {id: circuit-1, kind: heating_circuit, label: {fr: Circuit nord}}\n"
	require.Contains(t, string(data), plain)
	text := strings.Replace(string(data), plain, "  - id: circuit-1\n    kind: heating_circuit\n    points:\n"+settings, 1)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	c, err := Load(dir)
	require.NoError(t, err)
	s, _ := c.Site("home")
	cat, err := catalogue.Load()
	require.NoError(t, err)
	return c, s, cat
}

func TestTarget(t *testing.T) {
	t.Parallel()
	c, s, cat := withPoints(t, `      room_temp_comfort_sp: {owner: gtc, limits: {min: 18, max: 23, step: 0.5}}
      room_temp_setback_sp: {owner: gtc}
      curve_slope: {owner: local}
      room_temp: {privacy: 3, deadband: 0.1}
`)
	for _, x := range []struct {
		equipment gtc.EquipmentID
		point     gtc.PointID
		value     gtc.Value
		refused   string
	}{
		{"circuit-1", "room_temp_comfort_sp", gtc.Float(21.5), ""},
		{"circuit-1", "room_temp_comfort_sp", gtc.Float(24), "24 is above 23 (site file)"},
		{"circuit-1", "room_temp_comfort_sp", gtc.Float(21.3), "21.3 is not a step of 0.5 from 18 (site file)"},
		{"circuit-1", "room_temp_comfort_sp", gtc.Bool(true), "true is not a value of room_temp_comfort_sp"},
		{"circuit-1", "room_temp_comfort_sp", gtc.Value{}, "- is not a value of room_temp_comfort_sp"},
		{"circuit-1", "room_temp_setback_sp", gtc.Float(16), "it has no limits in the site file, so it is read only"},
		{"circuit-1", "curve_slope", gtc.Float(1), "its owner is local"},
		{"circuit-1", "flow_temp", gtc.Float(1), "profile danfoss-ecl310-a247 has it read only"},
		{"main-meter", "power_kw", gtc.Float(1), ""},
		{"fire", "zone_01_alarm", gtc.Bool(true), "zone_01_alarm of a fire_panel is never written"},
		{"contacts", "gas_alarm", gtc.Bool(true), "10.0.0.8:502 carries fire (fire_panel): nothing there is written"},
		{"alarm", "partition_02_set_state", gtc.Enum(1), "partition_02_set_state of a intrusion_panel is never written"},
	} {
		target, err := c.Target(cat, s, x.equipment, x.point)
		require.NoError(t, err, x.point)
		if x.equipment == "main-meter" { // behind the same broker as the intrusion panel
			require.Contains(t, target.Refuse(), "carries alarm (intrusion_panel): nothing there is written")
			continue
		}
		require.Equal(t, x.refused, target.RefuseValue(x.value), "%s %v", x.point, x.value)
	}
	for _, x := range []struct{ equipment, point, want string }{
		{"circuit-2", "room_temp", `there is no equipment "circuit-2"`},
		{"circuit-1", "rom_temp", `kind heating_circuit has no point "rom_temp"`},
		{"circuit-1", "valve_pct", "no device gives it"},
	} {
		_, err := c.Target(cat, s, gtc.EquipmentID(x.equipment), gtc.PointID(x.point))
		require.ErrorContains(t, err, x.want)
	}
	e, _ := s.find("circuit-1")
	room, _ := cat.Point(e.Kind, "room_temp")
	flow, _ := cat.Point(e.Kind, "flow_temp")
	require.Equal(t, gtc.Privacy(3), e.PrivacyOf(room))
	require.Equal(t, gtc.Privacy(0), e.PrivacyOf(flow))
}

// Whatever the site file and the profile say, a value outside of either is
// refused, and without an owner or limits everything is.
func TestRefuseValueProperty(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	point, _ := cat.Point("heating_circuit", "room_temp_comfort_sp")
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) *float64 {
			f := float64(rapid.IntRange(-100, 100).Draw(t, name))
			return &f
		}
		target := Target{
			Point: point, Profile: &profile.Profile{ID: "p"},
			Register: profile.Register{Table: "holding", Type: "i16", Write: &profile.Write{Min: number("least"), Max: number("most")}},
			Settings: PointSettings{
				Owner:  rapid.SampledFrom([]gtc.Owner{"", gtc.OwnerGTC, gtc.OwnerIncumbent, gtc.OwnerLocal}).Draw(t, "owner"),
				Limits: &profile.Limits{Min: number("min"), Max: number("max")},
			},
		}
		v := float64(rapid.IntRange(-150, 150).Draw(t, "value"))
		if target.RefuseValue(gtc.Float(v)) != "" {
			return
		}
		l, w := target.Settings.Limits, target.Register.Write
		if target.Settings.Owner != gtc.OwnerGTC || v < *l.Min || v > *l.Max || v < *w.Min || v > *w.Max {
			t.Fatalf("%v was allowed by %+v %+v", v, l, w)
		}
	})
}

func TestEndpointOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tty, link := filepath.Join(dir, "ttyUSB0"), filepath.Join(dir, "by-id")
	require.NoError(t, os.WriteFile(tty, nil, 0o600))
	require.NoError(t, os.Symlink(tty, link))
	for _, pair := range [][2]string{
		{"modbus://10.0.0.7", "rtuovertcp://10.0.0.7:502?baud=9600"},
		{"modbus://Panel.Example.org:502", "modbus://panel.example.org"},
		{"modbus://localhost:1502", "modbus://127.0.0.1:1502"},
		{"rtu://" + tty, "rtu://" + link + "?baud=19200"},
		{"mqtt://Broker", "mqtt://broker:1883"},
	} {
		require.Equal(t, EndpointOf(pair[0]), EndpointOf(pair[1]), pair)
		require.NotEmpty(t, EndpointOf(pair[0]))
	}
	require.NotEqual(t, EndpointOf("modbus://10.0.0.7:502"), EndpointOf("modbus://10.0.0.7:503"))
	require.Empty(t, EndpointOf("::"))
}
