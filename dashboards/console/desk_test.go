package console

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/internal/user/usertest"
)

const password = "une phrase assez longue"

// desk is a console with users, and somebody's browser before it.
type desk struct {
	h       http.Handler
	users   *user.Directory
	tokens  *user.Tokens
	journal []gtc.Event
	board   *boardFixture
	cases   *casesFixture
	options Options
	cookies map[string]*http.Cookie
}

func newDesk(t *testing.T, change func(*Options)) *desk {
	t.Helper()
	kv := usertest.Bucket(t)
	d := &desk{board: newBoard(), users: user.OpenAt(kv, user.Cost{Memory: 64, Passes: 1, Lanes: 1}), tokens: user.OpenTokens(kv), cookies: map[string]*http.Cookie{}}
	d.cases = newCases(d.board)
	d.options = Options{
		Model: d.board, Alarms: d.board, Actions: d.board, Findings: d.cases, Handling: d.cases, Users: d.users, Tokens: d.tokens, OpenRead: true, Version: "0.1.0",
		Now: func() time.Time { return d.board.now },
		Journal: func(_ context.Context, ev gtc.Event) error {
			d.journal = append(d.journal, ev)
			return nil
		},
	}
	if change != nil {
		change(&d.options)
	}
	var err error
	d.h, err = New(d.options)
	require.NoError(t, err)
	return d
}

// staff makes one user of each right asked for, with the right's id.
func (d *desk) staff(t *testing.T, rights ...user.Right) {
	t.Helper()
	link, err := d.users.FirstLink(t.Context(), d.board.now)
	require.NoError(t, err)
	_, err = d.users.Redeem(t.Context(), link, "garde", "Service bâtiments", password, d.board.now)
	require.NoError(t, err)
	for _, right := range rights {
		id := map[user.Right]string{user.Read: "lecteur", user.Act: "monteur"}[right]
		link, err := d.users.Invite(t.Context(), user.User{ID: id, Name: "Le " + id, Right: right}, "garde", d.board.now)
		require.NoError(t, err)
		_, err = d.users.Redeem(t.Context(), link, "", "", password, d.board.now)
		require.NoError(t, err)
	}
}

func (d *desk) ask(t *testing.T, method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range d.cookies {
		r.AddCookie(c)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		d.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(d.cookies, c.Name)
		}
	}
	return w
}

func (d *desk) get(t *testing.T, path string) string {
	t.Helper()
	w := d.ask(t, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, w.Code, path)
	return html.UnescapeString(w.Body.String())
}

// token reads the form token of a page.
func (d *desk) token(t *testing.T, path string) string {
	t.Helper()
	m := regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`).FindStringSubmatch(d.get(t, path))
	require.NotEmpty(t, m, "%s has no form", path)
	return m[1]
}

func (d *desk) signIn(t *testing.T, id string) {
	t.Helper()
	w := d.ask(t, http.MethodPost, "/sign-in", url.Values{"token": {d.token(t, "/sign-in")}, "id": {id}, "password": {password}, "next": {"/alarms"}})
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, "/alarms", w.Header().Get("Location"))
}

// do sends a form of an alarm's page.
func (d *desk) do(t *testing.T, id string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	form.Set("token", d.token(t, "/account"))
	return d.ask(t, http.MethodPost, alarmPath(id), form)
}

const (
	lockout = "dampremy/boiler-2/lockout"
	stopped = "gilly/circuit-1/lockout"
	fire    = "dampremy/fire-1/fire"
	latched = "marcinelle/circuit-1/frost"
	shelf   = "gilly/gas/stuck"
)
