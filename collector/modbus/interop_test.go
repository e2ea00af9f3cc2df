package modbus_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// The servers of others that are read and written: pymodbus (Python),
// libmodbus (C), modbus-serial and jsmodbus (JavaScript). All serve the same
// map as unit 5, see testdata/server.py.
func foreign() map[string]func(tb testing.TB) string {
	return map[string]func(tb testing.TB) string{
		"pymodbus":      startPymodbus,
		"libmodbus":     func(tb testing.TB) string { tb.Helper(); return tcp(start(tb, slave(tb))) },
		"libmodbus rtu": startLibmodbusRTU,
		"modbus-serial": func(tb testing.TB) string { tb.Helper(); return tcp(startNode(tb, "modbus-serial.js")) },
		"jsmodbus":      func(tb testing.TB) string { tb.Helper(); return tcp(startNode(tb, "jsmodbus.js")) },
	}
}

func TestSourceReadsForeignServers(t *testing.T) {
	t.Parallel()
	for name, open := range foreign() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}, Registers: []profile.Register{
				{Slot: "a", Point: "x_one", Table: "holding", Address: 100, Type: "u16", Poll: "alarm"},
				{Slot: "a", Point: "x_high", Table: "holding", Address: 106, Type: "u32", Poll: "alarm"},
				{Slot: "a", Point: "x_outside", Table: "holding", Address: 108, Type: "u16", Poll: "alarm"},
				{Slot: "a", Point: "x_float", Table: "input", Address: 10, Type: "f32", Poll: "alarm"},
				{Slot: "a", Point: "x_open", Table: "discrete", Address: 1, Type: "bit", Poll: "alarm"},
				{Slot: "a", Point: "x_closed", Table: "discrete", Address: 3, Type: "bit", Poll: "alarm"},
				{Slot: "a", Point: "x_inverted", Table: "discrete", Address: 2, Type: "bit", Invert: true, Poll: "alarm"},
				{Slot: "a", Point: "x_coil", Table: "coil", Address: 1, Type: "bit", Poll: "alarm"},
			}}
			d := device("p1", 5, p)
			d.Limits.MaxHole = 10
			r := run(t, modbus.Options{URL: open(t), Devices: []modbus.Device{d}})
			for _, id := range []gtc.PointID{"x_one", "x_high", "x_float", "x_open", "x_closed", "x_inverted", "x_coil"} {
				r.await(t, 2, good("p1", id))
			}
			r.await(t, 1, said("p1", gtc.QualityRefused))
			want := map[gtc.PointID]gtc.Value{
				"x_one": gtc.Float(1), "x_high": gtc.Float(7<<16 + 8), "x_float": gtc.Float(21.5), "x_coil": gtc.Bool(true),
				"x_open": gtc.Bool(false), "x_closed": gtc.Bool(true), "x_inverted": gtc.Bool(false), "x_outside": {},
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, s := range r.samples {
				require.Equal(t, want[s.Point], s.Value, s.Point)
			}
		})
	}
}

func TestWriterWritesForeignServers(t *testing.T) {
	t.Parallel()
	for name, open := range foreign() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := modbus.NewWriter(grant(t, open(t)), modbus.Timeouts{})
			require.NoError(t, err)
			defer w.Close()
			require.NoError(t, w.Open(t.Context()))
			for _, order := range []modbus.Write{
				{Function: wire.WriteCoil, Address: 0, Bits: []bool{true}},
				{Function: wire.WriteCoil, Address: 1, Bits: []bool{false}},
				{Function: wire.WriteRegister, Address: 100, Words: []uint16{0xfffe}},
				{Function: wire.WriteRegisters, Address: 101, Words: []uint16{11, 12, 13}},
				{Function: wire.WriteCoils, Address: 1, Bits: []bool{true, false, true}},
			} {
				got, err := w.Write(t.Context(), 5, order)
				require.NoError(t, err)
				require.Equal(t, order.Words, got.Words)
				require.Equal(t, order.Bits, got.Bits)
			}
			got, err := w.Read(t.Context(), 5, modbus.Request{Table: modbus.Holding, Address: 100, Count: 5})
			require.NoError(t, err)
			require.Equal(t, []uint16{0xfffe, 11, 12, 13, 5}, got.Words)
			_, err = w.Write(t.Context(), 5, modbus.Write{Function: wire.WriteRegister, Address: 300, Words: []uint16{1}})
			require.ErrorIs(t, err, wire.IllegalAddress)
			require.True(t, w.IsOpen(), "a refusal leaves the line in step")
		})
	}
}

// grant gives the right to write to a URL behind which there is a boiler only.
func grant(tb testing.TB, url string) config.WriteGrant {
	tb.Helper()
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	g, err := boilerAt(url).GrantWrite(cat, "plc")
	require.NoError(tb, err)
	return g
}

func boilerAt(url string) *config.Site {
	return &config.Site{
		ID:          "s1",
		Connections: []config.Connection{{ID: "c", URL: url}},
		Equipment:   []config.Equipment{{ID: "b1", Kind: "boiler"}, {ID: "f1", Kind: "fire_panel"}},
		Devices:     []config.Device{{ID: "plc", Connection: "c", Equipment: map[string]gtc.EquipmentID{"boiler": "b1"}}},
	}
}

func tcp(port string) string { return "modbus://127.0.0.1:" + port }

// lacks skips the test because a program is missing, except in CI.
func lacks(tb testing.TB, what string, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is needed (deploy/dev/prerequisites.sh test installs it): %v", what, err)
	}
	tb.Skipf("no %s: %v", what, err)
}

// start runs a server until the test ends and returns the first line it
// prints.
func start(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = tb.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() { cancel(); _ = cmd.Wait() }) // killed
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	require.NoError(tb, err, "%s printed nothing", name)
	go func() { _, _ = io.Copy(io.Discard, in) }() // ends with the server
	return strings.TrimSpace(line)
}

const python = "/usr/bin/python3"

func startPymodbus(tb testing.TB) string { tb.Helper(); return tcp(startPython(tb)) }

func startPython(tb testing.TB, args ...string) string {
	tb.Helper()
	if err := exec.CommandContext(tb.Context(), python, "-c", "import pymodbus.server").Run(); err != nil {
		lacks(tb, "pymodbus for "+python, err)
	}
	return start(tb, python, append([]string{"testdata/server.py"}, args...)...)
}

// slave compiles testdata/slave.c once and returns its path.
func slave(tb testing.TB) string {
	tb.Helper()
	path, err := compiled()
	if err != nil {
		lacks(tb, "gcc with libmodbus", err)
	}
	return path
}

func slavePath() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("gtc-libmodbus-slave-%d", os.Getpid()))
}

var compiled = sync.OnceValues(func() (string, error) {
	path := slavePath()
	out, err := exec.CommandContext(context.Background(), "gcc", "-O1", "-o", path, "-I/usr/include/modbus", "testdata/slave.c", "-lmodbus").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	m.Run()
	_ = os.Remove(slavePath()) // if it was compiled
}

// startLibmodbusRTU runs the slave at one end of a pair of pseudo terminals
// made by socat and returns the URL of the other.
func startLibmodbusRTU(tb testing.TB) string {
	tb.Helper()
	bin := slave(tb)
	if _, err := exec.LookPath("socat"); err != nil {
		lacks(tb, "socat", err)
	}
	a, b := filepath.Join(tb.TempDir(), "a"), filepath.Join(tb.TempDir(), "b")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "socat", "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() { cancel(); _ = cmd.Wait() }) // killed
	require.Eventually(tb, func() bool {
		_, errA := os.Stat(a)
		_, errB := os.Stat(b)
		return errA == nil && errB == nil
	}, patience, 5*time.Millisecond)
	require.Equal(tb, "ready", start(tb, bin, b))
	return "rtu://" + a + "?baud=9600&parity=even&stop=1"
}

// startNode runs a server of testdata/npm; its modules are installed once, in
// var/npm of the checkout.
func startNode(tb testing.TB, script string) string {
	tb.Helper()
	modules, err := installed()
	if err != nil {
		lacks(tb, "node with the modules of testdata/npm", err)
	}
	return start(tb, "env", "NODE_PATH="+modules, "node", "testdata/npm/"+script)
}

var installed = sync.OnceValues(func() (string, error) {
	dir, err := filepath.Abs("../../var/npm")
	if err != nil {
		return "", err
	}
	want, err := os.ReadFile("testdata/npm/package.json")
	if err != nil {
		return "", err
	}
	modules := filepath.Join(dir, "node_modules")
	if have, err := os.ReadFile(filepath.Join(dir, "installed.json")); err == nil && string(have) == string(want) {
		return modules, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), want, 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), "npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w: %s", err, out)
	}
	return modules, os.WriteFile(filepath.Join(dir, "installed.json"), want, 0o600)
})
