package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/simulators"
)

const (
	// coarse and fine are the steps of the history: by the hour, and by the
	// quarter of an hour in its last days, as far back as finely reaches.
	coarse = time.Hour
	fine   = 15 * time.Minute
	finely = 30 * 24 * time.Hour
	// historyBytes is the size of one write of history.
	historyBytes = 1 << 20
)

// span is a part of a site's history.
type span struct {
	site     *config.Site
	from, to time.Time
	step     time.Duration
}

// history writes what the collectors would have read before the first start.
// A later start goes on where the last one ended: the time between is a gap,
// as it would be with real devices.
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
	bar := d.progress(total, "historique      ")
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for _, s := range spans {
		g.Go(func() error { return d.writeSpan(gctx, client, s, bar) })
	}
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
			out = append(out, span{s, d.replay.From(), d.replay.Live(), coarse})
			continue
		}
		turn := now.Add(-finely).Truncate(time.Hour)
		if turn.Before(d.state.Epoch) {
			turn = d.state.Epoch
		}
		out = append(out, span{s, d.state.Epoch, turn, coarse}, span{s, turn, now.Truncate(time.Minute), fine})
	}
	return out
}

func (d *demo) writeSpan(ctx context.Context, client *influx.Client, s span, bar *progressbar.ProgressBar) error {
	private := map[gtc.EquipmentID]bool{}
	for _, e := range s.site.Equipment {
		private[e.ID] = e.Privacy.Private()
	}
	buf := make([]byte, 0, historyBytes+64<<10)
	steps := 0
	flush := func() error {
		_ = bar.Add(steps)
		steps = 0
		err := client.Write(ctx, influx.Raw, buf)
		buf = buf[:0]
		return err
	}
	err := d.park.History(s.site.ID, s.from, s.to, s.step, func(samples []gtc.Sample) error {
		steps++
		kept := samples[:0]
		for _, x := range samples {
			if !private[x.Equipment] {
				kept = append(kept, x)
			}
		}
		buf = influx.AppendSamples(buf, kept)
		if len(buf) < historyBytes {
			return ctx.Err()
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// progress shows a bar on a terminal and is silent otherwise.
func (d *demo) progress(total int64, what string) *progressbar.ProgressBar {
	if !terminal(d.env.Stdout) {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(d.env.Stdout), progressbar.OptionSetWidth(40),
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

// clockOf returns the clock of a site: that of the recorded days for the
// replayed one, the wall clock for all others.
func (d *demo) clockOf(site gtc.SiteID) clock.Clock {
	if d.replay != nil && site == simulators.ReplaySite {
		return d.fast
	}
	return clock.Wall{}
}
