package alert

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Watchdog tells a watcher outside, at intervals, that the hub does its whole
// work. It falls silent when the hub does not: the watcher then calls somebody.
type Watchdog struct {
	url   string
	every time.Duration
	alive func(context.Context) error
	now   func() time.Time
	log   zerolog.Logger

	client *http.Client

	mu   sync.Mutex
	last time.Time
	err  string
}

// NewWatchdog returns a watchdog for an address that takes a GET. Alive returns
// nil while the hub does its work.
func NewWatchdog(to string, every time.Duration, alive func(context.Context) error, now func() time.Time, log zerolog.Logger) *Watchdog {
	return &Watchdog{url: to, every: every, alive: alive, now: now, log: log, client: &http.Client{Timeout: 20 * time.Second}}
}

// Run tells the watcher until ctx ends.
func (w *Watchdog) Run(ctx context.Context) error {
	t := time.NewTicker(w.every)
	defer t.Stop()
	for {
		err := w.tell(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.note(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

func (w *Watchdog) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.last, w.err = w.now(), ""
		return
	}
	if w.err == "" {
		w.log.Warn().Err(err).Msg("outside watcher not told that the hub works")
	}
	w.err = err.Error()
}

// tell tells once. The address may hold a token and is not part of errors.
func (w *Watchdog) tell(ctx context.Context) error {
	if err := w.alive(ctx); err != nil {
		return fmt.Errorf("the hub does not do its whole work: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, http.NoBody)
	if err != nil {
		return fmt.Errorf("tell outside watcher: %w", err)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if u, ok := err.(*url.Error); ok { //nolint:errorlint // the client returns it bare
			err = u.Err
		}
		return fmt.Errorf("tell outside watcher at %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is read
	if resp.StatusCode >= 300 {
		return fmt.Errorf("tell outside watcher at %s: status %d", req.URL.Host, resp.StatusCode)
	}
	return nil
}

// State returns when the watcher last took the sign of life, zero if it never
// did, and what is wrong, "" when nothing is.
func (w *Watchdog) State() (last time.Time, fault string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last, w.err
}
