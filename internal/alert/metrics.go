package alert

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// What becomes of a message.
const (
	outcomeSent       = "sent"
	outcomeRetried    = "retried"
	outcomeRefused    = "refused"
	outcomeExpired    = "expired"
	outcomeUnreadable = "unreadable"
	outcomeBounced    = "bounced"
	outcomeSlow       = "slow"
)

// metrics are what the service tells of itself on /metrics.
type metrics struct {
	messages   *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	tests      *prometheus.CounterVec
	answers    *prometheus.CounterVec
	bounces    *prometheus.CounterVec
	unstored   prometheus.Counter
	unreadable prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, s *Service) (*metrics, error) {
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gtc_notify_messages_total", Help: "Attempts to send a message to a person, by channel and outcome (sent, retried, refused, expired, unreadable, bounced), and slow: those not handed over in time, once each.",
		}, []string{"channel", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gtc_notify_seconds", Help: "Time from a message being due to its hand-over to the channel.",
			Buckets: []float64{0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 10000},
		}, []string{"channel"}),
		tests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gtc_notify_tests_total", Help: "Daily tests of the ways to people, by way and outcome (passed, failed).",
		}, []string{"way", "outcome"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gtc_notify_answers_total", Help: "SMS that came in, by what became of them (taken, nothing, which, not_understood, unknown_sender, unreadable, failed).",
		}, []string{"outcome"}),
		bounces: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gtc_notify_bounces_total", Help: "Mails in the mailbox of reports, by what became of them (taken, delayed, again, unknown, failed, no_report, auto_reply, unreadable), and mailbox_away: looks that failed.",
		}, []string{"outcome"}),
		unstored: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_notify_store_retries_total", Help: "Turns at which messages could not be put into the outbox and waited.",
		}),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gtc_notify_unreadable_events_total", Help: "Events that were not understood, of which nobody is told.",
		}),
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gtc_notify_waiting_messages", Help: "Messages on their way to people.",
	}, func() float64 {
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		n, _, err := s.outbox.waiting(ctx)
		if err != nil {
			return -1
		}
		return float64(n)
	})
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.messages, m.seconds, m.tests, m.answers, m.bounces, m.unstored, m.unreadable, waiting} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) outcome(channel, outcome string) {
	m.messages.WithLabelValues(channel, outcome).Inc()
}

func (m *metrics) took(msg notify.Message, now time.Time) {
	m.seconds.WithLabelValues(string(msg.Channel)).Observe(max(now.Sub(msg.At), 0).Seconds())
}
