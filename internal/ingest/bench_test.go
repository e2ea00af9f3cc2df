package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
)

// BenchmarkIngest measures the way from the hub's stream to a real InfluxDB on
// the same machine: 500 000 lines of three values, 50 equipments on each of 20
// sites, in the stream before the clock starts. It tells the processor time of
// this process and of InfluxDB a value, how many processors both kept busy, and the values that
// two processors take in a second when nothing else wants them.
func BenchmarkIngest(b *testing.B) {
	const lines, sites, equipment = 500_000, 20, 50
	for _, perMessage := range []int{20, 200} {
		b.Run(fmt.Sprintf("sites=%d/lines=%d", sites, perMessage), func(b *testing.B) {
			benchmarkIngest(b, lines, perMessage, sites, equipment)
		})
	}
	b.Run("sites=1/lines=200", func(b *testing.B) { benchmarkIngest(b, lines, 200, 1, sites*equipment) })
}

func benchmarkIngest(b *testing.B, lines, perMessage, sites, equipment int) {
	b.Helper()
	const fields = 3
	var ids []gtc.SiteID
	for i := range sites {
		ids = append(ids, gtc.SiteID(fmt.Sprintf("site-%02d", i)))
	}
	var elapsed time.Duration
	var own, influxd time.Duration
	for b.Loop() {
		b.StopTimer()
		h := benchHub(b, ids)
		fill(b, h, ids, lines, perMessage, equipment)
		client, server := influxtest.StartServer(b, b.TempDir(), "")
		require.NoError(b, client.EnsureDatabases(b.Context()))
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		start, own0, influxd0 := time.Now(), cpuOf(b, os.Getpid()), cpuOf(b, child(b))
		b.StartTimer()
		go func() {
			done <- ingest.Run(ctx, ingest.Options{Hub: h, Store: client, Sites: func() []gtc.SiteID { return ids }, Log: zerolog.Nop()})
		}()
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if n, err := h.Waiting(ctx); err == nil && n == 0 {
				break
			}
		}
		b.StopTimer()
		elapsed += time.Since(start)
		own += cpuOf(b, os.Getpid()) - own0
		influxd += cpuOf(b, child(b)) - influxd0
		cancel()
		require.NoError(b, <-done)
		require.Equal(b, lines, stored(b, client))
		server.Stop()
		h.Close()
		b.StartTimer()
	}
	values := float64(b.N * lines * fields)
	b.ReportMetric(values/elapsed.Seconds(), "values/s")
	b.ReportMetric(float64(own.Nanoseconds())/values, "ns-gtc/value")
	b.ReportMetric(float64(influxd.Nanoseconds())/values, "ns-influxd/value")
	b.ReportMetric((own+influxd).Seconds()/elapsed.Seconds(), "cpus")
	b.ReportMetric(values/((own+influxd).Seconds()/2), "values/2cpu-s")
}

func benchHub(b *testing.B, sites []gtc.SiteID) *bus.Hub {
	b.Helper()
	passwords := map[gtc.SiteID]string{}
	for _, s := range sites {
		passwords[s] = "secret"
	}
	h, err := bus.StartHub(b.Context(), bus.HubOptions{Dir: b.TempDir(), NoSync: true, Log: zerolog.Nop(), Sites: passwords})
	require.NoError(b, err)
	return h
}

// fill puts lines into the hub's stream, as messages of one site each.
func fill(b *testing.B, h *bus.Hub, sites []gtc.SiteID, lines, perMessage, equipment int) {
	b.Helper()
	js, err := h.Conn().JetStream(nats.PublishAsyncMaxPending(1000))
	require.NoError(b, err)
	base := time.Now().Add(-48 * time.Hour).UnixMilli()
	for n := 0; n < lines; n += perMessage {
		message := n / perMessage
		site, round := sites[message%len(sites)], message/len(sites)*perMessage
		m := nats.NewMsg("in." + string(site) + ".sample")
		for k := round; k < round+perMessage; k++ {
			m.Data = fmt.Appendf(m.Data, "boiler,equipment=boiler-%02d,site=%s flow_temp=%d.%d,return_temp=48.25,burner_run=true %d\n",
				k%equipment, site, 40+k%30, k%10, base+int64(k/equipment)*1000)
		}
		m.Header.Set(bus.HeaderFormat, bus.FormatLines)
		m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
		_, err := js.PublishMsgAsync(m)
		require.NoError(b, err)
	}
	<-js.PublishAsyncComplete()
}

func stored(b *testing.B, client *influx.Client) (n int) {
	b.Helper()
	require.NoError(b, client.Query(b.Context(), influx.Raw, "SELECT count(flow_temp) FROM boiler", func(t *influx.Table) error {
		f, _ := t.Float(0, 1)
		n = int(f)
		return nil
	}))
	return n
}

// cpuOf returns the processor time that a process has used (Linux).
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	if pid == os.Getpid() {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	user, err := strconv.Atoi(f[11])
	require.NoError(b, err)
	system, err := strconv.Atoi(f[12])
	require.NoError(b, err)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	return time.Duration(user+system) * tick
}

// child returns the only child process.
func child(b *testing.B) int {
	b.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(b, err)
	for _, l := range lists {
		data, _ := os.ReadFile(l) // a thread may have ended
		if f := strings.Fields(string(data)); len(f) > 0 {
			pid, err := strconv.Atoi(f[0])
			require.NoError(b, err)
			return pid
		}
	}
	b.Fatal("no child process")
	return 0
}
