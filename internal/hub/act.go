package hub

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

var _ console.Actions = (*Hub)(nil)

// longestReason bounds what a person writes, in characters.
const longestReason = 1000

// Act does what a person does about an alarm. It returns when the change is
// published and kept, and refuses with the errors of rules/alarm.
func (h *Hub) Act(ctx context.Context, a console.Action) error {
	a.Reason = strings.TrimSpace(a.Reason)
	if r := []rune(a.Reason); len(r) > longestReason {
		a.Reason = string(r[:longestReason])
	}
	return h.decide(ctx, func(e *alarm.Engine, now time.Time) ([]gtc.Event, error) {
		switch a.Kind {
		case console.ActAcknowledge:
			return e.Acknowledge(a.Alarm, a.By, now)
		case console.ActReset:
			return e.Reset(a.Alarm, a.By, now)
		case console.ActShelve:
			return e.Shelve(a.Alarm, a.By, a.Reason, a.Until, now)
		case console.ActUnshelve:
			return e.Unshelve(a.Alarm, a.By, now)
		case console.ActComment, console.ActTick, console.ActUntick:
			return comment(e, a, now)
		}
		return nil, fmt.Errorf("action %q of %s: %w", a.Kind, a.Alarm, alarm.ErrUnknown)
	})
}

// comment records what a person wrote beside an alarm. It changes nothing of
// the alarm.
func comment(e *alarm.Engine, a console.Action, now time.Time) ([]gtc.Event, error) {
	al, ok := e.Alarm(a.Alarm)
	var err error
	switch {
	case a.By == "":
		err = alarm.ErrNobody
	case !ok:
		err = alarm.ErrUnknown
	case a.Reason == "" && a.Kind == console.ActComment:
		err = alarm.ErrNoReason
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", a.Kind, a.Alarm, err)
	}
	ev := gtc.Event{
		ID: fmt.Sprintf("%s/%s/%d/%s", a.Kind, al.ID, now.UnixMilli(), a.By), Site: al.Site, At: now, Kind: gtc.EventComment,
		Subject: al.ID, To: string(a.Kind), Actor: a.By, Reason: a.Reason, Equipment: al.Equipment, Priority: al.Priority,
	}
	if a.Step > 0 {
		step := float64(a.Step)
		ev.Value = &step
	}
	return []gtc.Event{ev}, nil
}

// Plan announces a maintenance or the test of a panel.
func (h *Hub) Plan(ctx context.Context, w alarm.Work) error {
	return h.decide(ctx, func(e *alarm.Engine, now time.Time) ([]gtc.Event, error) { return e.Plan(w, now) })
}

// Finish ends a work before its time.
func (h *Hub) Finish(ctx context.Context, id, by string) error {
	return h.decide(ctx, func(e *alarm.Engine, now time.Time) ([]gtc.Event, error) { return e.Finish(id, by, now) })
}

// decide lets a person change the alarms, then publishes and keeps what became
// of them. When that fails the change stands and is said at the next turn; the
// error tells that it is not sure to outlive the hub.
func (h *Hub) decide(ctx context.Context, what func(*alarm.Engine, time.Time) ([]gtc.Event, error)) error {
	if err := h.alarms.decide(h.now().Truncate(time.Millisecond), what); err != nil {
		return err
	}
	return h.publishAlarms(ctx)
}

func (a *alarms) decide(now time.Time, what func(*alarm.Engine, time.Time) ([]gtc.Event, error)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	events, err := what(a.engine, now)
	if err != nil {
		return err
	}
	a.sayOwn(events)
	return nil
}

// acknowledge takes an alarm in charge in the name of somebody who answered a
// message.
func (h *Hub) acknowledge(ctx context.Context, id, by string) error {
	return h.Act(ctx, console.Action{Kind: console.ActAcknowledge, Alarm: id, By: by})
}
