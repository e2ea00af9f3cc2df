package console

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/user"
)

// Tokens knows the service tokens with which programs read the API.
type Tokens interface {
	// Use returns whose a secret is and counts one question of it:
	// [user.ErrToken] when it does not hold, a [user.TooManyError] when it asks
	// too often.
	Use(ctx context.Context, secret string, now time.Time) (user.Token, error)
	// List returns all tokens.
	List(ctx context.Context) ([]user.Token, error)
	// Create makes a token and returns its secret, which nobody can read again:
	// [user.ErrTaken], [user.ErrID].
	Create(ctx context.Context, tok user.Token, now time.Time) (secret string, err error)
	// Revoke ends a token at once; [user.ErrUnknown] when there is none of that id.
	Revoke(ctx context.Context, id string) error
}

// service lets a program in by its service token: into the API and the metrics
// alone, to read.
// done tells that the request has been answered.
func (s *server) service(w http.ResponseWriter, r *http.Request) (as *http.Request, done bool) {
	secret, has := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !has || s.tokens == nil || !strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/metrics" {
		return r, false
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.readOnly(w, r)
		return r, true
	}
	tok, err := s.tokens.Use(r.Context(), secret, s.now())
	var many user.TooManyError
	switch {
	case err == nil:
		v := visitor{user: user.User{ID: "token:" + tok.ID, Name: tok.ID, Right: user.Read}, secret: secret}
		return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)), false
	case errors.As(err, &many):
		wait := int(math.Ceil(many.Wait.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		s.problem(w, r, problem{Status: http.StatusTooManyRequests, kind: "often", args: []any{wait}})
	case errors.Is(err, user.ErrToken):
		// Never fall back to what anybody may read: a wrong token is a mistake
		// that its owner must see.
		s.log.Warn().Str("from", s.address(r)).Str("path", r.URL.Path).Msg("service token refused")
		w.Header().Set("WWW-Authenticate", `Bearer realm="gtc", error="invalid_token"`)
		s.problem(w, r, problem{Status: http.StatusUnauthorized, kind: "token"})
	default:
		s.log.Error().Err(err).Msg("service token not read")
		s.problem(w, r, problem{Status: http.StatusServiceUnavailable, kind: "internal"})
	}
	return r, true
}
