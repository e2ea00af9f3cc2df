package ingest

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count lines; they work without a registry too.
type metrics struct {
	registry   prometheus.Registerer
	registered []prometheus.Collector
	lines      *prometheus.CounterVec
	written    *prometheus.CounterVec
	rejected   prometheus.Counter
	retries    *prometheus.CounterVec
	seconds    prometheus.Histogram
	partitions *prometheus.GaugeVec
}

// The causes of a write that is tried again.
const (
	causeAway    = "away"
	causeRefused = "refused"
)

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	byDatabase := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"database"})
	}
	m := &metrics{
		registry: r,
		lines:    byDatabase("gtc_ingest_lines_total", "Lines taken from the hub's streams for writing."),
		written:  byDatabase("gtc_ingest_written_total", "Lines that InfluxDB took; a line near a rejected one counts again."),
		rejected: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_ingest_rejected_total", Help: "Lines and messages that will never be written, kept in REJECTED.",
		}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gtc_ingest_retries_total", Help: "Writes that failed and are tried again: InfluxDB away or overloaded, or refusing the hub as such (401, 403, 404).",
		}, []string{"cause"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gtc_ingest_write_seconds", Help: "Duration of writes.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}),
		partitions: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gtc_ingest_partitions", Help: "Partitions of sites that this hub ingests, of 8 a stream.",
		}, []string{"stream"}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range m.all() {
		if err := r.Register(c); err != nil {
			m.unregister() // only what was registered here
			return nil, fmt.Errorf("register ingest metrics: %w", err)
		}
		m.registered = append(m.registered, c)
	}
	return m, nil
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.lines, m.written, m.rejected, m.retries, m.seconds, m.partitions}
}

func (m *metrics) unregister() {
	for _, c := range m.registered {
		m.registry.Unregister(c)
	}
}
