package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// giveUp is how long a message is tried.
	giveUp = 24 * time.Hour
	// sendersFirst and sendersRest are how many messages of a channel are sent
	// at once, of priority 1 and of the others.
	sendersFirst, sendersRest = 4, 2
)

// errNoWay says that no way of a channel is configured.
var errNoWay = errors.New("no way configured")

// startSenders starts the senders of every channel.
func (s *Service) startSenders(ctx context.Context, g *errgroup.Group) {
	rest := []gtc.Priority{gtc.PriorityHigh, gtc.PriorityMedium, gtc.PriorityDrift}
	for _, c := range notify.Channels() {
		for range sendersFirst {
			g.Go(func() error { return s.sendAll(ctx, lane{c, true}, []gtc.Priority{gtc.PriorityCritical}) })
		}
		for range sendersRest {
			g.Go(func() error { return s.sendAll(ctx, lane{c, false}, rest) })
		}
	}
}

// sendAll sends what a lane has, the most urgent first, until ctx ends.
func (s *Service) sendAll(ctx context.Context, l lane, priorities []gtc.Priority) error {
	for ctx.Err() == nil {
		if err := s.sendLane(ctx, l, priorities); err != nil && ctx.Err() == nil {
			s.log.Error().Err(err).Str("channel", string(l.channel)).Msg("outbox not readable")
			_ = clock.Sleep(ctx, retryAfter) // only when ctx ends
		}
	}
	return ctx.Err()
}

func (s *Service) sendLane(ctx context.Context, l lane, priorities []gtc.Priority) error {
	consumers := make([]jetstream.Consumer, len(priorities))
	for i, p := range priorities {
		var err error
		if consumers[i], err = s.outbox.consumer(ctx, l.channel, p); err != nil {
			return err
		}
	}
	look := time.NewTicker(idle)
	defer look.Stop()
	for {
		m, err := next(consumers)
		if err != nil {
			return fmt.Errorf("read %s: %w", StreamOutbox, err)
		}
		if m != nil {
			s.outbox.tell(l) // another sender may look too
			s.handle(ctx, l, m)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.outbox.wake[l]:
		case <-look.C:
		}
	}
}

// handle sends one message and says what became of it.
func (s *Service) handle(ctx context.Context, l lane, raw jetstream.Msg) {
	var m notify.Message
	if err := json.Unmarshal(raw.Data(), &m); err != nil {
		s.metrics.outcome(string(l.channel), outcomeUnreadable)
		s.ways.gaveUp(ctx, l.channel, fmt.Sprintf("message not understood: %v", err), s.o.Now(), s.log)
		s.log.Error().Err(err).Msg("message given up")
		s.acked(raw.Term())
		return
	}
	err := s.send(ctx, m)
	if ctx.Err() != nil {
		return // the hub ends; it comes again
	}
	log := s.log.With().Str("message", m.ID).Str("channel", string(m.Channel)).Str("person", m.To.ID).Logger()
	late := s.o.Now().Sub(m.At) >= giveUp
	switch {
	case err == nil:
		s.metrics.outcome(string(m.Channel), outcomeSent)
		s.metrics.took(m, s.o.Now())
		s.ways.sent(ctx, m.Channel, s.log)
		if m.Channel == notify.Email {
			s.ways.retried(ctx, m.To, s.o.Now(), s.log)
		}
		log.Info().Msg("message sent")
		s.handedOver(ctx, &m)
		s.acked(raw.DoubleAck(ctx))
	case late || errors.Is(err, channel.ErrRefused):
		result := outcomeRefused
		if late {
			result = outcomeExpired
		}
		s.metrics.outcome(string(m.Channel), result)
		s.ways.gaveUp(ctx, m.Channel, err.Error(), s.o.Now(), s.log)
		log.Error().Err(err).Msg("message given up")
		s.doubt(&m, err)
		s.refused(ctx, &m)
		s.acked(raw.Term())
	default:
		wait := backoff(m.Priority(), delivered(raw))
		s.metrics.outcome(string(m.Channel), outcomeRetried)
		log.Warn().Err(err).Dur("retry_in", wait).Msg("message waits")
		s.doubt(&m, err)
		s.acked(raw.NakWithDelay(wait))
		time.AfterFunc(wait+10*time.Millisecond, func() { s.outbox.tell(l) })
	}
}

// acked notes that the outbox was not told: the message comes again, and its
// id says that it is the same.
func (s *Service) acked(err error) {
	if err != nil {
		s.log.Warn().Err(err).Msg("outbox not told what became of a message; it may be sent again")
	}
}

func delivered(m jetstream.Msg) uint64 {
	meta, err := m.Metadata()
	if err != nil {
		return 1
	}
	return meta.NumDelivered
}

// backoff is how long to wait after the n-th attempt, 1 for the first.
func backoff(p gtc.Priority, n uint64) time.Duration {
	first, longest := 10*time.Second, 10*time.Minute
	if p == gtc.PriorityCritical {
		first, longest = 2*time.Second, 30*time.Second
	}
	return min(first<<min(max(n, 1)-1, 12), longest)
}

// send writes a message and hands it to its channel.
func (s *Service) send(ctx context.Context, m notify.Message) error {
	sender := s.ways.sender(m)
	if sender == nil {
		return fmt.Errorf("send by %s: %w: %w", m.Channel, errNoWay, channel.ErrRefused)
	}
	ctx, stop := context.WithTimeout(ctx, sendWithin)
	defer stop()
	if len(m.Alarms) == 1 && len(m.Numbers) == 1 && m.Channel == notify.SMS {
		m.Reply = s.reply(m.Numbers[0])
	}
	s.nameMail(ctx, &m)
	loc := time.UTC
	if len(m.Alarms) > 0 {
		loc = s.o.Locate(m.Alarms[0].Site)
	}
	return sender.Send(ctx, m, channel.Render(m, s.o.Places, s.link(m), loc))
}

// link is the address that takes the person to the alarm, "" without one.
func (s *Service) link(m notify.Message) string {
	base := strings.TrimSuffix(s.o.PublicURL, "/")
	switch {
	case base == "" || m.Why != notify.Raised || m.To.ID == "":
		return ""
	case len(m.Alarms)+m.More > 1:
		return base + "/alarms"
	}
	a := m.Alarms[0]
	token, err := s.signer.Token(channel.Grant{Person: m.To.ID, Alarm: a.ID, Occurrence: a.Occurrence, Expires: m.At.Add(channel.LinkLife)})
	if err != nil { // the id of the person is too long: the page without it
		return base + "/alarms"
	}
	return base + "/t/" + token
}

// Link returns what the token of a link grants at now; an error wrapping
// [channel.ErrLink] when it is not one of ours, or too old.
func (s *Service) Link(token string, now time.Time) (channel.Grant, error) {
	return s.signer.Check(token, now)
}
