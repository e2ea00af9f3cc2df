//go:build e2e && bench

package cli

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

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influxd"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

const (
	benchDevices = 20
	// benchFactor is how much faster than the wall clock the meters are read:
	// 10 s and 60 s polls become as many as the way can take.
	benchFactor = 20000
)

// BenchmarkEndToEnd measures the whole way in one process, simulated meters
// included: Modbus TCP socket, decode, edge queue (synced), leaf link, hub
// queue (synced), ingest, InfluxDB. It reports field values a second that
// InfluxDB took, CPU of this process and of InfluxDB per value, and RSS.
func BenchmarkEndToEnd(b *testing.B) {
	dir := b.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	bin, err := influxd.Find("")
	require.NoError(b, err)
	db, err := influxd.Start(ctx, influxd.Options{Binary: bin, Dir: filepath.Join(dir, "influx"), Log: zerolog.Nop()})
	require.NoError(b, err)
	defer db.Stop()
	client, err := influx.Open(influx.Options{URL: db.URL})
	require.NoError(b, err)

	cfg := benchConfig(b, dir)
	c, err := startCentre(ctx, centreOptions{
		config: cfg, influx: influx.Options{URL: db.URL}, busDir: filepath.Join(dir, "hub"), listen: "127.0.0.1:0",
		every: time.Hour, getenv: func(string) string { return "" }, log: zerolog.Nop(), registry: newRegistry(),
	})
	require.NoError(b, err)
	defer c.close()
	cat, err := catalogue.Load()
	require.NoError(b, err)
	e, err := edge.Start(ctx, edge.Options{
		Site: cfg.Sites[0], Profiles: cfg.Profiles, Catalogue: cat, Dir: filepath.Join(dir, "edge"), HubURL: c.bus.LeafURL(),
		Clock: clock.NewFast(time.Now().AddDate(0, 0, -60), benchFactor), Log: zerolog.Nop(),
	})
	require.NoError(b, err)
	defer e.Close()
	done := make(chan struct{}, 2)
	go func() { _ = c.hub.Run(ctx); done <- struct{}{} }()
	go func() { _ = e.Run(ctx); done <- struct{}{} }()

	count := func() int { return storedValues(b, client) }
	for count() == 0 {
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(3 * time.Second) // warm
	for b.Loop() {
		from, cpu, at := count(), cpuTime(), time.Now()
		time.Sleep(15 * time.Second)
		values, took := float64(count()-from), time.Since(at)
		b.ReportMetric(values/took.Seconds(), "values/s")
		b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/values, "µs-cpu/value")
		b.ReportMetric(rssMB(), "MB-rss")
	}
	cancel()
	<-done
	<-done
}

// storedValues counts the field values of electricity meters in InfluxDB.
func storedValues(b *testing.B, client *influx.Client) int {
	b.Helper()
	n := 0
	err := client.Query(context.Background(), influx.Raw, "SELECT count(*) FROM electricity_meter", func(t *influx.Table) error {
		for j := 1; j < len(t.Columns); j++ {
			v, _ := t.Float(0, j)
			n += int(v)
		}
		return nil
	})
	if err != nil {
		return 0 // the databases are not made yet
	}
	return n
}

func benchConfig(b *testing.B, dir string) *config.Config {
	b.Helper()
	text := "site: banc\nlabel: {fr: Banc}\ncategory: other\ntime_zone: Europe/Brussels\nconnections:\n"
	equipment, devices := "equipment:\n", "devices:\n"
	start := time.Now()
	for i := range benchDevices {
		unit := &modbus.Unit{Values: func(string, gtc.PointID) gtc.Value {
			return gtc.Float(float64(time.Since(start).Milliseconds()%1000) / 1000)
		}}
		unit.Profile = loadProfile(b, "eastron-sdm630")
		srv := modbus.NewServer(map[uint8]*modbus.Unit{1: unit})
		require.NoError(b, srv.Listen("127.0.0.1:0"))
		b.Cleanup(srv.Close)
		text += fmt.Sprintf("  - {id: c%d, url: \"modbus://%s\"}\n", i, srv.Addr())
		equipment += fmt.Sprintf("  - {id: m%d, kind: electricity_meter, label: {fr: Compteur}}\n", i)
		devices += fmt.Sprintf("  - {id: d%d, connection: c%d, profile: eastron-sdm630, equipment: {meter: m%d}}\n", i, i, i)
	}
	conf := filepath.Join(dir, "config")
	require.NoError(b, os.MkdirAll(filepath.Join(conf, "sites"), 0o750))
	require.NoError(b, os.WriteFile(filepath.Join(conf, "gtc.yaml"), []byte("bus: {leaf_listen: \"127.0.0.1:0\"}\n"), 0o600))
	require.NoError(b, os.WriteFile(filepath.Join(conf, "sites", "banc.yaml"), []byte(text+equipment+devices), 0o600))
	cfg, err := config.Load(conf)
	require.NoError(b, err)
	require.NoError(b, giveSecrets(dir, cfg))
	cfg.Hub.Bus.Listen = ""
	return cfg
}

func cpuTime() time.Duration {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self)
	return time.Duration(self.Utime.Nano() + self.Stime.Nano())
}

func rssMB() float64 {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

func loadProfile(b *testing.B, id string) *profile.Profile {
	b.Helper()
	all, err := profile.Library()
	require.NoError(b, err)
	require.Contains(b, all, id)
	return all[id]
}
