//go:build browser

package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// portfolioPages are those that show the whole park's energy.
func portfolioPages() map[string]string {
	return map[string]string{"portfolio": "/energie/parc", "energy-pool": "/energy"}
}

// TestPortfolioFitsEveryScreen looks at the whole park, full and empty.
func TestPortfolioFitsEveryScreen(t *testing.T) {
	full := newPortfolio()
	ctx := browser(t)
	look := func(f *portfolioFixture) string {
		return serveOptions(t, Options{Model: newFixture(), Portfolio: f, Version: "0.1.0"}, time.Minute).URL
	}
	everyPage(t, ctx, look(full), portfolioPages(), true)
	open(t, ctx, look(&portfolioFixture{p: Portfolio{At: full.p.At}})+"/energie/parc?lang=fr", screens()[0])
	require.Empty(t, eval[[]string](t, ctx, clipped), "texts cut off")
	keep(t, ctx, screens()[0], "fr", "portfolio-empty")
}
