package alarm

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Health is one heartbeat of a site's edge.
type Health struct {
	Site gtc.SiteID
	// At is the instant the hub received it.
	At time.Time
	// Queued is the number of messages the edge still holds. While some wait,
	// a heartbeat does not make delays run: what is waiting comes first.
	Queued uint64
	// Queue is how its queue and clock are.
	Queue Queue
	// Devices are all devices of the site.
	Devices []Device
}

// Device is the health of one device in a heartbeat.
type Device struct {
	ID gtc.DeviceID
	// Equipment is what the device serves.
	Equipment []gtc.EquipmentID
	// Online tells whether it answers, Known whether it was tried yet.
	Online, Known bool
	// LastSuccess is when it last answered, zero if never.
	LastSuccess time.Time
}

// Health judges a heartbeat: the edge is there, and each device answers or
// does not. While messages wait on the edge a device is not called lost, as what
// it said is on its way, unless it serves a fire panel. A device that left the configuration returns to normal. Heartbeats
// of unknown sites and older ones than the last change nothing.
func (e *Engine) Health(h Health) []gtc.Event {
	s := e.sites[h.Site]
	if s == nil || h.At.Before(s.beat) {
		return nil
	}
	s.beat = h.At
	if h.Queued == 0 {
		s.hear(h.At)
	}
	var events []gtc.Event
	if s.edge != nil {
		events = s.edge.settle(false, h.At)
	}
	events = append(events, s.watchQueue(h.Queue, h.At)...)
	if e.device != nil {
		events = append(events, e.watchDevices(s, h)...)
	}
	if h.Queued == 0 {
		events = append(events, s.watchUnread(&h)...)
	}
	return append(events, s.elapse()...)
}

func (e *Engine) watchDevices(s *site, h Health) []gtc.Event {
	var events []gtc.Event
	for i := range h.Devices {
		d := &h.Devices[i]
		if !d.Known {
			continue
		}
		t := e.deviceTrack(s, d.ID, d.Equipment)
		if !d.Online && !t.alarm.Active() && t.since.IsZero() && between(t.alarm.Changed, d.LastSuccess, h.At) {
			t.begin(d.LastSuccess) // silent since its last answer
		}
		if !d.Online && h.Queued > 0 && t.alarm.Kind != gtc.KindFirePanel && !t.alarm.Active() {
			if t.since.IsZero() {
				t.begin(h.At)
			}
			continue // raised when what waits has come up to then
		}
		events = append(events, t.settle(!d.Online, h.At)...)
	}
	return append(events, s.retireDevices(h)...)
}

// between reports whether at lies after from and not after to.
func between(from, at, to time.Time) bool { return at.After(from) && !at.After(to) }

// deviceTrack returns the track of a device, made when first heard of.
func (e *Engine) deviceTrack(s *site, id gtc.DeviceID, serves []gtc.EquipmentID) *track {
	t := s.devices[id]
	if t == nil {
		t = e.addTrack(s, e.device, gtc.EquipmentID(id), "", "")
		s.devices[id] = t
	}
	if serves != nil {
		t.serves = serves
	}
	for _, eq := range serves {
		k := s.kinds[eq]
		if t.alarm.Kind == "" || k == gtc.KindFirePanel {
			t.alarm.Kind = k
		}
	}
	t.setBase(e.device.priority(t.alarm.Kind == gtc.KindFirePanel))
	return t
}

func (s *site) retireDevices(h Health) []gtc.Event {
	if len(s.devices) == 0 {
		return nil
	}
	var gone []gtc.DeviceID
	for id, t := range s.devices {
		listed := slices.ContainsFunc(h.Devices, func(d Device) bool { return d.ID == id })
		if !listed && t.alarm.Active() {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	var events []gtc.Event
	for _, id := range gone {
		gone := s.devices[id].change(false, h.At)
		gone[0].Reason = "device no longer configured"
		events = append(events, gone...)
	}
	return events
}

// watchEdge loses the edge when nothing was heard from it for the class's
// delay. The watch begins with the first Tick.
func (s *site) watchEdge(now time.Time) []gtc.Event {
	t := s.edge
	if t == nil {
		return nil
	}
	if s.beat.IsZero() {
		s.beat = now
	}
	due := s.beat.Add(t.class.OnDelay)
	if t.alarm.Active() || due.After(now) {
		return nil
	}
	t.since = s.beat
	return t.change(true, due)
}
