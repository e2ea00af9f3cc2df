package drift

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Shared returns what the comparable meters of other sites did over the days
// [from,to): the median of their relative excess, as far as it is more than
// chance; 0 when too few of them were judged then, or when they did nothing.
type Shared func(from, to time.Time) float64

const (
	// peersNeeded is how many other meters make a median worth having.
	peersNeeded = 4
	// peerLoad is how much more than the others a building may feel what all
	// of them feel: more sun through its windows, less hot water beside.
	peerLoad = 1.25
	// medianError is the standard error of a median over that of a mean, and
	// madToSigma turns a median absolute deviation into a standard deviation.
	medianError, madToSigma = 1.2533, 1.4826
)

// Peers are the meters of a pool, judged each against its own baseline. They
// may be asked by several goroutines at once.
type Peers struct {
	series []Series
	// of are the peers that these are some of, pick which, nil for none.
	of   *Peers
	pick []int

	mu sync.Mutex
	// members are made when first asked for, seen are the spans asked for, room
	// is where one is put in order.
	members []*peer
	seen    map[span]deviations
	room    []deviation
}

// span are the days [from,to), as numbers of civil days.
type span struct{ from, to int }

// deviation is the relative excess of one member.
type deviation struct {
	x      float64
	member uint32
}

// deviations are those of members, in order of size. Many spans of many members
// are held at a time.
type deviations struct {
	x      []float64
	member []uint32
}

// peer is one meter of a pool: running sums of its judged days.
type peer struct {
	site      gtc.SiteID
	first     int
	rest, due []float64
	days      []uint32
}

// NewPeers makes the pool of the meters given, which are not to be changed. What
// is not judged is left out.
func NewPeers(series []Series) *Peers {
	return &Peers{series: series, seen: map[span]deviations{}}
}

// Some makes the pool of some of the meters, by their places.
func (p *Peers) Some(places []int) *Peers {
	return &Peers{of: p, pick: places, seen: map[span]deviations{}}
}

// sums returns the members by place, nil for one that is not judged.
func (p *Peers) sums() []*peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made()
}

// made is sums with the lock taken. Peers that are some of others have theirs.
func (p *Peers) made() []*peer {
	switch {
	case p.members != nil:
	case p.of != nil:
		all := p.of.sums()
		p.members = make([]*peer, len(p.pick))
		for i, k := range p.pick {
			p.members[i] = all[k]
		}
	default:
		p.members = make([]*peer, len(p.series))
		for i := range p.series {
			p.members[i] = newPeer(&p.series[i])
		}
	}
	return p.members
}

// newPeer sums the judged days of a meter, nil when there are none.
func newPeer(s *Series) *peer {
	if !s.Judgeable || s.Trained >= s.Days.Len() {
		return nil
	}
	n := s.Days.Len() - s.Trained + 1
	sums := make([]float64, 2*n)
	m := &peer{site: s.Site, first: civilDay(s.From) + s.Trained, rest: sums[:n], due: sums[n:], days: make([]uint32, n)}
	for k := range n - 1 {
		d := s.Days.At(s.Trained + k)
		m.rest[k+1], m.due[k+1], m.days[k+1] = m.rest[k], m.due[k], m.days[k]
		if d.Counts {
			m.rest[k+1] += d.KWh - d.Expected
			m.due[k+1] += d.Expected
			m.days[k+1]++
		}
	}
	return m
}

// Beside returns what the meters of other sites than those given share.
func (p *Peers) Beside(sites ...gtc.SiteID) Shared {
	return func(from, to time.Time) float64 {
		mid, chance, n := p.Median(from, to, sites...)
		if n < peersNeeded {
			return 0
		}
		return math.Copysign(math.Max(0, math.Abs(mid)-chance), mid)
	}
}

// Median returns the median relative excess, over the days [from,to), of the
// meters of other sites than those given, its standard error, and how many
// meters it is of.
func (p *Peers) Median(from, to time.Time, sites ...gtc.SiteID) (median, chance float64, n int) {
	over, members := p.over(span{civilDay(from), civilDay(to)})
	x := make([]float64, 0, len(over.x))
	for i, k := range over.member {
		if !slices.Contains(sites, members[k].site) {
			x = append(x, over.x[i])
		}
	}
	if len(x) == 0 {
		return 0, 0, 0
	}
	median, spread := middle(x)
	return median, medianError * spread / math.Sqrt(float64(len(x))), len(x)
}

// over returns the deviations of all members over a span, and the members.
func (p *Peers) over(s span) (deviations, []*peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	members := p.made()
	known, ok := p.seen[s]
	if ok {
		return known, members
	}
	out := p.room[:0]
	for i, m := range members {
		if m == nil {
			continue
		}
		a, b := s.from-m.first, s.to-m.first
		if a < 0 || b >= len(m.due) || b <= a || float64(m.days[b]-m.days[a]) < float64(b-a)*(1-maxSilent) {
			continue
		}
		if due := m.due[b] - m.due[a]; due > 0 {
			out = append(out, deviation{(m.rest[b] - m.rest[a]) / due, uint32(i)}) //nolint:gosec // a place
		}
	}
	slices.SortFunc(out, func(a, b deviation) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	known = deviations{make([]float64, len(out)), make([]uint32, len(out))}
	for i, d := range out {
		known.x[i], known.member[i] = d.x, d.member
	}
	p.seen[s], p.room = known, out
	return known, members
}

// Forget drops what was worked out and what it was worked out from: a judgement
// of many meters asks for the same spans over and over, and hardly anybody after
// it.
func (p *Peers) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members, p.seen, p.room = nil, map[span]deviations{}, nil
}

// middle returns the median of x, which is in order, and what its median
// absolute deviation says of the standard deviation.
func middle(x []float64) (median, spread float64) {
	half := func(v []float64) float64 { return (v[(len(v)-1)/2] + v[len(v)/2]) / 2 }
	median = half(x)
	away := make([]float64, len(x))
	for i, v := range x {
		away[i] = math.Abs(v - median)
	}
	slices.Sort(away)
	return median, madToSigma * half(away)
}

// civilDay numbers the calendar day of t in its own zone.
func civilDay(t time.Time) int {
	const day = 24 * 60 * 60
	_, east := t.Zone()
	seconds := int(t.Unix()) + east
	return (seconds - (seconds%day+day)%day) / day
}
