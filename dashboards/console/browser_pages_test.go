//go:build browser

package console

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEveryPageIsLookedAt holds the pages that the browser opens against the
// routes that the code mounts: no page is added that nobody has seen.
func TestEveryPageIsLookedAt(t *testing.T) {
	route := regexp.MustCompile(`HandleFunc\("(GET /[^"]*)", s\.(page|need|tokenPage|signInPage|invitationPage)`)
	unseen, mux := map[string]bool{}, http.NewServeMux()
	for _, source := range routeFiles(t) {
		for _, m := range route.FindAllStringSubmatch(source, -1) {
			unseen[m[1]] = true
			mux.Handle(m[1], http.NotFoundHandler())
		}
	}
	require.Greater(t, len(unseen), 20, "the routes are no longer written as this test reads them")
	srv := newReception(t)
	// The form behind a first link and behind an invitation is one.
	delete(unseen, "GET /invitation/{secret}")
	for _, pages := range []map[string]string{
		srv.pages(t), signedInPages(), casePages(t, srv.desk), coldPages(srv.desk.board.now), carbonPages(), portfolioPages(),
	} {
		for _, path := range pages {
			_, pattern := mux.Handler(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			delete(unseen, pattern)
		}
	}
	require.Empty(t, unseen)
}

// TestThePagesOfOnePartAreAccessible runs axe-core on the pages that not every
// hub has.
func TestThePagesOfOnePartAreAccessible(t *testing.T) {
	script := axeScript(t)
	d := newDesk(t, func(o *Options) {
		o.Carbon, o.Portfolio, o.Cold = newCarbon(), newPortfolio(), coldFixture{newFixture().now}
	})
	pages := casePages(t, d)
	maps.Copy(pages, coldPages(d.board.now))
	maps.Copy(pages, carbonPages())
	maps.Copy(pages, portfolioPages())
	axeOn(t, browser(t), script, serveOptions(t, d.options, time.Minute).URL, pages)
}
