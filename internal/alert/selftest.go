package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// testEvery is how often a way is tested that passed, againAfter one that
	// failed, so that its alarm ends by itself.
	testEvery  = 24 * time.Hour
	againAfter = 15 * time.Minute
	// attempts is how often a test is tried before it counts as failed, with
	// between between them.
	attempts = 3
	between  = 20 * time.Second
	// lookForTests is how often the service looks whether a test is due.
	lookForTests = time.Minute
)

// test tests every way each day, at the start what was not tested for a day, and
// what did not take a message, until ctx ends.
func (s *Service) test(ctx context.Context) error {
	t := time.NewTicker(lookForTests)
	defer t.Stop()
	for {
		for i, state := range s.ways.states() {
			daily := s.due(state)
			if !daily && !s.ways.suspect(state.Name, s.o.Now()) {
				continue
			}
			err := s.testWay(ctx, &s.ways.all[i], daily)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if daily || err != nil { // the daily test stays due
				s.noteTest(ctx, state, err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.retest:
		case <-t.C:
		}
	}
}

// due reports whether a way is to be tested now. A test that rings at
// somebody's waits until the service is at work.
func (s *Service) due(w WayState) bool {
	now := s.o.Now()
	every := testEvery
	if w.Failed() {
		every = againAfter
	}
	if now.Sub(w.Tested) < every {
		return false
	}
	return s.o.TestPerson == "" || w.Failed() || w.Tested.IsZero() || gtc.Staffed(now, s.o.Locate(""))
}

func (s *Service) noteTest(ctx context.Context, w WayState, err error) {
	was := w.Error
	w.Tested, w.Error = s.o.Now(), ""
	outcome := "passed"
	if err != nil {
		w.Error, outcome = err.Error(), "failed"
		s.log.Error().Err(err).Str("way", w.Name).Msg("way to people failed its test")
	} else if was != "" {
		s.log.Info().Str("way", w.Name).Msg("way to people passes its test again")
	}
	s.metrics.tests.WithLabelValues(w.Name, outcome).Inc()
	if err := s.ways.tested(ctx, w); err != nil {
		s.log.Warn().Err(err).Msg("test not kept")
	}
}

// testWay tests a way until it passes, a few times; daily with a message where
// somebody gets one.
func (s *Service) testWay(ctx context.Context, w *Way, daily bool) error {
	var err error
	for i := range attempts {
		if i > 0 && clock.Sleep(ctx, between) != nil {
			return ctx.Err()
		}
		if err = s.testOnce(ctx, w, daily); err == nil {
			return nil
		}
	}
	return err
}

func (s *Service) testOnce(ctx context.Context, w *Way, daily bool) error {
	ctx, stop := context.WithTimeout(ctx, sendWithin)
	defer stop()
	if w.Check != nil {
		if err := w.Check(ctx); err != nil {
			return err
		}
	}
	p, ok := s.Book().Person(s.o.TestPerson)
	if !daily || !ok || !p.Reaches(w.Channel) && w.Channel != notify.Webhook {
		return nil
	}
	return w.Sender.Send(ctx, s.trial(ctx, p, w.Channel, w.Webhook), channel.Render(notify.Message{Why: notify.Test, To: p}, s.o.Places, "", time.UTC))
}

// trial is a test message.
func (s *Service) trial(ctx context.Context, p notify.Person, c notify.Channel, webhook string) notify.Message {
	now := s.o.Now()
	m := notify.Message{
		ID:  fmt.Sprintf("test/%s/%s%s/%d", p.ID, c, webhook, now.UnixMilli()),
		Why: notify.Test, To: p, Channel: c, Webhook: webhook, At: now,
	}
	s.nameMail(ctx, &m)
	return m
}

var (
	// ErrPerson says that the book has no such person.
	ErrPerson = errors.New("no such person in the book")
	// ErrNotReached says that the person cannot be reached by the channel.
	ErrNotReached = errors.New("the person cannot be reached by it")
)

// Outcome is what became of a test message.
type Outcome struct {
	Channel notify.Channel `json:"channel"`
	// Way is by which way it went or was to go.
	Way   string `json:"way"`
	Error string `json:"error,omitempty"`
}

// Try sends a person a test message at once, by one channel or, with "", by
// each that reaches the person, and by each way of it. The error is of the
// question; what became of each message is in the outcomes.
func (s *Service) Try(ctx context.Context, person string, only notify.Channel) ([]Outcome, error) {
	p, ok := s.Book().Person(person)
	if !ok {
		return nil, fmt.Errorf("test %s: %w", person, ErrPerson)
	}
	var out []Outcome
	for i := range s.ways.all {
		w := &s.ways.all[i]
		if !p.Reaches(w.Channel) || only != "" && only != w.Channel {
			continue
		}
		o := Outcome{Channel: w.Channel, Way: w.Name}
		send, stop := context.WithTimeout(ctx, sendWithin)
		text := channel.Render(notify.Message{Why: notify.Test, To: p}, s.o.Places, "", time.UTC)
		if err := w.Sender.Send(send, s.trial(send, p, w.Channel, ""), text); err != nil {
			o.Error = err.Error()
		}
		stop()
		out = append(out, o)
	}
	for _, c := range notify.Channels() {
		if p.Reaches(c) && (only == "" || only == c) && !has(out, c) {
			out = append(out, Outcome{Channel: c, Error: errNoWay.Error()})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("test %s %s: %w", person, only, ErrNotReached)
	}
	return out, nil
}

func has(outcomes []Outcome, c notify.Channel) bool {
	for _, o := range outcomes {
		if o.Channel == c {
			return true
		}
	}
	return false
}
