package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/ingest"
)

// countingStore counts lines.
type countingStore struct{ lines atomic.Int64 }

func (s *countingStore) Write(_ context.Context, _ influx.Database, lines []byte) error {
	s.lines.Add(int64(bytes.Count(lines, []byte{'\n'})))
	return nil
}

// BenchmarkIngest measures the way from the hub's stream to the store, with
// messages of 20 lines; one operation is one line.
func BenchmarkIngest(b *testing.B) {
	const perMessage = 20
	h, err := bus.StartHub(b.Context(), bus.HubOptions{
		Dir: b.TempDir(), NoSync: true, Log: zerolog.Nop(), Sites: map[gtc.SiteID]string{"site-a": "secret"},
	})
	require.NoError(b, err)
	defer h.Close()
	var lines []byte
	for i := range perMessage {
		lines = fmt.Appendf(lines, "boiler,equipment=boiler-%d,site=site-a flow_temp=61.5,return_temp=48.25,burner_run=true %d\n", i, 1_700_000_000_000+i)
	}
	js, err := h.Conn().JetStream(nats.PublishAsyncMaxPending(1000))
	require.NoError(b, err)
	want := int64(0)
	for want < int64(b.N) {
		m := nats.NewMsg("in.site-a.sample")
		m.Data = lines
		m.Header.Set(bus.HeaderFormat, bus.FormatLines)
		m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
		_, err := js.PublishMsgAsync(m)
		require.NoError(b, err)
		want += perMessage
	}
	<-js.PublishAsyncComplete()
	store := &countingStore{}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	b.ResetTimer()
	go func() { done <- ingest.Run(ctx, ingest.Options{Hub: h, Store: store, Log: zerolog.Nop()}) }()
	for tick := time.NewTicker(time.Millisecond); store.lines.Load() < want; <-tick.C {
	}
	b.StopTimer()
	b.ReportMetric(float64(want)/b.Elapsed().Seconds(), "lines/s")
	cancel()
	require.NoError(b, <-done)
}
