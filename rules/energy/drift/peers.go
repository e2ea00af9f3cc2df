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
	members []peer

	mu   sync.Mutex
	seen map[span][]deviation
}

// span are the days [from,to), as numbers of civil days.
type span struct{ from, to int }

// deviation is the relative excess of one meter.
type deviation struct {
	site gtc.SiteID
	x    float64
}

// peer is one meter of a pool: running sums of its judged days.
type peer struct {
	site            gtc.SiteID
	first           int
	rest, due, days []float64
}

// NewPeers makes the pool of the meters given. What is not judged is left out.
func NewPeers(series []Series) *Peers {
	p := &Peers{seen: map[span][]deviation{}}
	for i := range series {
		s := &series[i]
		if !s.Judgeable || s.Trained >= len(s.Days) {
			continue
		}
		days := s.Days[s.Trained:]
		m := peer{site: s.Site, first: civilDay(s.From) + s.Trained}
		sums := make([]float64, 3*(len(days)+1))
		n := len(days) + 1
		m.rest, m.due, m.days = sums[:n], sums[n:2*n], sums[2*n:]
		for k, d := range days {
			m.rest[k+1], m.due[k+1], m.days[k+1] = m.rest[k], m.due[k], m.days[k]
			if d.Counts {
				m.rest[k+1] += d.KWh - d.Expected
				m.due[k+1] += d.Expected
				m.days[k+1]++
			}
		}
		p.members = append(p.members, m)
	}
	return p
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
	var x []float64
	for _, d := range p.over(span{civilDay(from), civilDay(to)}) {
		if !slices.Contains(sites, d.site) {
			x = append(x, d.x)
		}
	}
	if len(x) == 0 {
		return 0, 0, 0
	}
	median, spread := middle(x)
	return median, medianError * spread / math.Sqrt(float64(len(x))), len(x)
}

// over returns the deviations of all members over a span, in order of size.
func (p *Peers) over(s span) []deviation {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, ok := p.seen[s]
	if ok {
		return out
	}
	for i := range p.members {
		m := &p.members[i]
		a, b := s.from-m.first, s.to-m.first
		if a < 0 || b >= len(m.due) || b <= a || m.days[b]-m.days[a] < float64(b-a)*(1-maxSilent) {
			continue
		}
		if due := m.due[b] - m.due[a]; due > 0 {
			out = append(out, deviation{m.site, (m.rest[b] - m.rest[a]) / due})
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
	p.seen[s] = out
	return out
}

// Forget drops the medians that were worked out: a judgement of many meters
// asks for the same spans over and over, and nobody after it.
func (p *Peers) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = map[span][]deviation{}
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
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
