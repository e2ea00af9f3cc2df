//go:build e2e && browser

package cli

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/console"
)

var screenshots = flag.String("screenshots", "", "folder for photographs of the demo's pages")

// TestDemoInBrowser looks at the running program as its users do.
func TestDemoInBrowser(t *testing.T) {
	path := "/usr/bin/chromium"
	if _, err := os.Stat(path); err != nil && os.Getenv("CI") == "" {
		t.Skip("chromium is missing: apt-get install chromium")
	}
	dir := t.TempDir()
	keepSites(t, dir, "", "mr-monceau.yaml", "ec-docherie.yaml", "ec-gosselies.yaml", "siege-charleroi.yaml")
	r := startProgram(t, "--dir", dir, "--listen", "127.0.0.1:0")
	eventually(t, r, "/api/v1/park", 3*time.Minute, func(p console.Park) bool {
		// The disablement is of priority 3, and 2 outside staffed hours.
		monceau := siteOf(p, "mr-monceau").Alarms
		return siteOf(p, "ec-docherie").Findings > 0 && siteOf(p, "ec-gosselies").Alarms[2] > 0 && monceau[2]+monceau[3] > 1
	}, "findings and alarms")

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()

	look(t, ctx, r.url+"/?lang=fr", `document.querySelectorAll('#tiles .tile').length === 4`)
	require.NotContains(t, text(t, ctx, "#tiles .tile"), "Docherie", "worst first: an alarm before a drift")
	photograph(t, ctx, "demo-park-fr")

	// A live value changes without loading the page again.
	look(t, ctx, r.url+"/site/mr-monceau?lang=fr", `document.querySelector('main').textContent.includes('112')`)
	was := text(t, ctx, "main")
	until := `document.querySelector('main').textContent !== ` + quote(was)
	poll(t, ctx, until)
	photograph(t, ctx, "demo-site-fr")

	look(t, ctx, r.url+"/energy/ec-docherie/gaz?lang=fr", `document.querySelectorAll('svg').length > 1`)
	require.Contains(t, text(t, ctx, "h1"), "Gaz")
	require.Contains(t, text(t, ctx, "main"), "EUR")
	photograph(t, ctx, "demo-energy-fr")
	require.Zero(t, r.stop())
}

func look(t *testing.T, ctx context.Context, url, ready string) {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1366, 768), chromedp.Navigate(url), chromedp.WaitReady("main")))
	poll(t, ctx, ready)
}

func poll(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(100*time.Millisecond), chromedp.WithPollingTimeout(time.Minute)))
	require.NoError(t, err, script)
}

func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('`+selector+`').textContent`))
	require.NoError(t, err)
	return s
}

func photograph(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	data, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+".png"), data, 0o600))
}

// quote writes a text as a JavaScript literal.
func quote(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(data)
}
