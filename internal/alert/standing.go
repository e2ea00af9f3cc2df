package alert

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// standingAfter is how long ago an alarm must have changed to be taken for
	// one whose event will not come: it was published before the consumer of
	// events was made.
	standingAfter = time.Minute
	// standingRetry is how often it is looked whether all events were read.
	standingRetry = time.Second
)

// takeStanding opens a case for every alarm that waits for somebody and of
// which nobody was ever told, such as those that stood when people were first to
// be told at all. It reports false while events wait to be read: they may be
// theirs.
func (s *Service) takeStanding(ctx context.Context) (bool, error) {
	if s.o.Standing == nil {
		return true, nil
	}
	c, err := s.js.Consumer(ctx, bus.StreamEvents, durable)
	if err != nil {
		return false, fmt.Errorf("look at consumer %s: %w", durable, err)
	}
	if info := c.CachedInfo(); info.NumPending > 0 || info.NumAckPending > 0 {
		return false, nil
	}
	now := s.o.Now()
	var events []gtc.Event
	var subjects []notify.Subject
	for _, a := range s.o.Standing() {
		if now.Sub(a.Changed) < standingAfter || a.Process() == gtc.AlarmNormal {
			continue
		}
		ev := gtc.Event{
			// The id that the event of its beginning has.
			ID: fmt.Sprintf("%s/%d/%s", a.ID, a.Occurrence, gtc.AlarmUnacknowledged), Site: a.Site, At: a.Since, Kind: gtc.EventAlarm,
			Subject: a.ID, To: string(gtc.AlarmUnacknowledged), Equipment: a.Equipment, Priority: a.Priority, InTest: a.InTest,
		}
		if subject, ok := s.subject(ctx, ev); ok && subject.Waits(a.State) {
			events, subjects = append(events, ev), append(subjects, subject)
		}
	}
	if len(events) == 0 {
		return true, nil
	}
	told := 0
	err = s.turn(ctx, func(now time.Time) []notify.Message {
		for i := range events {
			if s.engine.Stands(subjects[i], events[i], now) {
				told++
			}
		}
		return nil
	})
	if err == nil && told > 0 {
		s.log.Info().Int("alarms", told).Msg("people are told of alarms that stood already")
	}
	return err == nil, err
}
