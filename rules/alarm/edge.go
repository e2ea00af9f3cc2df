package alarm

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// How full the queue of an edge is when its alarm begins and when it is over.
const (
	queueFilling = 0.8
	queueRoom    = 0.7
)

// Queue is how an edge's queue and clock are, as its heartbeat says.
type Queue struct {
	// Fill is how near the queue is to discarding what the hub has not taken,
	// 0 to 1.
	Fill float64
	// Refused tells that the queue takes nothing: its disk is full.
	Refused bool
	// Lost counts what was discarded before the hub took it or never reached
	// the queue; it only grows, and begins again with the edge.
	Lost uint64
	// ClockWrong tells that the machine's clock is not set.
	ClockWrong bool
}

// addEdge makes the tracks of what a site's edge says of itself.
func (e *Engine) addEdge(s *site) {
	s.own = map[Watch]*track{}
	for _, w := range []Watch{WatchQueueFilling, WatchQueueRefuses, WatchQueueLost, WatchClock} {
		if c := e.edgeClasses[w]; c != nil {
			s.own[w] = e.addTrack(s, c, "edge", "", "")
		}
	}
}

// watchQueue judges what the edge says of its queue and clock.
func (s *site) watchQueue(q Queue, at time.Time) []gtc.Event {
	filling := q.Fill >= queueFilling
	if t := s.own[WatchQueueFilling]; t != nil && t.alarm.Active() {
		filling = q.Fill >= queueRoom
	}
	lost := s.lostKnown && q.Lost > s.lost
	s.lost, s.lostKnown = q.Lost, true
	var events []gtc.Event
	for _, w := range []struct {
		watch Watch
		holds bool
	}{{WatchQueueFilling, filling}, {WatchQueueRefuses, q.Refused}, {WatchQueueLost, lost}, {WatchClock, q.ClockWrong}} {
		if t := s.own[w.watch]; t != nil {
			t.unsure = false
			events = append(events, t.settle(w.holds, at)...)
		}
	}
	return events
}
