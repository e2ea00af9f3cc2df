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
	unreported  prometheus.Counter
	conflicts   prometheus.Counter
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
	m.unreported = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "gtc_site_delivery_unreported_lines_total", Help: "Lines about the delivery of sites that InfluxDB was away for too long to take.",
	})
	m.conflicts = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "gtc_hub_state_conflicts_total", Help: "Alarms and works that another hub had changed when this one kept them.",
	})
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
	left := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "gtc_hub_alarm_events_left_total", Help: "Changes of alarms that this hub found and the hub that speaks for their site did not.",
	}, func() float64 { return h.alarms.leftOut() })
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gtc_findings_open", Help: "Open energy findings.",
	}, func() float64 { return float64(len(h.findings.open(""))) })
	reg.MustRegister(m.unknownSite, m.unparsed, m.unpublished, m.passSeconds, m.passErrors, m.unreported, m.conflicts, alarms, left, open, newDeliveryMetrics(h))
	return m
}

func (m *metrics) pass(took time.Duration, err error) {
	m.passSeconds.Observe(took.Seconds())
	if err != nil {
		m.passErrors.Inc()
	}
}

// deliveryMetrics tell how far the samples of each site have come.
type deliveryMetrics struct {
	hub                                 *Hub
	newest, waiting, late, lost, behind *prometheus.Desc
}

var _ prometheus.Collector = (*deliveryMetrics)(nil)

func newDeliveryMetrics(h *Hub) *deliveryMetrics {
	bySite := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("gtc_site_delivery_"+name, help, []string{"site"}, nil)
	}
	return &deliveryMetrics{
		hub:     h,
		newest:  bySite("newest_timestamp_seconds", "Instant of the newest sample that came in order, 0 when none is known."),
		waiting: bySite("backlog_messages", "Messages that wait on the edge, as last told, and at the hub for InfluxDB."),
		late:    bySite("late_seconds", "Age of the oldest sample that is on its way into InfluxDB."),
		lost:    bySite("lost_total", "Messages and lines that the edge said to have discarded before the hub took them."),
		behind:  prometheus.NewDesc("gtc_ingest_waiting_messages", "Messages that wait at the hub for InfluxDB.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *deliveryMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.newest, m.waiting, m.late, m.lost, m.behind} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *deliveryMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for site, d := range m.hub.deliveries(m.hub.now()) {
		at := 0.0
		if !d.Newest.IsZero() {
			at = float64(d.Newest.UnixMilli()) / 1000
		}
		gauge(m.newest, at, string(site))
		gauge(m.waiting, float64(d.Waiting), string(site))
		gauge(m.late, d.LateSeconds, string(site))
		ch <- prometheus.MustNewConstMetric(m.lost, prometheus.CounterValue, float64(d.Lost), string(site))
	}
	gauge(m.behind, float64(m.hub.delivery.waiting()))
}
