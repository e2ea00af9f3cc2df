package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// problem is an error as RFC 9457 writes it.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"`

	// kind names the texts problem.<kind>.title and .detail; args fill the
	// detail.
	kind string
	args []any
}

// errBadRequest is a question that makes no sense; its text names the
// parameter.
type errBadRequest struct{ param, value string }

// Error names the parameter and the value refused.
func (e errBadRequest) Error() string { return "parameter " + e.param + ": cannot use " + e.value }

// ErrPrivate is asked for something that is never handed out.
var ErrPrivate = errors.New("private")

// errForm is a form that was not made for its visitor, or too long ago.
var errForm = errors.New("form token does not fit")

// errLink is a link of a message that is not ours, or too old.
var errLink = errors.New("link not valid")

// errRight is asked by somebody who may not.
type errRight struct{ need user.Right }

// Error names the right that is missing.
func (e errRight) Error() string { return "right " + string(e.need) + " is needed" }

// explain says what an error means to the visitor: what happened, what was
// kept, what to do.
func (s *server) explain(err error) problem {
	var bad errBadRequest
	var right errRight
	var many api.TooManyError
	switch {
	case errors.As(err, &bad):
		return problem{Status: http.StatusBadRequest, kind: "parameter", args: []any{bad.param, bad.value}}
	case errors.Is(err, ErrUnknown):
		return problem{Status: http.StatusNotFound, kind: "unknown"}
	case errors.As(err, &many) && many.Interval > 0:
		return problem{
			Status: http.StatusUnprocessableEntity, kind: "values",
			args: []any{many.Values, many.Series, api.MostValues, many.Interval.String()},
		}
	case errors.As(err, &many):
		return problem{Status: http.StatusUnprocessableEntity, kind: "series", args: []any{many.Series, api.MostSeries}}
	case errors.Is(err, ErrPrivate):
		return problem{Status: http.StatusForbidden, kind: "private"}
	case errors.As(err, &right):
		return problem{Status: http.StatusForbidden, kind: "right"}
	case errors.Is(err, errForm):
		return problem{Status: http.StatusForbidden, kind: "form"}
	case errors.Is(err, user.ErrLink), errors.Is(err, errLink):
		return problem{Status: http.StatusNotFound, kind: "link"}
	case errors.Is(err, context.DeadlineExceeded):
		return problem{Status: http.StatusGatewayTimeout, kind: "timeout"}
	}
	return problem{Status: http.StatusServiceUnavailable, kind: "store"}
}

// problem answers with an error in the visitor's language.
func (s *server) problem(w http.ResponseWriter, r *http.Request, p problem) {
	t := s.tongue(r)
	p.Type = "urn:gtc:problem:" + p.kind
	p.Title = t.must("problem." + p.kind + ".title")
	p.Detail = t.must("problem."+p.kind+".detail", p.args...)
	p.Instance = r.URL.Path
	body, err := json.Marshal(p)
	if err != nil {
		s.log.Error().Err(err).Msg("problem not written")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", t.Lang)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	s.write(w, append(body, '\n'))
}
