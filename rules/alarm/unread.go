package alarm

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// steadyAfter is how often in a row a point came unchanged within
	// steadyWithin of the time before until it counts as read all the time. One
	// that speaks on change only never does.
	steadyAfter, steadyWithin = 10, time.Minute
)

// unread watches whether the life-safety points of one equipment are read.
type unread struct {
	track  *track
	ids    []gtc.PointID
	points []*reading
}

// watchRead makes a life-safety point one that has to be read.
func (e *Engine) watchRead(s *site, eq gtc.EquipmentID, k gtc.Kind, id gtc.PointID, p *reading) {
	if e.unread == nil {
		return
	}
	p.safety = true
	i := slices.IndexFunc(s.unread, func(u *unread) bool { return u.track.alarm.Equipment == eq })
	if i < 0 {
		i = len(s.unread)
		s.unread = append(s.unread, &unread{track: e.addTrack(s, e.unread, eq, k, "")})
	}
	if u := s.unread[i]; !slices.Contains(u.points, p) {
		u.ids, u.points = append(u.ids, id), append(u.points, p)
	}
}

// rhythm notes the rhythm in which a life-safety point comes; heard is how far
// its site had been heard.
func (p *reading) rhythm(v gtc.Value, at, heard time.Time) {
	switch {
	case at.Sub(p.at) > steadyWithin:
		p.steady = 0
	case v == p.value:
		p.steady = min(p.steady+1, steadyAfter)
	}
	p.taken = heard
}

// silent reports whether a point that was read all the time no longer is.
func (p *reading) silent(now time.Time) bool {
	return p.steady >= steadyAfter && now.Sub(p.taken) > steadyWithin
}

// server is what a heartbeat says of the devices that serve an equipment.
type server struct {
	// listed tells that there are some, online that all of them answer, answered
	// that one did since the site was first heard.
	listed, online, answered bool
}

func (h *Health) server(eq gtc.EquipmentID, first time.Time) server {
	v := server{online: true}
	for i := range h.Devices {
		d := &h.Devices[i]
		if !slices.Contains(d.Equipment, eq) {
			continue
		}
		v.listed = true
		v.online = v.online && d.Known && d.Online
		v.answered = v.answered || d.LastSuccess.After(first)
	}
	return v
}

// watchUnread judges, at a heartbeat with which everything has come, whether the
// life-safety points of the site are read. While a device does not answer
// nothing changes: that is an alarm of its own.
func (s *site) watchUnread(h *Health) []gtc.Event {
	var events []gtc.Event
	for _, u := range s.unread {
		t := u.track
		by := h.server(t.alarm.Equipment, s.first)
		if !by.online {
			if !t.alarm.Active() {
				t.forget()
			}
			continue
		}
		missing, read := u.look(by, h.At)
		if len(missing) == 0 && !read {
			continue // nobody says that there is anything to read
		}
		t.unsure, t.unread = false, missing
		events = append(events, t.settle(len(missing) > 0, h.At)...)
	}
	return events
}

// look returns the points that should be read and are not, and whether one is.
func (u *unread) look(by server, now time.Time) (missing []gtc.PointID, read bool) {
	for i, p := range u.points {
		never := !p.value.Present() && p.doubted.IsZero()
		switch {
		case never && (!p.expected || by.listed && !by.answered):
			// Not promised; or its device, which may speak on change only, has
			// said nothing yet.
		case p.blind() && p.quality == gtc.QualityNotAccepted:
			// It calls nobody until it is accepted at commissioning.
		case never || p.blind() || p.silent(now):
			missing = append(missing, u.ids[i])
		default:
			read = true
		}
	}
	return missing, read
}

// name says in an event which points are not read.
func (t *track) name(ev *gtc.Event) {
	words := make([]string, len(t.unread))
	for i, id := range t.unread {
		words[i] = string(id)
	}
	ev.Point, ev.Reason = t.unread[0], strings.Join(words, ", ")
}
