package alarm

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Recall is what an engine knows of a site beside its alarms: the last values of
// its points, the delays that run and what conditions on the course of a point
// have seen. Stored and given to the next engine, no delay begins again.
type Recall struct {
	Site gtc.SiteID `json:"site"`
	// First and Heard are the oldest and the newest instant at which something
	// came from the site.
	First  time.Time     `json:"first"`
	Heard  time.Time     `json:"heard"`
	Points []RecallPoint `json:"points,omitempty"`
	Tracks []RecallTrack `json:"tracks,omitempty"`
}

// RecallPoint is the newest trustworthy value of a point.
type RecallPoint struct {
	Equipment gtc.EquipmentID `json:"equipment"`
	Point     gtc.PointID     `json:"point"`
	At        time.Time       `json:"at,omitzero"`
	Value     gtc.Value       `json:"value,omitzero"`
	// Doubted is when the point was last said not to be known well, Quality what
	// was said then.
	Doubted time.Time   `json:"doubted,omitzero"`
	Quality gtc.Quality `json:"quality,omitzero"`
	// Steady and Taken are in which rhythm a life-safety point comes.
	Steady int       `json:"steady,omitempty"`
	Taken  time.Time `json:"taken,omitzero"`
}

// RecallTrack is what is under way of one class on one equipment.
type RecallTrack struct {
	Alarm string `json:"alarm"`
	// Rule is the class as it was: what is under way of another rule is worth
	// nothing.
	Rule string `json:"rule"`
	// Occurrence and Active are those of the alarm: Since, the beginning of a
	// running delay, is about no other state of it.
	Occurrence int           `json:"occurrence,omitempty"`
	Active     bool          `json:"active,omitempty"`
	Since      time.Time     `json:"since,omitzero"`
	Unsure     bool          `json:"unsure,omitempty"`
	Broken     bool          `json:"broken,omitempty"`
	Judged     time.Time     `json:"judged,omitzero"`
	Raised     []time.Time   `json:"raised,omitempty"`
	Course     *RecallCourse `json:"course,omitempty"`
	// Settling are the points after whose change the class waits, in its order.
	Settling []RecallSettling `json:"settling,omitempty"`
}

// RecallSettling is the value from which a change of a point is counted, and
// when it last changed.
type RecallSettling struct {
	Last  gtc.Value `json:"last,omitzero"`
	Moved time.Time `json:"moved,omitzero"`
}

// RecallCourse is what a condition on the course of a point has seen.
type RecallCourse struct {
	Since  time.Time    `json:"since,omitzero"`
	Value  float64      `json:"value,omitempty"`
	Parts  []RecallPart `json:"parts,omitempty"`
	Starts []time.Time  `json:"starts,omitempty"`
	Last   gtc.Value    `json:"last,omitzero"`
}

// RecallPart is the extremes of a number in a while that begins at From.
type RecallPart struct {
	From time.Time `json:"from"`
	Low  float64   `json:"low"`
	High float64   `json:"high"`
}

// Recall returns what is to be stored of a site; false if the engine does not
// watch it, or heard nothing of it yet.
func (e *Engine) Recall(id gtc.SiteID) (Recall, bool) {
	s := e.sites[id]
	if s == nil || s.first.IsZero() {
		return Recall{}, false
	}
	r := Recall{Site: id, First: s.first, Heard: s.heard}
	seen := map[*reading]bool{}
	add := func(eq gtc.EquipmentID, point gtc.PointID, p *reading) {
		if p == nil || seen[p] || p.at.IsZero() && p.doubted.IsZero() {
			return
		}
		seen[p] = true
		r.Points = append(r.Points, RecallPoint{eq, point, p.at, p.value, p.doubted, p.quality, p.steady, p.taken})
	}
	rules := map[*Class]string{}
	for _, t := range s.tracks {
		if len(t.points) == 0 {
			continue // of an edge or a device: its next heartbeat says it
		}
		for i, p := range t.points {
			add(t.alarm.Equipment, t.pointID(i), p)
		}
		for _, p := range t.class.Settle.Points {
			add(t.alarm.Equipment, p, e.points[pointKey{id, t.alarm.Equipment, p}])
		}
		if rules[t.class] == "" {
			rules[t.class] = t.class.rule()
		}
		if o, any := t.recall(rules[t.class]); any {
			r.Tracks = append(r.Tracks, o)
		}
	}
	for eq, p := range s.panels {
		add(eq, "test", p)
	}
	for _, u := range s.unread {
		for i, p := range u.points {
			add(u.track.alarm.Equipment, u.ids[i], p)
		}
	}
	return r, true
}

// pointID is the point behind a reading of the track.
func (t *track) pointID(i int) gtc.PointID {
	if t.class.When.Each != "" {
		part := t.alarm.ID[len(ID(t.site.id, t.alarm.Equipment, t.class.ID)):]
		return t.class.When.eachPoint(part[1:])
	}
	return t.class.When.points[i]
}

// rule is the part of a class that says when its alarm is raised.
func (c *Class) rule() string {
	data, err := json.Marshal(struct {
		When     Condition
		On, Off  time.Duration
		Settling Settle
	}{c.When, c.OnDelay, c.OffDelay, c.Settle})
	if err != nil {
		return c.ID // a class of which nothing can be compared
	}
	return string(data)
}

// recall returns what is under way, false when nothing is.
func (t *track) recall(rule string) (RecallTrack, bool) {
	r := RecallTrack{
		Alarm: t.alarm.ID, Rule: rule, Occurrence: t.alarm.Occurrence, Active: t.alarm.Active(), Since: t.since,
		Unsure: t.unsure, Broken: t.broken, Judged: t.judged, Raised: slices.Clone(t.raised), Course: t.memory.recall(),
	}
	moved := false
	for _, s := range t.settling {
		moved = moved || s.last.Present()
		r.Settling = append(r.Settling, RecallSettling{s.last, s.moved})
	}
	return r, moved || !r.Since.IsZero() || r.Broken || len(r.Raised) > 0 || r.Course != nil
}

func (m *memory) recall() *RecallCourse {
	c := &RecallCourse{Since: m.since, Value: m.value, Starts: slices.Clone(m.starts), Last: m.last}
	for i := range m.filled {
		if !m.filled[i].IsZero() {
			c.Parts = append(c.Parts, RecallPart{m.filled[i], m.low[i], m.high[i]})
		}
	}
	if c.Since.IsZero() && !c.Last.Present() && len(c.Parts) == 0 {
		return nil
	}
	return c
}

// Resume goes on with what an earlier engine knew of a site. It is for an engine
// that has observed nothing yet and has the alarms as they were stored at that
// time or later: what they say goes before.
func (e *Engine) Resume(r Recall) {
	s := e.sites[r.Site]
	if s == nil {
		return
	}
	s.first, s.heard = r.First, r.Heard
	for _, o := range r.Points {
		p := e.points[pointKey{r.Site, o.Equipment, o.Point}]
		if p == nil {
			p = e.oneOfEach(s, &gtc.Sample{Series: gtc.Series{Site: r.Site, Equipment: o.Equipment, Point: o.Point}})
		}
		if p != nil {
			p.at, p.value, p.doubted, p.quality = o.At, o.Value, o.Doubted, o.Quality
			p.steady, p.taken = o.Steady, o.Taken
		}
	}
	for _, o := range r.Tracks {
		if t := e.tracks[o.Alarm]; t != nil && t.site == s {
			t.resume(o)
		}
	}
}

func (t *track) resume(r RecallTrack) {
	t.broken, t.raised = r.Broken, r.Raised
	if r.Rule != t.class.rule() {
		return
	}
	t.judged = later(t.judged, r.Judged)
	t.memory.resume(r.Course, t.class.When.Within)
	for i := range min(len(t.settling), len(r.Settling)) {
		t.settling[i].last, t.settling[i].moved = r.Settling[i].Last, r.Settling[i].Moved
	}
	if !r.Since.IsZero() && r.Occurrence == t.alarm.Occurrence && r.Active == t.alarm.Active() {
		t.begin(r.Since)
		t.unsure = r.Unsure
	}
}

func (m *memory) resume(r *RecallCourse, within time.Duration) {
	if r == nil {
		return
	}
	m.since, m.value, m.starts, m.last = r.Since, r.Value, r.Starts, r.Last
	part := within / buckets
	for _, p := range r.Parts {
		if part <= 0 {
			return
		}
		i := int(p.From.UnixNano()/int64(part)) % buckets
		m.filled[i], m.low[i], m.high[i] = p.From, p.Low, p.High
	}
}
