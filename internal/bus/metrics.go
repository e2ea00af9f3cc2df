package bus

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpas-charleroi/gtc"
)

// hubMetrics count what passes the hub; they work without a registry too.
type hubMetrics struct {
	registry   prometheus.Registerer
	registered []prometheus.Collector
	pulled     *prometheus.CounterVec
	again      *prometheus.CounterVec
	lost       *prometheus.CounterVec
	backlog    *prometheus.GaugeVec
	linked     *prometheus.GaugeVec
	live       *prometheus.CounterVec
	rejected   *prometheus.CounterVec
}

func newHubMetrics(r prometheus.Registerer) (*hubMetrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"site"})
	}
	m := &hubMetrics{
		registry: r,
		pulled:   counter("gtc_bus_pulled_total", "Messages pulled from edges and stored at the hub.", "site", "stream"),
		again:    counter("gtc_bus_pulled_again_total", "Messages pulled that the hub had already.", "site", "stream"),
		lost:     counter("gtc_bus_lost_total", "Messages that an edge discarded (age, size) before the hub took them.", "site", "stream"),
		backlog:  gauge("gtc_bus_backlog", "Messages waiting on the edge, as last told."),
		linked:   gauge("gtc_bus_linked", "Whether the edge can be pulled from (1) or not (0)."),
		live:     counter("gtc_bus_live_dropped_total", "Live lines and heartbeats dropped: of another site, malformed.", "site"),
		rejected: counter("gtc_bus_rejected_total", "Messages and lines put into the stream REJECTED.", "site"),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range m.all() {
		if err := r.Register(c); err != nil {
			m.unregister() // only what was registered here
			return nil, fmt.Errorf("register bus metrics: %w", err)
		}
		m.registered = append(m.registered, c)
	}
	return m, nil
}

func (m *hubMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.pulled, m.again, m.lost, m.backlog, m.linked, m.live, m.rejected}
}

func (m *hubMetrics) unregister() {
	if m == nil {
		return
	}
	for _, c := range m.registered {
		m.registry.Unregister(c)
	}
}

// forget removes the figures of a site that is gone.
func (m *hubMetrics) forget(id gtc.SiteID) {
	labels := prometheus.Labels{"site": string(id)}
	for _, c := range []interface {
		DeletePartialMatch(labels prometheus.Labels) int
	}{m.pulled, m.again, m.lost, m.backlog, m.linked, m.live, m.rejected} {
		c.DeletePartialMatch(labels)
	}
}
