package console

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/user"
)

func TestUsersAreInvitedAndBlocked(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.signIn(t, "garde")
	change := func(form url.Values) (int, string) {
		form.Set("token", d.token(t, "/account"))
		w := d.ask(t, http.MethodPost, "/users", form)
		return w.Code, w.Body.String()
	}
	code, body := change(url.Values{"do": {"invite"}, "id": {"energie"}, "name": {"Maison de l’énergie"}, "right": {"read"}})
	require.Equal(t, http.StatusOK, code)
	link := regexp.MustCompile(`http://example\.com(/invitation/[A-Z2-7]+)`).FindStringSubmatch(body)
	require.NotEmpty(t, link, "the link is shown once")
	require.NotContains(t, d.get(t, "/users"), "/invitation/")
	for _, form := range []url.Values{
		{"do": {"invite"}, "id": {"energie"}, "name": {"x"}, "right": {"read"}},
		{"do": {"invite"}, "id": {"é"}, "name": {"x"}, "right": {"read"}},
		{"do": {"block"}, "id": {"garde"}},
	} {
		code, _ = change(form)
		require.Equal(t, http.StatusUnprocessableEntity, code, form)
	}
	code, _ = change(url.Values{"do": {"own"}, "id": {"energie"}})
	require.Equal(t, http.StatusBadRequest, code)

	guest := &desk{h: d.h, users: d.users, board: d.board, cookies: map[string]*http.Cookie{}}
	page := guest.get(t, link[1])
	has(t, page, `value="energie"`, "the invitation")
	has(t, page, `autocomplete="new-password"`, "the invitation")
	form := url.Values{"token": {guest.token(t, link[1])}, "id": {"garde"}, "password": {"court"}, "again": {"court"}}
	require.Equal(t, http.StatusUnprocessableEntity, guest.ask(t, http.MethodPost, link[1], form).Code)
	form.Set("password", password)
	form.Set("again", password)
	require.Equal(t, http.StatusSeeOther, guest.ask(t, http.MethodPost, link[1], form).Code)
	has(t, guest.get(t, "/account"), "Maison de l’énergie", "the guest's page: the link says who it is, not the form")

	code, _ = change(url.Values{"do": {"block"}, "id": {"energie"}})
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, http.StatusSeeOther, guest.ask(t, http.MethodGet, "/account", nil).Code, "blocked at once")
}

type pushFixture struct{ kept map[string]string }

func (p *pushFixture) Subscribe(_ context.Context, person string, subscription []byte) error {
	p.kept[person] = string(subscription)
	return nil
}

func (p *pushFixture) Unsubscribe(_ context.Context, person, _ string) error {
	delete(p.kept, person)
	return nil
}

func TestBrowsersSubscribe(t *testing.T) {
	push := &pushFixture{kept: map[string]string{}}
	tried := ""
	d := newDesk(t, func(o *Options) {
		o.Pushes, o.PushKey = push, "BPublic"
		o.Try = func(_ context.Context, person string) error { tried = person; return nil }
	})
	d.staff(t, user.Read)
	d.signIn(t, "lecteur")
	has(t, d.get(t, "/account"), `data-push="BPublic"`, "the page")
	send := func(do, subscription string) int {
		return d.ask(t, http.MethodPost, "/account", url.Values{"token": {d.token(t, "/account")}, "do": {do}, "subscription": {subscription}}).Code
	}
	const keys = `,"keys":{"auth":"a","p256dh":"b"}}`
	for _, bad := range []string{
		"", "{}", `{"endpoint":"http://push.example/x"` + keys, `{"endpoint":"https://10.0.0.1/x"` + keys, `{"endpoint":"https://localhost/x"` + keys,
		`{"endpoint":"https://[::1]/x"` + keys, `{"endpoint":"https://push.example/x"}`,
	} {
		require.Equal(t, http.StatusUnprocessableEntity, send("push", bad), bad)
	}
	require.Empty(t, push.kept)
	require.Equal(t, http.StatusSeeOther, send("push", `{"endpoint":"https://push.example/x"`+keys))
	require.Contains(t, push.kept, "lecteur")
	require.Equal(t, http.StatusSeeOther, send("unpush", ""))
	require.Empty(t, push.kept)
	require.Equal(t, http.StatusSeeOther, send("try", ""))
	require.Equal(t, "lecteur", tried)
}

// A person who is to be told can be sent a test message by whoever manages
// users; what does not arrive is said.
func TestATestMessageForEachPerson(t *testing.T) {
	var tried []string
	d := newDesk(t, func(o *Options) {
		o.Try = func(_ context.Context, person string) error {
			tried = append(tried, person)
			if person == "lecteur" {
				return errors.New("no way")
			}
			return nil
		}
	})
	d.staff(t, user.Act, user.Read)
	d.signIn(t, "garde")
	require.Contains(t, d.ask(t, http.MethodGet, "/users?lang=fr", nil).Body.String(), "Message d’essai")
	try := func(id string) *httptest.ResponseRecorder {
		return d.ask(t, http.MethodPost, "/users", url.Values{"token": {d.token(t, "/users")}, "do": {"try"}, "id": {id}})
	}
	require.Contains(t, try("monteur").Body.String(), "Message d’essai envoyé à monteur")
	w := try("lecteur")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Contains(t, w.Body.String(), "n’est pas parti")
	require.Equal(t, []string{"monteur", "lecteur"}, tried)
}

// What is set aside is one click away from the first page.
func TestInhibitedAlarmsAreOneClickAway(t *testing.T) {
	d := newDesk(t, nil)
	body := d.ask(t, http.MethodGet, "/?lang=fr", nil).Body.String()
	require.Contains(t, body, `href="/alarms?list=inhibited">2 alarmes inhibées`)
}
