package modbus_test

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

const python = "/usr/bin/python3"

// needPymodbus skips the test where pymodbus is not installed, except in CI.
func needPymodbus(t *testing.T) {
	t.Helper()
	if err := exec.CommandContext(t.Context(), python, "-c", "import pymodbus.server").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("pymodbus is needed: %v", err)
		}
		t.Skipf("no pymodbus for %s: %v", python, err)
	}
}

func controller() *profile.Profile {
	bit3 := uint8(3)
	return &profile.Profile{
		ID: "controller", Slots: map[string]gtc.Kind{"circuit": "heating_circuit"},
		Modbus: profile.Modbus{MaxRegisters: 8},
		Registers: []profile.Register{
			{Slot: "circuit", Point: "flow_temp", Table: "holding", Address: 10, Type: "i16", Scale: 0.1, Absent: []int64{32767}},
			{Slot: "circuit", Point: "pump_run_h", Table: "holding", Address: 11, Type: "u32"},
			{Slot: "circuit", Point: "pump_run", Table: "input", Address: 20, Type: "u16", Bit: &bit3},
			{Slot: "circuit", Point: "fault", Table: "input", Address: 20, Type: "u16", Bit: new(uint8)},
		},
	}
}

func values(_ string, p gtc.PointID) gtc.Value {
	return map[gtc.PointID]gtc.Value{
		"flow_temp": gtc.Float(-4.5), "pump_run_h": gtc.Float(70000),
		"pump_run": gtc.Bool(true), "fault": gtc.Bool(true),
	}[p]
}

func TestServerIsReadByPymodbus(t *testing.T) {
	t.Parallel()
	needPymodbus(t)
	inputs := &modbus.Unit{
		Profile: &profile.Profile{ID: "inputs", Contacts: &profile.ContactBlock{Table: "discrete", Count: 4}},
		Inputs:  func(i int) bool { return i == 1 || i == 2 },
	}
	s := modbus.NewServer(map[uint8]*modbus.Unit{1: {Profile: controller(), Values: values}, 2: inputs})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL())
	require.NoError(t, err)
	require.Equal(t, "modbus", u.Scheme)
	_, port, err := net.SplitHostPort(s.Addr())
	require.NoError(t, err)

	out, err := exec.CommandContext(t.Context(), python, "testdata/client.py", port).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, `holding [65491, 1, 4464]
input [9]
discrete [0, 1, 1, 0, 0, 0, 0, 0]
outside exception 2
too many exception 3
no unit exception 11
write exception 1
write coils exception 1
`, string(out))
	require.EqualValues(t, 2, s.Writes())
}
