package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/collector/profile/recording"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

var updateProbe = flag.Bool("update", false, "rewrite testdata/probe")

// golden compares a program's output with a file of testdata/probe.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "probe", name)
	if *updateProbe {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// gtcRun runs gtc and returns its status and what it printed, addresses that
// the kernel chose left out.
func gtcRun(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = Run(t.Context(), Env{Args: args, Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr})
	clean := func(s string) string {
		return regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(s, "HOST:PORT")
	}
	return status, clean(stdout.String()), clean(stderr.String())
}

// shelf is a simulated line with the devices of several profiles.
type shelf struct {
	*simulator.Server
	mu     sync.Mutex
	values map[gtc.PointID]gtc.Value
}

func (s *shelf) value(_ string, p gtc.PointID) gtc.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[p]
}

func (s *shelf) store(_ string, p gtc.PointID, v gtc.Value) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[p] = v
	return nil
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	lib, err := profile.Library()
	require.NoError(t, err)
	s := &shelf{values: map[gtc.PointID]gtc.Value{
		"power_kw": gtc.Float(12.34), "energy_kwh": gtc.Float(70250), "state": gtc.Enum(3),
		"voltage_l1_v": gtc.Float(231.2), "voltage_l2_v": gtc.Float(229.8), "voltage_l3_v": gtc.Float(230.5),
		"current_l1_a": gtc.Float(3.25), "current_l2_a": gtc.Float(4.5), "current_l3_a": gtc.Float(0.125),
		"power_l1_kw": gtc.Float(0.75), "power_l2_kw": gtc.Float(1.0345), "power_l3_kw": gtc.Float(0.02),
		"power_factor": gtc.Float(0.98), "frequency_hz": gtc.Float(50), "energy_import_kwh": gtc.Float(48123.4),
		"air_temp": gtc.Float(-3.5), "flow_temp": gtc.Float(55.12), "return_temp": gtc.Float(41.05), "storage_temp": gtc.Float(60.2),
		"flow_temp_sp": gtc.Float(56), "curve_slope": gtc.Float(1.2), "flow_temp_min_sp": gtc.Float(20), "flow_temp_max_sp": gtc.Float(75),
		"room_temp_comfort_sp": gtc.Float(20.5), "room_temp_setback_sp": gtc.Float(18), "room_temp": gtc.Float(21.3),
		"circulation_return_temp": {}, "energy_export_kwh": {}, "mode": gtc.Enum(1), "pump_run": gtc.Bool(true),
	}}
	unit := func(id string) *simulator.Unit {
		return &simulator.Unit{Profile: lib[id], Values: s.value, Store: s.store, Inputs: func(i int) bool { return i == 1 || i == 3 }}
	}
	s.Server = simulator.NewServer(map[uint8]*simulator.Unit{
		1: unit("sunspec-inverter"), 2: unit("carlo-gavazzi-em24-e1"), 7: unit("moxa-iologik-e1210"), 12: unit("wb-mcm8"), 254: unit("danfoss-ecl310-a247"),
	})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(s.Close)
	return s
}

func TestProbeReads(t *testing.T) {
	s := newShelf(t)
	for name, args := range map[string][]string{
		"controller": {s.URL() + "?unit=254", "--profile", "danfoss-ecl310-a247"},
		"meter":      {s.URL(), "--profile", "carlo-gavazzi-em24-e1", "--unit", "2"},
		"inverter":   {s.URL(), "--profile", "sunspec-inverter"},
		"contacts":   {s.URL() + "?unit=7", "--profile", "moxa-iologik-e1210"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := gtcRun(t, append([]string{"probe"}, args...)...)
			require.Zero(t, status, errs)
			golden(t, name+".txt", out)
		})
	}
	require.Zero(t, s.Writes(), "reading writes nothing")
}

func TestProbeJSONAndRecord(t *testing.T) {
	s := newShelf(t)
	file := filepath.Join(t.TempDir(), "meter.yaml")
	status, out, errs := gtcRun(t, "probe", s.URL(), "--profile", "carlo-gavazzi-em24-e1", "--unit", "2", "--json", "--record", file)
	require.Zero(t, status, errs)
	var got probeResult
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "carlo-gavazzi-em24-e1", got.Profile)
	require.Equal(t, "1648", got.Identity[0].Text)
	require.Equal(t, "voltage_l1_v", got.Points[0].Point)
	require.Equal(t, []string{"0908", "0000"}, got.Points[0].Raw)
	require.InDelta(t, 231.2, got.Points[0].Value, 1e-9)

	// The recording gives the same values again.
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	f, mistakes := recording.Parse("meter.yaml", data)
	require.Empty(t, mistakes)
	require.Equal(t, recording.OriginDevice, f.Origin)
	lib, err := profile.Library()
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	memory, err := f.Memory()
	require.NoError(t, err)
	want := f.Samples
	f.Interpret(memory, lib["carlo-gavazzi-em24-e1"], cat)
	require.Equal(t, want, f.Samples)
	require.Equal(t, "231.2", f.Samples[0].Value)
}

func TestProbeRefusesAndFails(t *testing.T) {
	s := newShelf(t)
	for name, c := range map[string]struct {
		args   []string
		status int
		errs   string
	}{
		"another device":  {[]string{s.URL(), "--unit", "2", "--profile", "carlo-gavazzi-et112"}, 2, `device contradicts its profile: model is "1648", want ["120" "121"]`},
		"nobody":          {[]string{s.URL(), "--unit", "9", "--profile", "carlo-gavazzi-em24"}, 2, "exception 11: gateway target device failed to respond"},
		"unknown profile": {[]string{s.URL(), "--profile", "carlo-gavazi-em24"}, 1, `there is no profile "carlo-gavazi-em24" (did you mean "carlo-gavazzi-em24"?)`},
		"mqtt profile":    {[]string{s.URL(), "--profile", "belgian-p1"}, 1, "--profile belgian-p1 speaks mqtt, the URL modbus"},
		"no profile":      {[]string{s.URL()}, 1, "--profile is missing, or --scan"},
		"bad unit":        {[]string{s.URL() + "?unit=300", "--profile", "wb-mcm8"}, 1, `unit "300": want 1 to 255`},
		"bad URL":         {[]string{"modbis://10.0.0.1", "--profile", "wb-mcm8"}, 1, "unknown scheme"},
		"bad units":       {[]string{s.URL(), "--scan", "--units", "20-1"}, 1, `"20-1" is not a range of units such as 1-20`},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := gtcRun(t, append([]string{"probe"}, c.args...)...)
			require.Equal(t, c.status, status, errs)
			require.Contains(t, errs, c.errs)
		})
	}
}

// A device that refuses some registers together still shows the others.
func TestProbeAsksOneByOne(t *testing.T) {
	s := newShelf(t)
	lib, err := profile.Library()
	require.NoError(t, err)
	less := *lib["eastron-sdm630"]
	less.Registers = less.Registers[:6]
	s.Close()
	server := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: &less, Values: s.value}})
	require.NoError(t, server.Listen("127.0.0.1:0"))
	t.Cleanup(server.Close)
	status, out, errs := gtcRun(t, "probe", server.URL(), "--profile", "eastron-sdm630")
	require.Zero(t, status, errs)
	require.Regexp(t, `voltage_l1_v +input 0 +4367 3333 +231,2 +V +bonne`, out)
	require.Regexp(t, `energy_import_kwh +input 72 +– +– +kWh +refusé par l'appareil \(exception 2: illegal data address\)`, out)
}

func TestScan(t *testing.T) {
	s := newShelf(t)
	status, out, errs := gtcRun(t, "probe", s.URL(), "--scan", "--units", "1-12,254", "--timeout", "1s")
	require.Zero(t, status, errs)
	require.Contains(t, errs, "aucune configuration")
	golden(t, "scan.txt", out)

	status, out, _ = gtcRun(t, "probe", s.URL(), "--scan", "--units", "2", "--json")
	require.Zero(t, status)
	require.JSONEq(t, `{"url": "modbus://HOST:PORT", "units": [{"unit": 2, "answer": "exception 2: illegal data address",
		"profiles": ["carlo-gavazzi-em24-e1"], "identity": {"model": "1648"}}]}`, out)
	require.Zero(t, s.Writes())
}

// site writes a configuration whose Modbus line is at the URL.
func site(t *testing.T, rawURL, extra string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sites"), 0o700))
	text := `site: home
label: {fr: Maison}
category: rest_home
connections:
  - {id: line, url: "` + rawURL + `", timeout: 1s}
equipment:
  - id: circuit-1
    kind: heating_circuit
    points:
      room_temp_comfort_sp: {owner: gtc, limits: {min: 18, max: 23, step: 0.5}}
      room_temp_setback_sp: {owner: incumbent}
      curve_slope: {owner: gtc, limits: {min: 0.5, max: 2}}
  - {id: outdoor, kind: weather}
  - {id: fire, kind: fire_panel}
devices:
  - {id: controller, connection: line, profile: danfoss-ecl310-a247, unit: 254, equipment: {circuit: circuit-1, outdoor: outdoor}}
` + extra
	if strings.Contains(extra, "fire_alarm") {
		text = regexp.MustCompile(`(?m)^    points:\n(      .*\n)+`).ReplaceAllString(text, "")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "home.yaml"), []byte(text), 0o600))
	return dir
}

const fireContacts = `  - id: fire-contacts
    connection: line
    profile: moxa-iologik-e1210
    unit: 7
    contacts: [{input: 0, equipment: fire, point: fire_alarm, normally: open}]
`

// An endpoint that carries fire equipment is never scanned, and read only by
// the profiles that are configured there.
func TestProbeLeavesSafetyEquipmentAlone(t *testing.T) {
	s := newShelf(t)
	dir := site(t, s.URL(), fireContacts)
	status, _, errs := gtcRun(t, "probe", s.URL(), "--scan", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, errs, "HOST:PORT carries home/fire (fire_panel): it is never scanned")
	u, err := url.Parse(s.URL())
	require.NoError(t, err)
	status, _, _ = gtcRun(t, "probe", "modbus://localhost:"+u.Port(), "--scan", "--config", dir)
	require.Equal(t, 1, status, "another name of this machine")

	status, _, errs = gtcRun(t, "probe", s.URL(), "--unit", "7", "--profile", "advantech-adam-6050", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, errs, "only its configured devices are read there")
	status, _, errs = gtcRun(t, "probe", s.URL(), "--unit", "7", "--profile", "moxa-iologik-e1210", "--config", dir)
	require.Zero(t, status, errs)

	status, _, errs = gtcRun(t, "probe", s.URL(), "--scan", "--config", filepath.Join(dir, "nowhere"))
	require.Equal(t, 1, status, "without its configuration nothing is scanned: "+errs)
	require.Zero(t, s.Writes())
}

// A serial line on which another master speaks is left alone.
func TestScanListensFirst(t *testing.T) {
	if _, err := exec.LookPath("socat"); err != nil {
		t.Skip("no socat")
	}
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cmd := exec.CommandContext(t.Context(), "socat", "-d", "-d", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "starting data transfer loop") {
	}
	master, err := os.OpenFile(b, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = master.Close() })

	quiet := "rtu://" + a + "?baud=19200"
	status, out, errs := gtcRun(t, "probe", quiet, "--scan", "--units", "1", "--timeout", "50ms", "--listen", "50ms")
	require.Zero(t, status, errs)
	require.Contains(t, out, "0 unités trouvées sur 1")

	talk, stop := context.WithCancel(t.Context())
	speaking := make(chan struct{})
	go func() {
		defer close(speaking)
		for talk.Err() == nil {
			if _, err := master.Write([]byte{0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87}); err != nil {
				return
			}
			select {
			case <-talk.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	status, _, errs = gtcRun(t, "probe", quiet, "--scan", "--units", "1", "--listen", "200ms")
	require.Equal(t, 1, status)
	require.Regexp(t, `another master speaks on .*: \d+ bytes heard, [1-9]\d* frames, units \[17\]: nothing is sent there`, errs)
	stop()
	<-speaking
}

func TestParseUnits(t *testing.T) {
	t.Parallel()
	units, err := parseUnits("3,1-2, 254,2")
	require.NoError(t, err)
	require.Equal(t, []uint8{3, 1, 2, 254}, units)
	for _, bad := range []string{"", "0", "1-256", "a", "5-2", "1--2"} {
		_, err := parseUnits(bad)
		require.Error(t, err, bad)
	}
}

// pymodbus serves a counter and a controller, and returns the URL.
func pymodbus(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(t.Context(), python, "-c", "import pymodbus.server").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("pymodbus is needed: %v", err)
		}
		t.Skipf("no pymodbus for %s: %v", python, err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/pymodbus_server.py")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	port, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return "modbus://127.0.0.1:" + strings.TrimSpace(port)
}

func TestProbePymodbus(t *testing.T) {
	address := pymodbus(t)
	status, out, errs := gtcRun(t, "probe", address, "--unit", "3", "--profile", "wb-mcm8")
	require.Zero(t, status, errs)
	golden(t, "pymodbus-counter.txt", out)
	status, out, errs = gtcRun(t, "probe", address+"?unit=254", "--profile", "danfoss-ecl310-a247")
	require.Zero(t, status, errs)
	golden(t, "pymodbus-controller.txt", out)
	status, out, errs = gtcRun(t, "probe", address, "--scan", "--units", "2,3,254", "--timeout", "300ms", "--json")
	require.Zero(t, status, errs)
	var got struct{ Units []foundUnit }
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	byUnit := map[uint8][]string{}
	for _, f := range got.Units {
		byUnit[f.Unit] = f.Profiles
	}
	require.Equal(t, map[uint8][]string{3: {"wb-mcm8"}, 254: {}}, maps.Clone(byUnit))
}
