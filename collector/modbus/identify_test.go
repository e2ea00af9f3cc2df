package modbus_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// named is the meter with identification registers.
func named(model string) *profile.Profile {
	p := meter()
	p.Identify = []profile.Identity{
		{What: "serial", Table: "holding", Address: 10, Type: "u16"},
		{What: "model", Table: "holding", Address: 11, Type: "string", Length: 2, Expect: []string{model}},
	}
	return p
}

func identified(id string, unit uint8, p *profile.Profile) modbus.Device {
	d := device(id, unit, p)
	d.Identify = p.Identify
	return d
}

// A device that says it is another one gives no value, however readable its
// registers are; the one beside it does.
func TestSourceTakesNothingFromAnotherDevice(t *testing.T) {
	t.Parallel()
	s := listen(t, map[uint8]*simulator.Unit{
		1: {Profile: named("EM24"), Values: constant(5)},
		2: {Profile: named("EM24"), Values: constant(5)},
	})
	wrong := identified("wrong", 1, named("ET11"))
	right := identified("right", 2, named("EM24"))
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{wrong, right}})
	r.await(t, 1, good("right", "power_kw"))
	r.await(t, len(wrong.Points), said("wrong", gtc.QualityRefused))
	require.Zero(t, r.count(func(s gtc.Sample) bool { return s.Equipment == "wrong" && s.Value.Present() }))
	state := wrong.Health.State()
	require.False(t, state.Online)
	require.Contains(t, state.LastError, `device contradicts its profile: model is "EM24", want ["ET11"]`)
}

// A device that does not have the register is taken for what it should be.
func TestSourceReadsDeviceThatDoesNotTell(t *testing.T) {
	t.Parallel()
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	d := identified("m1", 1, named("EM24"))
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{d}})
	r.await(t, 1, good("m1", "power_kw"))
}

// A device that was exchanged while it was away is asked again.
func TestSourceAsksAgainAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: named("EM24"), Values: constant(5)}})
	d := identified("m1", 1, named("EM24"))
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{d}, Timeouts: modbus.Timeouts{Request: time.Second}})
	r.await(t, 1, good("m1", "power_kw"))
	address := strings.TrimPrefix(s.URL(), "modbus://")
	s.Close()
	r.await(t, 1, said("m1", gtc.QualityCommLost))
	before := r.count(good("m1", "power_kw"))
	other := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: named("ET11"), Values: constant(7)}})
	require.NoError(t, other.Listen(address))
	t.Cleanup(other.Close)
	r.await(t, 1, said("m1", gtc.QualityRefused))
	require.Equal(t, before, r.count(good("m1", "power_kw")))
}

// Every recognisable profile of the library knows a simulated device of its
// own, and a device of another profile only if it cannot tell them apart.
func TestLibraryIsRecognised(t *testing.T) {
	t.Parallel()
	lib, err := profile.Library()
	require.NoError(t, err)
	units := map[uint8]*simulator.Unit{}
	var ids []string
	for id, p := range lib {
		if p.Protocol == "modbus" && p.Recognisable() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for i, id := range ids {
		units[uint8(i+1)] = &simulator.Unit{Profile: lib[id], Values: constant(0)}
	}
	s := listen(t, units)
	bus, err := modbus.NewBus(s.URL(), modbus.Timeouts{})
	require.NoError(t, err)
	t.Cleanup(bus.Close)
	require.NoError(t, bus.Open(t.Context()))
	for i := range ids {
		for _, id := range ids {
			p := lib[id]
			known := true
			for _, d := range p.Identify {
				if len(d.Expect) == 0 {
					continue
				}
				text, err := bus.Identify(t.Context(), uint8(i+1), d, p.Modbus.WordOrder)
				known = known && err == nil && d.Accepts(text)
			}
			require.Equal(t, ids[i] == id, known, "%s read as %s", ids[i], id)
		}
	}
}
