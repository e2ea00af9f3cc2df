package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
)

const (
	// endsSoon is how long before its end a token is shown as one to replace.
	endsSoon = 30 * 24 * time.Hour
	// usualLife is the life that the form proposes, in days.
	usualLife = 365
)

// lives are the lives in days that a token may be given, 0 for no end.
func lives() []int { return []int{30, 90, usualLife, 0} }

// tokensView is which programs may read.
type tokensView struct {
	Tokens []tokenRow
	// Due counts those that have ended or end soon.
	Due   int
	Lives []int
	// Journal tells that the journal keeps who makes and revokes.
	Journal bool
	// Secret is a new token, shown this once; For is what it or a revoked one is
	// called.
	Secret, For string
	Failure     string
	Done        string
	// TypedID and TypedLife are what was typed into a form that was refused.
	TypedID   string
	TypedLife int
}

// tokenRow is a token on the page.
type tokenRow struct {
	user.Token
	// Maker is who made it, by name.
	Maker string
	// Ended tells that it has ended by itself, Soon that it ends soon.
	Ended, Soon bool
}

func (s *server) tokensPage(w http.ResponseWriter, r *http.Request) {
	s.showTokens(w, r, http.StatusOK, tokensView{TypedLife: usualLife})
}

func (s *server) showTokens(w http.ResponseWriter, r *http.Request, status int, v tokensView) {
	s.page("tokens", func(r *http.Request, t *tongue, _ Park) (content, error) {
		all, err := s.tokens.List(r.Context())
		if err != nil {
			return content{}, err
		}
		v.Tokens, v.Lives, v.Journal = tokenRows(all, s.names(r.Context()), s.now()), lives(), s.journal != nil
		for _, row := range v.Tokens {
			if row.Ended || row.Soon {
				v.Due++
			}
		}
		return content{nav: "more", title: t.must("tokens.title"), status: status, body: v}, nil
	})(w, r)
}

// tokenRows puts first what a person must see to: what has ended, then what
// ends soon, the next first.
func tokenRows(all []user.Token, names map[string]string, now time.Time) []tokenRow {
	var out []tokenRow
	for _, tok := range all {
		row := tokenRow{Token: tok, Maker: cmp.Or(names[tok.By], tok.By)}
		if !tok.Expires.IsZero() {
			row.Ended = !now.Before(tok.Expires)
			row.Soon = !row.Ended && tok.Expires.Sub(now) <= endsSoon
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b tokenRow) int {
		due := func(r tokenRow) bool { return r.Ended || r.Soon }
		switch {
		case due(a) && due(b):
			return a.Expires.Compare(b.Expires)
		case due(a):
			return -1
		case due(b):
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func (s *server) changeTokens(w http.ResponseWriter, r *http.Request) {
	id := strings.ToLower(strings.TrimSpace(r.PostFormValue("id")))
	v := tokensView{For: id, TypedLife: usualLife}
	var err error
	do := r.PostFormValue("do")
	switch do {
	case "create":
		v, err = s.createToken(r, v)
	case "revoke":
		v.Done = "tokens.revoked"
		err = s.revokeToken(r, id)
	default:
		err = errBadRequest{"do", do}
	}
	if err != nil {
		s.refuseToken(w, r, v, err)
		return
	}
	s.log.Info().Str("token", id).Str("by", visitorOf(r).user.ID).Str("what", do).Msg("service token changed")
	s.showTokens(w, r, http.StatusOK, v)
}

// createToken makes the token that the form asks for. One that the journal
// does not keep is not handed out.
func (s *server) createToken(r *http.Request, v tokensView) (tokensView, error) {
	ctx, now, by := r.Context(), s.now(), visitorOf(r).user.ID
	life, err := strconv.Atoi(r.PostFormValue("life"))
	if err != nil || !slices.Contains(lives(), life) {
		return v, errBadRequest{"life", r.PostFormValue("life")}
	}
	v.TypedID, v.TypedLife = v.For, life
	tok := user.Token{ID: v.For, By: by}
	if life > 0 {
		tok.Expires = now.UTC().AddDate(0, 0, life)
	}
	secret, err := s.tokens.Create(ctx, tok, now)
	if err != nil {
		return v, err
	}
	if err := s.keepEvent(ctx, tok.Event(user.TokenCreated, by, now)); err != nil {
		return v, errors.Join(err, s.tokens.Revoke(ctx, tok.ID))
	}
	return tokensView{Secret: secret, For: tok.ID, TypedLife: usualLife}, nil
}

// revokeToken ends a token. It comes before the journal: a program that must
// be kept out does not go on reading because something else is broken.
func (s *server) revokeToken(r *http.Request, id string) error {
	ctx, by := r.Context(), visitorOf(r).user.ID
	if err := s.tokens.Revoke(ctx, id); err != nil {
		return err
	}
	if err := s.keepEvent(ctx, user.Token{ID: id}.Event(user.TokenRevoked, by, s.now())); err != nil {
		s.log.Error().Err(err).Str("token", id).Str("by", by).Msg("service token revoked, the journal does not know")
	}
	return nil
}

// keepEvent writes an event into the journal, where there is one.
func (s *server) keepEvent(ctx context.Context, ev gtc.Event) error {
	if s.journal == nil {
		return nil
	}
	return s.journal(ctx, ev)
}

// refuseToken says why nothing was changed.
func (s *server) refuseToken(w http.ResponseWriter, r *http.Request, v tokensView, err error) {
	v.Done, v.Secret = "", ""
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, user.ErrTaken):
		v.Failure = "tokens.taken"
	case errors.Is(err, user.ErrID):
		v.Failure = "tokens.id"
	case errors.Is(err, user.ErrUnknown):
		v.Failure, status = "tokens.gone", http.StatusNotFound
	default:
		s.fail(w, r, s.tongue(r), s.bare(), err)
		return
	}
	s.showTokens(w, r, status, v)
}
