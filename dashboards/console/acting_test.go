package console

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func TestFirstUserSignsInAndOut(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Secure = true })
	link, err := d.users.FirstLink(t.Context(), d.board.now)
	require.NoError(t, err)
	path := "/premier/" + link
	require.Contains(t, d.get(t, path), "Premier utilisateur")
	form := url.Values{"token": {d.token(t, path)}, "id": {"Garde"}, "name": {"Service bâtiments"}, "password": {password}, "again": {"autre"}}
	w := d.ask(t, http.MethodPost, path, form)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	form.Set("again", password)
	w = d.ask(t, http.MethodPost, path, form)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, path, nil).Code, "the link holds once")
	c := d.cookies["__Host-gtc-session"]
	require.NotNil(t, c)
	require.True(t, c.HttpOnly && c.Secure && c.SameSite == http.SameSiteStrictMode && c.Path == "/" && c.Domain == "", c)
	require.Contains(t, d.get(t, "/account"), "Service bâtiments")
	old := *c
	w = d.ask(t, http.MethodPost, "/sign-out", url.Values{"token": {d.token(t, "/account")}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.NotContains(t, d.cookies, "__Host-gtc-session")
	d.cookies[old.Name] = &old
	require.Equal(t, http.StatusSeeOther, d.ask(t, http.MethodGet, "/account", nil).Code, "the session is over at the hub too")
}

// What was in the cookie before signing in is worth nothing afterwards, and a
// session is never the one somebody else chose.
func TestSessionIsAlwaysNew(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.cookies["gtc-session"] = &http.Cookie{Name: "gtc-session", Value: "chosen-by-somebody-else"}
	d.signIn(t, "garde")
	first := d.cookies["gtc-session"].Value
	require.NotEqual(t, "chosen-by-somebody-else", first)
	token := user.FormToken(first)
	w := d.ask(t, http.MethodPost, "/sign-in", url.Values{"token": {token}, "id": {"garde"}, "password": {password}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.NotEqual(t, first, d.cookies["gtc-session"].Value)
	_, err := d.users.SignedIn(t.Context(), first, d.board.now)
	require.ErrorIs(t, err, user.ErrNoSession, "the older session of the browser is over")
}

func TestRefusedSignInsSayWhy(t *testing.T) {
	d := newDesk(t, nil)
	token := d.token(t, "/sign-in")
	form := url.Values{"token": {token}, "id": {"garde"}, "password": {"wrong"}}
	for range 5 {
		w := d.ask(t, http.MethodPost, "/sign-in", form)
		require.Equal(t, http.StatusUnauthorized, w.Code)
		require.Contains(t, w.Body.String(), "ne vont pas ensemble")
		require.Contains(t, w.Body.String(), `value="garde"`)
		require.NotContains(t, w.Body.String(), "wrong")
	}
	w := d.ask(t, http.MethodPost, "/sign-in", form)
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	require.Equal(t, "2", w.Header().Get("Retry-After"))
	require.Contains(t, w.Body.String(), "Attendre 2 secondes")
	form.Set("token", user.FormToken("another browser"))
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/sign-in", form).Code)
}

func TestNextStaysHere(t *testing.T) {
	for next, want := range map[string]string{
		"/alarms?site=x": "/alarms?site=x", "": "/", "alarms": "/", "//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"https://evil.example": "/", "javascript:alert(1)": "/", "/%2F%2Fevil.example": "/%2F%2Fevil.example", "http:/alarms": "/",
		"/\t/evil.example": "/", "//user@evil.example/": "/", "/a#//b": "/a",
	} {
		require.Equal(t, want, local(next), next)
	}
}

func TestReadingNeedsASignInUnlessOpen(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.OpenRead = false })
	for _, path := range []string{"/", "/alarms", "/alarms/measures", "/alarms/" + lockout, "/site/dampremy", "/energy", "/more", "/nowhere", "/users", "/account"} {
		w := d.ask(t, http.MethodGet, path, nil)
		require.Equal(t, http.StatusSeeOther, w.Code, path)
		require.Equal(t, "/sign-in?next="+url.QueryEscape(path), w.Header().Get("Location"))
	}
	for _, path := range []string{"/api/v1/park", "/api/v1/events", "/api/v1/alarms"} {
		require.Equal(t, http.StatusUnauthorized, d.ask(t, http.MethodGet, path, nil).Code, path)
	}
	page := d.get(t, "/sign-in")
	require.NotContains(t, page, "Dampremy")
	require.NotContains(t, page, `class="nav"`)
	for _, path := range []string{"/healthz", "/static/app.css", "/sw.js", "/manifest.webmanifest"} {
		require.Equal(t, http.StatusOK, d.ask(t, http.MethodGet, path, nil).Code, path)
	}
	w := d.ask(t, http.MethodGet, "/alarms", nil, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")
	require.Contains(t, w.Body.String(), `url=/alarms?again=1`, "a link in a mail is loaded again with the session")
	d.staff(t, user.Read)
	d.signIn(t, "lecteur")
	require.Contains(t, d.get(t, "/"), "Dampremy")
}

func TestRightsAreSeparate(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Read, user.Act)
	require.Contains(t, d.get(t, "/alarms/"+stopped), "Se connecter pour agir")
	w := d.ask(t, http.MethodPost, alarmPath(stopped), url.Values{"do": {"acknowledge"}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Contains(t, w.Header().Get("Location"), "/sign-in?")
	d.signIn(t, "lecteur")
	page := d.get(t, "/alarms/"+stopped)
	require.Contains(t, page, "Votre droit est de lire")
	require.NotContains(t, page, `value="acknowledge"`)
	require.Equal(t, http.StatusForbidden, d.do(t, stopped, url.Values{"do": {"acknowledge"}}).Code)
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodGet, "/users", nil).Code)
	require.Empty(t, d.board.acts)
	d.signInAgain(t, "monteur")
	require.Equal(t, http.StatusSeeOther, d.do(t, stopped, url.Values{"do": {"acknowledge"}}).Code)
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/users", url.Values{"token": {d.token(t, "/account")}, "do": {"block"}, "id": {"garde"}}).Code)
	require.Len(t, d.board.acts, 1)
	require.Equal(t, "monteur", d.board.acts[0].By, "who acts is who signed in")
}

func (d *desk) signInAgain(t *testing.T, id string) {
	t.Helper()
	d.cookies = map[string]*http.Cookie{}
	d.signIn(t, id)
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.signIn(t, "garde")
	token := d.token(t, "/account")
	good := url.Values{"token": {token}, "do": {"acknowledge"}}
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
	}{
		"no token":           {url.Values{"do": {"acknowledge"}}, nil},
		"another's token":    {url.Values{"do": {"acknowledge"}, "token": {user.FormToken("x")}}, nil},
		"another origin":     {good, []string{"Origin", "https://evil.example"}},
		"cross-site":         {good, []string{"Sec-Fetch-Site", "cross-site"}},
		"same site, not us":  {good, []string{"Sec-Fetch-Site", "same-site"}},
		"token in the query": {url.Values{"do": {"acknowledge"}}, []string{"X-Token", token}},
	} {
		w := d.ask(t, http.MethodPost, alarmPath(stopped)+"?token="+token, c.form, c.headers...)
		require.Equal(t, http.StatusForbidden, w.Code, name)
	}
	require.Empty(t, d.board.acts)
	w := d.ask(t, http.MethodPost, alarmPath(stopped), good, "Origin", "http://example.com", "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
}

func TestOnlyFormsTakePosts(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t)
	d.signIn(t, "garde")
	for _, path := range []string{"/", "/alarms", "/alarms/measures", "/site/dampremy", "/api/v1/alarms", "/static/app.js", "/metrics", "/sw.js"} {
		w := d.ask(t, http.MethodPost, path, url.Values{"token": {d.token(t, "/account")}})
		if path == "/alarms/measures" {
			require.Equal(t, http.StatusNotFound, w.Code, path) // an alarm that does not exist
			continue
		}
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, path)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		require.Equal(t, http.StatusMethodNotAllowed, d.ask(t, method, alarmPath(stopped), nil).Code, method)
	}
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, "/sign-out", nil).Code, "signing out changes something")
	long := url.Values{"token": {d.token(t, "/account")}, "do": {"comment"}, "reason": {strings.Repeat("x", mostForm)}}
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, alarmPath(stopped), long).Code)
	require.Empty(t, d.board.acts)
}

func TestActionSaysItsProof(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Act)
	d.signIn(t, "monteur")
	for _, c := range []struct {
		alarm string
		form  url.Values
		proof string
	}{
		{stopped, url.Values{"do": {"acknowledge"}}, "Prise en charge par Le monteur, 14:03"},
		{latched, url.Values{"do": {"reset"}}, "Retirée de la liste par Le monteur, 14:03"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"pièce commandée"}, "for": {"24h"}}, "Mise de côté par Le monteur, 14:03 (jusqu’au 22 nov. 2026 14:03)"},
		{shelf, url.Values{"do": {"unshelve"}}, "Ramenée dans la liste par Le monteur, 14:03"},
		{stopped, url.Values{"do": {"comment"}, "reason": {"disjoncteur <b>relevé</b>"}}, "Commentaire de Le monteur enregistré, 14:03"},
		{stopped, url.Values{"do": {"tick"}, "step": {"2"}}, "Étape cochée par Le monteur, 14:03"},
	} {
		w := d.do(t, c.alarm, c.form)
		require.Equal(t, http.StatusSeeOther, w.Code, "%v: %s", c.form, w.Body)
		has(t, d.get(t, w.Header().Get("Location")), c.proof, c.alarm)
	}
	page := d.get(t, alarmPath(stopped))
	has(t, page, "fait par Le monteur, 14:03", "the step")
	has(t, page, `aria-pressed="true"`, "the step")
	require.NotContains(t, d.ask(t, http.MethodGet, alarmPath(stopped), nil).Body.String(), "<b>relevé</b>", "text from outside is escaped")
	require.Equal(t, "Vérifier l’arrivée de gaz et l’aération de la chaufferie.", d.board.acts[len(d.board.acts)-1].Reason)
	has(t, d.get(t, "/alarms?list=inhibited"), "pièce commandée", "the list of inhibited")
	w := d.do(t, stopped, url.Values{"do": {"acknowledge"}, "back": {"//evil.example"}})
	require.Equal(t, "/", w.Header().Get("Location"))
	w = d.do(t, stopped, url.Values{"do": {"acknowledge"}, "back": {"/alarms?site=gilly"}})
	require.Equal(t, "/alarms?site=gilly", w.Header().Get("Location"))
}

func TestActionsAreRefusedWithAReason(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Act)
	d.signIn(t, "monteur")
	for _, c := range []struct {
		alarm string
		form  url.Values
		code  int
		says  string
	}{
		{fire, url.Values{"do": {"shelve"}, "reason": {"x"}, "for": {"1h"}}, 422, "ne se met ni de côté, ni hors service"},
		{fire, url.Values{"do": {"out_of_service"}, "reason": {"x"}, "for": {"1h"}}, 422, "ne se met ni de côté, ni hors service"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {" "}, "for": {"1h"}}, 422, "Il manque une raison"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"x"}, "for": {"169h"}}, 422, "La fin doit être dans le futur"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"x"}, "for": {"-1h"}}, 422, "La fin doit être dans le futur"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"x"}, "for": {"date"}, "until": {"2026-11-20T12:00"}}, 422, "La fin doit être dans le futur"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"x"}, "for": {"date"}, "until": {"demain"}}, 422, "n’est pas lisible"},
		{lockout, url.Values{"do": {"comment"}, "reason": {""}}, 422, "Il manque une raison"},
		{lockout, url.Values{"do": {"comment"}, "reason": {strings.Repeat("é", 1001)}}, 422, "trop long"},
		{lockout, url.Values{"do": {"test"}, "reason": {"x"}, "holder": {"Moi"}, "for": {"1h"}}, 422, "que pour une centrale"},
		{fire, url.Values{"do": {"test"}, "reason": {"x"}, "holder": {""}, "for": {"1h"}}, 422, "Il manque le nom"},
		{fire, url.Values{"do": {"test"}, "reason": {"x"}, "holder": {"Moi"}, "for": {"3h"}}, 422, "La fin doit être dans le futur"},
		{lockout, url.Values{"do": {"finish"}, "work": {"roux/fire-1/test/1"}}, 422, "déjà terminé"},
		{lockout, url.Values{"do": {"tick"}, "step": {"9"}}, 400, "step"},
		{lockout, url.Values{"do": {"write"}}, 400, "write"},
		{"nowhere/x/y", url.Values{"do": {"acknowledge"}}, 404, "Inconnu"},
	} {
		w := d.do(t, c.alarm, c.form)
		require.Equal(t, c.code, w.Code, "%v", c.form)
		has(t, html.UnescapeString(w.Body.String()), c.says, c.alarm)
	}
	require.Empty(t, d.board.acts)
	page := d.get(t, alarmPath(fire))
	require.NotContains(t, page, `value="shelve"`)
	require.NotContains(t, page, `value="out_of_service"`)
	has(t, page, "peut coûter une vie", "the page of a life-safety alarm")
	has(t, page, "procédure du site et 112", "the page of a fire alarm")
}

func TestWorksArePlannedAndEnded(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Act)
	d.signIn(t, "monteur")
	n := len(d.board.works)
	w := d.do(t, lockout, url.Values{"do": {"out_of_service"}, "reason": {"remplacement"}, "for": {"date"}, "until": {"2026-11-25T17:00"}, "scope": {"alarm"}})
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	w = d.do(t, fire, url.Values{"do": {"test"}, "reason": {"essai mensuel"}, "holder": {"Firme agréée"}, "for": {"2h"}, "from": {"2026-11-23T09:00"}})
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	has(t, d.get(t, w.Header().Get("Location")), "Essai enregistré au nom de Firme agréée\u00a0: du 23 nov. 2026 09:00 au 23 nov. 2026 11:00", "the proof")
	require.Len(t, d.board.works, n+2)
	out, test := d.board.works[n], d.board.works[n+1]
	require.Equal(t, alarm.WorkMaintenance, out.Kind)
	require.Equal(t, lockout, out.Alarm)
	require.Equal(t, "2026-11-25T16:00:00Z", out.Until.UTC().Format(time.RFC3339), "the site's calendar")
	require.Equal(t, alarm.Work{
		ID: test.ID, Kind: alarm.WorkTest, Site: "dampremy", Equipment: "fire-1", By: "Firme agréée", Reason: "essai mensuel (annoncé par Le monteur)",
		From: test.From, Until: test.From.Add(2 * time.Hour),
	}, test)
	require.Equal(t, "2026-11-23T08:00:00Z", test.From.UTC().Format(time.RFC3339))
	page := d.get(t, alarmPath(fire))
	has(t, page, "essai mensuel (annoncé par Le monteur)", "the page")
	w = d.do(t, fire, url.Values{"do": {"finish"}, "work": {test.ID}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	has(t, d.get(t, w.Header().Get("Location")), "Travaux ou essai terminés.", "the proof")
	require.Len(t, d.board.works, n+1)
	has(t, d.get(t, "/alarms?list=works"), "Firme agréée", "the list of works")
}
