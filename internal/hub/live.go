package hub

import (
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// pointState is the last thing known of one point.
type pointState struct {
	// kind of the equipment; a quality line does not know it.
	kind gtc.Kind
	// value and at are the last value that was present.
	value gtc.Value
	at    time.Time
	// quality is the last one said, and when.
	quality   gtc.Quality
	qualityAt time.Time
}

// pointKey names a point without its kind, which a quality line does not carry.
type pointKey struct {
	equipment gtc.EquipmentID
	point     gtc.PointID
}

// siteLive is the last of everything of one site.
type siteLive struct {
	points map[pointKey]pointState
	last   time.Time
}

// live is the table of last values, fed by both copies of every sample: the
// live one and the durable one. An older sample never replaces a newer one.
type live struct {
	mu    sync.Mutex
	sites map[gtc.SiteID]*siteLive
}

func newLive() *live { return &live{sites: map[gtc.SiteID]*siteLive{}} }

// observe takes samples of one site and returns those that were news.
func (l *live) observe(site gtc.SiteID, samples []gtc.Sample) []gtc.Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sites[site]
	if s == nil {
		s = &siteLive{points: map[pointKey]pointState{}}
		l.sites[site] = s
	}
	news := samples[:0:0]
	for _, sm := range samples {
		key := pointKey{sm.Equipment, sm.Point}
		p, changed := s.points[key].with(sm)
		if !changed {
			continue
		}
		s.points[key] = p
		if sm.Value.Present() && sm.At.After(s.last) {
			s.last = sm.At
		}
		if sm.Kind == "" || !sm.Value.Present() {
			sm.Kind = p.kind
		}
		news = append(news, sm)
	}
	return news
}

// with returns the state after a sample, and whether it is newer than what
// was known.
func (p pointState) with(s gtc.Sample) (pointState, bool) {
	if !s.Value.Present() {
		if !s.At.After(p.qualityAt) {
			return p, false
		}
		p.quality, p.qualityAt = s.Quality, s.At
		return p, true
	}
	if !s.At.After(p.at) {
		return p, false
	}
	p.kind, p.value, p.at = s.Kind, s.Value, s.At
	// A value that was read after a bad quality was said ends it.
	if !s.At.Before(p.qualityAt) {
		p.quality, p.qualityAt = s.Quality, s.At
	}
	return p, true
}

// point returns the last state of one point.
func (l *live) point(site gtc.SiteID, e gtc.EquipmentID, p gtc.PointID) (pointState, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sites[site]
	if s == nil {
		return pointState{}, false
	}
	st, ok := s.points[pointKey{e, p}]
	return st, ok
}

// lastSample returns the instant of the newest sample of a site, zero if none.
func (l *live) lastSample(site gtc.SiteID) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.sites[site]; s != nil {
		return s.last
	}
	return time.Time{}
}
