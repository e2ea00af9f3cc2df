package modbus_test

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// hurried is a clock on which every wait is over at once.
type hurried struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hurried) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hurried) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	return ctx.Err()
}

// BenchmarkSource reads 50 floats from each of ten units over one real
// connection as fast as it goes. The CPU time includes the simulated devices.
func BenchmarkSource(b *testing.B) {
	const values = 50
	p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "electricity_meter"}}
	for i := range values {
		p.Registers = append(p.Registers, profile.Register{
			Slot: "a", Point: gtc.PointID(fmt.Sprintf("voltage_l%d_v", i)), Table: "holding", Address: uint16(2 * i), Type: "f32", Poll: "alarm",
		})
	}
	units, devices := map[uint8]*simulator.Unit{}, []modbus.Device{}
	for id := uint8(1); id <= 10; id++ {
		units[id] = &simulator.Unit{Profile: p, Values: constant(231.5)}
		devices = append(devices, device(fmt.Sprintf("m%d", id), id, p))
	}
	server := simulator.NewServer(units)
	require.NoError(b, server.Listen("127.0.0.1:0"))
	defer server.Close()
	s, err := modbus.NewSource(modbus.Options{URL: server.URL(), Devices: devices, Clock: &hurried{now: time.Now()}, Log: zerolog.Nop()})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	requests := 0
	b.ReportAllocs()
	b.ResetTimer()
	began := cpu()
	require.NoError(b, s.Run(ctx, func(_ context.Context, samples ...gtc.Sample) error {
		if requests++; requests >= b.N {
			cancel()
		}
		require.Len(b, samples, values)
		return nil
	}))
	b.ReportMetric(float64(cpu()-began)/float64(requests*values), "cpu-ns/value")
	b.ReportMetric(float64(requests*values)/b.Elapsed().Seconds(), "values/s")
}

// cpu is the processor time used by this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
