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
}

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
		}{{WatchUnsent, c.Unsent}, {WatchChannel, c.Failed}} {
			t := e.channelTrack(w.watch, c.Name, w.holds)
			if t == nil {
				continue
			}
			t.unsure = false
			events = append(events, t.settle(w.holds, c.At)...)
		}
	}
	return events
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
