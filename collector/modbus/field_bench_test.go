package modbus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// BenchmarkWrongValues makes 10000 reads over each transport while answers
// come late, torn, swapped, damaged or not at all, and counts wrong values.
func BenchmarkWrongValues(b *testing.B) {
	for name, open := range transports() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				began := time.Now()
				s := simulator.NewServer(truthUnits(began, 1, 2, 3))
				require.NoError(b, open(s))
				s.Inject(lateTornSwapped(b, 3)...)
				out := stress(b.Context(), b, strain{s.URL(), began, 10000, true, []uint8{1, 2, 3}})
				s.Close()
				require.Zero(b, out.wrong, out.lies)
				b.ReportMetric(float64(out.reads), "reads")
				b.ReportMetric(float64(out.wrong), "wrong-values")
				b.ReportMetric(float64(out.failed), "failed-reads")
				b.ReportMetric(float64(out.opened), "connections")
			}
		})
	}
}

// BenchmarkDeadUnit reads ten units each second with a timeout of a second,
// one of them silent, for half a minute: the share of their samples that the
// nine others keep. pymodbus leaves a unit that it does not know unanswered.
func BenchmarkDeadUnit(b *testing.B) {
	sim := func(open func(*simulator.Server) error) func(b *testing.B) (string, *profile.Profile) {
		return func(b *testing.B) (string, *profile.Profile) {
			b.Helper()
			units := map[uint8]*simulator.Unit{}
			for id := uint8(1); id <= 9; id++ {
				units[id] = &simulator.Unit{Profile: oneFloat(), Values: constant(1)}
			}
			units[10] = &simulator.Unit{Profile: oneFloat(), Values: constant(1)}
			units[10].SetSilent(true)
			s := simulator.NewServer(units)
			require.NoError(b, open(s))
			b.Cleanup(s.Close)
			return s.URL(), oneFloat()
		}
	}
	b.Run("tcp, pymodbus", func(b *testing.B) {
		deadUnit(b, func(b *testing.B) (string, *profile.Profile) {
			b.Helper()
			return tcp(startPython(b, "9")), oneFloat()
		})
	})
	b.Run("rtu over tcp", func(b *testing.B) {
		deadUnit(b, sim(func(s *simulator.Server) error { return s.ListenRTU("127.0.0.1:0") }))
	})
	b.Run("pty", func(b *testing.B) { deadUnit(b, sim((*simulator.Server).OpenPTY)) })
}

func oneFloat() *profile.Profile {
	return &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}, Registers: []profile.Register{
		{Slot: "a", Point: "x_power", Table: "holding", Address: 0, Type: "f32", Poll: "alarm"},
		{Slot: "a", Point: "x_energy", Table: "holding", Address: 2, Type: "f32", Poll: "alarm"},
	}}
}

func deadUnit(b *testing.B, open func(b *testing.B) (string, *profile.Profile)) {
	b.Helper()
	const lasts = 30 * time.Second
	for b.Loop() {
		url, p := open(b)
		var devices []modbus.Device
		for id := uint8(1); id <= 10; id++ {
			devices = append(devices, device(fmt.Sprint("m", id), id, p))
		}
		s, err := modbus.NewSource(modbus.Options{
			URL: url, Timeouts: modbus.Timeouts{Request: time.Second}, Devices: devices, Clock: clock.Wall{}, Log: zerolog.Nop(),
		})
		require.NoError(b, err)
		r := &recorder{}
		ctx, cancel := context.WithTimeout(b.Context(), lasts)
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx, r.emit) })
		running.Wait()
		cancel()
		least := 1.0
		for id := 1; id <= 9; id++ {
			n := r.count(good(gtc.EquipmentID(fmt.Sprint("m", id)), "x_power"))
			least = min(least, float64(n)/lasts.Seconds())
		}
		b.ReportMetric(100*least, "%-of-samples-kept")
		require.GreaterOrEqual(b, least, 0.98)
	}
}

// BenchmarkIllegalRegister reads a block of eight registers of pymodbus and
// the illegal one behind it, each second: the cycles in which anything but
// that point is missing.
func BenchmarkIllegalRegister(b *testing.B) {
	for b.Loop() {
		p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}}
		for i := range 9 {
			p.Registers = append(p.Registers, profile.Register{
				Slot: "a", Point: gtc.PointID(fmt.Sprint("x_", i)), Table: "holding", Address: uint16(100 + i), Type: "u16", Poll: "alarm",
			})
		}
		r := &recorder{}
		s, err := modbus.NewSource(modbus.Options{URL: startPymodbus(b), Devices: []modbus.Device{device("m", 5, p)}, Clock: clock.Wall{}, Log: zerolog.Nop()})
		require.NoError(b, err)
		const cycles = 5
		ctx, cancel := context.WithTimeout(b.Context(), cycles*time.Second-200*time.Millisecond)
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx, r.emit) })
		running.Wait()
		cancel()
		missing := 0
		for i := range 8 {
			missing = max(missing, cycles-r.count(good("m", gtc.PointID(fmt.Sprint("x_", i)))))
		}
		b.ReportMetric(float64(missing), "cycles-incomplete")
		b.ReportMetric(float64(r.count(said("m", gtc.QualityRefused))), "points-refused")
		require.LessOrEqual(b, missing, 2)
	}
}
