package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Why a message is sent.
const (
	// Raised calls for an alarm.
	Raised = "raised"
	// Over tells those who were called that the alarm is over.
	Over = "over"
	// Untold is what is recorded beside an alarm of which nobody can be told.
	Untold = "untold"
	// Test is sent to see whether a person is reached; it is about no alarm.
	Test = "test"
)

// Message is something to tell one person by one channel. Sending it twice is
// harmless where the channel knows its id.
type Message struct {
	// ID is event/why/step/recipient/channel: the same message has the same id,
	// whoever computes it and however often.
	ID string `json:"id"`
	// Why is Raised or Over.
	Why     string    `json:"why"`
	To      Person    `json:"to"`
	Webhook string    `json:"webhook,omitempty"`
	Channel Channel   `json:"channel"`
	At      time.Time `json:"at"`
	// Step is the stage of the escalation, 0 the first.
	Step int `json:"step"`
	// Alarms are what it is about, the worst first; several when many came at
	// once.
	Alarms []gtc.Alarm `json:"alarms"`
	// More is how many further alarms there are, which are not listed.
	More int `json:"more,omitempty"`
	// Numbers are those of the cases of Alarms: see [Case.Number].
	Numbers []int `json:"numbers,omitempty"`
	// Reply is what to answer by SMS to take the alarm in charge, "" where
	// no answer is read.
	Reply string `json:"-"`
	// Mail is the name that an e-mail has for mail servers, so that it is known
	// when it comes back; "" where nobody looks for that.
	Mail string `json:"-"`
	// BySite tells that the site says it itself because it does not reach the
	// hub.
	BySite bool `json:"by_site,omitempty"`
	// Late is when the hub heard of the alarm, where that was long after it
	// began; zero otherwise.
	Late time.Time `json:"late,omitzero"`
	// Again counts earlier occurrences that were not told one by one.
	Again int `json:"again,omitempty"`
}

// LifeSafety reports whether a message is about life safety.
func (m Message) LifeSafety() bool {
	for i := range m.Alarms {
		if m.Alarms[i].LifeSafety {
			return true
		}
	}
	return false
}

// Priority is that of the worst alarm; that of a test is the least.
func (m Message) Priority() gtc.Priority {
	worst := gtc.PriorityDrift
	for i := range m.Alarms {
		if p := m.Alarms[i].Priority; p >= gtc.PriorityCritical {
			worst = min(worst, p)
		}
	}
	return worst
}

// crowd is how many alarms one person is told of one by one at the same time.
const crowd = 3

// gather makes one message of those that one person would get by one channel
// at the same time, when there are more than a few. Messages are in order of
// urgency and stay so; life safety and webhooks are never gathered.
func gather(in []Message) []Message {
	type address struct {
		to, why string
		channel Channel
	}
	alone := func(m *Message) bool { return m.Channel == Webhook || m.LifeSafety() }
	count := map[address]int{}
	for i := range in {
		if !alone(&in[i]) {
			count[address{in[i].To.ID, in[i].Why, in[i].Channel}]++
		}
	}
	var out []Message
	first := map[address]int{}
	for _, m := range in {
		at := address{m.To.ID, m.Why, m.Channel}
		if alone(&m) || count[at] <= crowd {
			out = append(out, m)
			continue
		}
		i, ok := first[at]
		if !ok {
			first[at] = len(out)
			out = append(out, m)
			continue
		}
		out[i].Alarms = append(out[i].Alarms, m.Alarms...)
		out[i].Numbers = append(out[i].Numbers, m.Numbers...)
		out[i].Again += m.Again
		// Told of other alarms, it is another message.
		sum := sha256.Sum256([]byte(out[i].ID + "\n" + m.ID))
		out[i].ID = "several/" + hex.EncodeToString(sum[:16])
	}
	return out
}
