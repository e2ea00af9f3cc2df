//go:build browser

package console

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
)

var screenshots = flag.String("screenshots", "", "folder to write PNGs into; none are written without it")

type screen struct {
	name          string
	width, height int64
	mobile        bool
}

func screens() []screen {
	return []screen{{"phone", 360, 780, true}, {"desk", 1366, 768, false}, {"wall", 1920, 1080, false}}
}

// browser starts one headless Chromium and returns a new tab of it.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.Navigate("about:blank"))
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx, steps...))
}

// until waits for an expression to be true.
func until(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second)))
	require.NoError(t, err, script)
}

// arrives waits for an expression to be true on the page to which a form or a
// link leads.
func arrives(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	require.Eventually(t, func() bool {
		// While the page changes there is nothing to ask.
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === 'complete' && Boolean(`+script+`)`))
		return err == nil && is
	}, 30*time.Second, 100*time.Millisecond, script)
}

// open shows a page on a screen and waits until its stream has been heard.
func open(t *testing.T, ctx context.Context, address string, s screen) {
	t.Helper()
	options := []chromedp.EmulateViewportOption{}
	if s.mobile {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	do(t, ctx, chromedp.EmulateViewport(s.width, s.height, options...), chromedp.Navigate(address), chromedp.WaitReady("main"))
}

func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err, script)
	return out
}

func serve(t *testing.T, f *fixture, silent time.Duration) *httptest.Server {
	t.Helper()
	return serveOptions(t, Options{Model: f, Version: "0.1.0"}, silent)
}

func serveOptions(t *testing.T, o Options, silent time.Duration) *httptest.Server {
	t.Helper()
	h, err := newHandler(o, 15*time.Second, silent)
	require.NoError(t, err)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections)
	return srv
}

// pages of the fixture in their states: normal, abnormal, unknown, late, empty.
func fixturePages() map[string]string {
	return map[string]string{
		"park": "/", "site": "/site/dampremy", "site-unknown": "/site/montignies", "site-never": "/site/gosselies",
		"site-late": "/site/ransart", "site-empty": "/site/lodelinsart", "site-normal": "/site/central",
		"energy": "/energy/dampremy/gas", "energy-saving": "/energy/roux/gas", "energy-blind": "/energy/gosselies/gas",
		"meters": "/energy", "alarms": "/alarms", "more": "/more",
		"alarm": "/alarms/" + lockout, "alarm-fire": "/alarms/" + fire, "alarm-shelved": "/alarms/" + shelf, "inhibited": "/alarms?list=inhibited",
		"works": "/alarms?list=works", "measures": "/alarms/measures", "signin": "/sign-in", "lost": "/nulle-part",
	}
}

// signedInPages are those of somebody who acts and manages.
func signedInPages() map[string]string {
	return map[string]string{
		"take": "/alarms/" + stopped, "take-list": "/alarms", "act": "/alarms/" + lockout, "reset": "/alarms/" + latched,
		"users": "/users", "account": "/account", "tokens": "/jetons",
	}
}

// reception is a console with users; in opens its pages signed in.
type reception struct {
	*httptest.Server
	desk *desk
}

func newReception(t *testing.T) reception {
	t.Helper()
	d := newDesk(t, func(o *Options) {
		o.Pushes, o.PushKey = &pushFixture{kept: map[string]string{}}, "BAAA"
		o.Link = func(string, time.Time) (Grant, error) {
			return Grant{Person: "garde", Alarm: stopped, Occurrence: 1}, nil
		}
	})
	return reception{serveOptions(t, d.options, time.Minute), d}
}

// pages are those that somebody sees who is not signed in.
func (r reception) pages(t *testing.T) map[string]string {
	t.Helper()
	link, err := r.desk.users.FirstLink(t.Context(), r.desk.board.now)
	require.NoError(t, err)
	out := fixturePages()
	out["token"], out["first"] = "/t/token", "/premier/"+link
	return out
}

// in signs in as a person does.
func (r reception) in(t *testing.T, ctx context.Context, s screen) {
	t.Helper()
	r.desk.staff(t, user.Act)
	r.programs(t)
	open(t, ctx, r.URL+"/sign-in?lang=fr&next=/alarms", s)
	do(t, ctx, chromedp.SendKeys(`#id`, "garde"), chromedp.SendKeys(`#password`, password), chromedp.Click(`button[type=submit]`))
	arrives(t, ctx, `location.pathname === '/alarms'`)
}

// programs makes tokens in every state: used, never used, about to end, ended.
func (r reception) programs(t *testing.T) {
	t.Helper()
	now := r.desk.board.now
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for _, tok := range []user.Token{
		{ID: "grafana", By: "garde", Expires: day(310)},
		{ID: "audit-energetique", By: "garde", Expires: day(9)},
		{ID: "tableau-accueil", By: "gtc token"},
		{ID: "export-ancien-fournisseur", By: "monteur", Expires: day(-2)},
	} {
		secret, err := r.desk.tokens.Create(t.Context(), tok, day(-55))
		require.NoError(t, err)
		if tok.ID != "tableau-accueil" {
			_, err = r.desk.tokens.Use(t.Context(), secret, now.Add(-time.Duration(len(tok.ID)-6)*time.Minute).Add(min(0, tok.Expires.Sub(now))))
			require.NoError(t, err)
		}
	}
}

func TestEveryPageFitsEveryScreen(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	everyPage(t, ctx, srv.URL, srv.pages(t), false)
	srv.in(t, ctx, screens()[0])
	everyPage(t, ctx, srv.URL, signedInPages(), true)
}

// everyPage looks at pages on every screen in French and Dutch.
func everyPage(t *testing.T, ctx context.Context, origin string, pages map[string]string, signedIn bool) {
	t.Helper()
	for _, s := range screens() {
		for _, lang := range []string{"fr", "nl"} {
			for name, path := range pages {
				t.Run(fmt.Sprintf("%s/%s/%s", s.name, lang, name), func(t *testing.T) {
					open(t, ctx, origin+path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang="+lang, s)
					if signedIn { // every form is open
						eval[int](t, ctx, `document.querySelectorAll('main details').forEach(d => d.open = true) || 0`)
					}
					fits(t, ctx, s)
					require.Equal(t, lang, eval[string](t, ctx, "document.documentElement.lang"))
					keep(t, ctx, s, lang, name)
				})
			}
		}
	}
}

// fits checks the page that is shown: nothing wider than the screen, nothing
// cut off, no target that a thumb would miss.
func fits(t *testing.T, ctx context.Context, s screen) {
	t.Helper()
	require.LessOrEqual(t, eval[int64](t, ctx, "document.documentElement.scrollWidth"), s.width, "the page is wider than the screen")
	require.Empty(t, eval[[]string](t, ctx, clipped), "texts cut off")
	if s.mobile {
		require.Empty(t, eval[[]string](t, ctx, small), "targets under 48 px")
	}
}

// clipped lists elements whose text is wider than the element that holds it.
const clipped = `[...document.querySelectorAll('h1,h2,h3,p,li,a,td,th,summary')].filter(e => e.offsetParent && !e.classList.contains('vh') &&
  getComputedStyle(e).overflow === 'visible' && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline')
  .map(e => e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 60))`

// small lists targets a thumb would miss. A title's link covers its whole
// card and a radio button is as large as its label; what only a keyboard
// reaches is exempt.
const small = `[...document.querySelectorAll('a,button,select,textarea,label.option,input:not([type=hidden]):not([type=radio]),summary')].filter(e => e.offsetParent && !e.matches('.skip') &&
  !e.closest('h3')).map(e => [e, e.getBoundingClientRect()]).filter(([e, b]) => b.height < 47.5 || b.width < 47.5)
  .map(([e, b]) => e.tagName + ' ' + e.textContent.trim().slice(0, 40) + ' ' + Math.round(b.width) + 'x' + Math.round(b.height))`

// documented are the pages whose pictures on a screen the documentation shows.
func documented(s screen) []string {
	switch s.name {
	case "phone":
		return []string{"park", "site", "energy", "act", "tokens"}
	case "desk":
		return []string{"park", "site", "energy", "portfolio", "carbon", "cold", "cases", "register", "tokens"}
	}
	return nil
}

// keep writes the pictures of the documentation.
func keep(t *testing.T, ctx context.Context, s screen, lang, name string) {
	t.Helper()
	all := os.Getenv("SCREENSHOTS_ALL") != ""
	wanted := lang == "fr" && slices.Contains(documented(s), name)
	if *screenshots == "" || !wanted && !all {
		return
	}
	if s.mobile {
		do(t, ctx, chromedp.EmulateViewport(s.width, s.height, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
	}
	until(t, ctx, `!document.body.dataset.stream || document.querySelector('#pulse').textContent.startsWith(document.querySelector('#pulse').dataset.live)`)
	take := chromedp.FullScreenshot(100)
	if s.mobile && os.Getenv("SCREENSHOTS_ALL") == "" {
		take = chromedp.CaptureScreenshot()
	}
	data, err := chromedp.Run(ctx, take)
	require.NoError(t, err)
	data, err = smaller(data)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(*screenshots, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(*screenshots, strings.Join([]string{name, s.name, lang}, "-")+".png"), data, 0o644))
}

func TestWorstSiteFirst(t *testing.T) {
	srv := serve(t, newFixture(), time.Minute)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/?lang=fr", screens()[1])
	got := eval[[]string](t, ctx, `[...document.querySelectorAll('.tile')].map(e => e.className.split(' ')[1])`)
	require.Equal(t, []string{"p1", "p2", "p3", "unknown", "unknown", "stale", "drift", "normal", "normal", "normal", "normal", "normal"}, got)
	require.Equal(t, "3", eval[string](t, ctx, `document.querySelector('.number').textContent`))
}

func TestValueChangesWithoutReload(t *testing.T) {
	f := newFixture()
	srv := serve(t, f, time.Minute)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/site/central?lang=fr", screens()[1])
	eval[bool](t, ctx, `window.same = true`)
	v := f.value("circuit-1", "heating_circuit", "flow_temp", nil, "°C", 1048.25)
	v.At = f.now.Add(time.Second)
	change := Change{Site: "central", What: "sample", At: v.At, Values: []LiveValue{v}}
	require.Eventually(t, func() bool { return f.publish(change) > 0 }, 20*time.Second, 50*time.Millisecond, "nobody listens")
	until(t, ctx, `document.querySelector('[data-v="circuit-1/flow_temp"] .shown b').textContent === '1\u202f048,3' ||
		 document.querySelector('[data-v="circuit-1/flow_temp"] .shown b').textContent === '1\u202f048,2'`)
	require.True(t, eval[bool](t, ctx, "window.same === true"), "the page was loaded again")
}

func TestAlarmAppearsWithoutReload(t *testing.T) {
	f := newFixture()
	srv := serve(t, f, time.Minute)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/?lang=fr", screens()[0])
	eval[bool](t, ctx, `window.same = true`)
	f.mu.Lock()
	for i := range f.sites {
		if f.sites[i].ID == "central" {
			f.alarm(&f.sites[i], gtc.Alarm{Equipment: "fire-1", Class: "fire", Priority: 1, State: "unacknowledged", Label: text("Alarme incendie", "Brandalarm", "Fire alarm")}, time.Second)
			f.alarm(&f.sites[i], gtc.Alarm{Equipment: "fire-1", Class: "fault", Priority: 1, State: "unacknowledged", Label: text("Dérangement", "Storing", "Fault")}, time.Second)
		}
	}
	f.mu.Unlock()
	change := Change{Site: "central", What: "alarm", At: f.now}
	require.Eventually(t, func() bool { return f.publish(change) > 0 }, 20*time.Second, 50*time.Millisecond, "nobody listens")
	until(t, ctx, `document.querySelector('.tile').id === 'site-central'`)
	require.True(t, eval[bool](t, ctx, "window.same === true"), "the page was loaded again")
}

func TestBannerWhenTheStreamFallsSilent(t *testing.T) {
	f := newFixture()
	srv := serve(t, f, 2*time.Second)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/?lang=fr", screens()[0])
	require.True(t, eval[bool](t, ctx, `document.querySelector('#frozen').hidden`))
	until(t, ctx, `!document.querySelector('#frozen').hidden && document.body.classList.contains('frozen')`)
	require.Contains(t, eval[string](t, ctx, `document.querySelector('#frozen').textContent`), "Affichage figé depuis 14:03")
	keep(t, ctx, screens()[0], "fr", "frozen")
	require.Positive(t, f.publish(Change{Site: "central", What: "sample", At: f.now}))
	until(t, ctx, `document.querySelector('#frozen').hidden`)
}

func TestAnotherCurveStaysInPlace(t *testing.T) {
	srv := serve(t, newFixture(), time.Minute)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/site/central?lang=fr", screens()[1])
	eval[bool](t, ctx, `window.same = true`)
	do(t, ctx, chromedp.Click(`[data-v="grid/power_kw"] a`))
	until(t, ctx, `document.querySelector('#trend h2').textContent.includes('puissance')`)
	require.True(t, eval[bool](t, ctx, "window.same === true && location.search.includes('power_kw')"))
}

func TestKeyboardWalksTheTiles(t *testing.T) {
	srv := serve(t, newFixture(), time.Minute)
	ctx := browser(t)
	open(t, ctx, srv.URL+"/?lang=fr", screens()[1])
	do(t, ctx, chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	require.Equal(t, "site-gilly", eval[string](t, ctx, `document.activeElement.id`))
	do(t, ctx, chromedp.KeyEvent("k"))
	require.Equal(t, "site-dampremy", eval[string](t, ctx, `document.activeElement.id`))
	do(t, ctx, chromedp.KeyEvent("/"), chromedp.KeyEvent("siege"))
	require.Equal(t, "siege", eval[string](t, ctx, `document.querySelector("#q").value`))
	require.Equal(t, "site-central", eval[string](t, ctx, `[...document.querySelectorAll('.tile')].filter(e => e.offsetParent).map(e => e.id).join()`))
}

func TestNothingIsRefusedByThePolicy(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	for name, path := range srv.pages(t) {
		open(t, ctx, srv.URL+path, screens()[1])
		require.Empty(t, eval[[]string](t, ctx, `[...document.querySelectorAll('[style],style,script:not([src])')].map(e => e.outerHTML.slice(0, 80))`), name)
	}
}
