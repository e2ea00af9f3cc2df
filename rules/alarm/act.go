package alarm

import (
	"errors"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
)

var (
	// ErrUnknown says that there is no alarm of that id.
	ErrUnknown = errors.New("unknown alarm")
	// ErrLifeSafety says that an alarm of life safety is never set aside.
	ErrLifeSafety = errors.New("life safety is never set aside")
	// ErrNoReason says that no reason was given.
	ErrNoReason = errors.New("no reason given")
	// ErrUntil says that the end is not in the future or too far away.
	ErrUntil = errors.New("end not allowed")
	// ErrNobody says that nobody was named.
	ErrNobody = errors.New("by nobody")
)

// The longest time that an alarm may be set aside.
const (
	LongestShelving     = 7 * 24 * time.Hour
	LongestOutOfService = 90 * 24 * time.Hour
	// LongestTest is that of a planned test of a panel.
	LongestTest = 2 * time.Hour
)

// Acknowledge records that a person took an alarm in charge. It returns the
// event, none if there was nothing to acknowledge, and an error wrapping
// [ErrUnknown] if there is no such alarm. By must name the person.
func (e *Engine) Acknowledge(id, by string, at time.Time) ([]gtc.Event, error) {
	return e.act("acknowledge", id, Acknowledge, by, at)
}

// Reset lets a latched alarm go that a person has looked at. It needs to be
// acknowledged first.
func (e *Engine) Reset(id, by string, at time.Time) ([]gtc.Event, error) {
	return e.act("reset", id, Reset, by, at)
}

func (e *Engine) act(what, id string, in Input, by string, at time.Time) ([]gtc.Event, error) {
	t, err := e.find(id, by)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, id, err)
	}
	from := t.alarm.Process()
	at = after(t.alarm.Changed, at)
	t.alarm = Next(t.alarm, in, t.class.Latch, by, at)
	if t.alarm.Process() == from {
		return nil, nil
	}
	ev := decided(t.alarm, from, t.alarm.Process(), by, "", at)
	if t.alarm.State.Inhibits() {
		ev.Inhibited = t.alarm.State
	}
	return []gtc.Event{ev}, nil
}

func (e *Engine) find(id, by string) (*track, error) {
	t := e.tracks[id]
	switch {
	case by == "":
		return nil, ErrNobody
	case t == nil:
		return nil, ErrUnknown
	}
	return t, nil
}

// Shelve sets an alarm aside for a time, with a reason. It goes on being
// judged and recorded, and comes back by itself.
func (e *Engine) Shelve(id, by, reason string, until, at time.Time) ([]gtc.Event, error) {
	t, err := e.find(id, by)
	if err == nil {
		err = mayInhibit(t.class.LifeSafety, reason, at, until, LongestShelving)
	}
	if err != nil {
		return nil, fmt.Errorf("shelve %s: %w", id, err)
	}
	at = after(t.alarm.Changed, at)
	return t.inhibit(gtc.Inhibition{State: gtc.AlarmShelved, By: by, Reason: reason, Since: at, Until: until}, at), nil
}

func mayInhibit(lifeSafety bool, reason string, at, until time.Time, longest time.Duration) error {
	switch {
	case lifeSafety:
		return ErrLifeSafety
	case reason == "":
		return ErrNoReason
	case !until.After(at) || until.Sub(at) > longest:
		return fmt.Errorf("%w: within %s", ErrUntil, longest)
	}
	return nil
}

// Unshelve brings a shelved alarm back before its time.
func (e *Engine) Unshelve(id, by string, at time.Time) ([]gtc.Event, error) {
	t, err := e.find(id, by)
	if err != nil {
		return nil, fmt.Errorf("unshelve %s: %w", id, err)
	}
	if _, is := Inhibited(t.alarm, gtc.AlarmShelved); !is {
		return nil, nil
	}
	return t.release(gtc.AlarmShelved, by, "", at), nil
}
