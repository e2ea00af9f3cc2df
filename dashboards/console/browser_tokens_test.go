//go:build browser

package console

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A token is made on a phone, copied with one tap, and revoked.
func TestMakingATokenOnAPhone(t *testing.T) {
	srv := newReception(t)
	ctx := browser(t)
	phone := screens()[0]
	srv.in(t, ctx, phone)
	open(t, ctx, srv.URL+"/jetons?lang=fr", phone)
	do(t, ctx, chromedp.SendKeys(`#id`, "facturation"), chromedp.Click(`#create button.primary`))
	arrives(t, ctx, `document.querySelector('#secret')?.value.startsWith('gtc_') && !document.querySelector('[data-copy]').hidden`)
	fits(t, ctx, phone)
	top := eval[float64](t, ctx, `document.querySelector('[data-copy]').getBoundingClientRect().bottom`)
	require.Less(t, top, 780.0, "the button that copies is seen without scrolling")
	keep(t, ctx, phone, "fr", "token-made")
	do(t, ctx, chromedp.Click(`[data-copy]`))
	until(t, ctx, `document.querySelector('.copy [role=status]').textContent === 'Copié.'`)
	require.Equal(t, "created", srv.desk.journal[0].To)

	open(t, ctx, srv.URL+"/jetons?lang=fr", phone)
	require.True(t, eval[bool](t, ctx, `document.querySelector('#secret') === null`), "shown once")
	do(t, ctx, chromedp.Click(`#list article summary`), chromedp.Click(`#list article .confirm button`))
	arrives(t, ctx, `document.querySelector('.proof')?.textContent.includes('export-ancien-fournisseur')`)
	require.Equal(t, "token/export-ancien-fournisseur", srv.desk.journal[1].Subject)
}

// The page that shows a new token passes axe as every other does.
func TestAFreshTokenIsAccessible(t *testing.T) {
	script := axeScript(t)
	srv := newReception(t)
	ctx := browser(t)
	srv.in(t, ctx, screens()[1])
	for name, scheme := range map[string]string{"clair": "light", "sombre": "dark"} {
		inScheme(t, ctx, scheme)
		open(t, ctx, srv.URL+"/jetons?lang=fr", screens()[1])
		do(t, ctx, chromedp.SendKeys(`#id`, name), chromedp.Click(`#create button.primary`))
		arrives(t, ctx, `document.querySelector('#secret')`)
		require.Empty(t, violations(t, ctx, script), scheme)
		fits(t, ctx, screens()[1])
		keep(t, ctx, screens()[1], "fr", "token-made-"+scheme)
	}
}
