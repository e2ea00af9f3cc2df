package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/simulators"
)

const (
	// rawDays is how far back the history has single values; before, it has
	// hours and days.
	rawDays = 90
	// historyWorkers make sites at the same time: one makes while one writes.
	historyWorkers = 2
)

// written is what a history came to.
type written struct {
	Sites     int       `json:"sites"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Values    int64     `json:"values"`
	Seconds   float64   `json:"seconds"`
	PerSecond float64   `json:"values_per_second"`
}

// writeHistory makes the history of --history and ends. The end of it is the
// instant that faults are relative to, so that the same park and days give the
// same history on any machine.
func (s *simulation) writeHistory(ctx context.Context) error {
	from, to, err := days(s.o.history)
	if err != nil {
		return inputError(fmt.Errorf("--history: %w", err))
	}
	// Nothing listens: only the courses of the sites are made.
	epoch := to.Add(time.Duration(s.park.Begins()))
	if from.Before(epoch) {
		epoch = from
	}
	if err := s.park.Prepare(simulators.Options{Origin: to, Epoch: epoch, Log: s.log}); err != nil {
		return inputMistakes(err)
	}
	if s.o.truth != "" {
		if err := s.writeTruth(ctx, from, to); err != nil {
			return err
		}
	}
	sink, done, err := s.sink(ctx)
	if err != nil {
		return err
	}
	result, err := s.record(ctx, from, to, sink)
	if err = errors.Join(err, done()); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	if s.o.json {
		return json.NewEncoder(s.env.Stdout).Encode(result)
	}
	s.say("%d sites, %s..%s: %d values in %.0f s (%.0f a second)", result.Sites, from.Format(time.DateOnly),
		to.AddDate(0, 0, -1).Format(time.DateOnly), result.Values, result.Seconds, result.PerSecond)
	return nil
}

// days reads FROM..TO; both days are included and are those of Brussels.
func days(text string) (from, to time.Time, err error) {
	loc, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		return from, to, err
	}
	first, last, ok := strings.Cut(text, "..")
	if !ok {
		return from, to, fmt.Errorf("%q is not FROM..TO, such as 2024-01-01..2025-12-31", text)
	}
	if from, err = time.ParseInLocation(time.DateOnly, first, loc); err != nil {
		return from, to, fmt.Errorf("%q is not a day such as 2024-01-31", first)
	}
	if to, err = time.ParseInLocation(time.DateOnly, last, loc); err != nil {
		return from, to, fmt.Errorf("%q is not a day such as 2024-01-31", last)
	}
	to = to.AddDate(0, 0, 1)
	if !from.Before(to) {
		return from, to, fmt.Errorf("%s ends before it begins", text)
	}
	return from.UTC(), to.UTC(), nil
}

// sink takes the lines of one site.
type sink func(ctx context.Context, site gtc.SiteID, db influx.Database, lines []byte) error

// sink opens where the history goes. Done must be called at the end.
func (s *simulation) sink(ctx context.Context) (to sink, done func() error, err error) {
	if s.o.out != "" {
		f := &historyFiles{dir: s.o.out, open: map[string]*historyFile{}}
		return f.write, f.close, nil
	}
	token, err := config.Secret(s.env.Getenv, "GTC_INFLUX_TOKEN", s.cfg.Hub.Influx.TokenFile)
	if err != nil {
		return nil, nil, inputError(err)
	}
	client, err := influx.Open(influx.Options{URL: s.o.influx, Token: token, Org: s.cfg.Hub.Influx.Org})
	if err != nil {
		return nil, nil, inputError(err)
	}
	if err := client.EnsureDatabases(ctx); err != nil {
		client.Close()
		return nil, nil, err
	}
	to = func(ctx context.Context, _ gtc.SiteID, db influx.Database, lines []byte) error {
		return client.Write(ctx, db, lines)
	}
	return to, func() error { client.Close(); return nil }, nil
}

// record makes the history of every site of the park.
func (s *simulation) record(ctx context.Context, from, to time.Time, put sink) (written, error) {
	total := int64(len(s.cfg.Sites)) * int64(to.Sub(from)/(15*time.Minute))
	bar := progress(s.env, total, "historique      ")
	var values atomic.Int64
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(historyWorkers)
	for _, site := range s.cfg.Sites {
		g.Go(func() error {
			return s.park.Record(ctx, site.ID, simulators.Record{
				From: from, To: to, RawFrom: to.AddDate(0, 0, -rawDays),
				Passed: func(steps int) { _ = bar.Add(steps) },
				Write: func(db influx.Database, lines []byte, n int) error {
					values.Add(int64(n))
					return put(ctx, site.ID, db, lines)
				},
			})
		})
	}
	if err := g.Wait(); err != nil {
		return written{}, err
	}
	_ = bar.Finish()
	took := time.Since(began).Seconds()
	return written{
		Sites: len(s.cfg.Sites), From: from, To: to,
		Values: values.Load(), Seconds: took, PerSecond: float64(values.Load()) / took,
	}, nil
}

// writeTruth writes what is wrong in the park to the file of --truth.
func (s *simulation) writeTruth(ctx context.Context, from, to time.Time) error {
	return writeTruth(ctx, s.park, s.o.truth, from, to)
}

// writeTruth writes what is wrong in a park and what it costs.
func writeTruth(ctx context.Context, park *simulators.Park, path string, from, to time.Time) error {
	t, err := park.Truth(ctx, from, to)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return inputError(fmt.Errorf("write truth: %w", err))
	}
	return errors.Join(t.Write(f), f.Close())
}

// historyFiles is a folder of line protocol, one file a database and site.
type historyFiles struct {
	dir  string
	mu   sync.Mutex
	open map[string]*historyFile
}

type historyFile struct {
	file *os.File
	*bufio.Writer
}

func (h *historyFiles) write(_ context.Context, site gtc.SiteID, db influx.Database, lines []byte) error {
	f, err := h.file(filepath.Join(h.dir, string(db), string(site)+".lp"))
	if err != nil {
		return err
	}
	_, err = f.Write(lines) // the lines of one site come one after the other
	return err
}

func (h *historyFiles) file(path string) (*historyFile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.open[path]; f != nil {
		return f, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, inputError(err)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, inputError(err)
	}
	h.open[path] = &historyFile{file, bufio.NewWriter(file)}
	return h.open[path], nil
}

func (h *historyFiles) close() error {
	var err error
	for _, f := range h.open {
		err = errors.Join(err, f.Flush(), f.file.Close())
	}
	return err
}

// inputMistakes marks mistakes of a file as such.
func inputMistakes(err error) error {
	if _, ok := errors.AsType[config.Mistakes](err); ok {
		return inputError(err)
	}
	return err
}
