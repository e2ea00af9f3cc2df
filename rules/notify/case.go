package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// disciplineIntrusion is that of break-ins and hold-ups: over in a second, and
// somebody has to know of them all the same.
const disciplineIntrusion = "intrusion"

// Subject is what the engine needs to know of an alarm beside the alarm.
type Subject struct {
	Alarm      gtc.Alarm
	Discipline string
	// OfficeHours holds the first call back until the technical service is at
	// work; never for life safety.
	OfficeHours bool
	// Delay is a time that the screen already shows it before anybody is
	// called: a lost edge of a site with a fire panel.
	Delay time.Duration
	// Avoid is a channel that cannot be used for this alarm, because it is what
	// the alarm is about: whoever is to be told is told by the others.
	Avoid Channel
	// Holder narrows the recipients to one person, by id or name, while a panel
	// is under a planned test.
	Holder string
	// LastResort tells that the alarm is about people who are not told: when
	// its own route reaches nobody, everybody is told.
	LastResort bool
}

// Waits reports whether the alarm asks for somebody in a state: also when it is
// over and nobody saw it, where somebody has to look. That is what latches, life
// safety and intrusion.
func (s *Subject) Waits(state gtc.AlarmState) bool {
	switch state {
	case gtc.AlarmUnacknowledged, gtc.AlarmLatchedUnacknowledged:
		return true
	case gtc.AlarmReturned:
		return s.Alarm.LifeSafety || s.Discipline == disciplineIntrusion
	default:
		return false
	}
}

// urgent reports whether the alarm is of priority 1 or 2.
func (s *Subject) urgent() bool { return s.Alarm.Priority <= gtc.PriorityHigh }

// vital reports whether somebody must be told whatever the routes say.
func (s *Subject) vital() bool {
	return s.Alarm.LifeSafety || s.Alarm.Priority <= gtc.PriorityCritical
}

func (s *Subject) delay() time.Duration {
	if s.Alarm.LifeSafety {
		return 0
	}
	return s.Delay
}

// Case is one alarm of which people are told. It is kept by whoever runs the
// engine and given back at the next start.
type Case struct {
	Subject Subject `json:"subject"`
	// Number names the case in a few digits, 1 to 999, so that a person can
	// say in an SMS which alarm is meant.
	Number int `json:"number"`
	// Event is the id of the event that opened it.
	Event string `json:"event"`
	// Opened is when the call began; Heard when the hub heard of the alarm, where
	// that was before, zero otherwise.
	Opened time.Time `json:"opened"`
	Heard  time.Time `json:"heard,omitzero"`
	// First is when the alarm called first of the time in which its occurrences
	// count together, zero for Opened; Calls is how often it called since then.
	First time.Time `json:"first,omitzero"`
	Calls int       `json:"calls,omitempty"`
	// Stopped is when it was taken in charge, set aside or over, zero before.
	Stopped time.Time `json:"stopped,omitzero"`
	// Next is the step that comes next, Told whom it was said to, since Asked.
	Next  int       `json:"next"`
	Told  []string  `json:"told,omitempty"`
	Asked time.Time `json:"asked,omitzero"`
	// Again counts the occurrences before this one.
	Again int `json:"again,omitempty"`
	// Held is an occurrence that is not told yet, nil for none.
	Held *Held `json:"held,omitempty"`
	// Unsent are those of Told whose message was not handed over yet, with the
	// instant at which it was made.
	Unsent map[string]time.Time `json:"unsent,omitempty"`
	// Failed are those of Told that the message did not reach; Hurried is how
	// many steps do not wait for their time because nobody was reached.
	Failed  []string `json:"failed,omitempty"`
	Hurried int      `json:"hurried,omitempty"`
	// Nobody is since when there is nobody who could be told, zero otherwise.
	Nobody time.Time `json:"nobody,omitzero"`
}

// Held is an occurrence that came soon after others.
type Held struct {
	// Event is that of its beginning, Since when the hub heard of it.
	Event string    `json:"event"`
	Since time.Time `json:"since"`
}

// first is when the time began in which occurrences count together.
func (c *Case) first() time.Time {
	if c.First.IsZero() {
		return c.Opened
	}
	return c.First
}

// heard is when the hub heard of the occurrence.
func (c *Case) heard() time.Time {
	if c.Heard.IsZero() {
		return c.Opened
	}
	return c.Heard
}

// reached reports whether one who was told is a person of whom nothing says that
// the message did not arrive.
func (c *Case) reached(told string) bool {
	return !ofProgram(told) && !slices.Contains(c.Failed, told)
}

// handed reports whether the message to one who was told was handed over, and
// did not come back.
func (c *Case) handed(told string) bool {
	_, waits := c.Unsent[told]
	return !waits && !slices.Contains(c.Failed, told)
}

// tell notes that a message is made for a recipient.
func (c *Case) tell(told string, now time.Time) {
	if c.Asked.IsZero() {
		c.Asked = now
	}
	if c.Unsent == nil {
		c.Unsent = map[string]time.Time{}
	}
	c.Unsent[told] = now
	c.Failed = slices.DeleteFunc(c.Failed, func(t string) bool { return t == told }) // this message may arrive
	if !slices.Contains(c.Told, told) {
		c.Told = append(c.Told, told)
	}
}

// ofProgram reports whether a program was told, not a person.
func ofProgram(told string) bool { return strings.HasPrefix(told, toWebhook) }
