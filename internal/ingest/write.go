package ingest

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// writer brings lines into the store, whatever it takes.
type writer struct {
	store   Store
	log     zerolog.Logger
	metrics *metrics
	state   *state
	reject  func(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error
}

// samples stores the lines of sample messages.
func (w *writer) samples(ctx context.Context, msgs []bus.Message) error {
	var batches batches
	for _, m := range msgs {
		db := influx.Database(m.Database)
		switch {
		case m.Format != bus.FormatLines:
			if err := w.refuse(ctx, m.Site, m.Database, m.Data, "unknown format "+quote(m.Format)); err != nil {
				return err
			}
			continue
		case db != influx.Raw && db != influx.Private:
			if err := w.refuse(ctx, m.Site, m.Database, m.Data, "unknown database "+quote(m.Database)); err != nil {
				return err
			}
			continue
		}
		own, foreign := bus.OwnLines(m.Site, m.Data)
		for _, line := range foreign {
			if err := w.refuse(ctx, m.Site, m.Database, line, "site tag is not "+string(m.Site)); err != nil {
				return err
			}
		}
		for line := range bytes.Lines(own) {
			line = bytes.TrimSpace(line)
			switch {
			case len(line) == 0:
			case !stamped(line):
				if err := w.refuse(ctx, m.Site, m.Database, line, "no time stamp"); err != nil {
					return err
				}
			default:
				batches.add(db, m.Site, line)
			}
		}
	}
	return w.writeAll(ctx, batches)
}

// stamped reports whether a line ends in an integer. Without one the store
// would take its own time of writing.
func stamped(line []byte) bool {
	stamp := line[bytes.LastIndexByte(line, ' ')+1:]
	if len(stamp) > 1 && stamp[0] == '-' {
		stamp = stamp[1:]
	}
	for _, c := range stamp {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(stamp) > 0 && len(stamp) < len(line)
}

func quote(s string) string { return `"` + s + `"` }

// refuse keeps what is not written, with the reason.
func (w *writer) refuse(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error {
	w.metrics.rejected.Inc()
	w.log.Warn().Str("site", string(site)).Str("database", db).Str("reason", reason).Msg("line rejected")
	return w.reject(ctx, site, db, line, reason)
}

func (w *writer) writeAll(ctx context.Context, batches batches) error {
	for _, b := range batches {
		w.metrics.lines.WithLabelValues(string(b.db)).Add(float64(b.len()))
		err := bisect(b.len(),
			func(from, to int) error { return w.write(ctx, b, from, to) },
			func(i int, reason error) error {
				return w.refuse(ctx, b.sites[i], string(b.db), bytes.TrimSpace(b.slice(i, i+1)), reasonOf(reason))
			})
		if err != nil {
			return err
		}
	}
	return nil
}

func reasonOf(err error) string {
	if r, ok := errors.AsType[*influx.RejectedError](err); ok {
		return r.Reason
	}
	return err.Error()
}

// write stores lines from to to-1 of a batch; it tries until the store has
// them, rejects one for good, or ctx ends.
func (w *writer) write(ctx context.Context, b *batch, from, to int) error {
	wait := firstPause
	for {
		err := w.store.Write(ctx, b.db, b.slice(from, to))
		var rejected *influx.RejectedError
		switch {
		case err == nil:
			w.metrics.written.WithLabelValues(string(b.db)).Add(float64(to - from))
			w.state.set(true, nil)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &rejected):
			w.state.set(true, nil)
			return err
		}
		w.metrics.retries.Inc()
		w.state.set(false, err)
		w.log.Warn().Err(err).Str("database", string(b.db)).Int("lines", to-from).Dur("again_in", wait).Msg("store away")
		if err := sleep(ctx, pauseAfter(err, wait)); err != nil {
			return err
		}
		wait = min(2*wait, maxPause)
	}
}

// pauseAfter is how long to wait after err: what the store asked for, within
// reason, else wait.
func pauseAfter(err error, wait time.Duration) time.Duration {
	var u *influx.UnavailableError
	if errors.As(err, &u) && u.RetryAfter > 0 {
		return min(u.RetryAfter, 2*maxPause)
	}
	return wait
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
