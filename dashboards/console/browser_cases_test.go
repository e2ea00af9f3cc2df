//go:build browser

package console

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// casePages are the pages of findings and works.
func casePages(t *testing.T, d *desk) map[string]string {
	t.Helper()
	return map[string]string{
		"cases": "/constats", "cases-closed": "/constats?list=closed", "case": findingPath(d.cases.of(t, "dampremy")),
		"case-verify": findingPath(d.cases.of(t, "jumet")), "register": "/travaux", "moved": "/energy/dampremy/gas",
	}
}

func TestCasePagesFitEveryScreen(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	everyPage(t, ctx, srv.URL, casePages(t, srv.desk), false)
	srv.in(t, ctx, screens()[0])
	acting := map[string]string{}
	for name, path := range casePages(t, srv.desk) {
		acting[name+"-in"] = path
	}
	everyPage(t, ctx, srv.URL, acting, true)
}

// A thumb confirms a correction on a phone.
func TestConfirmingOnAPhone(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	phone := screens()[0]
	srv.in(t, ctx, phone)
	open(t, ctx, srv.URL+"/constats?list=verify&lang=fr", phone)
	do(t, ctx, chromedp.Click(`#list .case a`))
	arrives(t, ctx, `document.querySelector('.thumb button')?.textContent.includes('Confirmer')`)
	box := eval[[]float64](t, ctx, `(b => [b.top, b.bottom, b.height])(document.querySelector('.thumb button').getBoundingClientRect())`)
	require.Greater(t, box[0], 390.0, "in the lower half, under the thumb")
	require.GreaterOrEqual(t, box[2], 48.0)
	do(t, ctx, chromedp.Click(`.thumb button`))
	arrives(t, ctx, `document.querySelector('.proof')?.textContent.includes('vérifié')`)
	keep(t, ctx, phone, "fr", "case-verified")
}
