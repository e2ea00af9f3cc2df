package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/simulators"
)

// span is the history of a site.
type span struct {
	site     *config.Site
	from, to time.Time
	step     time.Duration
}

// history writes what collectors and hub would have stored before the first
// start: single values of the last days, hours and days of all. A later start
// goes on where the last one ended: the time between is a gap, as it would be
// with real devices. What is wrong in the park is written beside the data.
func (d *demo) history(ctx, _ context.Context) error {
	spans := d.missingHistory(time.Now().UTC())
	if len(spans) == 0 {
		return nil
	}
	client, err := d.historyClient()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.EnsureDatabases(ctx); err != nil {
		return err
	}
	var total int64
	for _, s := range spans {
		total += int64(s.to.Sub(s.from) / s.step)
	}
	bar := progress(d.env, total, "historique      ")
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(historyWorkers)
	for _, s := range spans {
		g.Go(func() error { return d.writeSpan(gctx, client, s, bar) })
	}
	g.Go(func() error {
		return writeTruth(gctx, d.park, filepath.Join(d.o.dir, "truth.json"), d.state.Epoch, time.Now().UTC())
	})
	if err := g.Wait(); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_ = bar.Finish()
	for _, s := range spans {
		d.state.Written[s.site.ID] = s.to
	}
	d.say("\nhistorique      écrit depuis le %s", d.state.Epoch.Format("2006-01-02"))
	return d.state.save()
}

func (d *demo) missingHistory(now time.Time) []span {
	var out []span
	for _, s := range d.cfg.Sites {
		if _, ok := d.state.Written[s.ID]; ok {
			continue
		}
		if d.replay != nil && s.ID == simulators.ReplaySite {
			out = append(out, span{s, d.replay.From(), d.replay.Live(), time.Hour})
			continue
		}
		out = append(out, span{s, d.state.Epoch, now.Truncate(time.Minute), 15 * time.Minute})
	}
	return out
}

func (d *demo) writeSpan(ctx context.Context, client *influx.Client, s span, bar *progressbar.ProgressBar) error {
	return d.park.Record(ctx, s.site.ID, simulators.Record{
		From: s.from, To: s.to, RawFrom: s.to.AddDate(0, 0, -rawDays), Step: s.step,
		Passed: func(steps int) { _ = bar.Add(steps) },
		Write: func(db influx.Database, lines []byte, _ int) error {
			return client.Write(ctx, db, lines)
		},
	})
}

// progress shows a bar on a terminal and is silent otherwise.
func progress(env Env, total int64, what string) *progressbar.ProgressBar {
	if !terminal(env.Stdout) {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(env.Stdout), progressbar.OptionSetWidth(40),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowElapsedTimeOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "·", BarStart: "", BarEnd: ""}),
	)
}

// loadReplay reads the file to replay.
func loadReplay(path string) (*simulators.Replay, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, inputError(err)
	}
	defer f.Close() //nolint:errcheck // it was only read.
	days, err := simulators.ReadDays(f)
	if err != nil {
		return nil, inputError(err)
	}
	r, err := simulators.NewReplay(days, simulators.ReplayOptions{Now: time.Now().UTC()})
	if err != nil {
		return nil, inputError(fmt.Errorf("replay %s: %w", path, err))
	}
	return r, nil
}

// replayLead is how much of the recorded days passes between two questions to
// the replayed devices: less than what the rollup takes for a hole.
const replayLead = 30 * time.Minute

// deviceClock returns the clock of a site's devices: recorded days wait for
// those who read them.
func (d *demo) deviceClock(site gtc.SiteID) clock.Clock {
	if d.fast != nil && site == simulators.ReplaySite {
		return d.fast.Reader(replayLead)
	}
	return d.clockOf(site)
}

// clockOf returns the clock of a site: that of the recorded days for the
// replayed one, the wall clock for all others.
func (d *demo) clockOf(site gtc.SiteID) clock.Clock {
	if d.replay != nil && site == simulators.ReplaySite {
		return d.fast
	}
	return clock.Wall{}
}
