//go:build browser

package kiosk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/clock"
)

// quick is a clock that runs ten times as fast as the machine's.
type quick struct{ begun time.Time }

func (q quick) Now() time.Time { return q.begun.Add(10 * time.Since(q.begun)).UTC() }

func (quick) Sleep(ctx context.Context, d time.Duration) error { return clock.Sleep(ctx, d/10) }

// grafana serves what a wall is made of, a page with the hub's clock, until
// its session is over: then everybody is sent to its login page. Each page
// tells what it shows, as a person before the wall would see it.
type grafana struct {
	clock clock.Clock

	mu      sync.Mutex
	ended   bool
	stopped time.Time
	away    bool
	theme   string
	seen    map[string]string // by page: banner | footer
}

const report = `<script>
const text = (id) => document.getElementById(id)?.textContent ?? '';
setInterval(async () => {
  const t = document.getElementById('t');
  if (t) { t.textContent = await (await fetch('/now')).text(); }
  await fetch('/seen' + location.pathname, {method: 'POST', body: document.visibilityState + '|' + text('gtc-banner') + '|' + text('gtc-footer')});
}, 50);
</script>`

func (g *grafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	switch {
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		g.seen[r.URL.Path[len("/seen"):]] = string(body)
	case r.URL.Path == "/now":
		if !g.stopped.IsZero() {
			now = g.stopped
		}
		_, _ = fmt.Fprint(w, now.Format("15:04:05"))
	case r.URL.Path == "/login":
		_, _ = fmt.Fprint(w, "<!doctype html><title>Grafana</title><h1>Welcome</h1>"+report)
	case !strings.HasPrefix(r.URL.Path, "/d/"):
		http.NotFound(w, r)
	case g.ended:
		http.Redirect(w, r, "/login", http.StatusFound)
	case g.away:
		// A number that Grafana has no answer for loses its name as well.
		_, _ = fmt.Fprint(w, `<!doctype html><title>Mur</title><section>▨ inconnu</section><section>Gaz 1 401 kWh</section>`+report)
	default:
		g.theme = r.URL.Query().Get("theme")
		_, _ = fmt.Fprint(w, `<!doctype html><title>Mur</title><section><h2>Heure du hub</h2><div id="t"></div></section>`+report)
	}
}

func (g *grafana) change(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

func (g *grafana) shows(t *testing.T, page, pattern string) {
	t.Helper()
	var last string
	require.Eventually(t, func() bool {
		g.change(func() { last = g.seen[page] })
		return matches(pattern, last)
	}, time.Minute, 20*time.Millisecond, "%s shows %q, want %q", page, last, pattern)
}

func TestBrowserHoldsAWall(t *testing.T) {
	c := quick{begun: time.Now()}
	g := &grafana{clock: c, seen: map[string]string{}}
	srv := httptest.NewServer(g)
	defer srv.Close()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	var mu sync.Mutex
	urgent := false
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{
			Grafana: srv.URL, Pages: []string{"un", "deux"}, Every: 25 * time.Second, Zone: time.UTC,
			Browser: path, Profile: t.TempDir(), Headless: true, Clock: c, Log: zerolog.New(zerolog.NewTestWriter(t)),
			Waiting: func(context.Context) (bool, error) {
				mu.Lock()
				defer mu.Unlock()
				return urgent, nil
			},
		})
	}()
	defer func() {
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	}()

	g.shows(t, "/d/un", `\|\|1/2 · suite dans \d+ s$`)
	g.shows(t, "/d/deux", `\|\|2/2 · suite dans \d+ s$`)
	g.change(func() { require.Equal(t, "light", g.theme) })

	mu.Lock()
	urgent = true
	mu.Unlock()
	g.shows(t, "/d/un", `\|\|1/2 · alarme à prendre en charge$`)

	g.change(func() { g.stopped = c.Now() })
	g.shows(t, "/d/un", `\|AFFICHAGE NON À JOUR depuis [0-9:]{8}\|`)
	g.change(func() { g.stopped = time.Time{} })
	g.shows(t, "/d/un", `\|\|1/2`)

	g.change(func() { g.away, g.stopped = true, c.Now() })
	g.shows(t, "/d/un", `\|AFFICHAGE NON À JOUR depuis [0-9:]{8} – le hub ne répond pas à Grafana\|`)
	g.change(func() { g.away, g.stopped = false, time.Time{} })
	g.shows(t, "/d/un", `\|\|1/2`)

	g.change(func() { g.ended, g.stopped = true, c.Now() })
	g.shows(t, "/login", `\|AFFICHAGE NON À JOUR depuis [0-9:]{8} – Grafana demande de se connecter\|`)
	g.change(func() { g.ended, g.stopped, g.seen = false, time.Time{}, map[string]string{} })
	g.shows(t, "/d/un", `\|\|1/2`)
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }
