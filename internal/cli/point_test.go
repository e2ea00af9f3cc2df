package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

func TestPointReadAndWrite(t *testing.T) {
	s := newShelf(t)
	dir := site(t, s.URL(), "")
	const comfort = "home/circuit-1/room_temp_comfort_sp"
	status, out, errs := gtcRun(t, "point", "read", comfort, "--config", dir)
	require.Zero(t, status, errs)
	golden(t, "point-read.txt", out)

	status, out, errs = gtcRun(t, "point", "write", comfort, "21,5", "--config", dir, "--yes")
	require.Zero(t, status, errs)
	golden(t, "point-write.txt", out)
	require.Equal(t, gtc.Float(21.5), s.value("", "room_temp_comfort_sp"))
	require.EqualValues(t, 1, s.Writes())

	status, out, errs = gtcRun(t, "point", "write", comfort, "21.5", "--config", dir, "--yes", "--json")
	require.Zero(t, status, errs)
	require.Contains(t, out, `"written": false`)
	require.EqualValues(t, 1, s.Writes(), "a value that is there already is not written")

	status, out, errs = gtcRun(t, "point", "write", "home/circuit-1/curve_slope", "1.4", "--config", dir, "--yes", "--reason", "trop chaud au nord")
	require.Zero(t, status, errs)
	require.Contains(t, out, "relue           1,4")
}

func TestPointGuards(t *testing.T) {
	s := newShelf(t)
	dir := site(t, s.URL(), "")
	for name, c := range map[string]struct {
		args   []string
		status int
		errs   string
	}{
		"site limits":    {[]string{"write", "home/circuit-1/room_temp_comfort_sp", "25"}, 1, "25 is above 23 (site file)"},
		"site step":      {[]string{"write", "home/circuit-1/room_temp_comfort_sp", "20.2"}, 1, "20.2 is not a step of 0.5 from 18 (site file)"},
		"profile step":   {[]string{"write", "home/circuit-1/curve_slope", "1.25", "--reason", "essai"}, 1, "1.25 is not a step of 0.1 from 0.2 (profile danfoss-ecl310-a247)"},
		"owner":          {[]string{"write", "home/circuit-1/room_temp_setback_sp", "16"}, 1, "its owner is incumbent"},
		"no owner":       {[]string{"write", "home/circuit-1/flow_temp_min_sp", "20"}, 1, "profile danfoss-ecl310-a247 has it read only"},
		"a sensor":       {[]string{"write", "home/circuit-1/flow_temp", "20"}, 1, "profile danfoss-ecl310-a247 has it read only"},
		"class B":        {[]string{"write", "home/circuit-1/curve_slope", "1.4"}, 1, "it is of class B: say why with --reason"},
		"no number":      {[]string{"write", "home/circuit-1/room_temp_comfort_sp", "chaud"}, 1, `"chaud" is not a number`},
		"not confirmed":  {[]string{"write", "home/circuit-1/room_temp_comfort_sp", "22"}, 1, "not confirmed"},
		"unknown point":  {[]string{"read", "home/circuit-1/flow_tmp"}, 1, `kind heating_circuit has no point "flow_tmp" (did you mean "home/circuit-1/flow_temp"?)`},
		"unknown site":   {[]string{"read", "hme/circuit-1/flow_temp"}, 1, `there is no site "hme" (did you mean "home"?)`},
		"not a name":     {[]string{"read", "home/circuit-1"}, 1, `"home/circuit-1" is not SITE/EQUIPMENT/POINT`},
		"nobody gives":   {[]string{"read", "home/fire/fire_alarm"}, 1, "no device gives it"},
		"value is there": {[]string{"read", "home/outdoor/air_temp"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"point"}, c.args...)
			if c.args[0] == "write" && name != "not confirmed" {
				args = append(args, "--yes")
			}
			status, _, errs := gtcRun(t, append(args, "--config", dir)...)
			require.Equal(t, c.status, status, errs)
			require.Contains(t, errs, c.errs)
		})
	}
	require.Zero(t, s.Writes(), "what is refused never reaches the line")
}

// Nothing is written at an endpoint that carries fire equipment, whatever the
// site file says.
func TestPointNeverWritesBesideFire(t *testing.T) {
	s := newShelf(t)
	dir := site(t, s.URL(), fireContacts)
	status, _, errs := gtcRun(t, "point", "write", "home/circuit-1/room_temp_comfort_sp", "21", "--config", dir, "--yes")
	require.Equal(t, 1, status)
	require.Contains(t, errs, "HOST:PORT carries fire (fire_panel): nothing there is written")
	require.Zero(t, s.Writes())
	status, _, errs = gtcRun(t, "point", "read", "home/fire/fire_alarm", "--config", dir)
	require.Zero(t, status, errs)
}

// A device that does not take the value ends with status 2.
func TestPointWriteMismatch(t *testing.T) {
	s := newShelf(t)
	s.Close()
	lib := controllerOf(t)
	deaf := &simulator.Unit{Profile: lib, Values: s.value, Store: func(string, gtc.PointID, gtc.Value) error { return nil }}
	server := simulator.NewServer(map[uint8]*simulator.Unit{254: deaf})
	require.NoError(t, server.Listen("127.0.0.1:0"))
	t.Cleanup(server.Close)
	status, out, errs := gtcRun(t, "point", "write", "home/circuit-1/room_temp_comfort_sp", "22", "--config", site(t, server.URL(), ""), "--yes")
	require.Equal(t, 2, status)
	require.Contains(t, out, "relue           20,5 °C")
	require.Contains(t, errs, "the device shows 20.5 instead of 22")
}

func TestPointPymodbus(t *testing.T) {
	dir := site(t, pymodbus(t), "")
	const comfort = "home/circuit-1/room_temp_comfort_sp"
	status, out, errs := gtcRun(t, "point", "read", comfort, "--config", dir)
	require.Zero(t, status, errs)
	require.Contains(t, out, "valeur   20,5 °C")
	status, out, errs = gtcRun(t, "point", "write", comfort, "22.5", "--config", dir, "--yes")
	require.Zero(t, status, errs)
	require.Contains(t, out, "relue           22,5 °C (brut 00e1)")
	status, out, _ = gtcRun(t, "point", "read", comfort, "--config", dir)
	require.Zero(t, status)
	require.Contains(t, out, "valeur   22,5 °C")
}

func TestPointCompletion(t *testing.T) {
	s := newShelf(t)
	dir := site(t, s.URL(), "")
	complete := func(args ...string) []string {
		_, out, _ := gtcRun(t, append([]string{"__complete"}, args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		return lines[:len(lines)-1] // the last is the directive
	}
	require.Equal(t, []string{"home/"}, complete("point", "read", "--config", dir, ""))
	require.Equal(t, []string{"home/circuit-1/", "home/outdoor/"}, complete("point", "read", "--config", dir, "home/"))
	require.Contains(t, complete("point", "read", "--config", dir, "home/circuit-1/r"), "home/circuit-1/room_temp")
	require.Equal(t, []string{"home/circuit-1/curve_slope", "home/circuit-1/room_temp_comfort_sp"}, complete("point", "write", "--config", dir, "home/circuit-1/"))
	require.Contains(t, strings.Join(complete("probe", s.URL(), "--profile", ""), "\n"), "eastron-sdm630\tEastron SDM630 Modbus")
}

func TestParseValue(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	mode, _ := cat.Point("heating_circuit", "mode_cmd")
	pump, _ := cat.Point("heating_circuit", "pump_cmd")
	slope, _ := cat.Point("heating_circuit", "curve_slope")
	for _, c := range []struct {
		point catalogue.Point
		text  string
		want  gtc.Value
	}{
		{mode, "1", gtc.Enum(1)},
		{mode, "automatique", gtc.Enum(1)},
		{pump, "oui", gtc.Bool(true)},
		{pump, "off", gtc.Bool(false)},
		{slope, "1,4", gtc.Float(1.4)},
		{slope, " -2 ", gtc.Float(-2)},
	} {
		got, err := parseValue(c.point, c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got)
	}
	for point, text := range map[*catalogue.Point]string{&mode: "turbo", &pump: "peut-être", &slope: "NaN"} {
		_, err := parseValue(*point, text)
		require.Error(t, err, text)
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"o\n": true, "OUI\n": true, "n\n": false, "\n": false, "": false, "yes please\n": false} {
		var out strings.Builder
		require.Equal(t, want, asks(strings.NewReader(answer), &out, "Écrire ? "), answer)
		require.Equal(t, "Écrire ? ", out.String())
	}
}

func controllerOf(t *testing.T) *profile.Profile {
	t.Helper()
	lib, err := profile.Library()
	require.NoError(t, err)
	return lib["danfoss-ecl310-a247"]
}
