//go:build browser

package console

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A thumb takes an alarm in charge: sign in, tap the card's button, see the
// proof.
func TestTakingInChargeOnAPhone(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	phone := screens()[0]
	srv.in(t, ctx, phone)
	card := `[id="alarm-` + stopped + `"]`
	do(t, ctx, chromedp.Click(card+` [data-take]`))
	arrives(t, ctx, `document.querySelector('`+card+`')?.textContent.includes('prise en charge · Service bâtiments')`)
	require.Equal(t, "garde", srv.desk.board.acts[0].By)

	open(t, ctx, srv.URL+alarmPath(fire), phone)
	box := eval[[]float64](t, ctx, `(b => [b.top, b.bottom, b.height, b.width])(document.querySelector('.thumb button').getBoundingClientRect())`)
	require.Greater(t, box[0], 390.0, "in the lower half, under the thumb")
	require.Less(t, box[1], 780.0)
	require.GreaterOrEqual(t, box[2], 48.0)
	do(t, ctx, chromedp.Click(`.thumb button`))
	arrives(t, ctx, `document.querySelector('.proof')?.textContent.includes('Prise en charge par Service bâtiments, 14:03')`)
	keep(t, ctx, phone, "fr", "taken")
}

// Without a script everything can still be done.
func TestActingWithoutScript(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	srv.desk.staff(t)
	open(t, ctx, srv.URL+"/sign-in?lang=fr&next="+alarmPath(stopped), screens()[0])
	do(t, ctx, chromedp.SendKeys(`#id`, "garde"), chromedp.SendKeys(`#password`, password), chromedp.Click(`button[type=submit]`), chromedp.WaitReady(`#history`),
		chromedp.Click(`.steps button`), chromedp.WaitReady(`.proof`), chromedp.Click(`.thumb button`), chromedp.WaitReady(`.proof`))
	require.Eventually(t, func() bool { return len(srv.desk.board.acts) == 2 }, 20*time.Second, 50*time.Millisecond)
}

// A flood of 500 alarms leaves a page that one can use.
func TestFloodStaysUsable(t *testing.T) {
	srv := newReception(t)
	srv.desk.board.pour(500)
	ctx := browser(t)
	for _, s := range screens()[:2] {
		open(t, ctx, srv.URL+"/alarms?lang=fr", s)
		until(t, ctx, `performance.getEntriesByType('navigation')[0].loadEventEnd > 0`)
		took := eval[float64](t, ctx, `performance.getEntriesByType('navigation')[0].loadEventEnd`)
		t.Logf("%s: shown after %.0f ms", s.name, took)
		require.Less(t, took, 2000.0)
		require.Equal(t, perPage, eval[int](t, ctx, `document.querySelectorAll('#list .alarm').length`))
		keep(t, ctx, s, "fr", "flood")
		do(t, ctx, chromedp.Click(`#more`))
		until(t, ctx, `document.querySelectorAll('#list .alarm').length === 100`)
		require.Equal(t, "?n=100", eval[string](t, ctx, `location.search.replace('lang=fr&', '')`))
	}
}

// What somebody is typing survives the changes that arrive meanwhile.
func TestTypingSurvivesChanges(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	srv.in(t, ctx, screens()[1])
	open(t, ctx, srv.URL+alarmPath(stopped), screens()[1])
	do(t, ctx, chromedp.Click(`#act-comment summary`), chromedp.SendKeys(`#comment`, "disjoncteur relevé"))
	eval[bool](t, ctx, `window.same = true`)
	srv.desk.board.mu.Lock()
	srv.desk.board.find(stopped).By = "quelqu’un d’autre"
	srv.desk.board.mu.Unlock()
	change := Change{Site: "gilly", What: "alarm", At: srv.desk.board.now}
	require.Eventually(t, func() bool { return srv.desk.board.publish(change) > 0 }, 20*time.Second, 50*time.Millisecond, "nobody listens")
	until(t, ctx, `document.querySelector('#answer .status').textContent.includes('quelqu’un d’autre')`)
	require.Equal(t, "disjoncteur relevé", eval[string](t, ctx, `window.same === true && document.querySelector('#comment').value`))
	do(t, ctx, chromedp.Click(`#act-comment button`))
	arrives(t, ctx, `document.querySelector('.proof')?.textContent.includes('Commentaire de Service bâtiments enregistré')`)
}
