package mqtt

import (
	"cmp"
	"slices"
	"sync"

	"github.com/cpas-charleroi/gtc"
)

// Reason says why a message could not be taken.
type Reason string

// The reasons.
const (
	// Oversized: the payload is larger than any that is looked at.
	Oversized Reason = "oversized"
	// Undecodable: the payload does not fit the device's profile.
	Undecodable Reason = "undecodable"
	// Unexpected: no device of the configuration publishes on the topic; it is
	// left from an older configuration in the session at the broker.
	Unexpected Reason = "unexpected"
)

// maxTopics bounds what is remembered by topic: a publisher chooses topics.
const maxTopics = 10000

// otherTopics stands for the topics beyond maxTopics.
const otherTopics = "(other)"

// Refusal counts the messages of one topic refused for one reason.
type Refusal struct {
	Device gtc.DeviceID
	Topic  string
	Reason Reason
	Count  uint64
	// Last is the latest error.
	Last string
}

type refusalKey struct {
	device gtc.DeviceID
	topic  string
	reason Reason
}

// refusals is safe for concurrent use.
type refusals struct {
	mu     sync.Mutex
	counts map[refusalKey]*Refusal
}

// add counts a refusal; first tells whether it is the first of its kind.
func (r *refusals) add(device gtc.DeviceID, topic string, reason Reason, err error) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := refusalKey{device, topic, reason}
	c := r.counts[key]
	if c == nil && len(r.counts) >= maxTopics {
		key.topic = otherTopics
		c = r.counts[key]
	}
	if c == nil {
		c = &Refusal{Device: device, Topic: key.topic, Reason: reason}
		r.counts[key] = c
		first = true
	}
	c.Count++
	c.Last = err.Error()
	return first
}

func (r *refusals) list() []Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Refusal, 0, len(r.counts))
	for _, c := range r.counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
