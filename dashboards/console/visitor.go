package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/user"
)

// visitor is who asks for a page.
type visitor struct {
	user user.User
	// secret is the session's, "" when nobody is signed in.
	secret string
}

func (v visitor) signedIn() bool { return v.secret != "" }

// Name is how the visitor is called, "" when nobody is signed in.
func (v visitor) Name() string {
	if !v.signedIn() {
		return ""
	}
	return cmp.Or(v.user.Name, v.user.ID)
}

// may reports whether the visitor has a right.
func (v visitor) may(need user.Right) bool { return v.signedIn() && v.user.Right.Includes(need) }

type visitorKey struct{}

func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// cookieName is the name of a cookie of the console. The prefix keeps other
// hosts of the domain from setting it (RFC 6265bis §4.1.3.2).
func (s *server) cookieName(name string) string {
	if s.secure {
		return "__Host-gtc-" + name
	}
	return "gtc-" + name
}

const (
	sessionCookie = "session"
	// formCookie is for the forms of somebody who is not signed in.
	formCookie = "form"
)

// setCookie keeps a secret in the browser: out of reach of scripts, and never
// sent with a request that another site causes.
func (s *server) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode,
	})
}

func (s *server) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

// identify finds out who the visitor is.
func (s *server) identify(next http.Handler) http.Handler {
	if s.users == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, done := s.service(w, r)
		if done {
			return
		}
		secret := s.cookie(r, sessionCookie)
		if secret == "" || visitorOf(r).signedIn() {
			next.ServeHTTP(w, r)
			return
		}
		u, err := s.users.SignedIn(r.Context(), secret, s.now())
		switch {
		case err == nil:
			r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, visitor{u, secret}))
		case !errors.Is(err, user.ErrNoSession):
			s.log.Warn().Err(err).Msg("session not read: the visitor counts as not signed in")
		}
		next.ServeHTTP(w, r)
	})
}

// unguarded are the pages that somebody reaches who is not signed in.
func unguarded(pattern string) bool {
	switch pattern {
	case "GET /sign-in", "GET /premier/{secret}", "GET /invitation/{secret}", "GET /t/{token}",
		"POST /sign-in", "POST /premier/{secret}", "POST /invitation/{secret}", "POST /t/{token}",
		"GET /static/{file}", "GET /sw.js", "GET /manifest.webmanifest", "GET /healthz", "GET /api/openapi.yaml":
		return true
	}
	return false
}

// require keeps out who may not read.
func (s *server) require(pages *http.ServeMux, next http.Handler) http.Handler {
	if s.users == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := pages.Handler(r)
		v := visitorOf(r)
		switch {
		case unguarded(pattern), v.may(user.Read):
			next.ServeHTTP(w, r)
		case r.Method != http.MethodPost && s.onceMore(w, r):
		case s.openRead && r.Method != http.MethodPost:
			next.ServeHTTP(w, r)
		default:
			s.askSignIn(w, r)
		}
	})
}

// askSignIn sends a visitor to the sign-in page and back afterwards. A program
// that asks gets a problem instead.
func (s *server) askSignIn(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/metrics" {
		s.problem(w, r, problem{Status: http.StatusUnauthorized, kind: "signin"})
		return
	}
	target := url.URL{Path: "/sign-in", RawQuery: url.Values{"next": {r.URL.RequestURI()}}.Encode()}
	if r.Method == http.MethodPost {
		target.RawQuery = url.Values{"next": {r.URL.Path}, "over": {"1"}}.Encode()
	}
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}

// onceMore loads a page again to which another site (a webmail, say) linked:
// the browser sends the session only with what comes from here.
func (s *server) onceMore(w http.ResponseWriter, r *http.Request) bool {
	q := r.URL.Query()
	if r.Header.Get("Sec-Fetch-Site") != "cross-site" || r.Header.Get("Sec-Fetch-Mode") != "navigate" || q.Has("again") {
		return false
	}
	q.Set("again", "1")
	again := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	t := s.tongue(r)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	s.write(w, []byte(`<!doctype html><html lang="`+t.Lang+`"><head><title>gtc</title><meta http-equiv="refresh" content="0; url=`+
		html.EscapeString(again.String())+`"></head></html>`))
	return true
}

// need lets a handler run for who has a right.
func (s *server) need(right user.Right, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitorOf(r)
		switch {
		case !v.signedIn():
			s.askSignIn(w, r)
		case !v.may(right):
			s.fail(w, r, s.tongue(r), s.bare(), errRight{right})
		default:
			next(w, r)
		}
	}
}

// form lets a handler run for who has a right and sent a form that was made for
// them. It guards everything that somebody who is signed in changes.
func (s *server) form(right user.Right, next http.HandlerFunc) http.HandlerFunc {
	return s.need(right, func(w http.ResponseWriter, r *http.Request) {
		if !s.fromHere(r) {
			s.fail(w, r, s.tongue(r), s.bare(), errForm)
			return
		}
		next(w, r)
	})
}

// formSecret is what the token of a form is derived from: the session, or the
// form cookie of somebody who is not signed in, which it sets if need be.
func (s *server) formSecret(w http.ResponseWriter, r *http.Request) string {
	if v := visitorOf(r); v.signedIn() {
		return v.secret
	}
	secret := s.cookie(r, formCookie)
	if secret == "" {
		secret = rand.Text()
		s.setCookie(w, formCookie, secret, 0)
	}
	return secret
}

// fromHere reports whether a form was made for this visitor.
func (s *server) fromHere(r *http.Request) bool {
	secret := visitorOf(r).secret
	if secret == "" {
		secret = s.cookie(r, formCookie)
	}
	return secret != "" && user.FormTokenFits(secret, r.PostFormValue("token"))
}

// local returns an address of this console to go to, "/" for any other: a
// link to the sign-in page must not lead elsewhere.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	u.Fragment, u.RawFragment = "", ""
	out := u.String()
	if !strings.HasPrefix(out, "/") || strings.HasPrefix(out, "//") {
		return "/"
	}
	return out
}
