package simulators_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influxd"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

// fullPark writes and prepares the park of 50 sites.
func fullPark(b *testing.B) (*config.Config, *simulators.Park) {
	b.Helper()
	files, err := region.Full(1)
	require.NoError(b, err)
	dir := b.TempDir()
	require.NoError(b, files.Write(dir))
	cfg, err := config.Load(dir)
	require.NoError(b, err)
	p, err := simulators.Load(cfg, filepath.Join(dir, "park.yaml"))
	require.NoError(b, err)
	require.NoError(b, p.Prepare(simulators.Options{Origin: origin, Epoch: origin.AddDate(-3, 0, -1), Log: zerolog.Nop()}))
	return cfg, p
}

// record makes three years of sites two at a time: single values of the last
// 90 days, hours and days of all.
func record(b *testing.B, cfg *config.Config, p *simulators.Park, write func(influx.Database, []byte) error) (values int64) {
	b.Helper()
	var n atomic.Int64
	var g errgroup.Group
	g.SetLimit(2)
	for _, s := range cfg.Sites {
		g.Go(func() error {
			return p.Record(b.Context(), s.ID, simulators.Record{
				From: origin.AddDate(-3, 0, 0), To: origin, RawFrom: origin.AddDate(0, 0, -90),
				Write: func(db influx.Database, lines []byte, values int) error {
					n.Add(int64(values))
					return write(db, lines)
				},
			})
		})
	}
	require.NoError(b, g.Wait())
	return n.Load()
}

// BenchmarkHistory50x3 makes the history of 50 sites and three years in steps
// of 15 minutes and writes it nowhere.
func BenchmarkHistory50x3(b *testing.B) {
	cfg, p := fullPark(b)
	for b.Loop() {
		began, cpu := time.Now(), cpuTime()
		values := record(b, cfg, p, func(influx.Database, []byte) error { return nil })
		b.ReportMetric(float64(values), "values")
		b.ReportMetric(float64(values)/time.Since(began).Seconds(), "values/s")
		b.ReportMetric((cpuTime() - cpu).Seconds(), "cpu-s/op")
	}
}

// BenchmarkHistoryWrite writes the history of ten sites to a real InfluxDB,
// making it included.
func BenchmarkHistoryWrite(b *testing.B) {
	bin, err := influxd.Find(os.Getenv("GTC_INFLUXD"))
	require.NoError(b, err, "make influxd")
	cfg, p := fullPark(b)
	cfg.Sites = cfg.Sites[:10]
	server, err := influxd.Start(b.Context(), influxd.Options{Binary: bin, Dir: b.TempDir(), Log: zerolog.Nop()})
	require.NoError(b, err)
	defer server.Stop()
	db, err := influx.Open(influx.Options{URL: server.URL})
	require.NoError(b, err)
	defer db.Close()
	require.NoError(b, db.EnsureDatabases(b.Context()))
	for b.Loop() {
		began, cpu := time.Now(), cpuTime()
		values := record(b, cfg, p, func(d influx.Database, lines []byte) error { return db.Write(b.Context(), d, lines) })
		b.ReportMetric(float64(values)/time.Since(began).Seconds(), "values/s")
		b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(values), "cpu-ns/value")
	}
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of oneself it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
