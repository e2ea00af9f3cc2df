package collector

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics turns the counters that the collector keeps anyway into Prometheus
// metrics, when asked: counting costs the hot path nothing more.
type metrics struct {
	collector *Collector
}

type descriptions struct {
	polls, errors, latency, percentile, online, timeouts, reconnects, exceptions, points *prometheus.Desc
	refused, samples, unchanged, batches, retries, unstamped                             *prometheus.Desc
	dropped, moved, steps, corrected, estimated                                          *prometheus.Desc
}

func describe() descriptions {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("gtc_collector_"+name, help, labels, nil)
	}
	return descriptions{
		polls:      desc("polls_total", "Requests sent to a device, or messages received from it.", "device"),
		errors:     desc("errors_total", "Requests and messages of a device that brought no value.", "device"),
		latency:    desc("latency_seconds", "Running mean of the time between request and answer.", "device"),
		percentile: desc("latency_quantile_seconds", "Time between request and answer, over the last 128 answers.", "device", "quantile"),
		timeouts:   desc("timeouts_total", "Requests that a device did not answer in time.", "device"),
		reconnects: desc("reconnects_total", "Connections to a device that had to be opened again.", "device"),
		exceptions: desc("exceptions_total", "Modbus exceptions of a device, by code.", "device", "code"),
		points:     desc("refused_points", "Points that a device refuses at present.", "device"),
		unchanged:  desc("unchanged_total", "Values left out because they lie within their point's deadband."),
		online:     desc("online", "1 when the device answered last time; no value before it was tried.", "device"),
		refused:    desc("decode_failures_total", "MQTT messages that could not be taken, by reason.", "device", "reason"),
		samples:    desc("samples_total", "Values written to the queue."),
		batches:    desc("batches_total", "Messages taken by the queue."),
		retries:    desc("batch_retries_total", "Attempts at which the queue did not take a batch."),
		dropped:    desc("dropped_lines_total", "Lines dropped because the queue took nothing for too long."),
		moved:      desc("moved_total", "Values put a millisecond or more later because another one of their series had their instant."),
		steps:      desc("clock_steps_total", "Times that the machine's clock was set by half a second or more."),
		corrected:  desc("corrected_total", "Samples whose instant was put right after the clock was set."),
		estimated:  desc("estimated_total", "Samples whose instant is an estimate because the clock was not set (quality bad_clock)."),
		unstamped:  desc("unstamped_total", "Samples refused because their instant lies before 2020."),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	d := describe()
	for _, desc := range []*prometheus.Desc{
		d.polls, d.errors, d.latency, d.percentile, d.online, d.timeouts, d.reconnects, d.exceptions, d.points,
		d.refused, d.samples, d.unchanged, d.batches, d.retries, d.unstamped,
		d.dropped, d.moved, d.steps, d.corrected, d.estimated,
	} {
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
	for _, device := range m.collector.current() {
		s := device.State()
		id := string(s.Device)
		count(d.polls, s.Polls, id)
		count(d.errors, s.Errors, id)
		gauge(d.latency, s.Latency.Seconds(), id)
		gauge(d.percentile, s.P50.Seconds(), id, "0.5")
		gauge(d.percentile, s.P95.Seconds(), id, "0.95")
		gauge(d.points, float64(s.Refused), id)
		count(d.timeouts, s.Timeouts, id)
		count(d.reconnects, s.Reconnects, id)
		for code, n := range s.Exceptions {
			if n > 0 {
				count(d.exceptions, n, id, strconv.Itoa(code))
			}
		}
		if s.Known {
			up := 0.0
			if s.Online {
				up = 1
			}
			gauge(d.online, up, id)
		}
	}
	count(d.samples, m.collector.batcher.samples.Load())
	count(d.unchanged, m.collector.batcher.unchanged.Load())
	count(d.batches, m.collector.batcher.batches.Load())
	count(d.retries, m.collector.batcher.retries.Load())
	count(d.unstamped, m.collector.batcher.unstamped.Load())
	count(d.dropped, m.collector.batcher.dropped.Load())
	count(d.moved, m.collector.batcher.moved.Load())
	if k := m.collector.batcher.time; k != nil {
		count(d.steps, k.steps.Load())
		count(d.corrected, k.corrected.Load())
		count(d.estimated, k.estimated.Load())
	}
	m.collectRefusals(count, d.refused)
}

func (m *metrics) collectRefusals(count func(*prometheus.Desc, uint64, ...string), desc *prometheus.Desc) {
	type key struct{ device, reason string }
	sums := map[key]uint64{}
	for _, r := range m.collector.refusals() {
		sums[key{string(r.Device), string(r.Reason)}] += r.Count
	}
	for k, n := range sums {
		count(desc, n, k.device, k.reason)
	}
}
