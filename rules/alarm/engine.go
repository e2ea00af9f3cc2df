package alarm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// silence is the gap in what is heard from a site after which a running
	// delay needs a new sample of its own points before it may run out.
	silence = 90 * time.Second
	// ahead is how far a sample may lie in the future of the last Tick.
	ahead = time.Minute
	// actor is who causes the changes that no person causes.
	actor = "rules/alarm"
)

// ErrUnknown says that there is no alarm of that id.
var ErrUnknown = errors.New("unknown alarm")

// Engine holds the alarms of some sites. It is a state machine without clock,
// goroutine or lock: one goroutine calls it. Its state is what [Engine.Alarms]
// returns; what is not in there (running delays, last values) is found again
// from the next samples.
type Engine struct {
	sites  map[gtc.SiteID]*site
	order  []*site
	points map[pointKey]*reading
	tracks map[string]*track
	edge   *Class
	device *Class
	now    time.Time // of the last Tick
	// orphans are restored alarms that nothing judges any more.
	orphans []gtc.Alarm
}

type pointKey struct {
	site      gtc.SiteID
	equipment gtc.EquipmentID
	point     gtc.PointID
}

// site is what the engine knows of one site.
type site struct {
	id    gtc.SiteID
	fire  bool // it has a fire panel
	kinds map[gtc.EquipmentID]gtc.Kind
	// heard is the newest instant at which something came from the site.
	heard time.Time
	// beat is when the hub received the last heartbeat.
	beat    time.Time
	pending []*track
	edge    *track
	devices map[gtc.DeviceID]*track
}

// track is one class on one equipment.
type track struct {
	class *Class
	site  *site
	alarm gtc.Alarm
	// points are the readings behind the class's condition, in its order.
	points []*reading
	env    map[string]any
	// since is when the condition began to differ from the alarm's state, zero
	// when it does not.
	since time.Time
	// ended is when the last occurrence was over at its source.
	ended time.Time
	// judged is the newest instant at which the condition was judged.
	judged time.Time
	// unsure tells that the site fell silent while a delay ran.
	unsure bool
}

// New returns an engine for the sites, with the alarms of an earlier engine.
// Classes come from [Library] or [Load]. A restored alarm whose class or
// equipment is no longer configured returns to normal at the first Tick.
func New(classes []Class, sites []gtc.Site, restored []gtc.Alarm) *Engine {
	e := &Engine{
		sites:  make(map[gtc.SiteID]*site, len(sites)),
		points: map[pointKey]*reading{},
		tracks: map[string]*track{},
	}
	byKind := map[gtc.Kind][]*Class{}
	for i := range classes {
		c := &classes[i]
		switch c.When.Watch {
		case WatchEdge:
			e.edge = c
		case WatchDevice:
			e.device = c
		default:
			byKind[c.Kind] = append(byKind[c.Kind], c)
		}
	}
	for i := range sites {
		e.addSite(&sites[i], byKind)
	}
	for _, a := range restored {
		e.restore(a)
	}
	return e
}

func (e *Engine) addSite(cfg *gtc.Site, byKind map[gtc.Kind][]*Class) {
	s := &site{
		id:      cfg.ID,
		kinds:   make(map[gtc.EquipmentID]gtc.Kind, len(cfg.Equipment)),
		devices: map[gtc.DeviceID]*track{},
	}
	e.sites[s.id] = s
	e.order = append(e.order, s)
	for _, eq := range cfg.Equipment {
		s.kinds[eq.ID] = eq.Kind
		s.fire = s.fire || eq.Kind == gtc.KindFirePanel
		for _, c := range byKind[eq.Kind] {
			t := e.addTrack(s, c, eq.ID, eq.Kind)
			for _, p := range c.When.points {
				t.points = append(t.points, e.reading(s.id, eq.ID, p, t))
			}
		}
	}
	if e.edge != nil {
		s.edge = e.addTrack(s, e.edge, "edge", "")
		s.edge.alarm.Priority = e.edge.priority(s.fire)
	}
}

func (e *Engine) addTrack(s *site, c *Class, eq gtc.EquipmentID, k gtc.Kind) *track {
	t := &track{class: c, site: s}
	if c.When.expr != nil {
		t.env = make(map[string]any, len(c.When.points))
	}
	t.alarm = gtc.Alarm{
		ID:        ID(s.id, eq, c.ID),
		Class:     c.ID,
		Site:      s.id,
		Equipment: eq,
		Kind:      k,
		Priority:  c.Priority,
		State:     gtc.AlarmNormal,
		Label:     c.Label,
		Advice:    c.advice(),
	}
	e.tracks[t.alarm.ID] = t
	return t
}

func (e *Engine) reading(s gtc.SiteID, eq gtc.EquipmentID, p gtc.PointID, t *track) *reading {
	key := pointKey{s, eq, p}
	r := e.points[key]
	if r == nil {
		r = &reading{}
		e.points[key] = r
	}
	r.tracks = append(r.tracks, t)
	return r
}

// restore takes over an alarm's state. Texts and priority are the class's of
// today; the occurrence and its start are kept.
func (e *Engine) restore(a gtc.Alarm) {
	t := e.tracks[a.ID]
	if t == nil && e.device != nil && a.Class == e.device.ID && e.sites[a.Site] != nil {
		t = e.deviceTrack(e.sites[a.Site], gtc.DeviceID(a.Equipment), nil)
		t.alarm.Kind, t.alarm.Priority = a.Kind, a.Priority
	}
	if t == nil {
		e.orphans = append(e.orphans, a)
		return
	}
	t.alarm.State, t.alarm.Occurrence, t.alarm.By = a.State, a.Occurrence, a.By
	t.alarm.Since, t.alarm.Changed = a.Since, a.Changed
	// What was judged before is judged no more. An acknowledgement bears the
	// hub's time, which says nothing about how far the samples had come.
	t.judged = a.Changed
	if a.State == gtc.AlarmAcknowledged {
		t.judged = a.Since
	}
	if !a.Active() {
		t.ended = a.Changed
	}
}

// ID returns the id of the alarm of a class on an equipment.
func ID(s gtc.SiteID, eq gtc.EquipmentID, class string) string {
	return string(s) + "/" + string(eq) + "/" + class
}

// Tick tells the engine what time it is: delays run out and edges that are not
// heard from are lost. Call it about once a second; an earlier instant than
// before changes nothing.
func (e *Engine) Tick(now time.Time) []gtc.Event {
	events := e.retire(now)
	e.now = later(e.now, now)
	for _, s := range e.order {
		events = append(events, s.watchEdge(e.now)...)
		events = append(events, s.elapse()...)
	}
	return events
}

// retire returns the alarms that nothing can judge any more.
func (e *Engine) retire(now time.Time) []gtc.Event {
	var events []gtc.Event
	for i := range e.orphans {
		a := &e.orphans[i]
		if !a.Standing() {
			continue
		}
		from := a.State
		a.State, a.Changed = gtc.AlarmNormal, later(a.Changed, now)
		ev := event(*a, from, now)
		ev.Reason = "class or equipment no longer configured"
		events = append(events, ev)
	}
	return events
}

// Acknowledge records that a person took an alarm in charge. It returns the
// event, none if there was nothing to acknowledge, and an error wrapping
// [ErrUnknown] if there is no such alarm. By must name the person.
func (e *Engine) Acknowledge(id, by string, at time.Time) ([]gtc.Event, error) {
	if by == "" {
		return nil, fmt.Errorf("acknowledge %s: by nobody", id)
	}
	t := e.tracks[id]
	if t == nil {
		return nil, fmt.Errorf("acknowledge %s: %w", id, ErrUnknown)
	}
	from := t.alarm.State
	at = after(t.alarm.Changed, at)
	t.alarm = Acknowledge(t.alarm, by, at)
	if t.alarm.State == from {
		return nil, nil
	}
	ev := event(t.alarm, from, at)
	ev.Actor = by
	return []gtc.Event{ev}, nil
}

// Alarms returns every alarm that was ever raised, standing ones first, worst
// and newest first. All of them have to be stored: the count of occurrences of
// a normal alarm makes the ids of its next events.
func (e *Engine) Alarms() []gtc.Alarm {
	out := slices.Clone(e.orphans)
	for _, t := range e.tracks {
		if t.alarm.Occurrence > 0 {
			out = append(out, t.alarm)
		}
	}
	slices.SortFunc(out, worstFirst)
	return out
}

// Alarm returns the alarm of that id as it stands; it reports false if the
// engine watches no such thing.
func (e *Engine) Alarm(id string) (gtc.Alarm, bool) {
	if t := e.tracks[id]; t != nil {
		return t.alarm, true
	}
	for _, a := range e.orphans {
		if a.ID == id {
			return a, true
		}
	}
	return gtc.Alarm{}, false
}

func worstFirst(a, b gtc.Alarm) int {
	return cmp.Or(
		cmp.Compare(rank(a.State), rank(b.State)),
		cmp.Compare(a.Priority, b.Priority),
		b.Since.Compare(a.Since),
		cmp.Compare(a.ID, b.ID),
	)
}

// rank orders states: what nobody has seen first, what is over last.
func rank(s gtc.AlarmState) int {
	switch s {
	case gtc.AlarmUnacknowledged:
		return 0
	case gtc.AlarmAcknowledged:
		return 1
	case gtc.AlarmReturned:
		return 2
	case gtc.AlarmNormal:
	}
	return 3
}
