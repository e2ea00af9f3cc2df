package datasource

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

const (
	// benchYears of hours and days, benchRawDays of single values.
	benchYears   = 3
	benchRawDays = 30
	// viewers of a wall that refreshes every refresh.
	viewers = 50
	refresh = 10 * time.Second
)

// panel is one panel of a wall or page over its default range.
type panel struct {
	name     string
	span     time.Duration
	interval time.Duration
	query    string
}

const day = 24 * time.Hour

// panels are those of the walls and pages.
func panels(site, meter string) []panel {
	return []panel{
		{"sites", time.Hour, time.Minute, `{"queryType":"sites"}`},
		{"sites-summary", time.Hour, time.Minute, `{"queryType":"sites","format":"summary"}`},
		{"alarms", time.Hour, time.Minute, `{"queryType":"alarms"}`},
		{"alarms-summary", time.Hour, time.Minute, `{"queryType":"alarms","format":"summary"}`},
		{"alarms-count", 7 * day, 10 * time.Minute, `{"queryType":"alarms","mode":"history","format":"count"}`},
		{"findings", time.Hour, time.Minute, `{"queryType":"findings"}`},
		{"edges", time.Hour, time.Minute, `{"queryType":"collectors","format":"edges"}`},
		{"devices", time.Hour, time.Minute, `{"queryType":"collectors"}`},
		{"values-abnormal", time.Hour, time.Minute, `{"queryType":"values","abnormal":true}`},
		{"maintenance", time.Hour, time.Minute, `{"queryType":"works"}`},
		{"points-day", day, 5 * time.Minute, fmt.Sprintf(`{"queryType":"points","sites":[%q],"points":["flow_temp","return_temp","room_temp"]}`, site)},
		{"points-week-park", 7 * day, time.Hour, `{"queryType":"points","kinds":["weather"],"points":["air_temp"]}`},
		{"points-power-week", 7 * day, 15 * time.Minute, fmt.Sprintf(`{"queryType":"points","sites":[%q],"points":["power_kw"]}`, site)},
		{"energy-park-week", 7 * day, day, `{"queryType":"energy","group":"park","measures":["actual","expected","residual"]}`},
		{"energy-park-30d", 30 * day, day, `{"queryType":"energy","group":"carrier"}`},
		{"energy-hours-week", 7 * day, time.Hour, fmt.Sprintf(`{"queryType":"energy","sites":[%q],"step":"hour","measures":["actual"]}`, site)},
		{"energy-ranking-year", 365 * day, day, `{"queryType":"energy","format":"total","per":"m2","measures":["actual","expected","residual_pct"]}`},
		{
			"meter-year-by-day", 365 * day, day,
			fmt.Sprintf(`{"queryType":"energy","sites":[%q],"meters":[%q],"measures":["actual","expected","low","high","cusum"]}`, site, meter),
		},
		{"meter-3years-by-month", 3 * 365 * day, day, fmt.Sprintf(`{"queryType":"energy","sites":[%q],"meters":[%q],"step":"month"}`, site, meter)},
	}
}

func (p panel) at(end time.Time) backend.DataQuery {
	return backend.DataQuery{
		RefID: "A", Interval: p.interval, MaxDataPoints: 1000, TimeRange: backend.TimeRange{From: end.Add(-p.span), To: end}, JSON: json.RawMessage(p.query),
	}
}

// fullPark is a hub of fifty sites with three years of history.
func fullPark(b *testing.B) *centre {
	b.Helper()
	at, stored, fresh := benchData(b)
	dir := b.TempDir()
	files, err := region.Full(1)
	require.NoError(b, err)
	require.NoError(b, files.Write(dir))
	cfg, err := config.Load(dir)
	require.NoError(b, err)
	park, err := simulators.Load(cfg, filepath.Join(dir, "park.yaml"))
	require.NoError(b, err)
	from := at.AddDate(-benchYears, 0, 1)
	require.NoError(b, park.Prepare(simulators.Options{Origin: at, Epoch: from}))
	db, _ := influxtest.StartServer(b, stored, "")
	require.NoError(b, db.EnsureDatabases(b.Context()))
	began := time.Now()
	var values atomic.Int64
	var g errgroup.Group
	g.SetLimit(2)
	for _, s := range cfg.Sites {
		if !fresh {
			break
		}
		g.Go(func() error {
			return park.Record(b.Context(), s.ID, simulators.Record{
				From: from, To: at, RawFrom: at.AddDate(0, 0, -benchRawDays),
				Write: func(to influx.Database, lines []byte, n int) error {
					values.Add(int64(n))
					return db.Write(b.Context(), to, lines)
				},
			})
		})
	}
	require.NoError(b, g.Wait())
	require.NoError(b, os.WriteFile(filepath.Join(stored, "at"), []byte(at.Format(time.RFC3339)), 0o600))
	b.Logf("%d sites, %d years, %d values written in %s", len(cfg.Sites), benchYears, values.Load(), time.Since(began).Round(time.Second))
	c := startCentre(b, centreOptions{dir: dir, at: at, db: db})
	b.Logf("hub ready after %s", time.Since(began).Round(time.Second))
	return c
}

// benchData is where the history is kept, and up to when: a folder of the
// benchmark's own, or that of GTC_BENCH_DIR, which is filled once.
func benchData(b *testing.B) (at time.Time, dir string, fresh bool) {
	b.Helper()
	at = time.Now().UTC().Truncate(time.Hour)
	dir = os.Getenv("GTC_BENCH_DIR")
	if dir == "" {
		return at, b.TempDir(), true
	}
	text, err := os.ReadFile(filepath.Join(dir, "at"))
	if err != nil {
		return at, dir, true
	}
	at, err = time.Parse(time.RFC3339, string(text))
	require.NoError(b, err)
	return at, dir, false
}

// BenchmarkDatasource measures each panel without anything kept, then fifty
// viewers of all of them with the data source as it comes.
func BenchmarkDatasource(b *testing.B) {
	c := fullPark(b)
	site, meter := "mr-monceau", "gaz"
	for _, p := range panels(site, meter) {
		b.Run(p.name, func(b *testing.B) { benchPanel(b, c, p) })
	}
	b.Run("viewers", func(b *testing.B) { benchViewers(b, c, panels(site, meter)) })
}

func benchPanel(b *testing.B, c *centre, p panel) {
	b.Helper()
	d := source(b, c.url, "", map[string]any{"cacheSeconds": 0})
	var took []time.Duration
	rows := 0
	own, influxd := ownTime(b), childTime(b)
	for b.Loop() {
		start := time.Now()
		got, err := d.QueryData(b.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{p.at(c.at)}})
		took = append(took, time.Since(start))
		require.NoError(b, err)
		require.NoError(b, got.Responses["A"].Error)
		rows = 0
		for _, f := range got.Responses["A"].Frames {
			rows += f.Rows()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	// What a busy machine does not change: processor time of data source and
	// hub, and of InfluxDB.
	b.ReportMetric(1000*(ownTime(b)-own)/float64(len(took)), "cpu-ms")
	b.ReportMetric(1000*(childTime(b)-influxd)/float64(len(took)), "influxd-cpu-ms")
	b.ReportMetric(float64(rows), "rows")
}

// benchViewers lets viewers refresh all panels every ten seconds for some
// rounds and reports the processor time of data source, hub and InfluxDB, per
// second, and the slowest refreshes.
func benchViewers(b *testing.B, c *centre, all []panel) {
	b.Helper()
	d := source(b, c.url, "", nil)
	const rounds = 3
	for b.Loop() {
		influxBefore, before, began := childTime(b), ownTime(b), time.Now()
		var mu sync.Mutex
		var took []time.Duration
		var wg sync.WaitGroup
		for range viewers {
			late := time.Duration(rand.Int64N(int64(refresh))) //nolint:gosec // when a viewer began to look
			wg.Go(func() {
				for round := range rounds {
					if clock.Sleep(b.Context(), time.Until(began.Add(late+time.Duration(round)*refresh))) != nil {
						return
					}
					end := c.at.Add(time.Since(began))
					start := time.Now()
					for _, p := range all {
						got, err := d.QueryData(b.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{p.at(end)}})
						if err != nil || got.Responses["A"].Error != nil {
							b.Errorf("%s: %v %v", p.name, err, got.Responses["A"].Error)
							return
						}
						// Grafana gets the frames as JSON or Arrow.
						if _, err := got.Responses["A"].Frames.MarshalArrow(); err != nil {
							b.Error(err)
						}
					}
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		wall := time.Since(began).Seconds()
		slices.Sort(took)
		b.ReportMetric((ownTime(b)-before)/wall, "cpu-s/s")
		b.ReportMetric((childTime(b)-influxBefore)/wall, "influxd-cpu-s/s")
		b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "refresh-p95-ms")
		b.ReportMetric(float64(d.hub.Asked())/wall, "questions/s")
	}
}

// ownTime is the processor time of this process, in seconds.
func ownTime(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// childTime is the processor time of the children that run, in seconds.
func childTime(b *testing.B) float64 {
	b.Helper()
	paths, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(b, err)
	sum := 0.0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for pid := range strings.FieldsSeq(string(text)) {
			sum += processTime(b, pid)
		}
	}
	return sum
}

func processTime(b *testing.B, pid string) float64 {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0
	}
	var skip string
	var user, system float64
	fields := []any{&skip, &skip, &skip}
	for range 10 {
		fields = append(fields, &skip)
	}
	fields = append(fields, &user, &system)
	_, err = fmt.Sscan(string(text), fields...)
	require.NoError(b, err)
	const ticks = 100 // USER_HZ of Linux
	return (user + system) / ticks
}
