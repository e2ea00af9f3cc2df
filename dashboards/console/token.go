package console

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// tokenView is the page of a link in a message.
type tokenView struct {
	Alarm  SiteAlarm
	Person string
	Action string
	// MayTake is false when there is nothing to take in charge, Later when a
	// newer occurrence is not what the link was for.
	MayTake, Later bool
	Steps          []stepRow
	// Taken says that it has just been taken in charge.
	Taken   string
	Expires time.Time
	At      time.Time

	grant Grant
	t     *tongue // in the site's calendar
}

// granted reads the token of the address and the alarm it is for.
func (s *server) granted(r *http.Request) (tokenView, error) {
	g, err := s.link(r.PathValue("token"), s.now())
	if err != nil {
		return tokenView{}, errors.Join(errLink, err)
	}
	d, err := s.alarms.Alarm(r.Context(), g.Alarm)
	if err != nil {
		return tokenView{}, err
	}
	t := s.tongue(r).at(d.TimeZone)
	names := s.names(r.Context())
	named := []SiteAlarm{d.SiteAlarm}
	s.nameAll(r.Context(), named)
	v := tokenView{
		grant: g, t: t,
		Alarm: named[0], Person: cmp.Or(names[g.Person], g.Person), Action: r.URL.Path, Expires: g.Expires, At: d.At,
		Steps: t.steps(d, names), Later: d.Occurrence != g.Occurrence,
	}
	v.MayTake = waits(d.Alarm) && !v.Later
	if at := takenAt(d); !at.IsZero() && !waits(d.Alarm) {
		v.Taken = t.must("proof.acknowledge", v.Alarm.By, t.When(d.At, at))
	} else if d.Process() == gtc.AlarmAcknowledged {
		v.Taken = t.must("token.taken", v.Alarm.By)
	}
	return v, nil
}

// tokenPage shows the alarm. It changes nothing: programs that look at links
// before people do must not take alarms in charge.
func (s *server) tokenPage(w http.ResponseWriter, r *http.Request) {
	v, err := s.granted(r)
	if err != nil {
		s.noLink(w, r, err)
		return
	}
	s.keepLanguage(w, r)
	s.showToken(w, r, http.StatusOK, v)
}

func (s *server) showToken(w http.ResponseWriter, r *http.Request, status int, v tokenView) {
	s.render(w, r, v.t, "token", s.bare(), content{title: v.t.alarmName(v.Alarm), status: status, closed: true, body: v})
}

// takeByToken takes the alarm in charge for whom the link was sent to. The
// token is what shows that the form is meant: no other site knows it.
func (s *server) takeByToken(w http.ResponseWriter, r *http.Request) {
	v, err := s.granted(r)
	if err != nil {
		s.noLink(w, r, err)
		return
	}
	if !v.MayTake {
		s.showToken(w, r, http.StatusConflict, v)
		return
	}
	if err := s.actions.Act(r.Context(), Action{Kind: ActAcknowledge, Alarm: v.grant.Alarm, By: v.grant.Person}); err != nil {
		s.noLink(w, r, err)
		return
	}
	s.log.Info().Str("alarm", v.grant.Alarm).Str("what", "acknowledge").Str("by", v.grant.Person).Msg("action by link")
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
}
