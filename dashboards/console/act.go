package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// errRefused is an action that is not done; key names the text that says why.
type errRefused struct{ key string }

// Error names the text.
func (e errRefused) Error() string { return e.key }

// act does what a form of an alarm's page or card asks.
func (s *server) act(w http.ResponseWriter, r *http.Request) {
	t := s.tongue(r)
	id, do := r.PathValue("id"), r.PostFormValue("do")
	d, err := s.alarms.Alarm(r.Context(), id)
	if err == nil {
		err = s.do(r, t.at(d.TimeZone), d, do)
	}
	by := visitorOf(r).user.ID
	if err == nil {
		s.log.Info().Str("alarm", id).Str("what", do).Str("by", by).Msg("action")
		q := url.Values{"done": {do}}
		if do == "finish" {
			q.Set("work", r.PostFormValue("work"))
		}
		target := alarmPath(id) + "?" + q.Encode()
		if back := r.PostFormValue("back"); back != "" {
			target = local(back)
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	key := refusal(err)
	if key == "" {
		s.fail(w, r, t, s.bare(), err)
		return
	}
	s.log.Warn().Err(err).Str("alarm", id).Str("what", do).Str("by", by).Msg("action refused")
	s.page("alarm", func(r *http.Request, t *tongue, _ Park) (content, error) {
		v, t, err := s.alarmView(r, t, id)
		if err != nil {
			return content{}, err
		}
		v.Refused, v.Opened, v.Typed = key, do, r.PostForm
		return v.content(t, http.StatusUnprocessableEntity), nil
	})(w, r)
}

// refusal is the text that says why an action was refused, "" for an error
// that is not the visitor's.
func refusal(err error) string {
	var refused errRefused
	switch {
	case errors.As(err, &refused):
		return refused.key
	case errors.Is(err, alarm.ErrLifeSafety):
		return "refused.life_safety"
	case errors.Is(err, alarm.ErrNoReason):
		return "refused.no_reason"
	case errors.Is(err, alarm.ErrUntil):
		return "refused.until"
	case errors.Is(err, alarm.ErrNobody):
		return "refused.nobody"
	case errors.Is(err, alarm.ErrUnknown):
		return "refused.unknown"
	}
	return ""
}

// do checks one action and does it. The engine checks again.
func (s *server) do(r *http.Request, t *tongue, d AlarmDetail, do string) error {
	a := Action{Kind: ActionKind(do), Alarm: d.ID, By: visitorOf(r).user.ID}
	a.Reason = strings.TrimSpace(r.PostFormValue("reason"))
	if len([]rune(a.Reason)) > 1000 {
		return errRefused{"refused.long"}
	}
	if d.LifeSafety && (a.Kind == ActShelve || do == "out_of_service") {
		return alarm.ErrLifeSafety
	}
	switch do {
	case string(ActShelve):
		until, err := t.until(r, s.now(), alarm.LongestShelving)
		if err != nil {
			return err
		}
		a.Until = until
	case string(ActTick), string(ActUntick):
		n, err := strconv.Atoi(r.PostFormValue("step"))
		steps := d.Steps[reference]
		if err != nil || n < 1 || n > len(steps) {
			return errBadRequest{"step", r.PostFormValue("step")}
		}
		a.Step, a.Reason = n, steps[n-1]
	case string(ActAcknowledge), string(ActReset), string(ActUnshelve):
		a.Reason = ""
	case string(ActComment):
	case "out_of_service", "test":
		return s.plan(r, t, d, do, a.Reason)
	case "finish":
		return s.finish(r.Context(), d, r.PostFormValue("work"), a.By)
	default:
		return errBadRequest{"do", do}
	}
	if a.Reason == "" && (a.Kind == ActShelve || a.Kind == ActComment) {
		return alarm.ErrNoReason
	}
	return s.actions.Act(r.Context(), a)
}

// until reads how long something shall last: "4h", or "date" and an instant
// in the site's calendar.
func (t *tongue) until(r *http.Request, from time.Time, longest time.Duration) (time.Time, error) {
	asked := r.PostFormValue("for")
	var until time.Time
	if asked == "date" {
		at, err := time.ParseInLocation("2006-01-02T15:04", r.PostFormValue("until"), t.zone)
		if err != nil {
			return at, errRefused{"refused.date"}
		}
		until = at
	} else {
		length, err := time.ParseDuration(strings.Replace(asked, "min", "m", 1))
		if err != nil {
			return until, errRefused{"refused.date"}
		}
		until = from.Add(length)
	}
	if !until.After(from) || until.Sub(from) > longest {
		return until, alarm.ErrUntil
	}
	return until, nil
}

// plan takes an equipment out of service, or announces the test of a panel.
func (s *server) plan(r *http.Request, t *tongue, d AlarmDetail, do, reason string) error {
	if reason == "" {
		return alarm.ErrNoReason
	}
	by := visitorOf(r).user
	w := alarm.Work{Kind: alarm.WorkMaintenance, Site: d.Site, Equipment: d.Equipment, By: by.ID, Reason: reason, From: s.now()}
	longest := alarm.LongestOutOfService
	if do == "test" {
		if !d.Panel {
			return errRefused{"refused.no_panel"}
		}
		w.Kind, longest = alarm.WorkTest, alarm.LongestTest
		holder := strings.TrimSpace(r.PostFormValue("holder"))
		if holder == "" {
			return alarm.ErrNobody
		}
		if holder != by.Name && holder != by.ID {
			w.By, w.Reason = holder, reason+" ("+t.must("work.announced_by", cmp.Or(by.Name, by.ID))+")"
		}
		if text := r.PostFormValue("from"); text != "" {
			at, err := time.ParseInLocation("2006-01-02T15:04", text, t.zone)
			if err != nil {
				return errRefused{"refused.date"}
			}
			if at.After(w.From) {
				w.From = at
			}
		}
	} else if r.PostFormValue("scope") == "alarm" {
		w.Alarm = d.ID
	}
	until, err := t.until(r, w.From, longest)
	if err != nil {
		return err
	}
	w.Until = until
	return s.actions.Plan(r.Context(), w)
}

// finish ends one of the works that cover the alarm.
func (s *server) finish(ctx context.Context, d AlarmDetail, id, by string) error {
	if !slices.ContainsFunc(d.Works, func(w alarm.Work) bool { return w.ID == id }) {
		return errRefused{"refused.no_work"}
	}
	return s.actions.Finish(ctx, id, by)
}
