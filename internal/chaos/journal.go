package chaos

import (
	"slices"
	"sync"
	"time"
)

// Message is what a publisher said.
type Message struct {
	// At is the device's own time, Unix ms.
	At int64
	// Acked tells that the edge's broker acknowledged it: from then on it must
	// not be lost.
	Acked bool
}

// Journal is what the simulated devices know: every message published and
// every read answered, by site. It may be used by several goroutines.
type Journal struct {
	mu    sync.Mutex
	sites []SiteJournal
}

// SiteJournal is the journal of one site.
type SiteJournal struct {
	// Published holds message n at n-1.
	Published []Message
	// Served holds when read n was answered at n-1.
	Served []time.Time
	// Kills are when the edge was killed.
	Kills []time.Time
	// Steps are the offsets that the edge's clock had, from an instant on.
	Steps []Offset
}

// Offset is what a clock is ahead of the true time, from an instant on.
type Offset struct {
	From  time.Time
	Ahead time.Duration
}

// NewJournal returns an empty journal of so many sites.
func NewJournal(sites int) *Journal { return &Journal{sites: make([]SiteJournal, sites)} }

// Publish notes a new message of a site with its own time and returns its
// number and that time; times strictly increase.
func (j *Journal) Publish(site int, at time.Time) (n int, stamp time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.sites[site]
	ms := at.UnixMilli()
	if n := len(s.Published); n > 0 {
		ms = max(ms, s.Published[n-1].At+1)
	}
	s.Published = append(s.Published, Message{At: ms})
	return len(s.Published), time.UnixMilli(ms)
}

// Ack notes that message n of a site was acknowledged.
func (j *Journal) Ack(site, n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sites[site].Published[n-1].Acked = true
}

// Serve notes that a read of a site is being answered and returns its number.
func (j *Journal) Serve(site int, at time.Time) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.sites[site]
	s.Served = append(s.Served, at)
	return len(s.Served)
}

// Kill notes that the edge of a site is killed.
func (j *Journal) Kill(site int, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sites[site].Kills = append(j.sites[site].Kills, at)
}

// Step notes that the clock of a site's edge is ahead from now on.
func (j *Journal) Step(site int, at time.Time, ahead time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sites[site].Steps = append(j.sites[site].Steps, Offset{at, ahead})
}

// Site returns a copy of what is known of a site.
func (j *Journal) Site(site int) SiteJournal {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.sites[site]
	return SiteJournal{slices.Clone(s.Published), slices.Clone(s.Served), slices.Clone(s.Kills), slices.Clone(s.Steps)}
}

// Unacked returns how many messages were not acknowledged yet.
func (j *Journal) Unacked() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for i := range j.sites {
		for _, m := range j.sites[i].Published {
			if !m.Acked {
				n++
			}
		}
	}
	return n
}

// aheadAt returns every offset that the clock had within slack of an instant.
func (s SiteJournal) aheadAt(at time.Time, slack time.Duration) []time.Duration {
	out := []time.Duration{}
	current := time.Duration(0)
	for _, o := range s.Steps {
		if o.From.After(at.Add(slack)) {
			break
		}
		if o.From.After(at.Add(-slack)) {
			out = append(out, current)
		}
		current = o.Ahead
	}
	return append(out, current)
}
