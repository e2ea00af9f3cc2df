package modbus_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

const patience = 20 * time.Second

// recorder keeps what a source emits.
type recorder struct {
	mu      sync.Mutex
	calls   [][]gtc.Sample
	samples []gtc.Sample
}

func (r *recorder) emit(_ context.Context, samples ...gtc.Sample) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := append([]gtc.Sample(nil), samples...)
	r.calls = append(r.calls, kept)
	r.samples = append(r.samples, kept...)
	return nil
}

func (r *recorder) count(match func(gtc.Sample) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, s := range r.samples {
		if match(s) {
			n++
		}
	}
	return n
}

// await waits until the recorder has n samples that match.
func (r *recorder) await(t *testing.T, n int, match func(gtc.Sample) bool) {
	t.Helper()
	require.Eventually(t, func() bool { return r.count(match) >= n }, patience, 5*time.Millisecond)
}

func good(equipment gtc.EquipmentID, point gtc.PointID) func(gtc.Sample) bool {
	return func(s gtc.Sample) bool {
		return s.Equipment == equipment && s.Point == point && s.Value.Present() && s.Quality == gtc.QualityGood
	}
}

func said(equipment gtc.EquipmentID, q gtc.Quality) func(gtc.Sample) bool {
	return func(s gtc.Sample) bool { return s.Equipment == equipment && s.Quality == q }
}

// meter is a profile with a block of registers in two poll classes.
func meter() *profile.Profile {
	p := &profile.Profile{ID: "meter", Slots: map[string]gtc.Kind{"meter": "electricity_meter"}}
	for i, point := range []gtc.PointID{"power_kw", "power_l1_kw", "power_l2_kw", "power_l3_kw", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v", "frequency_hz"} {
		p.Registers = append(p.Registers, profile.Register{
			Slot: "meter", Point: point, Table: "holding", Address: uint16(100 + 2*i), Type: "f32", Poll: "alarm",
		})
	}
	p.Registers = append(p.Registers, profile.Register{
		Slot: "meter", Point: "energy_import_kwh", Table: "input", Address: 40, Type: "u32", Scale: 0.01, Poll: "slow",
	})
	return p
}

func device(id string, unit uint8, p *profile.Profile) modbus.Device {
	d := modbus.Device{
		ID: gtc.DeviceID(id), Unit: unit, WordOrder: p.Modbus.WordOrder,
		Limits: modbus.Limits{MaxRegisters: p.Modbus.MaxRegisters, MaxBits: p.Modbus.MaxBits, MaxHole: p.Modbus.MaxHole},
		Health: health.NewDevice(gtc.DeviceID(id), p.ID),
	}
	for _, r := range p.Registers {
		kind := gtc.TypeFloat
		if r.Type == "bit" {
			kind = gtc.TypeBool
		}
		d.Points = append(d.Points, modbus.Point{
			Series: gtc.Series{Site: "s1", Kind: p.Slots[r.Slot], Equipment: gtc.EquipmentID(id), Point: r.Point},
			Type:   kind, Register: r,
		})
	}
	return d
}

func constant(v float64) func(string, gtc.PointID) gtc.Value {
	return func(string, gtc.PointID) gtc.Value { return gtc.Float(v) }
}

func listen(t *testing.T, units map[uint8]*simulator.Unit) *simulator.Server {
	t.Helper()
	s := simulator.NewServer(units)
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(func() {
		s.Close()
		require.Zero(t, s.Writes(), "the collector wrote")
	})
	return s
}

// run runs a source until the test ends.
func run(t *testing.T, o modbus.Options) *recorder {
	t.Helper()
	if o.Clock == nil {
		o.Clock = clock.Wall{}
	}
	o.Log = zerolog.Nop()
	s, err := modbus.NewSource(o)
	require.NoError(t, err)
	r := &recorder{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, r.emit); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return r
}

func TestSourceReadsPoints(t *testing.T) {
	t.Parallel()
	p := meter()
	s := listen(t, map[uint8]*simulator.Unit{7: {Profile: p, Values: func(_ string, id gtc.PointID) gtc.Value {
		if id == "frequency_hz" {
			return gtc.Value{} // no sensor
		}
		return gtc.Float(float64(len(id)) + 0.25)
	}}})
	d := device("m1", 7, p)
	before := time.Now().Add(-time.Millisecond)
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{d}})
	r.await(t, 2, good("m1", "power_kw"))
	r.await(t, 1, good("m1", "energy_import_kwh"))

	r.mu.Lock()
	defer r.mu.Unlock()
	var last time.Time
	for _, call := range r.calls {
		at := call[0].At
		require.True(t, at.After(before) && !at.After(time.Now()), "stamped when it was asked")
		require.Equal(t, time.UTC, at.Location())
		require.Zero(t, at.Nanosecond()%int(time.Millisecond))
		require.False(t, at.Before(last))
		last = at
		for _, got := range call {
			require.Equal(t, at, got.At, "samples of one request share its instant")
			if got.Point == "frequency_hz" {
				require.Equal(t, gtc.QualitySensorFault, got.Quality)
				require.False(t, got.Value.Present())
				continue
			}
			require.InDelta(t, float64(len(got.Point))+0.25, got.Value.Num, 0.005)
		}
	}
	require.Len(t, r.calls[0], 8, "one request for the block")
	state := d.Health.State()
	require.True(t, state.Known && state.Online)
	require.Positive(t, state.Latency)
	require.GreaterOrEqual(t, state.Polls, uint64(3))
	require.Zero(t, state.Errors)
}

// One register that the device does not have costs nothing but itself.
func TestSourceIsolatesAnIllegalRegister(t *testing.T) {
	t.Parallel()
	served := meter()
	served.Registers = append(served.Registers[:3:3], served.Registers[4:]...) // power_l3_kw is missing
	unit := &simulator.Unit{Profile: served, Values: constant(5)}
	s := listen(t, map[uint8]*simulator.Unit{1: unit})
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{device("m1", 1, meter())}})
	r.await(t, 3, good("m1", "frequency_hz"))
	for _, p := range served.Registers {
		if p.Poll == "alarm" {
			require.GreaterOrEqual(t, r.count(good("m1", p.Point)), 2, p.Point)
		}
	}
	refused := said("m1", gtc.QualityRefused)
	require.Equal(t, 1, r.count(refused), "said once")
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, got := range r.samples {
		if refused(got) {
			require.Equal(t, gtc.PointID("power_l3_kw"), got.Point)
			require.False(t, got.Value.Present())
		}
	}
	// Merged again: the block is read in two requests, on either side.
	require.Len(t, r.calls[len(r.calls)-1], 4)
}

// A silent unit behind a gateway costs its neighbours no sample.
func TestSourceKeepsASilentUnitFromSlowingOthers(t *testing.T) {
	t.Parallel()
	units, devices := map[uint8]*simulator.Unit{}, []modbus.Device{}
	for id := uint8(1); id <= 10; id++ {
		units[id] = &simulator.Unit{Profile: meter(), Values: constant(float64(id))}
		devices = append(devices, device("m"+string('0'+rune(id)), id, meter()))
	}
	units[4].SetSilent(true)
	s := listen(t, units)
	// Ten times as fast as the wall clock: a timeout of 100 ms is one second.
	fast := clock.NewFast(time.Now().Add(-time.Hour), 10)
	began := fast.Now()
	r := run(t, modbus.Options{URL: s.URL(), Timeouts: modbus.Timeouts{Request: 100 * time.Millisecond}, Devices: devices, Clock: fast})
	const rounds = 30
	r.await(t, rounds, good("m1", "power_kw"))
	polls := int(fast.Now().Sub(began)/time.Second) + 1
	require.LessOrEqual(t, polls, rounds+2, "no round was skipped")
	for _, d := range devices {
		if d.Unit == 4 {
			require.Zero(t, r.count(good("m4", "power_kw")))
			require.Equal(t, 9, r.count(said("m4", gtc.QualityCommLost)), "each point once")
			state := d.Health.State()
			require.True(t, state.Known && !state.Online)
			require.Contains(t, state.LastError, "read m4 at "+s.URL()+" unit 4 holding 100+16: request timed out")
			require.Less(t, state.Polls, uint64(8), "left alone for longer each time")
			continue
		}
		require.GreaterOrEqual(t, r.count(good(gtc.EquipmentID(d.ID), "power_kw")), rounds-1, d.ID)
		require.Zero(t, r.count(said(gtc.EquipmentID(d.ID), gtc.QualityCommLost)), d.ID)
	}

	// It comes back with all its points, slow ones included.
	units[4].SetSilent(false)
	r.await(t, 1, good("m4", "power_kw"))
	r.await(t, 1, good("m4", "energy_import_kwh"))
}

// A late answer is never taken for the answer to the next request.
func TestSourceNeverTakesALateAnswer(t *testing.T) {
	t.Parallel()
	var late atomic.Bool
	release := make(chan struct{})
	values := func(_ string, p gtc.PointID) gtc.Value {
		if p == "power_kw" && late.CompareAndSwap(true, false) {
			<-release // until after the client gave up
			return gtc.Float(666)
		}
		return gtc.Float(5)
	}
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: meter(), Values: values}})
	fast := clock.NewFast(time.Now().Add(-time.Hour), 10)
	r := run(t, modbus.Options{URL: s.URL(), Timeouts: modbus.Timeouts{Request: 100 * time.Millisecond}, Devices: []modbus.Device{device("m1", 1, meter())}, Clock: fast})
	r.await(t, 1, good("m1", "power_kw"))
	late.Store(true)
	r.await(t, 9, said("m1", gtc.QualityCommLost))
	close(release)
	n := r.count(good("m1", "power_kw"))
	r.await(t, n+3, good("m1", "power_kw"))
	require.Zero(t, r.count(func(s gtc.Sample) bool { return s.Value.Present() && s.Value.Num != 5 }))
}

// A connection that the device closed while idle is opened again at once.
func TestSourceReopensACutConnection(t *testing.T) {
	t.Parallel()
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	fast := clock.NewFast(time.Now().Add(-time.Hour), 10)
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{device("m1", 1, meter())}, Clock: fast})
	for range 5 {
		n := r.count(good("m1", "power_kw"))
		s.Cut()
		r.await(t, n+2, good("m1", "power_kw"))
	}
	require.Zero(t, r.count(said("m1", gtc.QualityCommLost)))
}

// A host that refuses connections is one loss, and its return one recovery.
func TestSourceSurvivesARestartOfTheDevice(t *testing.T) {
	t.Parallel()
	unit := &simulator.Unit{Profile: meter(), Values: constant(5)}
	s := listen(t, map[uint8]*simulator.Unit{1: unit})
	fast := clock.NewFast(time.Now().Add(-time.Hour), 10)
	d := device("m1", 1, meter())
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{d}, Clock: fast})
	r.await(t, 2, good("m1", "power_kw"))
	s.Close()
	r.await(t, 9, said("m1", gtc.QualityCommLost))
	require.False(t, d.Health.State().Online)
	require.NoError(t, s.Listen(s.Addr()))
	n := r.count(good("m1", "energy_import_kwh"))
	r.await(t, n+1, good("m1", "energy_import_kwh"))
	require.Equal(t, 9, r.count(said("m1", gtc.QualityCommLost)), "said once")
	require.True(t, d.Health.State().Online)
}

// A unit id that a gateway does not know is answered by the gateway: the
// connection stays, the unit is lost.
func TestSourceHeedsAGatewaysException(t *testing.T) {
	t.Parallel()
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: meter(), Values: constant(5)}})
	missing := device("m2", 2, meter())
	r := run(t, modbus.Options{URL: s.URL(), Devices: []modbus.Device{device("m1", 1, meter()), missing}})
	r.await(t, 9, said("m2", gtc.QualityCommLost))
	r.await(t, 2, good("m1", "power_kw"))
	require.Contains(t, missing.Health.State().LastError, "gateway target device failed to respond")
}
