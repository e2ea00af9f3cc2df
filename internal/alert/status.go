package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// The subjects on which a running hub answers its own commands.
const (
	subjectStatus = "hub.notify.status"
	subjectTry    = "hub.notify.try"
)

// Status is how telling people works at an instant.
type Status struct {
	At   time.Time  `json:"at"`
	Ways []WayState `json:"ways"`
	// Unsent are the channels whose last message was given up or is late, with the
	// cause.
	Unsent map[notify.Channel]string `json:"unsent,omitempty"`
	// Untold are the alarms of which nobody can be told.
	Untold []string `json:"untold,omitempty"`
	// Waiting messages are on their way, the oldest since Oldest.
	Waiting uint64    `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero"`
	// Watchdog is when the outside watcher last took the sign of life, zero
	// when it never did; WatchdogError what is wrong with it.
	Watchdog      time.Time `json:"watchdog,omitzero"`
	WatchdogError string    `json:"watchdog_error,omitempty"`
	// Fault is why the service does not do its work, "" when it does.
	Fault string `json:"fault,omitempty"`
}

// Status returns how telling people works.
func (s *Service) Status(ctx context.Context) (Status, error) {
	out := Status{At: s.o.Now(), Ways: s.ways.states(), Unsent: map[notify.Channel]string{}, Untold: s.untold.list()}
	var err error
	if out.Waiting, out.Oldest, err = s.outbox.waiting(ctx); err != nil {
		return out, err
	}
	s.ways.mu.Lock()
	for c, st := range s.ways.channels {
		if !st.Unsent.IsZero() {
			out.Unsent[c] = st.Why
		}
	}
	s.ways.mu.Unlock()
	if why := whyBad(s.badAddresses(out.At)); why != "" {
		out.Unsent[notify.Email] = why
	}
	if s.o.Watchdog != nil {
		out.Watchdog, out.WatchdogError = s.o.Watchdog.State()
	}
	if err := s.Alive(out.At); err != nil {
		out.Fault = err.Error()
	}
	return out, nil
}

type tryRequest struct {
	Person  string         `json:"person"`
	Channel notify.Channel `json:"channel,omitempty"`
}

type tryAnswer struct {
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Error is of the question; Unknown and NotReached say which.
	Error      string `json:"error,omitempty"`
	Unknown    bool   `json:"unknown,omitempty"`
	NotReached bool   `json:"not_reached,omitempty"`
}

// answer answers the commands of this machine until ctx ends.
func (s *Service) answer(ctx context.Context) error {
	in := make(chan *nats.Msg, 8)
	for _, subject := range []string{subjectStatus, subjectTry} {
		sub, err := s.o.Conn.ChanSubscribe(subject, in)
		if err != nil {
			return fmt.Errorf("answer commands: %w", err)
		}
		defer func() { _ = sub.Unsubscribe() }() // the connection may be closed already
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-in:
			if err := s.answerOne(ctx, m); err != nil {
				s.log.Warn().Err(err).Str("subject", m.Subject).Msg("command not answered")
			}
		}
	}
}

func (s *Service) answerOne(ctx context.Context, m *nats.Msg) error {
	var answer any
	switch m.Subject {
	case subjectStatus:
		st, err := s.Status(ctx)
		if err != nil {
			return err
		}
		answer = st
	case subjectTry:
		var r tryRequest
		if err := json.Unmarshal(m.Data, &r); err != nil {
			return err
		}
		var a tryAnswer
		var err error
		if a.Outcomes, err = s.Try(ctx, r.Person, r.Channel); err != nil {
			a.Error, a.Unknown, a.NotReached = err.Error(), errors.Is(err, ErrPerson), errors.Is(err, ErrNotReached)
		}
		answer = a
	}
	data, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return m.Respond(data)
}

// AskStatus asks a running hub over its bus.
func AskStatus(ctx context.Context, nc *nats.Conn) (Status, error) {
	var st Status
	err := ask(ctx, nc, subjectStatus, nil, &st)
	return st, err
}

// AskTry asks a running hub over its bus to send a test message: see
// [Service.Try].
func AskTry(ctx context.Context, nc *nats.Conn, person string, only notify.Channel) ([]Outcome, error) {
	var a tryAnswer
	if err := ask(ctx, nc, subjectTry, tryRequest{person, only}, &a); err != nil {
		return nil, err
	}
	switch {
	case a.Unknown:
		return nil, fmt.Errorf("test %s: %w", person, ErrPerson)
	case a.NotReached:
		return nil, fmt.Errorf("test %s %s: %w", person, only, ErrNotReached)
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return a.Outcomes, nil
}

func ask(ctx context.Context, nc *nats.Conn, subject string, in, out any) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	m, err := nc.RequestWithContext(ctx, subject, data)
	if err != nil {
		return fmt.Errorf("ask the hub (%s): %w", subject, err)
	}
	if err := json.Unmarshal(m.Data, out); err != nil {
		return fmt.Errorf("ask the hub (%s): %w", subject, err)
	}
	return nil
}
