package alarm

import (
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// restore takes over an alarm's state. Texts and priority are the class's of
// today; the occurrence, its start, what inhibits it and how urgent it has
// become are kept.
func (e *Engine) restore(a gtc.Alarm) {
	t := e.tracks[a.ID]
	if t == nil {
		t = e.restoreTrack(a)
	}
	if t == nil {
		e.orphans = append(e.orphans, a)
		return
	}
	t.alarm.State, t.alarm.Under, t.alarm.Inhibitions = a.State, a.Under, a.Inhibitions
	t.alarm.Occurrence, t.alarm.By = a.Occurrence, a.By
	t.alarm.Since, t.alarm.Changed = a.Since, a.Changed
	t.alarm.InTest, t.alarm.Chattering = a.InTest, a.Chattering
	if r := t.class.Rise; a.Active() && r.Priority != 0 && a.Priority == r.Priority {
		t.alarm.Priority = a.Priority
	}
	// What was judged before is judged no more. An acknowledgement bears the
	// hub's time, which says nothing about how far the samples had come.
	t.judged = a.Changed
	if a.Process() == gtc.AlarmAcknowledged || a.State.Inhibits() {
		t.judged = a.Since
	}
	if !a.Active() {
		t.ended = a.Changed
	}
	if t.past != nil {
		t.restorePast(a)
	}
}

// restorePast remembers the last occurrence; what is older counts as told.
func (t *track) restorePast(a gtc.Alarm) {
	*t.past = past{floor: later(t.past.floor, a.Since)}
	if a.Active() {
		t.past.begin(a.Since)
		return
	}
	t.past.floor = later(t.past.floor, a.Changed)
}

// restoreTrack makes the track of an alarm that only appears when something is
// heard: of a device, a zone, or a rule.
func (e *Engine) restoreTrack(a gtc.Alarm) *track {
	if a.Site == gtc.HubSite {
		return e.restoreChannel(a)
	}
	s := e.sites[a.Site]
	if s == nil {
		return nil
	}
	switch {
	case e.device != nil && a.Class == e.device.ID:
		t := e.deviceTrack(s, gtc.DeviceID(a.Equipment), nil)
		t.alarm.Kind = a.Kind
		t.setBase(e.device.priority(a.Kind == gtc.KindFirePanel))
		return t
	case e.rule != nil && a.Class == e.rule.ID:
		return e.ruleTrack(s, a.Equipment)
	}
	for _, c := range e.each[s.kinds[a.Equipment]] {
		part := strings.TrimPrefix(a.ID, ID(a.Site, a.Equipment, c.ID))
		if c.ID == a.Class && part != a.ID && part != "" {
			return e.eachTrack(s, c, a.Equipment, c.When.eachPoint(part[1:]))
		}
	}
	return nil
}

// Adopt takes over an alarm's state as another engine left it, in the place of
// this one's. An alarm that this engine does not watch is left alone.
func (e *Engine) Adopt(a gtc.Alarm) {
	if e.tracks[a.ID] == nil && e.restoreTrack(a) == nil {
		return
	}
	e.restore(a)
	if t := e.tracks[a.ID]; t != nil {
		t.site.suppress(t.class.ID, a.Changed) // the other engine said so
	}
}
