package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// tokenForm sends a form of the page of tokens.
func (d *desk) tokenForm(t *testing.T, form url.Values) (code int, body string) {
	t.Helper()
	form.Set("token", d.token(t, "/jetons"))
	w := d.ask(t, http.MethodPost, "/jetons", form)
	return w.Code, w.Body.String()
}

var shownSecret = regexp.MustCompile(`>(gtc_[A-Z2-7]+)</textarea>`)

func TestATokenIsMadeShownOnceAndRevoked(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.signIn(t, "garde")
	has(t, d.get(t, "/more?lang=fr"), `<a href="/jetons">Jetons de service</a>`, "the way there")
	has(t, d.get(t, "/jetons"), "Aucun programme ne lit avec un jeton", "an empty page")

	has(t, d.get(t, "/jetons"), "inscrite au journal avec votre nom", "what the form does")

	code, body := d.tokenForm(t, url.Values{"do": {"create"}, "id": {" Grafana "}, "life": {"365"}})
	require.Equal(t, http.StatusOK, code, body)
	secret := shownSecret.FindStringSubmatch(body)
	require.NotEmpty(t, secret, "the token is shown")
	page := d.get(t, "/jetons")
	require.NotContains(t, page, secret[1], "once")
	has(t, page, "grafana", "the list")
	has(t, page, "créé le 21 nov. 2026 par Service bâtiments", "the list")
	has(t, page, "jamais utilisé · finit le 21 nov. 2027", "the list")

	_, err := d.tokens.Use(t.Context(), secret[1], d.board.now)
	require.NoError(t, err, "it holds")
	d.board.now = d.board.now.Add(4 * time.Minute)
	require.Regexp(t, `dernière utilisation il y a <time[^>]*>4 min<`, d.get(t, "/jetons"))

	code, body = d.tokenForm(t, url.Values{"do": {"revoke"}, "id": {"grafana"}})
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, "est révoqué")
	_, err = d.tokens.Use(t.Context(), secret[1], d.board.now)
	require.ErrorIs(t, err, user.ErrToken, "at once")

	require.Len(t, d.journal, 2)
	made, gone := d.journal[0], d.journal[1]
	require.Equal(t, gtc.Event{
		ID: made.ID, Site: gtc.HubSite, At: made.At, Received: made.At, Kind: gtc.EventAccess, Subject: "token/grafana", To: user.TokenCreated, Actor: "garde",
		Until: made.At.AddDate(0, 0, 365),
	}, made)
	require.Equal(t, user.TokenRevoked, gone.To)
	require.Equal(t, "garde", gone.Actor)
	require.NotEqual(t, made.ID, gone.ID)
}

func TestFormsOfTokensThatAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.signIn(t, "garde")
	code, _ := d.tokenForm(t, url.Values{"do": {"create"}, "id": {"grafana"}, "life": {"0"}})
	require.Equal(t, http.StatusOK, code)
	for _, c := range []struct {
		form url.Values
		code int
		says string
	}{
		{url.Values{"do": {"create"}, "id": {"grafana"}, "life": {"30"}}, http.StatusUnprocessableEntity, "Un jeton porte déjà ce nom"},
		{url.Values{"do": {"create"}, "id": {"deux mots"}, "life": {"30"}}, http.StatusUnprocessableEntity, "Ce nom ne convient pas"},
		{url.Values{"do": {"revoke"}, "id": {"personne"}}, http.StatusNotFound, "n’existe plus"},
		{url.Values{"do": {"create"}, "id": {"autre"}, "life": {"9999"}}, http.StatusBadRequest, "9999"},
		{url.Values{"do": {"create"}, "id": {"autre"}}, http.StatusBadRequest, "life"},
		{url.Values{"do": {"own"}, "id": {"grafana"}}, http.StatusBadRequest, "own"},
	} {
		code, body := d.tokenForm(t, c.form)
		require.Equal(t, c.code, code, c.form)
		require.Contains(t, body, c.says)
		require.NotRegexp(t, shownSecret, body)
	}
	// What was typed is still there.
	_, body := d.tokenForm(t, url.Values{"do": {"create"}, "id": {"deux mots"}, "life": {"30"}})
	require.Contains(t, body, `value="deux mots"`)
	require.Contains(t, body, `value="30" checked`)
	all, err := d.tokens.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Len(t, d.journal, 1, "nothing is written of what was not done")
}

// Only who manages sees or makes tokens, and only by a form of this console.
func TestTokensAreForThoseWhoManage(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Act, user.Read)
	form := url.Values{"do": {"create"}, "id": {"grafana"}, "life": {"30"}}
	require.Equal(t, http.StatusSeeOther, d.ask(t, http.MethodGet, "/jetons", nil).Code, "nobody signed in")
	for _, id := range []string{"monteur", "lecteur"} {
		d.cookies = map[string]*http.Cookie{}
		d.signIn(t, id)
		require.NotContains(t, d.get(t, "/more"), `href="/jetons"`, id)
		require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodGet, "/jetons", nil).Code, id)
		form.Set("token", d.token(t, "/account"))
		require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/jetons", form).Code, id)
	}
	d.cookies = map[string]*http.Cookie{}
	d.signIn(t, "garde")
	form.Set("token", "0000")
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/jetons", form).Code, "a form that is not ours")
	all, err := d.tokens.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
	require.Empty(t, d.journal)
}

// A token that the journal does not keep is not handed out; one that is to be
// revoked ends all the same.
func TestNoTokenWithoutItsEvent(t *testing.T) {
	broken := false
	d := newDesk(t, func(o *Options) {
		keep := o.Journal
		o.Journal = func(ctx context.Context, ev gtc.Event) error {
			if broken {
				return errors.New("no stream")
			}
			return keep(ctx, ev)
		}
	})
	d.staff(t)
	d.signIn(t, "garde")
	code, _ := d.tokenForm(t, url.Values{"do": {"create"}, "id": {"grafana"}, "life": {"30"}})
	require.Equal(t, http.StatusOK, code)
	broken = true
	code, body := d.tokenForm(t, url.Values{"do": {"create"}, "id": {"autre"}, "life": {"30"}})
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.NotContains(t, body, "gtc_")
	code, _ = d.tokenForm(t, url.Values{"do": {"revoke"}, "id": {"grafana"}})
	require.Equal(t, http.StatusOK, code)
	all, err := d.tokens.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

// A console without a journal does not say that it keeps one.
func TestTokensWithoutAJournal(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Journal = nil })
	d.staff(t)
	d.signIn(t, "garde")
	require.NotContains(t, d.get(t, "/jetons"), "inscrite au journal")
	code, body := d.tokenForm(t, url.Values{"do": {"create"}, "id": {"grafana"}, "life": {"30"}})
	require.Equal(t, http.StatusOK, code)
	require.Regexp(t, shownSecret, body)
	code, _ = d.tokenForm(t, url.Values{"do": {"revoke"}, "id": {"grafana"}})
	require.Equal(t, http.StatusOK, code)
}

func TestTokensThatEndComeFirst(t *testing.T) {
	now := time.Date(2026, 11, 21, 13, 3, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	rows := tokenRows([]user.Token{
		{ID: "a", By: "garde"}, {ID: "b", Expires: day(31)}, {ID: "c", Expires: day(30)}, {ID: "d", Expires: day(1)}, {ID: "e", Expires: now}, {ID: "f", By: "gtc token"},
	}, map[string]string{"garde": "Service bâtiments"}, now)
	var order string
	for _, r := range rows {
		order += r.ID
		require.Equal(t, r.ID == "e", r.Ended, r.ID)
		require.Equal(t, r.ID == "c" || r.ID == "d", r.Soon, r.ID)
	}
	require.Equal(t, "edcabf", order)
	require.Equal(t, "Service bâtiments", rows[3].Maker)
	require.Equal(t, "gtc token", rows[5].Maker)
}
