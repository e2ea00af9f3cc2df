package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpas-charleroi/gtc/collector/health"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
)

// metrics turns the counters that the collector keeps anyway into Prometheus
// metrics, when asked: counting costs the hot path nothing more.
type metrics struct {
	devices  []*health.Device
	batcher  *batcher
	refusals []func() []mqtt.Refusal
}

type descriptions struct {
	polls, errors, latency, online, refused, samples, batches, retries, unstamped *prometheus.Desc
}

func describe() descriptions {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("gtc_collector_"+name, help, labels, nil)
	}
	return descriptions{
		polls:     desc("polls_total", "Requests sent to a device, or messages received from it.", "device"),
		errors:    desc("errors_total", "Requests and messages of a device that brought no value.", "device"),
		latency:   desc("latency_seconds", "Running mean of the time between request and answer.", "device"),
		online:    desc("online", "1 when the device answered last time; no value before it was tried.", "device"),
		refused:   desc("decode_failures_total", "MQTT messages that could not be taken, by reason.", "device", "reason"),
		samples:   desc("samples_total", "Values written to the queue."),
		batches:   desc("batches_total", "Messages taken by the queue."),
		retries:   desc("batch_retries_total", "Attempts at which the queue did not take a batch."),
		unstamped: desc("unstamped_total", "Samples refused because their instant lies before 2020."),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	d := describe()
	for _, desc := range []*prometheus.Desc{d.polls, d.errors, d.latency, d.online, d.refused, d.samples, d.batches, d.retries, d.unstamped} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	d := describe()
	count := func(desc *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	for _, device := range m.devices {
		s := device.State()
		id := string(s.Device)
		count(d.polls, s.Polls, id)
		count(d.errors, s.Errors, id)
		gauge(d.latency, s.Latency.Seconds(), id)
		if s.Known {
			up := 0.0
			if s.Online {
				up = 1
			}
			gauge(d.online, up, id)
		}
	}
	count(d.samples, m.batcher.samples.Load())
	count(d.batches, m.batcher.batches.Load())
	count(d.retries, m.batcher.retries.Load())
	count(d.unstamped, m.batcher.unstamped.Load())
	m.collectRefusals(count, d.refused)
}

func (m *metrics) collectRefusals(count func(*prometheus.Desc, uint64, ...string), desc *prometheus.Desc) {
	type key struct{ device, reason string }
	sums := map[key]uint64{}
	for _, refusals := range m.refusals {
		for _, r := range refusals() {
			sums[key{string(r.Device), string(r.Reason)}] += r.Count
		}
	}
	for k, n := range sums {
		count(desc, n, k.device, k.reason)
	}
}
