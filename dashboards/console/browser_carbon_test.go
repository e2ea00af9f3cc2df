//go:build browser

package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// carbonPages are those that show emissions.
func carbonPages() map[string]string {
	return map[string]string{"carbon": "/energie/carbone", "cadastre": "/energy"}
}

// TestCarbonFitsEveryScreen looks at the emissions and the cadastre: on the
// path, without a reference, without anything.
func TestCarbonFitsEveryScreen(t *testing.T) {
	none, empty := newCarbon(), newCarbon()
	none.plan.Figures, none.plan.Reference = nil, 2006
	empty.plan.Figures, empty.sites, empty.weather = nil, nil, nil
	ctx := browser(t)
	look := func(f *carbonFixture) string {
		return serveOptions(t, Options{Model: newFixture(), Carbon: f, Version: "0.1.0"}, time.Minute).URL
	}
	everyPage(t, ctx, look(newCarbon()), carbonPages(), true)
	for name, f := range map[string]*carbonFixture{"carbon-none": none, "carbon-empty": empty} {
		open(t, ctx, look(f)+"/energie/carbone?lang=fr", screens()[0])
		require.Empty(t, eval[[]string](t, ctx, clipped), "texts cut off")
		keep(t, ctx, screens()[0], "fr", name)
	}
}
