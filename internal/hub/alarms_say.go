package hub

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// eventBus takes the events of alarms and holds the state bucket: the hub's own
// bus, or that of a hub that was joined.
type eventBus interface {
	PublishEvent(ctx context.Context, ev gtc.Event) error
	State() jetstream.KeyValue
}

// sayer publishes what an alarm engine decided and keeps what it leaves behind.
// Of several hubs that judge a site each decides the same; one says it.
type sayer struct {
	// saying is held while events are published and alarms kept, and while what
	// another hub kept is taken over.
	saying    sync.Mutex
	alarms    *alarms
	keeper    *keeper
	bus       eventBus
	conflicts prometheus.Counter
	now       func() time.Time
	log       zerolog.Logger
	// told is called for each event once it is published.
	told func(gtc.Event)
	// keepsWorks tells that this hub is where works are planned.
	keepsWorks bool
	// works are those that are kept.
	works []alarm.Work
}

// publish publishes what the engine decided of the sites that this hub speaks
// for, and keeps what it leaves behind. What fails stays and is tried again at
// the next turn.
func (s *sayer) publish(ctx context.Context) error {
	s.saying.Lock()
	defer s.saying.Unlock()
	for _, ev := range s.alarms.pending() {
		ev.Received = s.now()
		if err := s.bus.PublishEvent(ctx, ev); err != nil {
			return fmt.Errorf("publish event %s: %w", ev.ID, err)
		}
		s.told(ev)
		s.log.Info().Str("site", string(ev.Site)).Str("subject", ev.Subject).Str("from", ev.From).Str("to", ev.To).Int("priority", int(ev.Priority)).Str("actor", ev.Actor).Msg(string(ev.Kind))
		s.alarms.said(ev.ID)
	}
	return s.keep(ctx)
}

// keep keeps every alarm that changed, and the works. Works that began or ended
// are kept as not yet done before the alarms that they set aside: a hub that
// dies between the two does it again.
func (s *sayer) keep(ctx context.Context) error {
	changed, works, withWorks := s.alarms.changed(s.keeper.known)
	if withWorks && s.keepsWorks {
		if err := s.keepWorks(ctx, undone(s.works, works)); err != nil {
			return err
		}
	}
	for i := range changed {
		if err := s.keepAlarm(ctx, changed[i]); err != nil {
			return err
		}
		s.alarms.keptAlarm(changed[i])
	}
	if !withWorks {
		return nil
	}
	if s.keepsWorks {
		if err := s.keepWorks(ctx, works); err != nil {
			return err
		}
	}
	s.alarms.keptWorks()
	return nil
}

// undone returns works as they were before those that are kept became those of
// now: what is new did not begin, and what is gone goes on.
func undone(kept, now []alarm.Work) []alarm.Work {
	place := func(id string, in []alarm.Work) int {
		return slices.IndexFunc(in, func(w alarm.Work) bool { return w.ID == id })
	}
	var out []alarm.Work
	for _, w := range kept {
		if place(w.ID, now) < 0 {
			out = append(out, w)
		}
	}
	for _, w := range now {
		i := place(w.ID, kept)
		w.Begun = w.Begun && i >= 0 && kept[i].Begun
		out = append(out, w)
	}
	return out
}

func (s *sayer) keepWorks(ctx context.Context, works []alarm.Work) error {
	if works == nil {
		works = []alarm.Work{}
	}
	theirs, err := s.keeper.put(ctx, keyWorks, works)
	if err == nil && theirs != nil { // once more, over what is known now
		s.conflicts.Inc()
		_, err = s.keeper.put(ctx, keyWorks, works)
	}
	if err == nil {
		s.works = works
	}
	return err
}

// keepAlarm keeps one alarm. Of two hubs the one that saw the later change is
// right; the other one goes on with it.
func (s *sayer) keepAlarm(ctx context.Context, al gtc.Alarm) error {
	theirs, err := s.keeper.put(ctx, keyAlarm+al.ID, al)
	if err != nil || theirs == nil {
		return err
	}
	s.conflicts.Inc()
	var other gtc.Alarm
	if err := json.Unmarshal(theirs, &other); err != nil {
		return fmt.Errorf("read state %s%s: %w", keyAlarm, al.ID, err)
	}
	s.log.Warn().Str("subject", al.ID).Str("mine", string(al.State)).Str("theirs", string(other.State)).Msg("another hub changed the alarm")
	if other.Changed.After(al.Changed) {
		s.alarms.adopt(other)
		return nil
	}
	if theirs, err = s.keeper.put(ctx, keyAlarm+al.ID, al); err == nil && theirs != nil {
		err = fmt.Errorf("keep alarm %s: another hub changes it all the time", al.ID)
	}
	return err
}

// watch takes over what other hubs keep, until ctx ends.
func (s *sayer) watch(ctx context.Context) error {
	w, err := s.bus.State().WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("watch kept alarms: %w", err)
	}
	if err := bus.FollowKeys(ctx, w, s.heard); err != nil {
		return fmt.Errorf("watch kept alarms: %w", err)
	}
	return nil
}

// heard takes over one value that another hub kept.
func (s *sayer) heard(e jetstream.KeyValueEntry) {
	id, ofAlarm := cutAlarm(e.Key())
	if !ofAlarm && (s.keepsWorks || e.Key() != keyWorks) {
		return
	}
	s.saying.Lock()
	defer s.saying.Unlock()
	if s.keeper.known[e.Key()].revision >= e.Revision() {
		return // its own
	}
	s.keeper.known[e.Key()] = known{e.Revision(), sha256.Sum256(e.Value())}
	var err error
	if ofAlarm {
		var al gtc.Alarm
		if err = json.Unmarshal(e.Value(), &al); err == nil {
			s.alarms.theirs(al)
		}
	} else {
		var works []alarm.Work
		if err = json.Unmarshal(e.Value(), &works); err == nil {
			s.alarms.planned(works)
		}
	}
	if err != nil {
		s.log.Warn().Err(err).Str("subject", id).Msg("what another hub kept is not understood")
	}
}
