package alarm

import (
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/cpas-charleroi/gtc"
)

// Class says when an alarm is raised, how much it matters and what to do. It
// comes from [Parse], which refuses a class that nobody could act on.
type Class struct {
	// ID matches [a-z0-9_]+ and is part of the alarm's id for ever.
	ID string
	// Kind is the kind of equipment it watches, "" for an edge or a device.
	Kind gtc.Kind
	When Condition
	// OnDelay is how long the condition must hold before the alarm is raised,
	// OffDelay how long it must not hold before the alarm returns.
	OnDelay, OffDelay time.Duration
	Priority          gtc.Priority
	// PriorityFire replaces Priority for an edge of a site with a fire panel
	// or a device that serves one; 0 when there is no difference.
	PriorityFire gtc.Priority
	// LifeSafety marks fire, gas or CO, flood of an electrical room and lift
	// entrapment: never delayed, shelved, grouped or suppressed.
	LifeSafety bool
	// Latch keeps the alarm on the list after it is over, until somebody who
	// looked resets it.
	Latch bool
	// TimeToAct is within what time somebody must act, 0 where the priority
	// says it.
	TimeToAct time.Duration
	// Owner is who answers for the class: a function, not a person.
	Owner string
	// OfficeHours lets the first call wait until the technical service is at
	// work; the screen shows the alarm at once.
	OfficeHours bool
	// SuppressedBy are classes during which this one says nothing new: it is
	// inhibited by design while one of them is active on the same equipment, or
	// on any of the site if that class's Scope is the site.
	SuppressedBy []string
	// Scope is how far an active alarm of the class explains others.
	Scope Scope
	// Settle leaves the plant time after a change.
	Settle Settle
	// Rise makes the alarm more urgent while it lasts.
	Rise Rise
	// Discipline is the trade that acts: see [Disciplines].
	Discipline string
	Label      gtc.Label
	// Cause and Consequence explain the alarm.
	Cause, Consequence gtc.Label
	// Advice (consigne) is what to do, step by step, by language.
	Advice map[string][]string
}

// Settle is how long after a change of one of some points of the equipment (a
// pump that starts, a set point that moved) an alarm is not raised.
type Settle struct {
	Points []gtc.PointID
	For    time.Duration
	// Step is the change of a number, in its unit, from which on it counts.
	Step float64
	// AtMost bounds what all changes together add to the delay.
	AtMost time.Duration
}

// Scope is how far an active alarm explains others that name its class.
type Scope string

// The scopes. A device that does not answer explains what it serves, whatever
// its class says.
const (
	ScopeEquipment Scope = ""
	ScopeSite      Scope = "site"
)

// Rise is when an active alarm takes a higher priority: after a time, outside
// staffed hours, or whichever comes first.
type Rise struct {
	Priority     gtc.Priority
	After        time.Duration
	OutsideHours bool
}

// Disciplines returns the trades a class may belong to.
func Disciplines() []string {
	return []string{
		"fire", "safety", "intrusion", "heating", "dhw", "ventilation", "electricity", "water", "cold", "communication",
	}
}

// Watch is what a class without points looks at.
type Watch string

// The things a class may watch instead of points.
const (
	// WatchEdge is the heartbeat of a site's edge.
	WatchEdge Watch = "edge"
	// WatchDevice is whether each device of a site answers.
	WatchDevice Watch = "device"
	// WatchRule is whether the expressions on an equipment can be computed.
	WatchRule Watch = "rule"
	// WatchUnread is whether the life-safety points of each equipment are read.
	WatchUnread Watch = "unread"
	// WatchStoreAway is whether the hub reaches the database, WatchStoreRefused
	// whether the database lets the hub in.
	WatchStoreAway    Watch = "store_away"
	WatchStoreRefused Watch = "store_refused"
	// WatchUnsent is whether what a channel was given for people was sent,
	// WatchChannel whether a way to people passes its test, WatchUntold whether
	// there is an alarm of which nobody can be told.
	WatchUnsent  Watch = "unsent"
	WatchChannel Watch = "channel"
	WatchUntold  Watch = "untold"
	// What an edge says of itself: its queue is 80 % full of what the hub has
	// not taken, takes nothing, has lost something; its clock is not set.
	WatchQueueFilling Watch = "queue_filling"
	WatchQueueRefuses Watch = "queue_refuses"
	WatchQueueLost    Watch = "queue_lost"
	WatchClock        Watch = "clock"
)

// watches are all of them.
func watches() []Watch {
	return []Watch{WatchEdge, WatchDevice, WatchRule, WatchUnread, WatchStoreAway, WatchStoreRefused, WatchUnsent, WatchChannel, WatchUntold, WatchQueueFilling, WatchQueueRefuses, WatchQueueLost, WatchClock}
}

// Condition is what has to be so for an alarm. Exactly one of Point, Each, Any,
// Expr and Watch is set. A point is judged by its value unless one of Stuck,
// Missing, Rises, Falls, Starts or From says otherwise.
type Condition struct {
	// Each is a two-state point that an equipment may have several of, such as
	// zone_<nn>_alarm: each has an alarm of its own.
	Each gtc.PointID
	// Point is one point of the equipment: true if it is two-state, one of In
	// if it is an enumeration, above Above or below Below if it is a number.
	Point gtc.PointID
	// Any are two-state points of which one true is enough; those the site does
	// not have do not count.
	Any []gtc.PointID
	// Above and Below are limits in the point's unit.
	Above, Below *float64
	// DeadBand is how far a number must come back within its limit, in the
	// point's unit, before the condition no longer holds.
	DeadBand float64
	In       []int
	// Expr is an expression over the points of the equipment; Clear, if set,
	// is what must become true before the condition no longer holds.
	Expr, Clear string
	Watch       Watch

	// Stuck is how long a number must stay within Tolerance (in its unit) to
	// be called stuck.
	Stuck     time.Duration
	Tolerance float64
	// Missing is how long a point must be absent or doubtful although its site
	// is heard.
	Missing time.Duration
	// Rises and Falls are how far a number moves Within a time, in its unit.
	Rises, Falls float64
	// Starts is how often a two-state point becomes true Within a time.
	Starts int
	Within time.Duration
	// From is the point (a set point) from which Point deviates: Above and
	// Below then limit Point − From, Beyond limits it either way.
	From   gtc.PointID
	Beyond *float64

	points        []gtc.PointID
	expr, clearIf *vm.Program
}

// Points returns the points the condition reads.
func (c Condition) Points() []gtc.PointID { return append([]gtc.PointID(nil), c.points...) }

// advice joins the steps of every language, one a line.
func (c *Class) advice() gtc.Label {
	out := gtc.Label{}
	for lang, steps := range c.Advice {
		out[lang] = strings.Join(steps, "\n")
	}
	return out
}

// priority returns the class's priority where a fire panel is concerned or not.
func (c *Class) priority(fire bool) gtc.Priority {
	if fire && c.PriorityFire != 0 {
		return c.PriorityFire
	}
	return c.Priority
}
