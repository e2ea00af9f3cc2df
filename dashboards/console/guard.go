package console

import (
	"net/http"
	"strings"
)

// policy allows this origin's own files and nothing else: no inline script, no
// inline style, no frame around the console.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// mostForm is the longest form that is read, in bytes.
const mostForm = 64 << 10

// guard sets the headers of every answer. It refuses what is neither reading
// nor the form of one of the console's own pages.
func (s *server) guard(pages *http.ServeMux, next http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		if _, pattern := pages.Handler(r); r.Method != http.MethodPost || !strings.HasPrefix(pattern, "POST ") {
			s.readOnly(w, r)
			return
		}
		if err := foreign.Check(r); err != nil {
			s.log.Warn().Err(err).Str("path", r.URL.Path).Msg("form of another site refused")
			s.problem(w, r, problem{Status: http.StatusForbidden, kind: "foreign"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		next.ServeHTTP(w, r)
	})
}

// readOnly refuses whatever is not reading.
func (s *server) readOnly(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	s.problem(w, r, problem{Status: http.StatusMethodNotAllowed, kind: "method", args: []any{r.Method}})
}

// tongue returns the visitor's language: asked for in the address, kept in the
// cookie, preferred by the browser, else the console's own.
func (s *server) tongue(r *http.Request) *tongue {
	if t, ok := s.tongues[r.URL.Query().Get("lang")]; ok {
		return t
	}
	if c, err := r.Cookie("lang"); err == nil {
		if t, ok := s.tongues[c.Value]; ok {
			return t
		}
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if t, ok := s.tongues[base]; ok {
			return t
		}
	}
	return s.tongues[s.language]
}

// keepLanguage stores a language asked for in the address.
func (s *server) keepLanguage(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("lang")
	if _, ok := s.tongues[lang]; !ok {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
