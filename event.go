package gtc

import "time"

// EventKind is the kind of change an event records.
type EventKind string

// The kinds of events.
const (
	EventAlarm   EventKind = "alarm"
	EventFinding EventKind = "finding"
	EventCommand EventKind = "command"
	EventQuality EventKind = "quality"
	EventDevice  EventKind = "device"
	EventEdge    EventKind = "edge"
)

// Event is one recorded change of state. Events are append-only; two events
// with the same ID are the same event delivered twice. The JSON form is
// described in docs/formats/event.md.
type Event struct {
	ID   string `json:"id"`
	Site SiteID `json:"site"`
	// At is the instant of the change at its source, UTC to the millisecond.
	At time.Time `json:"at"`
	// Received is the instant the hub received it, zero before.
	Received time.Time `json:"received,omitzero"`
	Kind     EventKind `json:"kind"`
	// Subject says what changed: an alarm id, a rule and meter, a device …
	Subject string `json:"subject"`
	From    string `json:"from,omitempty"`
	To      string `json:"to"`
	// Actor is a user, or the program's part that caused the change.
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`

	Equipment EquipmentID `json:"equipment,omitempty"`
	Point     PointID     `json:"point,omitempty"`
	Priority  Priority    `json:"priority,omitempty"`
	// Value is the observed number where one caused the event.
	Value *float64 `json:"value,omitempty"`
	// Finding carries the whole finding of an EventFinding.
	Finding *Finding `json:"finding,omitempty"`
}

// Priority is an alarm's priority, 1 (life safety) to 4 (drift).
type Priority int

// The priorities.
const (
	PriorityCritical Priority = 1
	PriorityHigh     Priority = 2
	PriorityMedium   Priority = 3
	PriorityDrift    Priority = 4
)

// AlarmState is where an alarm stands.
type AlarmState string

// The states of the first alarm life cycle.
const (
	AlarmNormal         AlarmState = "normal"
	AlarmUnacknowledged AlarmState = "unacknowledged"
	AlarmAcknowledged   AlarmState = "acknowledged"
	AlarmReturned       AlarmState = "returned_unacknowledged"
)

// Alarm asks a person to act on one equipment.
type Alarm struct {
	// ID is site/equipment/class, unique and stable.
	ID        string      `json:"id"`
	Class     string      `json:"class"`
	Site      SiteID      `json:"site"`
	Equipment EquipmentID `json:"equipment"`
	Kind      Kind        `json:"kind,omitempty"`
	Priority  Priority    `json:"priority"`
	State     AlarmState  `json:"state"`
	// Since is the instant the present occurrence began, kept across restarts.
	Since time.Time `json:"since,omitzero"`
	// Changed is the instant of the last change of state.
	Changed time.Time `json:"changed,omitzero"`
	Label   Label     `json:"label,omitempty"`
	// Advice (consigne) says what to do.
	Advice Label `json:"advice,omitempty"`
	// Occurrence counts the times the alarm has been raised.
	Occurrence int    `json:"occurrence"`
	By         string `json:"by,omitempty"`
}

// Active reports whether the condition holds now.
func (a Alarm) Active() bool {
	return a.State == AlarmUnacknowledged || a.State == AlarmAcknowledged
}

// Standing reports whether the alarm still has a place on the list.
func (a Alarm) Standing() bool { return a.State != AlarmNormal && a.State != "" }
