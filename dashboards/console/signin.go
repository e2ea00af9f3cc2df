package console

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc/internal/user"
)

// userRoutes mounts what is about people, when there are any.
func (s *server) userRoutes(pages *http.ServeMux) {
	if s.users == nil {
		return
	}
	pages.HandleFunc("GET /sign-in", s.signInPage)
	pages.HandleFunc("POST /sign-in", s.signIn)
	pages.HandleFunc("POST /sign-out", s.form(user.Read, s.signOut))
	pages.HandleFunc("GET /premier/{secret}", s.invitationPage)
	pages.HandleFunc("POST /premier/{secret}", s.redeem)
	pages.HandleFunc("GET /invitation/{secret}", s.invitationPage)
	pages.HandleFunc("POST /invitation/{secret}", s.redeem)
	pages.HandleFunc("GET /account", s.need(user.Read, s.accountPage))
	pages.HandleFunc("POST /account", s.form(user.Read, s.account))
	pages.HandleFunc("GET /users", s.need(user.Manage, s.usersPage))
	pages.HandleFunc("POST /users", s.form(user.Manage, s.changeUsers))
	if s.tokens != nil {
		pages.HandleFunc("GET /jetons", s.need(user.Manage, s.tokensPage))
		pages.HandleFunc("POST /jetons", s.form(user.Manage, s.changeTokens))
	}
}

// signInView is the form of somebody who wants in.
type signInView struct {
	ID, Next string
	// Failure is a text key, "" without one; Wait how many seconds to wait.
	Failure string
	Wait    int
	// Over tells that a session ended before something was done.
	Over bool
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if visitorOf(r).signedIn() {
		http.Redirect(w, r, local(q.Get("next")), http.StatusSeeOther)
		return
	}
	s.closed(w, r, "signin", http.StatusOK, signInView{Next: local(q.Get("next")), Over: q.Has("over")})
}

// closed renders a page for somebody who is not signed in: it says nothing of
// the park.
func (s *server) closed(w http.ResponseWriter, r *http.Request, name string, status int, body any) {
	t := s.tongue(r)
	s.keepLanguage(w, r)
	s.render(w, r, t, name, s.bare(), content{
		title: t.must(name + ".title"), status: status, closed: true, token: user.FormToken(s.formSecret(w, r)), body: body,
	})
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	v := signInView{ID: r.PostFormValue("id"), Next: local(r.PostFormValue("next"))}
	if !s.fromHere(r) {
		v.Failure = "signin.stale"
		s.closed(w, r, "signin", http.StatusForbidden, v)
		return
	}
	err := s.startSession(w, r, v.ID, r.PostFormValue("password"))
	var many user.TooManyError
	switch {
	case err == nil:
		http.Redirect(w, r, v.Next, http.StatusSeeOther)
	case errors.As(err, &many):
		v.Failure, v.Wait = "signin.too_many", int(math.Ceil(many.Wait.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(v.Wait))
		s.closed(w, r, "signin", http.StatusTooManyRequests, v)
	case errors.Is(err, user.ErrSignIn):
		s.log.Warn().Str("user", v.ID).Str("from", s.address(r)).Msg("sign in refused")
		v.Failure = "signin.refused"
		s.closed(w, r, "signin", http.StatusUnauthorized, v)
	default:
		s.log.Error().Err(err).Msg("sign in failed")
		v.Failure = "signin.broken"
		s.closed(w, r, "signin", http.StatusServiceUnavailable, v)
	}
}

// startSession signs somebody in. The session is always a new one and an
// older one of the browser ends: what was in the cookie before is worth
// nothing afterwards.
func (s *server) startSession(w http.ResponseWriter, r *http.Request, id, password string) error {
	secret, err := s.users.SignIn(r.Context(), id, password, s.address(r), s.now())
	if err != nil {
		return err
	}
	if v := visitorOf(r); v.signedIn() {
		if err := s.users.SignOut(r.Context(), v.secret); err != nil {
			s.log.Warn().Err(err).Msg("older session not ended")
		}
	}
	s.setCookie(w, sessionCookie, secret, int(user.SessionLife/time.Second))
	s.setCookie(w, formCookie, "", -1)
	return nil
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.users.SignOut(r.Context(), visitorOf(r).secret); err != nil {
		s.log.Error().Err(err).Msg("sign out failed")
		s.problem(w, r, problem{Status: http.StatusServiceUnavailable, kind: "internal"})
		return
	}
	s.setCookie(w, sessionCookie, "", -1)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// invitationView is the form in which somebody chooses a password, and the
// first user a name as well.
type invitationView struct {
	// First tells that it is the first user; ID is otherwise who it is for.
	First    bool
	ID, Name string
	// Action is where the form goes.
	Action  string
	Failure string
}

// invited reads whom the link of the address is for.
func (s *server) invited(r *http.Request) (invitationView, error) {
	id, err := s.users.Invited(r.Context(), r.PathValue("secret"), s.now())
	return invitationView{First: id == "", ID: id, Action: r.URL.Path}, err
}

func (s *server) invitationPage(w http.ResponseWriter, r *http.Request) {
	v, err := s.invited(r)
	if err != nil {
		s.noLink(w, r, err)
		return
	}
	s.closed(w, r, "invitation", http.StatusOK, v)
}

// noLink says that a link does not hold, which is no fault of ours.
func (s *server) noLink(w http.ResponseWriter, r *http.Request, err error) {
	t := s.tongue(r)
	p := s.explain(err)
	if p.kind != "link" {
		s.log.Error().Err(err).Msg("link not read")
	}
	title := t.must("problem." + p.kind + ".title")
	s.render(w, r, t, "lost", s.bare(), content{
		title: title, status: p.Status, closed: true, body: lost{title, t.must("problem."+p.kind+".detail", p.args...)},
	})
}

func (s *server) redeem(w http.ResponseWriter, r *http.Request) {
	v, err := s.invited(r)
	if err != nil {
		s.noLink(w, r, err)
		return
	}
	if v.First {
		v.ID, v.Name = r.PostFormValue("id"), r.PostFormValue("name")
	}
	password := r.PostFormValue("password")
	switch {
	case !s.fromHere(r):
		v.Failure = "signin.stale"
	case password != r.PostFormValue("again"):
		v.Failure = "invitation.differ"
	}
	if v.Failure != "" {
		s.closed(w, r, "invitation", http.StatusUnprocessableEntity, v)
		return
	}
	u, err := s.users.Redeem(r.Context(), r.PathValue("secret"), v.ID, v.Name, password, s.now())
	switch {
	case errors.Is(err, user.ErrWeak):
		v.Failure = "invitation.weak"
	case errors.Is(err, user.ErrID):
		v.Failure = "invitation.id"
	case err != nil:
		s.noLink(w, r, err)
		return
	}
	if v.Failure != "" {
		s.closed(w, r, "invitation", http.StatusUnprocessableEntity, v)
		return
	}
	s.log.Info().Str("user", u.ID).Msg("password chosen")
	target := url.URL{Path: "/account"}
	if err := s.startSession(w, r, u.ID, password); err != nil {
		s.log.Error().Err(err).Msg("sign in after invitation failed")
		target.Path = "/sign-in"
	}
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}
