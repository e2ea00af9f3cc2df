package edge

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

// The fill of the queue from which on it is said to be filling, and below
// which it is normal again.
const (
	fillHigh = 0.8
	fillLow  = 0.7
)

// watchQueue is how often the queue is looked at.
const watchQueue = time.Second

// What events of kind edge and subject queue or disk say.
const (
	stateNormal  = "normal"
	stateFilling = "filling" // 80 % of its size or age is used
	stateLost    = "lost"    // value: messages discarded before the hub took them
	stateDropped = "dropped" // value: lines that never reached the queue
	stateFull    = "full"    // the queue takes nothing
)

// queueWatch turns the states of the queue into events. It knows no time but
// what it is given.
type queueWatch struct {
	site    gtc.SiteID
	boot    string
	n       int
	filling bool
	full    bool
	lost    uint64 // already told
	dropped uint64
}

// look returns the events of what changed; dropped is the number of lines that
// never reached the queue.
func (w *queueWatch) look(at time.Time, q bus.QueueState, dropped uint64) []gtc.Event {
	var out []gtc.Event
	say := func(subject, from, to, reason string, value float64) {
		w.n++
		out = append(out, gtc.Event{
			ID:   fmt.Sprintf("%s/%s/%s/%d", w.site, subject, w.boot, w.n),
			Site: w.site, At: at, Kind: gtc.EventEdge, Subject: subject, From: from, To: to, Actor: "edge", Reason: reason, Value: &value,
		})
	}
	switch {
	case !w.filling && q.Fill >= fillHigh:
		w.filling = true
		say("queue", stateNormal, stateFilling, fmt.Sprintf("%.0f %% full: the oldest samples are lost at 100 %%", 100*q.Fill), q.Fill)
	case w.filling && q.Fill < fillLow:
		w.filling = false
		say("queue", stateFilling, stateNormal, "", q.Fill)
	}
	if q.Refused != w.full {
		w.full = q.Refused
		if w.full {
			say("disk", stateNormal, stateFull, q.Reason, float64(q.Free))
		} else {
			say("disk", stateFull, stateNormal, "", float64(q.Free))
		}
	}
	if q.Lost > w.lost {
		say("queue", "", stateLost, "messages discarded before the hub took them", float64(q.Lost-w.lost))
		w.lost = q.Lost
	}
	if dropped > w.dropped && !q.Refused { // told once, when it is over
		say("queue", "", stateDropped, "lines that the queue did not take", float64(dropped-w.dropped))
		w.dropped = dropped
	}
	return out
}

// watchQueue records what becomes of the queue. Events that cannot be stored
// yet are tried again.
func (e *Edge) watchQueue(ctx context.Context) error {
	w := queueWatch{site: e.site.ID, boot: e.bus.Boot(), lost: e.bus.Queue().LostBefore}
	tick := time.NewTicker(watchQueue)
	defer tick.Stop()
	var untold []gtc.Event
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, ev := range w.look(e.collector.Now(), e.bus.Queue(), e.collector.Dropped()) {
			untold = append(untold, ev)
			e.log.Warn().Str("subject", ev.Subject).Str("from", ev.From).Str("to", ev.To).Float64("value", *ev.Value).Msg("queue: " + ev.Reason)
		}
		for len(untold) > 0 && e.bus.PublishEvent(ctx, untold[0]) == nil {
			untold = untold[1:]
		}
	}
}

// queueMetrics are the figures of the queue.
type queueMetrics struct {
	bus                                                         *bus.Edge
	waiting, bytes, fill, lost, refused, restarts, free, linked *prometheus.Desc
}

func newQueueMetrics(b *bus.Edge, site gtc.SiteID) *queueMetrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("gtc_edge_"+name, help, nil, prometheus.Labels{"site": string(site)})
	}
	return &queueMetrics{
		bus:      b,
		waiting:  desc("queue_messages", "Messages that the hub has not taken yet."),
		bytes:    desc("queue_bytes", "About what they occupy."),
		fill:     desc("queue_fill_ratio", "How near the queue is to discarding what the hub has not taken, by size or age, 0 to 1."),
		lost:     desc("queue_lost_total", "Messages discarded (age, size) before the hub took them, since the queue was made."),
		refused:  desc("queue_refused", "1 while the queue takes nothing: disk full or failed."),
		restarts: desc("queue_restarts_total", "Restarts of the queue's server after a failed write."),
		free:     desc("disk_free_bytes", "Free space of the queue's disk."),
		linked:   desc("linked", "1 while the edge is connected to the hub."),
	}
}

// Describe implements prometheus.Collector.
func (m *queueMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.waiting, m.bytes, m.fill, m.lost, m.refused, m.restarts, m.free, m.linked} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *queueMetrics) Collect(ch chan<- prometheus.Metric) {
	q := m.bus.Queue()
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
		ch <- prometheus.MustNewConstMetric(d, kind, v)
	}
	yes := map[bool]float64{true: 1}
	put(m.waiting, prometheus.GaugeValue, float64(q.Waiting))
	put(m.bytes, prometheus.GaugeValue, float64(q.Bytes))
	put(m.fill, prometheus.GaugeValue, q.Fill)
	put(m.lost, prometheus.CounterValue, float64(q.Lost))
	put(m.refused, prometheus.GaugeValue, yes[q.Refused])
	put(m.restarts, prometheus.CounterValue, float64(q.Restarts))
	put(m.free, prometheus.GaugeValue, float64(q.Free))
	put(m.linked, prometheus.GaugeValue, yes[m.bus.Linked()])
}
