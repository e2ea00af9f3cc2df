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
	// EventWork is a maintenance or a test that begins or ends.
	EventWork EventKind = "work"
	// EventComment is what a person wrote beside an alarm, a step of its consigne
	// that the person ticked, or what the engine notes of an occurrence.
	EventComment EventKind = "comment"
	// EventRegister is a change of the works register: an entry that is made,
	// changed, ended or struck, or a baseline that a person moved.
	EventRegister EventKind = "register"
	// EventAccess is a program that is let in or kept out: a service token that
	// is made or revoked.
	EventAccess EventKind = "access"
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
	// Inhibited is the state that inhibits an alarm while From and To are those
	// of the process beneath it: such an event calls nobody.
	Inhibited AlarmState `json:"inhibited,omitempty"`
	// Until is when a shelving or an out of service ends by itself.
	Until time.Time `json:"until,omitzero"`
	// InTest says that the event comes from a panel under test.
	InTest bool `json:"in_test,omitempty"`
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

// The states of an alarm, those of ISA-18.2. The last three inhibit: the alarm
// goes on being judged and recorded, but calls nobody.
const (
	AlarmNormal         AlarmState = "normal"
	AlarmUnacknowledged AlarmState = "unacknowledged"
	AlarmAcknowledged   AlarmState = "acknowledged"
	AlarmReturned       AlarmState = "returned_unacknowledged"
	// A latched alarm is over but stays until somebody who looked resets it.
	AlarmLatchedUnacknowledged AlarmState = "latched_unacknowledged"
	AlarmLatched               AlarmState = "latched"

	AlarmShelved      AlarmState = "shelved"
	AlarmSuppressed   AlarmState = "suppressed"
	AlarmOutOfService AlarmState = "out_of_service"
)

// Inhibits reports whether the state calls nobody whatever the condition does.
func (s AlarmState) Inhibits() bool {
	return s == AlarmShelved || s == AlarmSuppressed || s == AlarmOutOfService
}

// Inhibition is why an alarm calls nobody for a time.
type Inhibition struct {
	// State is shelved, suppressed or out_of_service.
	State AlarmState `json:"state"`
	// By is the person, or what suppresses the alarm by design.
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	// Since and Until bound it; only a suppression by design has no Until.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
}

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
	// Under is what State would be without inhibition, "" when there is none.
	Under AlarmState `json:"under,omitempty"`
	// Inhibitions are those in force, the one that State names first.
	Inhibitions []Inhibition `json:"inhibitions,omitempty"`
	// LifeSafety marks an alarm that is never inhibited, grouped or delayed.
	LifeSafety bool `json:"life_safety,omitempty"`
	// InTest says that the panel is under test: shown at once, and so named.
	InTest bool `json:"in_test,omitempty"`
	// Chattering says that it is raised and returns over and over.
	Chattering bool `json:"chattering,omitempty"`
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

// Process returns where the alarm stands whatever inhibits it.
func (a Alarm) Process() AlarmState {
	if a.Under != "" {
		return a.Under
	}
	return a.State
}

// Active reports whether the condition holds now.
func (a Alarm) Active() bool {
	s := a.Process()
	return s == AlarmUnacknowledged || s == AlarmAcknowledged
}

// Standing reports whether the alarm still has a place on the list of those
// that ask for somebody. An inhibited one has its place on another list.
func (a Alarm) Standing() bool {
	return a.State != AlarmNormal && a.State != "" && !a.State.Inhibits()
}
