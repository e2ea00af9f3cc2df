package importer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
)

// writeLines is how many lines one write holds.
const writeLines = 5000

// database is what the importer needs of InfluxDB.
type database interface {
	Read(ctx context.Context, q influx.Query, each func(*influx.Table) error) error
	Write(ctx context.Context, db influx.Database, lines []byte) error
}

// Content is what a batch comes to.
type Content struct {
	Readings    []Reading
	Hours, Days []Interval
	// Entries are those of a tank, all of one kind.
	Entries []Entry
	kind    Kind
}

// Contents folds a batch. Readings older than oldest, the retention of raw
// samples, become hours and days; the others stay readings, which the hub
// rolls up.
func Contents(b Batch, t Target, oldest time.Time) Content {
	if aboutTank(b.Kind) {
		return Content{Entries: b.Entries, kind: b.Kind}
	}
	if b.Kind != KindReadings {
		hours, days := Fold(b.Consumptions, t.Location)
		return Content{Hours: hours, Days: days}
	}
	old, kept := split(b.Readings, oldest)
	hours, days := foldReadings(t.Meter, old, t.Location)
	return Content{Readings: kept, Hours: hours, Days: days}
}

// Counts say what becomes of the hours, days or readings of a file.
type Counts struct {
	// New were not there, Changed were imported with another value before,
	// Unchanged are there as they are. Kept are there from the site's own
	// meter, or proven better, and stay.
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Kept      int `json:"kept"`
}

// Plan is what an import would write.
type Plan struct {
	Readings, Hours, Days Counts
	// From and To bound what is written, both zero when nothing is.
	From, To time.Time
	samples  [][]byte
	dials    bool
	lines    [][]byte
}

// Empty reports whether nothing is to be written.
func (p Plan) Empty() bool { return len(p.samples)+len(p.lines) == 0 }

// Store compares and writes the history of one meter.
type Store struct {
	DB     database
	Target Target
	// Database of the meter's raw samples.
	Database influx.Database
	// Replace also replaces what the site's own meter measured.
	Replace bool
}

// Plan compares a content with what is there.
func (s Store) Plan(ctx context.Context, c Content) (Plan, error) {
	var p Plan
	if err := s.planReadings(ctx, &p, c.Readings); err != nil {
		return p, err
	}
	if err := s.planEntries(ctx, &p, c.kind, c.Entries); err != nil {
		return p, err
	}
	hours, err := s.existing(ctx, rollup.StepHour, c.Hours)
	if err != nil {
		return p, err
	}
	days, err := s.existing(ctx, rollup.StepDay, c.Days)
	if err != nil {
		return p, err
	}
	s.plan(&p, &p.Hours, rollup.StepHour, c.Hours, hours)
	s.plan(&p, &p.Days, rollup.StepDay, complete(c, hours, s.Target.Location), days)
	return p, nil
}

// kept is an hour or a day that is there.
type kept struct {
	Interval
	imported bool
}

// existing reads the hours or days about the intervals given: whole days.
func (s Store) existing(ctx context.Context, step string, about []Interval) (map[int64]kept, error) {
	if len(about) == 0 {
		return nil, nil
	}
	// Whole days, with one to spare on both sides.
	from, to := about[0].Start.Add(-25*time.Hour), about[len(about)-1].Start.Add(50*time.Hour)
	m := s.Target.Meter
	out := map[int64]kept{}
	err := s.DB.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     "SELECT kwh, m3, litre, nm3, coverage, source, quality, origin FROM energy WHERE site = $site AND meter = $meter AND direction = $direction AND step = $step AND time >= $from AND time < $to",
		Params:   influx.Params{"site": string(s.Target.Site), "meter": string(m.Equipment), "direction": string(m.Direction), "step": step, "from": from, "to": to},
	}, func(t *influx.Table) error {
		col := t.Column
		for i := range t.Values {
			k := kept{Interval: Interval{Start: t.Time(i), Source: t.Text(i, col("source")), Quality: t.Text(i, col("quality"))}, imported: t.Text(i, col(rollup.FieldOrigin)) == rollup.OriginImport}
			k.KWh, k.HasKWh = t.Float(i, col("kwh"))
			k.Volume, k.HasVolume = t.Float(i, col(s.volumeField()))
			k.Coverage, _ = t.Float(i, col("coverage"))
			k.NormalVolume, _ = t.Float(i, col(rollup.FieldNormalVolume))
			out[k.Start.Unix()] = k
		}
		return nil
	})
	return out, err
}

func (s Store) volumeField() string {
	if u, ok := parseUnit(s.Target.Unit); ok && u.medium == mediumLitre {
		return "litre"
	}
	return "m3"
}

// complete adds to a day of which the file has a part the hours that another
// file brought before, so that two files that meet at noon make a whole day.
func complete(c Content, there map[int64]kept, loc *time.Location) []Interval {
	mine := map[int64]bool{}
	touched := map[int64]bool{}
	for _, h := range c.Hours {
		mine[h.Start.Unix()] = true
		touched[midnight(h.Start, loc).Unix()] = true
	}
	days := slices.Clone(c.Days)
	for i := range days {
		d := &days[i]
		if !touched[d.Start.Unix()] || d.Coverage >= 1 {
			continue
		}
		end := d.Start.AddDate(0, 0, 1)
		for h := d.Start; h.Before(end); h = h.Add(time.Hour) {
			k, ok := there[h.Unix()]
			if !ok || !k.imported || mine[h.Unix()] {
				continue
			}
			d.KWh, d.Volume, d.NormalVolume = d.KWh+k.KWh, d.Volume+k.Volume, d.NormalVolume+k.NormalVolume
			d.Coverage = min(1, d.Coverage+k.Coverage*float64(time.Hour)/float64(end.Sub(d.Start)))
			if rank(k.Source) > rank(d.Source) {
				d.Source = k.Source
			}
		}
	}
	return days
}

// plan decides for each interval whether it is written.
func (s Store) plan(p *Plan, n *Counts, step string, all []Interval, there map[int64]kept) {
	for _, x := range all {
		old, ok := there[x.Start.Unix()]
		if k := s.Target.Meter.KWhPerUnit; ok && old.HasVolume && !x.HasVolume && k > 0 {
			// The volume that is there must not stay beside another energy.
			x.Volume, x.HasVolume = x.KWh/k, true
		}
		switch {
		case ok && old.imported && equal(old.Interval, x):
			n.Unchanged++
			continue
		case ok && !s.better(x, old):
			n.Kept++
			continue
		case ok && old.imported:
			n.Changed++
		default:
			n.New++
		}
		p.touch(x.Start)
		p.lines = append(p.lines, s.line(step, x))
	}
}

func equal(a, b Interval) bool {
	return a.KWh == b.KWh && a.Volume == b.Volume && a.Coverage == b.Coverage && a.Source == b.Source
}

// better reports whether an interval of the file may take the place of one
// that is there: what the site's own meter measured stays unless more of the
// interval is measured now, and what was measured is not replaced by what was
// estimated.
func (s Store) better(x Interval, old kept) bool {
	switch {
	case s.Replace:
		return true
	case !old.imported:
		return x.Coverage > old.Coverage
	}
	return x.Coverage >= old.Coverage
}

func (p *Plan) touch(at time.Time) {
	if p.From.IsZero() || at.Before(p.From) {
		p.From = at
	}
	if at.After(p.To) {
		p.To = at
	}
}

func (s Store) line(step string, x Interval) []byte {
	m := s.Target.Meter
	l := influx.NewLine(influx.MeasurementEnergy).
		Tag(influx.TagCarrier, string(m.Carrier)).Tag(influx.TagDirection, string(m.Direction)).
		Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(s.Target.Site)).Tag(influx.TagStep, step).
		Float("coverage", x.Coverage).Str("source", x.Source).Str(rollup.FieldOrigin, rollup.OriginImport).Str("quality", x.Quality)
	if x.HasKWh {
		l.Float("kwh", x.KWh)
	}
	if x.HasVolume {
		l.Float(s.volumeField(), x.Volume)
	}
	if m.Gas != nil {
		l.Float(rollup.FieldNormalVolume, x.NormalVolume).Float(rollup.FieldPCS, x.pcs())
	}
	return l.At(x.Start).Append(nil)
}

// there reads what is kept already: the first field of a question by its
// instant in milliseconds.
func (s Store) there(ctx context.Context, q influx.Query) (map[int64]float64, error) {
	out := map[int64]float64{}
	err := s.DB.Read(ctx, q, func(t *influx.Table) error {
		for i := range t.Values {
			if v, ok := t.Float(i, 1); ok {
				out[t.Time(i).UnixMilli()] = v
			}
		}
		return nil
	})
	return out, err
}

// planReadings compares readings with the raw samples.
func (s Store) planReadings(ctx context.Context, p *Plan, all []Reading) error {
	if len(all) == 0 {
		return nil
	}
	m := s.Target.Meter
	there, err := s.there(ctx, influx.Query{
		Database: s.Database,
		Text:     fmt.Sprintf("SELECT %s FROM %s WHERE site = $site AND equipment = $equipment AND time >= $from AND time <= $to", influx.Ident(string(m.Point)), influx.Ident(string(m.Kind))),
		Params:   influx.Params{"site": string(s.Target.Site), "equipment": string(m.Equipment), "from": all[0].At.Add(-besideMeter), "to": all[len(all)-1].At.Add(besideMeter)},
		Limits:   influx.Limits{MaxRows: 20_000_000, Timeout: 5 * time.Minute},
	})
	if err != nil {
		return err
	}
	machine := clockOf(there)
	var dials []Reading
	series := gtc.Series{Site: s.Target.Site, Kind: m.Kind, Equipment: m.Equipment, Point: m.Point}
	for _, r := range all {
		old, ok := there[r.At.UnixMilli()]
		switch {
		case ok && old == r.Index:
			p.Readings.Unchanged++
			continue
		case !s.Replace && (ok || machine.beside(r.At)):
			p.Readings.Kept++
			dials = append(dials, r)
			continue
		case ok:
			p.Readings.Changed++
		default:
			p.Readings.New++
		}
		p.touch(r.At)
		p.samples = append(p.samples, influx.AppendSamples(nil, []gtc.Sample{{Series: series, At: r.At, Value: gtc.Float(r.Index)}}))
	}
	return s.planDials(ctx, p, dials)
}

// Write carries out a plan and leaves the mark of the import, which names the
// file. Progress, when not nil, follows the lines.
func (s Store) Write(ctx context.Context, p Plan, b Batch, progress func(done, total int)) error {
	if p.Empty() {
		return nil
	}
	done, total := 0, len(p.samples)+len(p.lines)
	for _, part := range []struct {
		db    influx.Database
		lines [][]byte
	}{{s.Database, p.samples}, {influx.Rollup, p.lines}} {
		for chunk := range slices.Chunk(part.lines, writeLines) {
			if err := s.DB.Write(ctx, part.db, slices.Concat(chunk...)); err != nil {
				return fmt.Errorf("import %s into %s/%s: %w", b.File, s.Target.Site, s.Target.Meter.Equipment, err)
			}
			done += len(chunk)
			if progress != nil {
				progress(done, total)
			}
		}
	}
	m := s.Target.Meter
	mark := influx.NewLine(rollup.MeasurementImport).
		Tag(influx.TagDirection, string(m.Direction)).Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(s.Target.Site)).
		Int("from_ms", p.From.UnixMilli()).Int("to_ms", p.To.UnixMilli()).Int("lines", int64(total)).Bool("readings", len(p.samples) > 0).Bool("dials", p.dials).
		Str("file", b.File).Str("kind", string(b.Kind)).At(s.Target.Now).Append(nil)
	if err := s.DB.Write(ctx, influx.Rollup, mark); err != nil {
		return fmt.Errorf("mark import of %s: %w", b.File, err)
	}
	return nil
}
