package kiosk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// look finds out what a page shows: the hub's clock of the panel "Heure du
// hub", or what stands there instead. Panels without that clock are those that
// the hub did not answer: a number that Grafana has no answer for may lose its
// name as well.
const look = `(() => {
  const sight = {Pulse: '', Trouble: ''};
  if (location.protocol === 'chrome-error:') { sight.Trouble = 'Grafana ne répond pas'; return sight; }
  if (/\/login(\/|$)/.test(location.pathname)) { sight.Trouble = 'Grafana demande de se connecter'; return sight; }
  const panels = [...document.querySelectorAll('section, [data-viz-panel-key]')];
  const panel = panels.find((e) => e.innerText && e.innerText.startsWith('Heure du hub'));
  const found = panel && panel.innerText.match(/\b\d{2}:\d{2}:\d{2}\b/);
  if (found) { sight.Pulse = found[0]; return sight; }
  if (panels.length > 0) { sight.Trouble = 'le hub ne répond pas à Grafana'; }
  else if (/unauthorized|401|403/i.test(document.title + document.body.innerText.slice(0, 2000))) { sight.Trouble = 'Grafana refuse l’accès'; }
  return sight;
})()`

// say writes the banner and the footer over the page; texts are given as JSON.
const say = `((banner, footer) => {
  const put = (id, text, style) => {
    let e = document.getElementById(id);
    if (!text) { if (e) { e.remove(); } return; }
    if (!e) { e = document.createElement('div'); e.id = id; e.setAttribute('role', 'status'); document.documentElement.append(e); }
    e.style.cssText = 'position:fixed;z-index:2147483647;font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums;' + style;
    e.textContent = text;
  };
  put('gtc-banner', banner, 'inset:0 0 auto 0;padding:16px 24px;background:#B3001B;color:#fff;font-size:53px;font-weight:700;text-align:center');
  put('gtc-footer', footer, 'right:8px;bottom:6px;padding:2px 10px;background:#F7F8F9;color:#5A6672;font-size:20px;border-radius:4px');
})(%s, %s)`

// tab is one page in the browser.
type tab struct {
	ctx     context.Context //nolint:containedctx // chromedp keeps a tab in its context
	address string
}

func (t tab) load() error {
	if err := chromedp.Do(t.ctx, chromedp.Navigate(t.address)); err != nil {
		return fmt.Errorf("load %s: %w", t.address, err)
	}
	return nil
}

func (t tab) front() error {
	if _, err := chromedp.Call(t.ctx, page.BringToFront, cdp.Empty{}); err != nil {
		return fmt.Errorf("show %s: %w", t.address, err)
	}
	return nil
}

func (t tab) look() (Sight, error) {
	seen, err := chromedp.Run(t.ctx, chromedp.Evaluate[Sight](look))
	if err != nil {
		return Sight{}, fmt.Errorf("look at %s: %w", t.address, err)
	}
	return seen, nil
}

func (t tab) say(o Order) error {
	banner, err := json.Marshal(o.Banner)
	if err != nil {
		return err
	}
	footer, err := json.Marshal(o.Footer)
	if err != nil {
		return err
	}
	_, err = chromedp.Run(t.ctx, chromedp.Evaluate[any](fmt.Sprintf(say, banner, footer)))
	if err != nil {
		return fmt.Errorf("write over %s: %w", t.address, err)
	}
	return nil
}
