package mqtt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

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
	// Incomplete: the message refers to one that did not arrive (Sparkplug).
	Incomplete Reason = "incomplete"
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
	// Last is the latest error, Example the beginning of the latest payload.
	Last, Example string
}

// maxExample bounds what is kept of a payload, in bytes.
const maxExample = 200

// exampleOf makes the beginning of a payload fit for a screen.
func exampleOf(payload []byte) string {
	more := ""
	if len(payload) > maxExample {
		payload, more = payload[:maxExample], "…"
	}
	if !utf8.Valid(payload) {
		return fmt.Sprintf("%x", payload) + more
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, string(payload)) + more
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
func (r *refusals) add(device gtc.DeviceID, topic string, reason Reason, payload []byte, err error) (first bool) {
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
	c.Last, c.Example = err.Error(), exampleOf(payload)
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
