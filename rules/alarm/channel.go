package alarm

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Channel is the state of one way to people, of which the hub itself is the
// source. Its name stands where the equipment stands in the alarm's id.
type Channel struct {
	Name gtc.EquipmentID
	// At is the instant at which it was so.
	At time.Time
	// Unsent tells that the last message given up or sent was given up, Failed
	// that the last test of the way failed.
	Unsent, Failed bool
	// Untold is since when there is an alarm of which nobody can be told, the
	// last of them, zero when there is none. It is said of [People].
	Untold time.Time
}

// People stands for all ways to people together.
const People gtc.EquipmentID = "people"

// Channels judges the ways to people. Call it often: its delays run on what it
// is told.
func (e *Engine) Channels(channels []Channel) []gtc.Event {
	if e.hub == nil {
		return nil
	}
	var events []gtc.Event
	for _, c := range channels {
		e.hub.hear(c.At)
		for _, w := range []struct {
			watch Watch
			holds bool
		}{{WatchUnsent, c.Unsent}, {WatchChannel, c.Failed}, {WatchUntold, !c.Untold.IsZero()}} {
			t := e.channelTrack(w.watch, c.Name, w.holds)
			if t == nil {
				continue
			}
			t.unsure = false
			events = append(events, t.settle(w.holds, c.At)...)
			if w.watch == WatchUntold {
				events = append(events, t.worsen(c.Untold, c.At)...)
			}
		}
	}
	return events
}

// worsen calls again for an alarm in charge whose condition got worse after
// that.
func (t *track) worsen(since, at time.Time) []gtc.Event {
	if t.alarm.State != gtc.AlarmAcknowledged || !since.After(t.alarm.Changed) {
		return nil
	}
	from := t.alarm.State
	at = after(t.alarm.Changed, at)
	t.alarm = Next(t.alarm, Renew, t.class.Latch, "", at)
	return []gtc.Event{decided(t.alarm, from, t.alarm.State, "", "another one", at)}
}

// channelTrack returns the track of a class on a channel, made when the class
// first holds; nil where there is none.
func (e *Engine) channelTrack(w Watch, name gtc.EquipmentID, create bool) *track {
	c := e.channels[w]
	if c == nil {
		return nil
	}
	if t := e.tracks[ID(gtc.HubSite, name, c.ID)]; t != nil || !create {
		return t
	}
	return e.addTrack(e.hub, c, name, "", "")
}

// restoreChannel makes the track of a kept alarm of a channel.
func (e *Engine) restoreChannel(a gtc.Alarm) *track {
	for w, c := range e.channels {
		if c.ID == a.Class {
			return e.channelTrack(w, a.Equipment, true)
		}
	}
	return nil
}
