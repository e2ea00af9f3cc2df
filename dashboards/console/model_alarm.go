package console

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// AlarmModel answers what the alarm pages ask beyond [Model].
type AlarmModel interface {
	// Alarms returns every alarm that asks for somebody or is set aside, and
	// the works, of all sites and of the hub itself. The order is free.
	Alarms(ctx context.Context) (Board, error)
	// Alarm returns one alarm with what is known of its class and its course;
	// [ErrUnknown] when nothing watches for such an alarm. One that is normal
	// is answered too: a link to it outlives it.
	Alarm(ctx context.Context, id string) (AlarmDetail, error)
	// Measures returns the load of alarms of the last days.
	Measures(ctx context.Context) (Measures, error)
}

// Board is all alarms at one instant.
type Board struct {
	At time.Time `json:"at"`
	// Standing ask for somebody ([gtc.Alarm.Standing]); Inhibited are shelved,
	// suppressed or out of service, with State saying which.
	Standing  []SiteAlarm `json:"standing"`
	Inhibited []SiteAlarm `json:"inhibited"`
	// Works are planned or under way.
	Works []alarm.Work `json:"works"`
}

// AlarmDetail is one alarm: what it says, what to do, what became of it.
type AlarmDetail struct {
	SiteAlarm
	At       time.Time `json:"at"`
	TimeZone string    `json:"time_zone"`
	// Cause and Consequence explain the alarm; Steps are its consigne by
	// language, one step each.
	Cause       gtc.Label           `json:"cause,omitempty"`
	Consequence gtc.Label           `json:"consequence,omitempty"`
	Steps       map[string][]string `json:"steps,omitempty"`
	// TimeToAct is 0 where the priority says it. Owner is a function.
	TimeToAct time.Duration `json:"time_to_act_ns,omitempty"`
	Owner     string        `json:"owner,omitempty"`
	// Latch tells that the alarm stays after its end until somebody resets it.
	Latch bool `json:"latch,omitempty"`
	// Panel tells that the equipment is a panel whose test may be planned.
	Panel bool `json:"panel,omitempty"`
	// Events are the last of the alarm, newest first, at most about 100, with
	// those of kind [gtc.EventComment].
	Events []gtc.Event `json:"events"`
	// Works are those planned or under way that cover the alarm.
	Works []alarm.Work `json:"works,omitempty"`
	// Series are those behind the condition, the one to draw first. The page
	// asks [Model.Trend] for them.
	Series []AlarmSeries `json:"series,omitempty"`
}

// AlarmSeries is one series behind an alarm.
type AlarmSeries struct {
	gtc.Series
	Label gtc.Label `json:"label"`
	Unit  string    `json:"unit,omitempty"`
	// Type is float, bool or enum.
	Type string `json:"type"`
	// Limit is the value above or below which the alarm is raised, nil where
	// there is none.
	Limit *float64 `json:"limit,omitempty"`
}

// Measures is the load of alarms over some days, to hold against the targets
// of EEMUA 191 and ISA-18.2 for one person.
type Measures struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Counts is how many alarms called in each ten minutes from From on; those
	// inhibited or grouped call nobody and do not count.
	Counts []int `json:"counts"`
	// Floods are the spans with more than ten alarms in ten minutes.
	Floods []Flood `json:"floods,omitempty"`
	// Mix counts the alarms by priority 1 to 4, index 0 unused.
	Mix [5]int `json:"mix"`
	// Top are the alarms that called most often, the most frequent first, at
	// most ten.
	Top []AlarmCount `json:"top,omitempty"`
	// LongStanding have been active for more than 24 h at To, the oldest first.
	LongStanding []SiteAlarm `json:"long_standing,omitempty"`
	// Chattering are raised and return over and over.
	Chattering []SiteAlarm `json:"chattering,omitempty"`
	// Taken says how long it took to take alarms in charge, by priority 1 to 4,
	// index 0 unused.
	Taken [5]TakenIn `json:"taken"`
}

// Flood is a time with more alarms than a person can follow.
type Flood struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Count is how many alarms called in it.
	Count int `json:"count"`
}

// AlarmCount is how often an alarm called.
type AlarmCount struct {
	Alarm SiteAlarm `json:"alarm"`
	Count int       `json:"count"`
}

// TakenIn is how long it took to take the alarms of one priority in charge.
type TakenIn struct {
	// Count is how many were; Waiting how many are not yet.
	Count   int `json:"count"`
	Waiting int `json:"waiting"`
	// Median and P95 are the times within which half and 95 % of Count were.
	Median time.Duration `json:"median_ns"`
	P95    time.Duration `json:"p95_ns"`
}

// ActionKind is what a person does about an alarm.
type ActionKind string

// The kinds of actions.
const (
	ActAcknowledge ActionKind = "acknowledge"
	ActReset       ActionKind = "reset"
	ActShelve      ActionKind = "shelve"
	ActUnshelve    ActionKind = "unshelve"
	// ActComment writes Reason beside the alarm. ActTick and ActUntick say
	// that a step of the consigne has been done, or not after all.
	ActComment ActionKind = "comment"
	ActTick    ActionKind = "tick"
	ActUntick  ActionKind = "untick"
)

// Action is what a person does about one alarm.
type Action struct {
	Kind  ActionKind
	Alarm string
	// By is the user's id.
	By string
	// Reason is required to shelve and to comment; of a tick it is the text of
	// the step.
	Reason string
	// Until is when a shelving ends.
	Until time.Time
	// Step is the step that a tick is of, 1 for the first.
	Step int
}

// Actions are what a person does from the console. Each returns when the
// change is recorded, so that the page that follows shows it, and refuses with
// the errors of rules/alarm. Comments and ticks become events of kind
// [gtc.EventComment] with the alarm as Subject, the kind of the action as To,
// By as Actor, Reason as Reason and the step as Value.
type Actions interface {
	Act(ctx context.Context, a Action) error
	// Plan announces a maintenance or the test of a panel, Finish ends it.
	Plan(ctx context.Context, w alarm.Work) error
	Finish(ctx context.Context, id, by string) error
}

// Grant is what a signed link of a message allows: one person to take one
// occurrence of one alarm in charge.
type Grant struct {
	Person     string
	Alarm      string
	Occurrence int
	Expires    time.Time
}

// Pushes keeps the browsers in which people allowed to be told. The hub's
// public key (VAPID) is in [Options.PushKey].
type Pushes interface {
	// Subscribe keeps a browser of a person. Subscription is the JSON of a
	// PushSubscription (W3C Push API): endpoint and keys.
	Subscribe(ctx context.Context, person string, subscription []byte) error
	Unsubscribe(ctx context.Context, person, endpoint string) error
}
