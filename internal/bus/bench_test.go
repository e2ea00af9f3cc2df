package bus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// BenchmarkEdgeQueue measures what queueing costs the processor: messages of
// 200 lines of 3 values, synced to the disk. What a benchmark waits for is the
// disk, so the time of the process is reported and not that of the clock.
func BenchmarkEdgeQueue(b *testing.B) {
	const lines, fields = 200, 3
	e, err := StartEdge(b.Context(), EdgeOptions{Site: "site-a", Dir: b.TempDir(), SyncAlways: true, Log: zerolog.Nop()})
	require.NoError(b, err)
	defer e.Close()
	messages := make([][]byte, 64)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // data of a test
	for i := range messages {
		for j := range lines {
			messages[i] = fmt.Appendf(messages[i], "boiler,equipment=boiler-%d,site=site-a flow_temp=%.2f,return_temp=%.2f,burner_pct=%.1f %d\n",
				j%20, 20+40*r.Float64(), 20+30*r.Float64(), 100*r.Float64(), 1_700_000_000_000+int64(1000*i+j))
		}
		require.LessOrEqual(b, len(messages[i]), maxLines, "one message")
	}
	b.SetBytes(int64(len(messages[0])))
	before := processorTime(b)
	b.ResetTimer()
	for i := range b.N {
		require.NoError(b, e.PublishSamples(b.Context(), "gtc", messages[i%len(messages)]))
	}
	b.StopTimer()
	used := processorTime(b) - before
	perMessage := float64(used.Nanoseconds()) / float64(b.N)
	b.ReportMetric(perMessage/1e6, "cpu_ms/message")
	b.ReportMetric(perMessage/1e3/(lines*fields), "cpu_us/value")
}

// processorTime is what the process used so far, in the kernel and outside.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPull measures one message from the edge's queue to the hub's disk.
func BenchmarkPull(b *testing.B) {
	h, err := StartHub(b.Context(), HubOptions{
		LeafListen: "127.0.0.1:0", Dir: b.TempDir(), Sites: map[gtc.SiteID]string{"site-a": "secret"}, Log: zerolog.Nop(),
	})
	require.NoError(b, err)
	defer h.Close()
	e, err := StartEdge(b.Context(), EdgeOptions{Site: "site-a", Dir: b.TempDir(), HubURL: h.LeafURL(), Password: "secret", Log: zerolog.Nop()})
	require.NoError(b, err)
	defer e.Close()
	for i := range b.N {
		require.NoError(b, e.PublishSamples(b.Context(), "gtc", line("site-a", i)))
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	b.ResetTimer()
	go func() { done <- h.Run(ctx) }()
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		if n, err := e.Queued(b.Context()); err == nil && n == 0 {
			break
		}
	}
	b.StopTimer()
	cancel()
	require.NoError(b, <-done)
}
