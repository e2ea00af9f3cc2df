//go:build browser

package console

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axeScript reads axe-core, which `make browser` fetches and names in AXE.
func axeScript(t *testing.T) string {
	t.Helper()
	axe := os.Getenv("AXE")
	require.NotEmpty(t, axe, "AXE does not name axe.min.js: make browser")
	script, err := os.ReadFile(axe)
	require.NoError(t, err)
	return string(script)
}

// TestAccessible runs axe-core on every page in light and dark.
func TestAccessible(t *testing.T) {
	script := axeScript(t)
	srv := newReception(t)
	ctx := browser(t)
	axeOn(t, ctx, script, srv.URL, srv.pages(t))
	srv.in(t, ctx, screens()[1])
	axeOn(t, ctx, script, srv.URL, signedInPages())
}

// axeOn runs axe on pages with every part unfolded.
func axeOn(t *testing.T, ctx context.Context, script, origin string, pages map[string]string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for name, path := range pages {
			for _, s := range screens()[:2] {
				t.Run(scheme+"/"+s.name+"/"+name, func(t *testing.T) {
					inScheme(t, ctx, scheme)
					open(t, ctx, origin+path, s)
					require.Empty(t, violations(t, ctx, script))
					if scheme == "dark" {
						s.name += "-dark"
						keep(t, ctx, s, "fr", name)
					}
				})
			}
		}
	}
}

// inScheme shows what follows light or dark, and without motion.
func inScheme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
	require.NoError(t, err)
}

// violations runs axe on the page that is shown, with every part unfolded.
func violations(t *testing.T, ctx context.Context, script string) []string {
	t.Helper()
	eval[int](t, ctx, `document.querySelectorAll('main details').forEach(d => d.open = true) || 0`)
	eval[int](t, ctx, script+";0")
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](runAxe, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	var out []string
	require.NoError(t, json.Unmarshal([]byte(found), &out))
	return out
}

// runAxe answers the broken rules of WCAG A and AA as a JSON list.
const runAxe = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})
	.then(r => JSON.stringify(r.violations.map(v => v.id + ': ' +
		v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message || '')).join(' | '))))`
