package alarm

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// storeEquipment is what the hub's own alarms on the way into the database
// stand on.
const storeEquipment gtc.EquipmentID = "influxdb"

// Store is the state of the way into the database, of which the hub itself is
// the source.
type Store struct {
	// At is the instant at which it was so.
	At time.Time
	// Away tells that the database cannot be reached or takes nothing now,
	// Refused that it refuses the hub as such: token, rights, database.
	Away, Refused bool
}

// addHub makes the alarms of the hub itself.
func (e *Engine) addHub(classes map[Watch]*Class) {
	if len(classes) == 0 {
		return
	}
	e.hub = &site{id: gtc.HubSite, location: time.UTC, children: map[string][]*track{}, ofClass: map[string][]*track{}}
	e.order = append(e.order, e.hub)
	for _, w := range []Watch{WatchStoreAway, WatchStoreRefused} {
		if c := classes[w]; c != nil {
			e.store[w] = e.addTrack(e.hub, c, storeEquipment, "", "")
		}
	}
	for _, w := range []Watch{WatchUnsent, WatchChannel, WatchUntold} {
		if c := classes[w]; c != nil {
			e.channels[w] = c
		}
	}
}

// Store judges the state of the way into the database. Call it often: its
// delays run on what it is told.
func (e *Engine) Store(s Store) []gtc.Event {
	if e.hub == nil {
		return nil
	}
	e.hub.hear(s.At)
	var events []gtc.Event
	for _, w := range []struct {
		watch Watch
		holds bool
	}{{WatchStoreAway, s.Away && !s.Refused}, {WatchStoreRefused, s.Refused}} {
		if t := e.store[w.watch]; t != nil {
			t.unsure = false
			events = append(events, t.settle(w.holds, s.At)...)
		}
	}
	return events
}
