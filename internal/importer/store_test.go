package importer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// bench is a meter with a real InfluxDB behind it.
type bench struct {
	db  *influx.Client
	o   importer.Options
	loc *time.Location
	day time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	now := time.Now().UTC()
	b := &bench{db: influxtest.Start(t), loc: loc, day: time.Date(now.Year()-1, 5, 5, 0, 0, 0, 0, loc)}
	b.o = importer.Options{
		Oldest: now.AddDate(-2, 0, 0),
		Store: importer.Store{DB: b.db, Database: influx.Raw, Target: importer.Target{
			Site: "s1", Location: loc, Unit: "kWh", Now: now,
			Meter: gtc.Meter{Equipment: "compteur", Kind: gtc.KindElectricityMeter, Point: "energy_import_kwh", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1},
		}},
	}
	return b
}

// file has n hours of one kWh each, from an hour of the bench's day on.
func (b *bench) file(from, n int, value string) []byte {
	var s strings.Builder
	s.WriteString("Horodatage;kWh\n")
	for i := range n {
		fmt.Fprintf(&s, "%s;%s\n", b.day.Add(time.Duration(from+i)*time.Hour).Format("02/01/2006 15:04"), value)
	}
	return []byte(s.String())
}

func (b *bench) run(t *testing.T, data []byte) importer.Report {
	t.Helper()
	r, err := importer.Import(t.Context(), "f.csv", data, b.o)
	require.NoError(t, err)
	require.Empty(t, r.Mistakes)
	return r
}

// dump is everything that InfluxDB has, but the marks of imports.
func (b *bench) dump(t *testing.T) []string {
	t.Helper()
	var out []string
	for db, q := range map[influx.Database]string{influx.Raw: "SELECT * FROM electricity_meter", influx.Rollup: "SELECT * FROM energy"} {
		require.NoError(t, b.db.Query(t.Context(), db, q, func(tb *influx.Table) error {
			for _, row := range tb.Values {
				out = append(out, fmt.Sprint(db, tb.Columns, row))
			}
			return nil
		}))
	}
	slices.Sort(out)
	return out
}

func (b *bench) days(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT kwh, coverage, source FROM energy WHERE step='day'", func(tb *influx.Table) error {
		for i := range tb.Values {
			k, _ := tb.Float(i, 1)
			c, _ := tb.Float(i, 2)
			out[tb.Time(i).In(b.loc).Format("01-02")] = fmt.Sprintf("%.4g kWh, %.4g, %s", k, c, tb.Text(i, 3))
		}
		return nil
	}))
	return out
}

func TestImportTwiceChangesNothing(t *testing.T) {
	b := newBench(t)
	b.o.DryRun = true
	r := b.run(t, b.file(0, 48, "1"))
	require.Equal(t, importer.Counts{New: 48}, r.Hours)
	require.Empty(t, b.dump(t), "a dry run writes nothing")

	b.o.DryRun = false
	b.run(t, b.file(0, 48, "1"))
	before := b.dump(t)
	require.Equal(t, map[string]string{"05-05": "24 kWh, 1, metered", "05-06": "24 kWh, 1, metered"}, b.days(t))
	r = b.run(t, b.file(0, 48, "1"))
	require.Equal(t, importer.Counts{Unchanged: 48}, r.Hours)
	require.Equal(t, importer.Counts{Unchanged: 2}, r.Days)
	require.Equal(t, before, b.dump(t))
}

func TestTwoFilesMeetAtNoon(t *testing.T) {
	b := newBench(t)
	b.run(t, b.file(0, 12, "1"))
	require.Equal(t, map[string]string{"05-05": "12 kWh, 0.5, metered"}, b.days(t))
	for range 2 { // whatever comes again, and in whatever order
		b.run(t, b.file(12, 12, "2"))
		require.Equal(t, map[string]string{"05-05": "36 kWh, 1, metered"}, b.days(t))
	}
}

func TestWhatTheSiteMeasuredStays(t *testing.T) {
	b := newBench(t)
	target := b.o.Store.Target
	var lines []byte
	for i, x := range []struct {
		coverage  float64
		estimated bool
	}{{1, false}, {0, true}, {0.5, false}} {
		lines = rollup.AppendInterval(lines, target.Site, target.Meter, rollup.StepDay, energy.Interval{Start: b.day.AddDate(0, 0, i), KWh: 7, Coverage: x.coverage, Estimated: x.estimated}, nil)
	}
	require.NoError(t, b.db.Write(t.Context(), influx.Rollup, lines))
	r := b.run(t, b.file(0, 72, "1"))
	require.Equal(t, importer.Counts{New: 2, Kept: 1}, r.Days)
	require.Equal(t, map[string]string{"05-05": "7 kWh, 1, metered", "05-06": "24 kWh, 1, metered", "05-07": "24 kWh, 1, metered"}, b.days(t))

	b.o.Store.Replace = true
	r = b.run(t, b.file(0, 72, "1"))
	require.Equal(t, importer.Counts{New: 1, Unchanged: 2}, r.Days)
	require.Equal(t, "24 kWh, 1, metered", b.days(t)["05-05"])
	b.o.Store.Replace = false

	// An invoice over measured days leaves them.
	invoice := fmt.Sprintf("Du;Au;kWh\n%s;%s;280\n", b.day.Format("02/01/2006"), b.day.AddDate(0, 0, 27).Format("02/01/2006"))
	r = b.run(t, []byte(invoice))
	require.Equal(t, importer.Counts{New: 25, Kept: 3}, r.Days)
	require.Equal(t, "10 kWh, 0, invoice", b.days(t)["05-08"])
}

func TestReadingsBecomeSamples(t *testing.T) {
	b := newBench(t)
	old := b.o.Oldest.AddDate(0, -2, 0).In(b.loc)
	text := fmt.Sprintf("Date;Index (kWh)\n%s;1000\n%s;1100\n%s;1300\n%s;1400\n", old.Format("02/01/2006"), old.AddDate(0, 1, 0).Format("02/01/2006"),
		b.day.Format("02/01/2006"), b.day.AddDate(0, 1, 0).Format("02/01/2006"))
	r := b.run(t, []byte(text))
	require.Equal(t, importer.Counts{New: 2}, r.Readings)
	require.Greater(t, r.Days.New, 200, "what is older than the raw samples is rolled up at once, to the first that is kept")
	total := 0.0
	require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT sum(kwh) FROM energy WHERE step='day'", func(tb *influx.Table) error {
		total, _ = tb.Float(0, 1)
		return nil
	}))
	require.InDelta(t, 300, total, 1e-6)
	for _, d := range b.days(t) {
		require.Contains(t, d, ", 0, manual", "its total is known, its course is not")
	}
	before := b.dump(t)
	r = b.run(t, []byte(text))
	require.Equal(t, importer.Counts{Unchanged: 2}, r.Readings)
	require.Zero(t, r.Days.New+r.Days.Changed)
	require.Equal(t, before, b.dump(t))
}

func TestWatchedFolder(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	put := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, data, 0o600))
	}
	have := func() string {
		var out []string
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(dir, path)
				out = append(out, rel)
			}
			return err
		}))
		return strings.Join(out, " ")
	}
	away := errors.New("away")
	var fail error
	w := importer.Watcher{
		Dir: dir, Log: zerolog.Nop(), Retry: func(err error) bool { return errors.Is(err, away) },
		Take: func(ctx context.Context, path, _ string) ([]string, error) {
			if fail != nil {
				return nil, fail
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			r, err := importer.Import(ctx, filepath.Base(path), data, b.o)
			var out []string
			for _, m := range r.Mistakes {
				out = append(out, m.String())
			}
			return out, err
		},
	}
	put("s1/compteur/good.csv", b.file(0, 24, "1"))
	put("bad.csv", append(b.file(24, 24, "1"), "31/02/2025 00:00;1\n"...))
	put("prose.txt", []byte("Bonjour"))
	put("~$open.xlsx", []byte("x"))
	put("readme.pdf", []byte("x"))
	require.NoError(t, w.Look(t.Context()))
	require.Equal(t, "bad.csv prose.txt readme.pdf s1/compteur/good.csv ~$open.xlsx", have(), "nothing is taken at first sight")
	put("s1/compteur/good.csv", b.file(0, 25, "1")) // still being copied
	fail = away
	require.NoError(t, w.Look(t.Context()))
	require.Contains(t, have(), "bad.csv", "the database is away: the files wait")
	fail = nil
	require.NoError(t, w.Look(t.Context()))
	require.Equal(t, "done/s1/compteur/good.csv readme.pdf rejected/bad.csv rejected/bad.csv.errors.txt rejected/prose.txt rejected/prose.txt.errors.txt ~$open.xlsx", have())
	text, err := os.ReadFile(filepath.Join(dir, "rejected", "bad.csv.errors.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "bad.csv:26:1: \"31/02/2025 00:00\"")
	require.Equal(t, "24 kWh, 1, metered", b.days(t)["05-06"], "its good rows were taken")

	put("s1/compteur/good.csv", b.file(0, 25, "1"))
	require.NoError(t, w.Look(t.Context()))
	require.NoError(t, w.Look(t.Context()))
	require.Contains(t, have(), "done/s1/compteur/good-2.csv")
}

func BenchmarkParseYear(b *testing.B) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(b, err)
	var s strings.Builder
	s.WriteString("Horodatage;Valeur (kWh);Statut\n")
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, loc)
	n := 0
	for at := from; at.Before(from.AddDate(1, 0, 0)); at = at.Add(15 * time.Minute) {
		fmt.Fprintf(&s, "%s;1,25;V\n", at.Format("02/01/2006 15:04"))
		n++
	}
	data := []byte(s.String())
	target := importer.Target{Site: "s1", Location: loc, Unit: "kWh", Meter: gtc.Meter{Equipment: "c", KWhPerUnit: 1, Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport}}
	b.ReportAllocs()
	for b.Loop() {
		batch, err := importer.Parse("f.csv", data, importer.Profile{}, target)
		if err != nil || len(batch.Consumptions) != n {
			b.Fatal(err, len(batch.Consumptions), n)
		}
		importer.Fold(batch.Consumptions, loc)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
}
