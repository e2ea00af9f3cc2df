package modbus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/internal/clock"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// faulty runs a source against one meter with faults, ten times as fast as
// the wall clock.
func faulty(t *testing.T, open func(*simulator.Server) error, limits modbus.Limits, faults ...string) (*recorder, modbus.Device, *simulator.Server) {
	t.Helper()
	s := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	for _, text := range faults {
		f, err := simulator.ParseFault(text)
		require.NoError(t, err)
		s.Inject(f)
	}
	require.NoError(t, open(s))
	t.Cleanup(s.Close)
	d := device("m1", 1, meter())
	d.Limits = limits
	r := run(t, modbus.Options{
		URL: s.URL(), Timeouts: modbus.Timeouts{Request: 100 * time.Millisecond, Frame: 50 * time.Millisecond},
		Devices: []modbus.Device{d}, Clock: clock.NewFast(time.Now().Add(-time.Hour), 10),
	})
	return r, d, s
}

// A source gets its values over every transport in spite of each fault, and
// never a wrong one.
func TestSourceCopesWithFaults(t *testing.T) {
	t.Parallel()
	for transport, open := range transports() {
		for name, fault := range map[string]string{
			"late":             "late:150ms,every=4",
			"half":             "half,every=4",
			"torn":             "torn:20ms",
			"torn for long":    "torn:70ms,every=3",
			"silence":          "silence,every=4",
			"slow":             "slow:30ms",
			"swapped":          "swapped,every=4",
			"behind":           "behind,every=4",
			"first ignored":    "first-ignored",
			"wrong unit":       "wrong-unit,every=4",
			"bit flips":        "bit-flip,every=3",
			"hang-up":          "hang-up,every=4",
			"one session":      "one-session",
			"fails at times":   "exception:4,every=4",
			"busy at times":    "exception:6,every=2",
			"acknowledges":     "exception:5,every=2",
			"gateway at times": "exception:11,every=4",
			"eight registers":  "max-registers:8",
		} {
			t.Run(transport+"/"+name, func(t *testing.T) {
				t.Parallel()
				r, d, _ := faulty(t, open, modbus.Limits{}, fault)
				r.await(t, 8, good("m1", "power_kw"))
				r.await(t, 1, good("m1", "energy_import_kwh"))
				require.Zero(t, r.count(func(s gtc.Sample) bool { return s.Value.Present() && s.Value.Num != 5 }))
				require.Zero(t, r.count(said("m1", gtc.QualityRefused))-r.count(func(s gtc.Sample) bool { return name == "fails at times" && s.Quality == gtc.QualityRefused }))
				require.True(t, d.Health.State().Known)
			})
		}
	}
}

// What a device does not take is learned: nothing is missing, and it is not
// asked for again.
func TestSourceLearnsLimits(t *testing.T) {
	t.Parallel()
	open := transports()["tcp"]
	r, d, _ := faulty(t, open, modbus.Limits{}, "max-registers:5")
	r.await(t, 10, good("m1", "frequency_hz"))
	require.Zero(t, r.count(said("m1", gtc.QualityRefused)))
	s := d.Health.State()
	require.Positive(t, s.Exceptions[wire.IllegalValue])
	require.Less(t, s.Exceptions[wire.IllegalValue], uint64(8))
	require.Zero(t, s.Refused)
	require.Positive(t, s.P50)
	require.GreaterOrEqual(t, s.P95, s.P50)
}

// A device that closes every connection is told from one that is silent, and
// tried ever more rarely.
func TestSourceMeetsADeviceThatClosesAtOnce(t *testing.T) {
	t.Parallel()
	r, d, s := faulty(t, transports()["tcp"], modbus.Limits{}, "close-after-accept")
	r.await(t, 9, said("m1", gtc.QualityCommLost))
	require.False(t, d.Health.State().Online)
	s.Heal()
	r.await(t, 2, good("m1", "power_kw"))
	require.Positive(t, d.Health.State().Reconnects)
}

// The connection is given back between polls when others want it.
func TestSourceSharesADeviceWithOneSession(t *testing.T) {
	t.Parallel()
	s := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(s.Close)
	s.Inject(simulator.Fault{Kind: simulator.FaultOneSession})
	run(t, modbus.Options{URL: s.URL(), IdleClose: 100 * time.Millisecond, Devices: []modbus.Device{device("m1", 1, meter())}})
	bus, err := modbus.NewBus(s.URL(), modbus.Timeouts{Request: 200 * time.Millisecond})
	require.NoError(t, err)
	defer bus.Close()
	require.Eventually(t, func() bool {
		if bus.Open(t.Context()) != nil {
			return false
		}
		_, err := bus.Read(t.Context(), 1, read(100, 2))
		return err == nil
	}, patience, 20*time.Millisecond)
}

// The end of a context ends a dial, a wait for silence and a read at once.
func TestContextsCancel(t *testing.T) {
	t.Parallel()
	long := modbus.Timeouts{Dial: time.Hour, Request: time.Hour, Frame: time.Hour, Silence: time.Hour}
	for name, open := range transports() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit := &simulator.Unit{Profile: meter(), Values: constant(5)}
			s := simulator.NewServer(map[uint8]*simulator.Unit{1: unit})
			require.NoError(t, open(s))
			t.Cleanup(s.Close)
			unit.SetSilent(true)
			bus, err := modbus.NewBus(s.URL(), long)
			require.NoError(t, err)
			defer bus.Close()
			require.NoError(t, bus.Open(t.Context()))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err = bus.Read(ctx, 1, read(100, 2))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.False(t, bus.IsOpen())
			err = bus.Open(ctx) // would wait an hour for silence
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(began), patience)
		})
	}
}

// A source ends at once, whatever it waits for.
func TestSourceEndsAtOnce(t *testing.T) {
	t.Parallel()
	unit := &simulator.Unit{Profile: meter(), Values: constant(5)}
	s := listen(t, map[uint8]*simulator.Unit{1: unit})
	unit.SetSilent(true)
	source, err := modbus.NewSource(modbus.Options{
		URL: s.URL(), Timeouts: modbus.Timeouts{Request: time.Hour},
		Devices: []modbus.Device{device("m1", 1, meter())}, Clock: clock.Wall{}, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.NoError(t, source.Run(ctx, func(context.Context, ...gtc.Sample) error { return errors.New("nothing to emit") }))
	require.Less(t, time.Since(began), patience)
}

// A serial device belongs to one program.
func TestSerialDeviceIsTakenOnce(t *testing.T) {
	t.Parallel()
	s := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	require.NoError(t, s.OpenPTY())
	t.Cleanup(s.Close)
	first, err := modbus.NewBus(s.URL(), modbus.Timeouts{})
	require.NoError(t, err)
	require.NoError(t, first.Open(t.Context()))
	defer first.Close()
	second, err := modbus.NewBus(s.URL(), modbus.Timeouts{})
	require.NoError(t, err)
	require.ErrorContains(t, second.Open(t.Context()), "another program uses it")
	missing, err := modbus.NewBus("rtu:///dev/there-is-none", modbus.Timeouts{})
	require.NoError(t, err)
	require.ErrorContains(t, missing.Open(t.Context()), "open serial device /dev/there-is-none: no such file")
}
