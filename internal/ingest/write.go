package ingest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// writer brings lines into the store, whatever it takes. It is used by all
// partitions.
type writer struct {
	store   Store
	log     zerolog.Logger
	metrics *metrics
	state   *state
	reject  func(ctx context.Context, site gtc.SiteID, db string, line []byte, reason string) error
	slots   map[influx.Database]chan struct{}
	// rejections is log, held back when there are many.
	rejections zerolog.Logger
}

func newWriter(store Store, reject func(context.Context, gtc.SiteID, string, []byte, string) error, m *metrics, st *state, log zerolog.Logger) *writer {
	w := &writer{store: store, log: log, metrics: m, state: st, reject: reject, slots: map[influx.Database]chan struct{}{}}
	w.rejections = log.Sample(&zerolog.BurstSampler{Burst: 20, Period: time.Minute})
	for _, db := range []influx.Database{influx.Raw, influx.Private} {
		w.slots[db] = make(chan struct{}, inFlight)
	}
	return w
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
	w.rejections.Warn().Str("site", string(site)).Str("database", db).Str("reason", reason).Msg("line rejected")
	return w.reject(ctx, site, db, line, reason)
}

// writeAll stores batches, several at once: a line has its place by its series
// and stamp, whenever it comes.
func (w *writer) writeAll(ctx context.Context, batches batches) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, b := range batches {
		w.metrics.lines.WithLabelValues(string(b.db)).Add(float64(b.len()))
		g.Go(func() error {
			err := w.write(ctx, b, 0, b.len())
			if _, rejected := errors.AsType[*influx.RejectedError](err); rejected {
				err = w.search(ctx, b)
			}
			return err
		})
	}
	return g.Wait()
}

// search stores a batch of which at least one line is to be rejected. Each site
// is stored by itself, those without a bad line first: what one site sends
// delays no other.
func (w *writer) search(ctx context.Context, b *batch) error {
	sites := b.bySite()
	if len(sites) > 1 {
		var bad []*batch
		for _, one := range sites {
			err := w.write(ctx, one, 0, one.len())
			if _, rejected := errors.AsType[*influx.RejectedError](err); rejected {
				bad = append(bad, one)
			} else if err != nil {
				return err
			}
		}
		sites = bad
	}
	for _, one := range sites {
		err := bisect(one.len(),
			func(from, to int) error { return w.write(ctx, one, from, to) },
			func(i int, reason error) error {
				return w.refuse(ctx, one.sites[i], string(one.db), bytes.TrimSpace(one.slice(i, i+1)), reasonOf(reason))
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// maxReason bounds the reason of a rejection: InfluxDB repeats the line in it.
const maxReason = 1000

func reasonOf(err error) string {
	reason := err.Error()
	if r, ok := errors.AsType[*influx.RejectedError](err); ok {
		reason = r.Reason
	}
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return reason
}

// write stores lines from to to-1 of a batch; it tries until the store has
// them, rejects one for good, or ctx ends.
func (w *writer) write(ctx context.Context, b *batch, from, to int) error {
	slot := w.slots[b.db]
	select {
	case <-ctx.Done():
		return ctx.Err()
	case slot <- struct{}{}:
		defer func() { <-slot }()
	}
	wait := firstPause
	for {
		start := time.Now()
		err := w.store.Write(ctx, b.db, b.slice(from, to))
		w.metrics.seconds.Observe(time.Since(start).Seconds())
		var rejected *influx.RejectedError
		switch {
		case err == nil:
			w.metrics.written.WithLabelValues(string(b.db)).Add(float64(to - from))
			w.state.set(b.db, nil)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &rejected):
			w.state.set(b.db, nil)
			return err
		}
		pause := pauseAfter(err, wait)
		w.failed(b, to-from, err, pause)
		if err := clock.Sleep(ctx, pause); err != nil {
			return err
		}
		wait = min(2*wait, maxPause)
	}
}

// failed tells of a write that is to be tried again.
func (w *writer) failed(b *batch, lines int, err error, pause time.Duration) {
	cause := causeAway
	if errors.Is(err, influx.ErrRefused) {
		cause = causeRefused
	}
	w.metrics.retries.WithLabelValues(cause).Inc()
	w.state.set(b.db, err)
	w.log.Warn().Err(err).Str("database", string(b.db)).Int("lines", lines).Dur("again_in", pause).Msg("store takes nothing; lines wait")
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
