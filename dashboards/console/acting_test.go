package console

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const password = "une phrase assez longue"

// directory is an empty directory of users on a real bucket.
func directory(t *testing.T) *user.Directory {
	t.Helper()
	s, err := natsd.NewServer(&natsd.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(30*time.Second))
	c, err := nats.Connect("", nats.InProcessServer(s))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	require.NoError(t, err)
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "users"})
	require.NoError(t, err)
	return user.Open(kv)
}

// desk is a console with users, and somebody's browser before it.
type desk struct {
	h       http.Handler
	users   *user.Directory
	board   *boardFixture
	options Options
	cookies map[string]*http.Cookie
}

func newDesk(t *testing.T, change func(*Options)) *desk {
	t.Helper()
	d := &desk{board: newBoard(), users: directory(t), cookies: map[string]*http.Cookie{}}
	d.options = Options{
		Model: d.board, Alarms: d.board, Actions: d.board, Users: d.users, OpenRead: true, Version: "0.1.0",
		Now: func() time.Time { return d.board.now },
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
		id := map[user.Right]string{user.Read: "lecteur", user.Act: "technicien"}[right]
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
	d.signInAgain(t, "technicien")
	require.Equal(t, http.StatusSeeOther, d.do(t, stopped, url.Values{"do": {"acknowledge"}}).Code)
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/users", url.Values{"token": {d.token(t, "/account")}, "do": {"block"}, "id": {"garde"}}).Code)
	require.Len(t, d.board.acts, 1)
	require.Equal(t, "technicien", d.board.acts[0].By, "who acts is who signed in")
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
	d.signIn(t, "technicien")
	for _, c := range []struct {
		alarm string
		form  url.Values
		proof string
	}{
		{stopped, url.Values{"do": {"acknowledge"}}, "Prise en charge par Le technicien, 14:03"},
		{latched, url.Values{"do": {"reset"}}, "Retirée de la liste par Le technicien, 14:03"},
		{lockout, url.Values{"do": {"shelve"}, "reason": {"pièce commandée"}, "for": {"24h"}}, "Mise de côté par Le technicien, 14:03 (jusqu’au 22 nov. 2026 14:03)"},
		{shelf, url.Values{"do": {"unshelve"}}, "Ramenée dans la liste par Le technicien, 14:03"},
		{stopped, url.Values{"do": {"comment"}, "reason": {"disjoncteur <b>relevé</b>"}}, "Commentaire de Le technicien enregistré, 14:03"},
		{stopped, url.Values{"do": {"tick"}, "step": {"2"}}, "Étape cochée par Le technicien, 14:03"},
	} {
		w := d.do(t, c.alarm, c.form)
		require.Equal(t, http.StatusSeeOther, w.Code, "%v: %s", c.form, w.Body)
		has(t, d.get(t, w.Header().Get("Location")), c.proof, c.alarm)
	}
	page := d.get(t, alarmPath(stopped))
	has(t, page, "fait par Le technicien, 14:03", "the step")
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
	d.signIn(t, "technicien")
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
	d.signIn(t, "technicien")
	n := len(d.board.works)
	w := d.do(t, lockout, url.Values{"do": {"out_of_service"}, "reason": {"remplacement"}, "for": {"date"}, "until": {"2026-11-25T17:00"}, "scope": {"alarm"}})
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	w = d.do(t, fire, url.Values{"do": {"test"}, "reason": {"essai mensuel"}, "holder": {"Firme agréée"}, "for": {"2h"}, "from": {"2026-11-23T09:00"}})
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Len(t, d.board.works, n+2)
	out, test := d.board.works[n], d.board.works[n+1]
	require.Equal(t, alarm.WorkMaintenance, out.Kind)
	require.Equal(t, lockout, out.Alarm)
	require.Equal(t, "2026-11-25T16:00:00Z", out.Until.UTC().Format(time.RFC3339), "the site's calendar")
	require.Equal(t, alarm.Work{
		ID: test.ID, Kind: alarm.WorkTest, Site: "dampremy", Equipment: "fire-1", By: "Firme agréée", Reason: "essai mensuel (annoncé par Le technicien)",
		From: test.From, Until: test.From.Add(2 * time.Hour),
	}, test)
	require.Equal(t, "2026-11-23T08:00:00Z", test.From.UTC().Format(time.RFC3339))
	page := d.get(t, alarmPath(fire))
	has(t, page, "essai mensuel (annoncé par Le technicien)", "the page")
	w = d.do(t, fire, url.Values{"do": {"finish"}, "work": {test.ID}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Len(t, d.board.works, n+1)
	has(t, d.get(t, "/alarms?list=works"), "Firme agréée", "the list of works")
}

func TestAlarmsAreFiltered(t *testing.T) {
	d := newDesk(t, nil)
	ids := func(path string) []string {
		var out []string
		for _, m := range regexp.MustCompile(`<article class="alarm [^"]*" id="alarm-([^"]+)"`).FindAllStringSubmatch(d.get(t, path), -1) {
			out = append(out, m[1])
		}
		return out
	}
	all := ids("/alarms")
	require.Equal(t, []string{"roux/fire-1/fire_test", fire, stopped, lockout, latched, "marcinelle/grid/power-high", "dampremy/circuit-1/temp-low"}, all)
	require.Equal(t, []string{fire, lockout, "dampremy/circuit-1/temp-low"}, ids("/alarms?site=dampremy"))
	require.Equal(t, []string{"roux/fire-1/fire_test", fire}, ids("/alarms?discipline=fire"))
	require.Equal(t, []string{stopped, lockout, latched}, ids("/alarms?priority=2"))
	require.Equal(t, []string{latched}, ids("/alarms?state=latched&priority=2"))
	require.Equal(t, []string{"roux/fire-1/fire_test"}, ids("/alarms?state=in_test"))
	require.Equal(t, []string{shelf, "montignies/regulator-1/device_lost"}, ids("/alarms?list=inhibited"))
	require.Empty(t, ids("/alarms?site=%3Cscript%3E"))
	page := d.get(t, "/alarms")
	has(t, page, "Inhibées (2)", "the page")
	has(t, page, "Travaux et essais (2)", "the page")
	has(t, page, "EN ESSAI", "the page")
	has(t, page, "à répétition", "the page")
	require.NotContains(t, strings.ToLower(page), "acquitter")
}

func TestAFloodIsShownInParts(t *testing.T) {
	d := newDesk(t, nil)
	d.board.pour(500)
	count := func(path string) int { return strings.Count(d.get(t, path), `<article class="alarm `) }
	require.Equal(t, perPage, count("/alarms"))
	require.Equal(t, 2*perPage, count("/alarms?n=100"))
	require.Equal(t, 507, count("/alarms?n=100000"))
	require.Equal(t, perPage, count("/alarms?n=-3"))
	has(t, d.get(t, "/alarms"), "Afficher plus (encore 457)", "the page")
	require.Contains(t, d.get(t, "/alarms"), "Départ trop froid 499", "the worst first")
}

func TestAlarmPageDrawsWhatMayBeDrawn(t *testing.T) {
	d := newDesk(t, nil)
	page := d.get(t, alarmPath(lockout))
	for _, part := range []string{
		"Maison de repos de Dampremy · Chaudière 2", "Chaudière en sécurité", "depuis 06:12", "Vérifier la pression d’eau au manomètre", "Manque d’eau",
		"Plus de chauffage", "Agir en moins de 4 h 00", "service bâtiments", "limite", "alarme 06:12", "en charge 06:23", "prise en charge · <b>chauffagiste de garde</b>",
	} {
		has(t, page, part, "the page")
	}
	require.NotContains(t, page, "armée", "private series are not drawn")
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, "/alarms/nowhere/x/y", nil).Code)
	d.board.broken = errStore
	has(t, d.get(t, alarmPath(lockout)), "L’historique (InfluxDB) ne répond pas", "the page without its curve")
}

func TestMeasuresSayWhetherTargetsAreMet(t *testing.T) {
	d := newDesk(t, nil)
	page := d.get(t, "/alarms/measures")
	for _, part := range []string{"Charge d’alarmes", "non tenu", "tenu", "EEMUA 191", "14 au plus", "20 alarmes", "47 min"} {
		has(t, page, part, "the page")
	}
	tongue := tongueOf(t, "fr")
	verdicts := func(m Measures) map[string]string {
		out := map[string]string{}
		for _, v := range tongue.verdicts(m) {
			out[v.Key] = v.State
		}
		return out
	}
	at := time.Date(2026, 11, 14, 0, 0, 0, 0, time.UTC)
	day := Measures{From: at, To: at.Add(24 * time.Hour), Counts: make([]int, 144)}
	require.Equal(t, map[string]string{
		"mean": "met", "peak": "met", "flood": "met", "mix": "open", "top": "open", "standing": "met", "chattering": "met", "taken": "open",
	}, verdicts(day), "a day without alarms")
	bad := day
	bad.Counts = make([]int, 144)
	for i := range bad.Counts {
		bad.Counts[i] = 2
	}
	bad.Counts[7] = 11
	bad.Mix = [5]int{0, 60, 60, 100, 77}
	bad.Floods = []Flood{{From: at, To: at.Add(30 * time.Minute), Count: 40}}
	bad.Top = []AlarmCount{{Count: 200}}
	bad.LongStanding, bad.Chattering = make([]SiteAlarm, 5), make([]SiteAlarm, 1)
	bad.Taken[gtc.PriorityHigh] = TakenIn{Count: 3, P95: 16 * time.Minute}
	for key, state := range verdicts(bad) {
		require.Equal(t, "missed", state, key)
	}
	empty := verdicts(Measures{})
	require.Equal(t, "open", empty["mean"], "nothing counted is not good")
}

func TestTokenTakesOneOccurrence(t *testing.T) {
	grants := map[string]Grant{"good": {Person: "garde-nuit", Alarm: stopped, Occurrence: 1}, "older": {Person: "garde-nuit", Alarm: lockout, Occurrence: 1}}
	d := newDesk(t, func(o *Options) {
		o.OpenRead = false
		o.Link = func(token string, _ time.Time) (Grant, error) {
			g, ok := grants[token]
			if !ok {
				return g, errLink
			}
			return g, nil
		}
	})
	page := d.get(t, "/t/good")
	has(t, page, "Circulateur arrêté", "the page")
	has(t, page, "au nom de garde-nuit", "the page")
	require.Empty(t, d.board.acts, "looking changes nothing")
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodPost, "/t/bad", nil).Code)
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/t/good", nil, "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusConflict, d.ask(t, http.MethodPost, "/t/older", nil).Code)
	has(t, d.get(t, "/t/older"), "Depuis, elle est réapparue", "the page")
	require.Empty(t, d.board.acts)
	w := d.ask(t, http.MethodPost, "/t/good", nil)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, []Action{{Kind: ActAcknowledge, Alarm: stopped, By: "garde-nuit"}}, d.board.acts)
	has(t, d.get(t, "/t/good"), "Prise en charge par garde-nuit, 14:03", "the page")
	require.Equal(t, http.StatusConflict, d.ask(t, http.MethodPost, "/t/good", nil).Code, "once is enough")
	require.Equal(t, http.StatusSeeOther, d.ask(t, http.MethodGet, alarmPath(stopped), nil).Code, "the link opens nothing else")
}
