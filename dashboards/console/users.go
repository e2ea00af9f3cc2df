package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/user"
)

// usersView is who may sign in.
type usersView struct {
	Users []user.User
	// Try tells that a test message can be sent to each.
	Try    bool
	Rights []user.Right
	Self   string
	// Link is a one-time link to hand over, shown this once; For is whom it is
	// for, Fresh that the user is new.
	Link, For string
	Fresh     bool
	Failure   string
	Done      string
	// Typed is what was typed into a form that was refused.
	Typed user.User
}

func (s *server) usersPage(w http.ResponseWriter, r *http.Request) {
	s.showUsers(w, r, http.StatusOK, usersView{})
}

func (s *server) showUsers(w http.ResponseWriter, r *http.Request, status int, v usersView) {
	s.page("users", func(r *http.Request, t *tongue, _ Park) (content, error) {
		users, err := s.users.Users(r.Context())
		if err != nil {
			return content{}, err
		}
		// Those who are blocked stay on the list, at its end.
		blocked := func(u user.User) int { return max(0, u.Blocked.Compare(time.Time{})) }
		slices.SortStableFunc(users, func(a, b user.User) int { return cmp.Compare(blocked(a), blocked(b)) })
		v.Users, v.Rights, v.Self, v.Try = users, user.Rights(), visitorOf(r).user.ID, s.try != nil
		return content{nav: "more", title: t.must("users.title"), status: status, body: v}, nil
	})(w, r)
}

func (s *server) changeUsers(w http.ResponseWriter, r *http.Request) {
	ctx, by, id := r.Context(), visitorOf(r).user.ID, strings.ToLower(strings.TrimSpace(r.PostFormValue("id")))
	var v usersView
	var secret string
	var err error
	do := r.PostFormValue("do")
	switch do {
	case "invite":
		v.Typed = user.User{ID: id, Name: strings.TrimSpace(r.PostFormValue("name")), Right: user.Right(r.PostFormValue("right"))}
		secret, err = s.users.Invite(ctx, v.Typed, by, s.now())
		v.Fresh = true
	case "reset":
		secret, err = s.users.Reset(ctx, id, by, s.now())
	case "block":
		err = s.users.Block(ctx, id, s.now())
		v.Done = "users.blocked_now"
	case "try":
		if s.try == nil {
			err = errBadRequest{"do", do}
			break
		}
		if trying := s.try(ctx, id); trying != nil {
			s.log.Warn().Err(trying).Str("user", id).Str("by", by).Msg("test message not sent")
			v.Failure = "users.not_tried"
			s.showUsers(w, r, http.StatusUnprocessableEntity, v)
			return
		}
		v.Done = "users.tried"
	default:
		err = errBadRequest{"do", do}
	}
	if err != nil {
		s.refuseUser(w, r, v, err)
		return
	}
	s.log.Info().Str("user", id).Str("by", by).Str("what", do).Msg("user changed")
	v.For, v.Typed = id, user.User{}
	if secret != "" {
		v.Link = s.origin(r) + "/invitation/" + secret
	}
	s.showUsers(w, r, http.StatusOK, v)
}

// refuseUser says why nothing was changed.
func (s *server) refuseUser(w http.ResponseWriter, r *http.Request, v usersView, err error) {
	v.Done = ""
	switch {
	case errors.Is(err, user.ErrTaken):
		v.Failure = "users.taken"
	case errors.Is(err, user.ErrID):
		v.Failure = "invitation.id"
	case errors.Is(err, user.ErrLast):
		v.Failure = "users.last"
	default:
		s.fail(w, r, s.tongue(r), s.bare(), err)
		return
	}
	s.showUsers(w, r, http.StatusUnprocessableEntity, v)
}

// origin is the console's own address as the visitor reaches it.
func (s *server) origin(r *http.Request) string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host}).String()
}

// accountView is a visitor's own page.
type accountView struct {
	User user.User
	// PushKey is the hub's public key, "" when browsers cannot be told.
	PushKey string
	Try     bool
	// Done and Failure are text keys.
	Done, Failure string
}

func (s *server) accountPage(w http.ResponseWriter, r *http.Request) {
	done := map[string]string{"push": "account.push_on", "unpush": "account.push_off", "try": "account.tried"}[r.URL.Query().Get("done")]
	s.showAccount(w, r, http.StatusOK, accountView{Done: done})
}

func (s *server) showAccount(w http.ResponseWriter, r *http.Request, status int, v accountView) {
	s.page("account", func(r *http.Request, t *tongue, _ Park) (content, error) {
		v.User, v.PushKey, v.Try = visitorOf(r).user, s.pushKey, s.try != nil
		return content{nav: "more", title: t.must("account.title"), status: status, body: v}, nil
	})(w, r)
}

func (s *server) account(w http.ResponseWriter, r *http.Request) {
	do, id := r.PostFormValue("do"), visitorOf(r).user.ID
	var err error
	switch {
	case do == "push" && s.pushes != nil:
		subscription := []byte(r.PostFormValue("subscription"))
		if err = checkSubscription(subscription); err == nil {
			err = s.pushes.Subscribe(r.Context(), id, subscription)
		}
	case do == "unpush" && s.pushes != nil:
		err = s.pushes.Unsubscribe(r.Context(), id, r.PostFormValue("endpoint"))
	case do == "try" && s.try != nil:
		err = s.try(r.Context(), id)
	default:
		s.fail(w, r, s.tongue(r), s.bare(), errBadRequest{"do", do})
		return
	}
	if err != nil {
		s.log.Warn().Err(err).Str("user", id).Str("what", do).Msg("account not changed")
		s.showAccount(w, r, http.StatusUnprocessableEntity, accountView{Failure: "account.failed." + do})
		return
	}
	http.Redirect(w, r, "/account?done="+do, http.StatusSeeOther)
}

var errSubscription = errors.New("push subscription not usable")

// checkSubscription refuses what no browser says. The hub will call the
// address, so it must be a push service's and not one of the hub's own network.
func checkSubscription(data []byte) error {
	var s struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			Auth   string `json:"auth"`
			P256dh string `json:"p256dh"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return errors.Join(errSubscription, err)
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || len(data) > 4096 || s.Keys.Auth == "" || s.Keys.P256dh == "" || u.Scheme != "https" || u.User != nil ||
		!strings.Contains(u.Hostname(), ".") || net.ParseIP(u.Hostname()) != nil {
		return errSubscription
	}
	return nil
}
