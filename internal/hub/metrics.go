package hub

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the hub tells of itself on /metrics.
type metrics struct {
	registry    prometheus.Registerer
	unknownSite prometheus.Counter
	unparsed    prometheus.Counter
	unpublished prometheus.Counter
	passSeconds prometheus.Histogram
	passErrors  prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, h *Hub) *metrics {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	m := &metrics{
		registry: reg,
		unknownSite: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_hub_unknown_site_total", Help: "Messages of a site that is not configured; they are stored but watched by nobody.",
		}),
		unparsed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_hub_unparsed_messages_total", Help: "Sample messages the live view could not parse in full.",
		}),
		unpublished: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_hub_alarm_publish_retries_total", Help: "Turns at which alarm events could not be published and waited.",
		}),
		passSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "gtc_energy_pass_seconds", Help: "Duration of one pass of rollups and energy rules.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12),
		}),
		passErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_energy_pass_errors_total", Help: "Passes of the energy rules that were incomplete and are tried again.",
		}),
	}
	alarms := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gtc_alarms_standing", Help: "Standing alarms.",
	}, func() float64 {
		n := 0
		for _, a := range h.alarms.list() {
			if a.Standing() {
				n++
			}
		}
		return float64(n)
	})
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gtc_findings_open", Help: "Open energy findings.",
	}, func() float64 { return float64(len(h.findings.open(""))) })
	reg.MustRegister(m.unknownSite, m.unparsed, m.unpublished, m.passSeconds, m.passErrors, alarms, open)
	return m
}

func (m *metrics) pass(took time.Duration, err error) {
	m.passSeconds.Observe(took.Seconds())
	if err != nil {
		m.passErrors.Inc()
	}
}
