package modbus_test

import (
	"math"
	"strings"
	"testing"
	"time"

	mb "github.com/simonvetter/modbus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

// open starts a server in each framing.
func framings() map[string]func(*modbus.Server) error {
	return map[string]func(*modbus.Server) error{
		"tcp":          func(s *modbus.Server) error { return s.Listen("127.0.0.1:0") },
		"rtu over tcp": func(s *modbus.Server) error { return s.ListenRTU("127.0.0.1:0") },
		"pty":          (*modbus.Server).OpenPTY,
	}
}

// Every shipped profile is served in reverse over every transport: a client
// of somebody else reads each register, and the profile reads the value back.
func TestEveryProfileIsServed(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Library()
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	for id, p := range profiles {
		if p.Protocol != "modbus" {
			continue
		}
		for name, open := range framings() {
			t.Run(id+"/"+name, func(t *testing.T) {
				t.Parallel()
				show := func(slot string, point gtc.PointID) gtc.Value {
					known, _ := cat.Point(p.Slots[slot], point)
					return sensible(p, known, slot, point)
				}
				s := modbus.NewServer(map[uint8]*modbus.Unit{3: {Profile: p, Values: show, Inputs: func(i int) bool { return i%2 == 1 }}})
				require.NoError(t, open(s))
				t.Cleanup(s.Close)
				c := client(t, s.URL())
				for _, r := range p.Registers {
					known, _ := cat.Point(p.Slots[r.Slot], r.Point)
					want := show(r.Slot, r.Point)
					got, q := readRegister(t, c, p, r, known.Type)
					require.Equal(t, gtc.QualityGood, q, "%s", r.Point)
					require.Equal(t, want.Type, got.Type)
					require.InDelta(t, want.Num, got.Num, 1e-3+math.Abs(want.Num)*1e-4, "%s", r.Point)
				}
			})
		}
	}
}

// client reads like another program would.
func client(t *testing.T, url string) *mb.ModbusClient {
	t.Helper()
	kind := mb.ClientConfiguration{URL: url, Timeout: 5 * time.Second}
	switch scheme, rest, _ := strings.Cut(url, "://"); scheme {
	case "modbus":
		kind.URL = "tcp://" + rest
	case "rtu":
		path, _, _ := strings.Cut(rest, "?")
		kind.URL, kind.Speed, kind.Parity = "rtu://"+path, 115200, mb.PARITY_NONE
	}
	c, err := mb.NewClient(&kind)
	require.NoError(t, err)
	require.NoError(t, c.Open())
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetUnitId(3))
	return c
}

func readRegister(t *testing.T, c *mb.ModbusClient, p *profile.Profile, r profile.Register, kind gtc.ValueType) (gtc.Value, gtc.Quality) {
	t.Helper()
	n := uint16(r.Words())
	if r.Table == "coil" || r.Table == "discrete" {
		get := c.ReadCoils
		if r.Table == "discrete" {
			get = c.ReadDiscreteInputs
		}
		bits, err := get(r.Start(), n)
		require.NoError(t, err, "%s", r.Point)
		return profile.DecodeBits(r, bits)
	}
	table := mb.HOLDING_REGISTER
	if r.Table == "input" {
		table = mb.INPUT_REGISTER
	}
	words, err := c.ReadRegisters(r.Start(), n, table)
	require.NoError(t, err, "%s", r.Point)
	return profile.Decode(r, p.Modbus.WordOrder, kind, words)
}

// sensible is a value that the register can hold.
func sensible(p *profile.Profile, known catalogue.Point, slot string, point gtc.PointID) gtc.Value {
	for _, r := range p.Registers {
		if r.Slot != slot || r.Point != point {
			continue
		}
		switch known.Type {
		case gtc.TypeBool:
			return gtc.Bool(true)
		case gtc.TypeEnum:
			for _, state := range r.Enum {
				return gtc.Enum(maxState(r, state))
			}
			return gtc.Enum(1)
		default:
		}
		step := r.Scale
		if step == 0 {
			step = 1
		}
		v := math.Round(20/step) * step
		if r.Min != nil && v < *r.Min {
			v = *r.Min
		}
		if r.Max != nil && v > *r.Max {
			v = *r.Max
		}
		return gtc.Float(v)
	}
	return gtc.Value{}
}

// maxState makes the choice among the states of an enumeration the same each
// time.
func maxState(r profile.Register, state int) int {
	for _, other := range r.Enum {
		state = max(state, other)
	}
	return state
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]modbus.Fault{
		"late":               {Kind: "late", Delay: 300 * time.Millisecond, Count: 4},
		"late:50ms,every=3":  {Kind: "late", Delay: 50 * time.Millisecond, Count: 4, Every: 3},
		"exception:6,unit=7": {Kind: "exception", Delay: 300 * time.Millisecond, Count: 6, Unit: 7},
		"max-registers:8":    {Kind: "max-registers", Delay: 300 * time.Millisecond, Count: 8},
		"one-session":        {Kind: "one-session", Delay: 300 * time.Millisecond, Count: 4},
	} {
		got, err := modbus.ParseFault(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "lat", "late:soon", "exception:0", "late,every=0", "late,unit=300", "late,often=2"} {
		_, err := modbus.ParseFault(text)
		require.Error(t, err, text)
	}
	for _, kind := range modbus.FaultKinds() {
		_, err := modbus.ParseFault(string(kind))
		require.NoError(t, err)
	}
}

// What the faults do that limit a device.
func TestLimitingFaults(t *testing.T) {
	t.Parallel()
	p := controller()
	p.Modbus = profile.Modbus{MaxHole: 5}
	p.Registers[1].Address = 13
	s := modbus.NewServer(map[uint8]*modbus.Unit{3: {Profile: p, Values: values}})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(s.Close)
	c := client(t, s.URL())
	_, err := c.ReadRegisters(10, 5, mb.HOLDING_REGISTER)
	require.NoError(t, err, "holes are served as the profile says")
	s.Inject(modbus.Fault{Kind: modbus.FaultHole}, modbus.Fault{Kind: modbus.FaultMaxCount, Count: 1})
	_, err = c.ReadRegisters(10, 1, mb.HOLDING_REGISTER)
	require.NoError(t, err)
	_, err = c.ReadRegisters(13, 2, mb.HOLDING_REGISTER)
	require.ErrorIs(t, err, mb.ErrIllegalDataValue)
	s.Heal()
	s.Inject(modbus.Fault{Kind: modbus.FaultHole})
	_, err = c.ReadRegisters(10, 5, mb.HOLDING_REGISTER)
	require.ErrorIs(t, err, mb.ErrIllegalDataAddress)
}
