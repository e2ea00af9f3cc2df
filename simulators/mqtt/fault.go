package mqtt

import (
	"bytes"
	"context"
	"time"

	"github.com/cpas-charleroi/gtc/collector/profile"
)

// Fault is what goes wrong with a device's messages.
type Fault string

// The faults.
const (
	// Duplicate publishes a message twice.
	Duplicate Fault = "duplicate"
	// OutOfOrder publishes the messages of a round after those of the next.
	OutOfOrder Fault = "out_of_order"
	// ClockAhead lets the device's clock be an hour ahead.
	ClockAhead Fault = "clock_ahead"
	// RetainedOld publishes, retained, what the device said two hours ago.
	RetainedOld Fault = "retained_old"
	// HalfJSON cuts a payload in the middle.
	HalfJSON Fault = "half_json"
	// Huge makes a payload larger than any that is looked at.
	Huge Fault = "huge"
	// Flapping says offline and online again.
	Flapping Fault = "flapping"
	// SequenceGap leaves a number of a Sparkplug sequence out.
	SequenceGap Fault = "sequence_gap"
)

// AllFaults are all of them.
func AllFaults() []Fault {
	return []Fault{Duplicate, OutOfOrder, ClockAhead, RetainedOld, HalfJSON, Huge, Flapping, SequenceGap}
}

const (
	clockAhead = time.Hour
	retainedOf = 2 * time.Hour
	hugeSize   = 100 << 10
)

// has reports whether a fault strikes in a round.
func (d *Device) has(f Fault, round int) bool {
	every := d.Faults[f]
	return every > 0 && round%every == every-1
}

// spoil changes the messages of a round as its faults say.
func (d *Device) spoil(round int, messages []Message) []Message {
	var out []Message
	for _, m := range messages {
		if !m.State && d.has(HalfJSON, round) {
			m.Payload = m.Payload[:len(m.Payload)/2]
		}
		if !m.State && d.has(Huge, round) {
			m.Payload = append(bytes.Repeat([]byte(" "), hugeSize), m.Payload...)
		}
		m.Retained = m.Retained || d.has(RetainedOld, round)
		out = append(out, m)
		if d.has(Duplicate, round) {
			out = append(out, m)
		}
	}
	if d.has(OutOfOrder, round) {
		d.held = out
		return nil
	}
	out = append(out, d.held...)
	d.held = nil
	return out
}

// now is the device's own clock in a round.
func (d *Device) now(round int) time.Time {
	at := d.Clock.Now()
	if d.ClockOff != nil {
		at = at.Add(d.ClockOff(at))
	}
	switch {
	case d.has(ClockAhead, round):
		return at.Add(clockAhead)
	case d.has(RetainedOld, round):
		return at.Add(-retainedOf)
	}
	return at
}

// flap says offline on every topic that tells whether the device is there;
// the round that follows says online again.
func (d *Device) flap(ctx context.Context, last map[string]string) error {
	for i := range d.Profile.Topics {
		t := &d.Profile.Topics[i]
		if t.Availability == nil {
			continue
		}
		name := t.Name(d.Topic)
		if err := d.Publisher.Publish(ctx, name, true, availability(t, false)); err != nil {
			return err
		}
		delete(last, name)
	}
	return nil
}

// isSparkplug reports whether the device speaks Sparkplug.
func (d *Device) isSparkplug() bool {
	for _, t := range d.Profile.Topics {
		if t.Format == profile.FormatSparkplug {
			return true
		}
	}
	return false
}
