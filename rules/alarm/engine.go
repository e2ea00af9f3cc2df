package alarm

import (
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

// Engine holds the alarms of some sites. It is a state machine without clock,
// goroutine or lock: one goroutine calls it. Its state is what [Engine.Alarms]
// and [Engine.Works] return; what is not in there (running delays, last values)
// is found again from the next samples.
type Engine struct {
	sites  map[gtc.SiteID]*site
	order  []*site
	points map[pointKey]*reading
	tracks map[string]*track
	// each are the classes that make an alarm for every point of a pattern.
	each   map[gtc.Kind][]*Class
	edge   *Class
	device *Class
	rule   *Class
	unread *Class
	// hub is the hub itself, nil when no class watches it.
	hub   *site
	store map[Watch]*track
	// edgeClasses are those of what an edge says of itself.
	edgeClasses map[Watch]*Class
	channels    map[Watch]*Class
	now         time.Time // of the last Tick
	works       []Work
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
	id       gtc.SiteID
	location *time.Location
	fire     bool // it has a fire panel
	floor    float64
	kinds    map[gtc.EquipmentID]gtc.Kind
	// heard is the newest instant at which something came from the site, first
	// the oldest.
	heard, first time.Time
	// beat is when the hub received the last heartbeat.
	beat   time.Time
	tracks []*track
	// ofClass are the tracks by class.
	ofClass map[string][]*track
	pending []*track
	// unread are the equipments whose life-safety points have to be read.
	unread []*unread
	// missing are the tracks that wait for a point to be absent.
	missing []*track
	// children are the tracks that an active class suppresses.
	children map[string][]*track
	edge     *track
	own      map[Watch]*track
	// lost is what the edge has lost so far, when it has said so.
	lost      uint64
	lostKnown bool
	devices   map[gtc.DeviceID]*track
	rules     map[gtc.EquipmentID]*track
	panels    map[gtc.EquipmentID]*reading // whether the panel is under test
}

// track is one class on one equipment.
type track struct {
	class *Class
	site  *site
	alarm gtc.Alarm
	base  gtc.Priority // before it rises
	// points are the readings behind the class's condition, in its order;
	// settling are those after whose change it waits.
	points   []*reading
	settling []*settling
	env      map[string]any
	memory   memory
	// since is when the condition began to differ from the alarm's state, zero
	// when it does not.
	since time.Time
	// ended is when the last occurrence was over at its source.
	ended time.Time
	// judged is the newest instant at which the condition was judged.
	judged time.Time
	// raised are the last times it was raised, to see chattering.
	raised []time.Time
	// serves is what a device serves.
	serves []gtc.EquipmentID
	// unsure tells that the site fell silent while a delay ran.
	unsure bool
	// broken tells that the expression could not be computed last time.
	broken bool
	// unread are the points that the alarm is about, when they are several.
	unread []gtc.PointID
	// past is what an alarm of life safety remembers, nil for others.
	past *past
}

// New returns an engine for the sites, with the alarms of an earlier engine.
// Classes come from [Library] or [Load]. A restored alarm whose class or
// equipment is no longer configured returns to normal at the first Tick.
func New(classes []Class, sites []gtc.Site, restored []gtc.Alarm) *Engine {
	e := &Engine{
		sites:  make(map[gtc.SiteID]*site, len(sites)),
		points: map[pointKey]*reading{},
		tracks: map[string]*track{},
		each:   map[gtc.Kind][]*Class{},
		store:  map[Watch]*track{},

		channels: map[Watch]*Class{},

		edgeClasses: map[Watch]*Class{},
	}
	ofHub := map[Watch]*Class{}
	byKind := map[gtc.Kind][]*Class{}
	for i := range classes {
		c := &classes[i]
		switch {
		case c.When.Watch == WatchEdge:
			e.edge = c
		case c.When.Watch == WatchDevice:
			e.device = c
		case c.When.Watch == WatchRule:
			e.rule = c
		case c.When.Watch == WatchUnread:
			e.unread = c
		case c.When.Watch == WatchQueueFilling, c.When.Watch == WatchQueueRefuses, c.When.Watch == WatchQueueLost, c.When.Watch == WatchClock:
			e.edgeClasses[c.When.Watch] = c
		case c.When.Watch != "":
			ofHub[c.When.Watch] = c
		case c.When.Each != "":
			e.each[c.Kind] = append(e.each[c.Kind], c)
		default:
			byKind[c.Kind] = append(byKind[c.Kind], c)
		}
	}
	for i := range sites {
		e.addSite(&sites[i], byKind)
	}
	e.addHub(ofHub)
	for _, a := range restored {
		e.restore(a)
	}
	for _, s := range e.order {
		s.resume()
	}
	return e
}

func (e *Engine) addSite(cfg *gtc.Site, byKind map[gtc.Kind][]*Class) {
	s := &site{
		id:       cfg.ID,
		location: cfg.Location,
		floor:    FloorTemp(cfg.Category),
		kinds:    make(map[gtc.EquipmentID]gtc.Kind, len(cfg.Equipment)),
		devices:  map[gtc.DeviceID]*track{},
		rules:    map[gtc.EquipmentID]*track{},
		children: map[string][]*track{},
		ofClass:  map[string][]*track{},
		panels:   map[gtc.EquipmentID]*reading{},
	}
	if s.location == nil {
		s.location = time.UTC
	}
	e.sites[s.id] = s
	e.order = append(e.order, s)
	for _, eq := range cfg.Equipment {
		s.kinds[eq.ID] = eq.Kind
		if eq.Kind == gtc.KindFirePanel {
			s.fire = true
			s.panels[eq.ID] = e.reading(s.id, eq.ID, "test", nil)
		}
		for _, c := range byKind[eq.Kind] {
			e.follow(s, c, eq.ID, eq.Kind)
		}
	}
	e.addEdge(s)
	if e.edge != nil {
		s.edge = e.addTrack(s, e.edge, "edge", "", "")
		s.edge.setBase(e.edge.priority(s.fire))
	}
}

// follow makes the track of a class on the points of an equipment.
func (e *Engine) follow(s *site, c *Class, eq gtc.EquipmentID, k gtc.Kind) {
	t := e.addTrack(s, c, eq, k, "")
	for _, p := range c.When.points {
		t.points = append(t.points, e.reading(s.id, eq, p, t))
	}
	for _, p := range c.Settle.Points {
		r, w := e.reading(s.id, eq, p, nil), &settling{step: c.Settle.Step}
		r.settling = append(r.settling, w)
		t.settling = append(t.settling, w)
	}
	if c.When.Missing > 0 {
		s.missing = append(s.missing, t)
	}
	if c.LifeSafety {
		e.watchRead(s, eq, k, c.When.points[0], t.points[0])
	}
}

// addTrack makes a track; part names which of several alarms of the class on
// the equipment it is, "" where there is one.
func (e *Engine) addTrack(s *site, c *Class, eq gtc.EquipmentID, k gtc.Kind, part string) *track {
	t := &track{class: c, site: s}
	if c.LifeSafety {
		t.past = &past{}
	}
	if c.When.expr != nil {
		t.env = make(map[string]any, len(c.When.points)+1)
		t.env[floorTemp] = s.floor
	}
	t.alarm = gtc.Alarm{
		ID:         ID(s.id, eq, c.ID+part),
		Class:      c.ID,
		Site:       s.id,
		Equipment:  eq,
		Kind:       k,
		State:      gtc.AlarmNormal,
		LifeSafety: c.LifeSafety,
		Label:      c.label(part),
		Advice:     c.advice(),
	}
	t.setBase(c.Priority)
	for _, parent := range c.SuppressedBy {
		s.children[parent] = append(s.children[parent], t)
	}
	s.tracks = append(s.tracks, t)
	s.ofClass[c.ID] = append(s.ofClass[c.ID], t)
	e.tracks[t.alarm.ID] = t
	return t
}

// setBase sets the priority that the alarm has before it rises.
func (t *track) setBase(p gtc.Priority) {
	if t.alarm.Priority == 0 || t.alarm.Priority == t.base || !t.alarm.Active() {
		t.alarm.Priority = p
	}
	t.base = p
}

func (e *Engine) reading(s gtc.SiteID, eq gtc.EquipmentID, p gtc.PointID, t *track) *reading {
	key := pointKey{s, eq, p}
	r := e.points[key]
	if r == nil {
		r = &reading{}
		e.points[key] = r
	}
	if t != nil {
		r.tracks = append(r.tracks, t)
	}
	return r
}

// Expect says which points the configuration promises. Only of these can one
// be missing that was never heard.
func (e *Engine) Expect(series []gtc.Series) {
	for _, s := range series {
		p := e.points[pointKey{s.Site, s.Equipment, s.Point}]
		if at := e.sites[s.Site]; p == nil && at != nil {
			p = e.oneOfEach(at, &gtc.Sample{Series: s})
		}
		if p != nil {
			p.expected = true
		}
	}
}

// ID returns the id of the alarm of a class on an equipment.
func ID(s gtc.SiteID, eq gtc.EquipmentID, class string) string {
	return string(s) + "/" + string(eq) + "/" + class
}

// Tick tells the engine what time it is: delays run out, what was set aside
// comes back, and edges that are not heard from are lost. Call it about once a
// second; an earlier instant than before changes nothing.
func (e *Engine) Tick(now time.Time) []gtc.Event {
	events := e.retire(now)
	e.now = later(e.now, now)
	events = append(events, e.finishWorks(e.now)...)
	for _, s := range e.order {
		events = append(events, s.watchEdge(e.now)...)
		events = append(events, s.elapse()...)
		for _, t := range s.tracks {
			events = append(events, t.pass(e.now)...)
		}
	}
	return events
}

// pass is what time alone does to an alarm.
func (t *track) pass(now time.Time) []gtc.Event {
	var events []gtc.Event
	for _, i := range slices.Clone(t.alarm.Inhibitions) {
		switch over := !i.Until.IsZero() && !now.Before(i.Until); {
		case i.State == gtc.AlarmSuppressed && t.site.explains(t) == "":
			// Kept by an earlier engine, and its cause is no longer there.
			events = append(events, t.release(i.State, "", i.By+" is over", now)...)
		case !over:
		case i.State == gtc.AlarmOutOfService:
			// The works that set it aside are over, or were never kept.
			events = append(events, t.backInService("", i.Until)...)
		default:
			events = append(events, t.release(i.State, "", "time is over", i.Until)...)
		}
	}
	return append(events, t.rise(now)...)
}

// retire returns the alarms that nothing can judge any more.
func (e *Engine) retire(now time.Time) []gtc.Event {
	var events []gtc.Event
	for i := range e.orphans {
		a := &e.orphans[i]
		if a.Process() == gtc.AlarmNormal && len(a.Inhibitions) == 0 {
			continue
		}
		from := a.Process()
		a.Inhibitions, a.Changed = nil, later(a.Changed, now)
		*a = show(*a, gtc.AlarmNormal)
		ev := event(*a, from, now)
		ev.Reason = "class or equipment no longer configured"
		events = append(events, ev)
	}
	return events
}

// setAside reports whether a person inhibits the alarm.
func (t *track) setAside() bool {
	return slices.ContainsFunc(t.alarm.Inhibitions, func(i gtc.Inhibition) bool { return i.State != gtc.AlarmSuppressed })
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
