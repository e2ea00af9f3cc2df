package bus

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// BenchmarkEdgePublish measures one message written through to the disk.
func BenchmarkEdgePublish(b *testing.B) {
	e, err := StartEdge(b.Context(), EdgeOptions{Site: "site-a", Dir: b.TempDir(), SyncAlways: true, Log: zerolog.Nop()})
	require.NoError(b, err)
	defer e.Close()
	var lines []byte
	for i := range 20 {
		lines = append(lines, line("site-a", i)...)
	}
	b.SetBytes(int64(len(lines)))
	b.ResetTimer()
	for range b.N {
		require.NoError(b, e.PublishSamples(b.Context(), "gtc", lines))
	}
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
