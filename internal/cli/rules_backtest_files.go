package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/rules/alarm/replay"
)

// replayLines is how many lines of a file are played at a time.
const replayLines = 1000

// playFiles replays files in the order of their lines: what comes after what is
// newer arrived late.
func (r *alarmReplay) playFiles(ctx context.Context, files []string) ([][]replay.Run, error) {
	var total int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return nil, inputError(err)
		}
		total += info.Size()
	}
	if err := r.spanOf(ctx, files); err != nil {
		return nil, err
	}
	sites := map[gtc.SiteID][]*replay.Player{}
	var order []gtc.SiteID
	for _, s := range r.config.Sites {
		if r.wants(s.ID) {
			sites[s.ID] = r.players(s, nil)
			order = append(order, s.ID)
		}
	}
	bar := countProgress(r.env.Stderr, "rejeu des fichiers", int(total))
	unknown := 0
	for _, f := range files {
		err := r.readFile(ctx, f, func(samples []gtc.Sample, n int) {
			_ = bar.Add(n) // a bar that cannot be drawn is no failure
			for len(samples) > 0 {
				k := 1
				for k < len(samples) && samples[k].Site == samples[0].Site {
					k++
				}
				players := sites[samples[0].Site]
				if players == nil && r.wants(samples[0].Site) {
					unknown += k
				}
				for _, p := range players {
					p.Observe(samples[:k])
				}
				samples = samples[k:]
			}
		})
		if err != nil {
			return nil, err
		}
	}
	_ = bar.Finish()
	if unknown > 0 {
		_, _ = fmt.Fprintf(r.env.Stderr, "gtc: %d samples are of sites that %s does not have\n", unknown, r.dir) // nobody could be told
	}
	runs := make([][]replay.Run, len(r.sets))
	for i := range runs {
		for _, id := range order {
			runs[i] = append(runs[i], sites[id][i].Finish())
		}
	}
	return runs, nil
}

// spanOf fills in the ends of the period that are not given, from the files.
func (r *alarmReplay) spanOf(ctx context.Context, files []string) error {
	if !r.begin.IsZero() && !r.end.IsZero() {
		return nil
	}
	var first, last time.Time
	for _, f := range files {
		err := r.readFile(ctx, f, func(samples []gtc.Sample, _ int) {
			for i := range samples {
				if at := samples[i].At; first.IsZero() || at.Before(first) {
					first = at
				}
				if samples[i].At.After(last) {
					last = samples[i].At
				}
			}
		})
		if err != nil {
			return err
		}
	}
	if first.IsZero() {
		return inputError(errors.New("backtest: no sample in the files"))
	}
	if r.begin.IsZero() {
		r.begin = first
	}
	if r.end.IsZero() {
		r.end = last.Add(time.Millisecond)
	}
	if !r.begin.Before(r.end) {
		return inputError(fmt.Errorf("the period %s..%s ends before it begins", r.begin.Format(time.DateOnly), r.end.Format(time.DateOnly)))
	}
	return nil
}

// readFile hands over the samples of a file, some lines at a time, with the
// bytes they took.
func (r *alarmReplay) readFile(ctx context.Context, name string, each func([]gtc.Sample, int)) error {
	file, err := os.Open(name)
	if err != nil {
		return inputError(err)
	}
	defer func() { _ = file.Close() }() // opened for reading only
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		err = r.readCSV(ctx, file, each)
	} else {
		err = readLP(ctx, file, each)
	}
	if err != nil && ctx.Err() == nil {
		return inputError(fmt.Errorf("%s: %w", name, err))
	}
	return err
}

func readLP(ctx context.Context, in io.Reader, each func([]gtc.Sample, int)) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	var part bytes.Buffer
	first, n := 1, 0
	flush := func() error {
		samples, err := hub.ParseLines(part.Bytes())
		if err != nil {
			return fmt.Errorf("lines %d to %d: %w", first, n, err)
		}
		each(samples, part.Len())
		part.Reset()
		first = n + 1
		return ctx.Err()
	}
	for lines.Scan() {
		part.Write(lines.Bytes())
		part.WriteByte('\n')
		if n++; n-first >= replayLines {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	return flush()
}

// csvColumns are those of a file of samples; quality may be absent.
func csvColumns() []string { return []string{"time", "site", "equipment", "point", "value", "quality"} }

func (r *alarmReplay) readCSV(ctx context.Context, in io.Reader, each func([]gtc.Sample, int)) error {
	rows := csv.NewReader(in)
	head, err := rows.Read()
	if err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	column := map[string]int{}
	for i, name := range csvColumns() {
		column[name] = slices.Index(head, name)
		if column[name] < 0 && i < len(csvColumns())-1 {
			return fmt.Errorf("line 1: no column %s: want %s", name, strings.Join(csvColumns(), ","))
		}
	}
	kinds := map[gtc.SiteID]map[gtc.EquipmentID]gtc.Kind{}
	for _, s := range r.config.Sites {
		kinds[s.ID] = equipmentKinds(s)
	}
	var samples []gtc.Sample
	read := int64(0)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) || len(samples) >= replayLines {
			each(samples, int(rows.InputOffset()-read))
			read, samples = rows.InputOffset(), nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		s, err := r.csvSample(row, column, kinds)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
		samples = append(samples, s)
	}
}

func equipmentKinds(s *config.Site) map[gtc.EquipmentID]gtc.Kind {
	out := map[gtc.EquipmentID]gtc.Kind{}
	for _, e := range s.Equipment {
		out[e.ID] = e.Kind
	}
	return out
}

// csvSample reads a row: a value, a quality, or both.
func (r *alarmReplay) csvSample(row []string, column map[string]int, kinds map[gtc.SiteID]map[gtc.EquipmentID]gtc.Kind) (gtc.Sample, error) {
	at, err := time.Parse(time.RFC3339, row[column["time"]])
	if err != nil {
		return gtc.Sample{}, fmt.Errorf("time %q: want 2026-01-31T12:00:00Z", row[column["time"]])
	}
	s := gtc.Sample{At: at.UTC().Truncate(time.Millisecond), Quality: gtc.QualityGood}
	s.Site, s.Equipment, s.Point = gtc.SiteID(row[column["site"]]), gtc.EquipmentID(row[column["equipment"]]), gtc.PointID(row[column["point"]])
	s.Kind = kinds[s.Site][s.Equipment]
	if i := column["quality"]; i >= 0 && row[i] != "" {
		if s.Quality = gtc.ParseQuality(row[i]); s.Quality == gtc.QualityUnknown {
			return s, fmt.Errorf("%q is no quality", row[i])
		}
	}
	text := row[column["value"]]
	if text == "" {
		return s, nil
	}
	meta, known := r.cat.Point(s.Kind, s.Point)
	if on, err := strconv.ParseBool(text); err == nil && (meta.Type == gtc.TypeBool || !known) {
		s.Value = gtc.Bool(on)
		return s, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return s, fmt.Errorf("value %q is neither a number nor true or false", text)
	}
	s.Value = gtc.Float(n)
	if known {
		s.Value.Type = meta.Type
	}
	return s, nil
}
