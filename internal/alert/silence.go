package alert

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// classUntold is the class of alarm that says that nobody can be told of one.
const classUntold = "nobody_told"

// subject is what is to be known to tell people of an event.
func (s *Service) subject(ctx context.Context, ev gtc.Event) (notify.Subject, bool) {
	out, ok := s.o.Subject(ctx, ev)
	out.LastResort = out.Alarm.Site == gtc.HubSite && out.Alarm.Class == classUntold
	return out, ok
}

// untold are the alarms of which nobody can be told, as the last turn found
// them.
type untold struct {
	mu     sync.Mutex
	alarms []string
	last   time.Time
}

// see takes them from the cases. That nobody can be told of the alarm about that
// is not one more.
func (u *untold) see(cases []notify.Case) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.alarms, u.last = nil, time.Time{}
	for i := range cases {
		c := &cases[i]
		if c.Nobody.IsZero() || c.Subject.LastResort {
			continue
		}
		u.alarms = append(u.alarms, c.Subject.Alarm.ID)
		if c.Nobody.After(u.last) {
			u.last = c.Nobody
		}
	}
}

// since is when the last of them came, zero when there is none.
func (u *untold) since() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last
}

func (u *untold) list() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.alarms)
}

// recordUntold writes beside each alarm of which nobody can be told that it is
// so. The alarm about that calls whatever becomes of the record.
func (s *Service) recordUntold(ctx context.Context, cases []notify.Case, now time.Time) {
	if s.o.Journal == nil {
		return
	}
	still := map[string]bool{}
	for i := range cases {
		c := &cases[i]
		if c.Nobody.IsZero() {
			continue
		}
		still[c.Event] = true
		if s.recorded[c.Event] {
			continue
		}
		a := &c.Subject.Alarm
		err := s.o.Journal(ctx, gtc.Event{
			ID: notify.Untold + "/" + c.Event, Site: a.Site, At: c.Nobody, Received: now, Kind: gtc.EventComment, Subject: a.ID,
			To: notify.Untold, Actor: "rules/notify", Equipment: a.Equipment, Priority: a.Priority,
		})
		if err != nil {
			s.log.Warn().Err(err).Str("alarm", a.ID).Msg("not recorded that nobody can be told of an alarm")
			delete(still, c.Event) // next turn again
			continue
		}
		s.log.Error().Str("alarm", a.ID).Int("priority", int(a.Priority)).Msg("nobody can be told of an alarm")
	}
	s.recorded = still
}

// noteSlow makes a fault of messages that were not handed over in time; the
// caller holds turning.
func (s *Service) noteSlow(ctx context.Context, now time.Time) {
	for _, m := range s.engine.Slow() {
		s.metrics.outcome(string(m.Channel), outcomeSlow)
		why := s.ways.why(m.Channel)
		s.ways.gaveUp(ctx, m.Channel, fmt.Sprintf("message to %s waits since %s: %s", m.Person, m.Made.Format(time.RFC3339), why), now, s.log)
		s.log.Error().Str("alarm", m.Alarm).Str("person", m.Person).Str("channel", string(m.Channel)).Str("error", why).Msg("message late; the next way is used")
	}
}

// handedOver lets the escalation know that a message is on its way.
func (s *Service) handedOver(ctx context.Context, m *notify.Message) {
	if m.Why != notify.Raised {
		return
	}
	err := s.turn(ctx, func(time.Time) []notify.Message {
		s.engine.Sent(m)
		return nil
	})
	if err != nil && ctx.Err() == nil { // the engine knows; the next turn keeps it
		s.metrics.unstored.Inc()
		s.log.Error().Err(err).Msg("messages wait for the outbox")
	}
}

// doubt notes that a message did not go through, and lets its ways be tested.
func (s *Service) doubt(m *notify.Message, err error) {
	s.ways.doubt(m, err)
	select {
	case s.retest <- struct{}{}:
	default: // they are about to be
	}
}

// doubt notes that no way took a message.
func (w *ways) doubt(m *notify.Message, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals[m.Channel] = err.Error()
	for i := range w.all {
		if way := &w.all[i]; way.Channel == m.Channel && way.Webhook == m.Webhook {
			w.doubted[way.Name] = true
		}
	}
}

// why is the last error of a channel.
func (w *ways) why(c notify.Channel) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if why := w.refusals[c]; why != "" {
		return why
	}
	return "no way has taken it yet"
}

// suspect reports whether a way is to be tested because it did not take a
// message: once in a while, as a wrong number is no fault of the way.
func (w *ways) suspect(name string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.doubted[name] || now.Sub(w.asked[name]) < againAfter {
		return false
	}
	delete(w.doubted, name)
	w.asked[name] = now
	return true
}
