package channel

import (
	"context"
	"errors"
	"fmt"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// Line sends a text to a telephone number: a modem on this machine.
type Line interface {
	Send(ctx context.Context, number, text string) error
}

// Modem sends SMS by a line of its own, without network or provider.
type Modem struct{ line Line }

// NewModem returns a sender over a line.
func NewModem(line Line) *Modem { return &Modem{line} }

// Send hands one SMS to the modem. No error of a modem is final: its network
// may come back.
func (s *Modem) Send(ctx context.Context, m notify.Message, t Text) error {
	if m.To.Phone == "" {
		return refused(fmt.Errorf("send SMS to %s: no number", m.To.ID))
	}
	if err := s.line.Send(ctx, m.To.Phone, t.Short); err != nil {
		return fmt.Errorf("send SMS to %s: %w", m.To.ID, err)
	}
	return nil
}

// Both tries one way, and the other when the first fails.
type Both struct{ first, second Sender }

// NewBoth returns a sender with a second way.
func NewBoth(first, second Sender) *Both { return &Both{first, second} }

// Send is done when one of the two ways took the message. It may arrive by
// both: twice is better than not at all. The error is final when both refused.
func (b *Both) Send(ctx context.Context, m notify.Message, t Text) error {
	err := b.first.Send(ctx, m, t)
	if err == nil {
		return nil
	}
	err2 := b.second.Send(ctx, m, t)
	switch first, second := errors.Is(err, ErrRefused), errors.Is(err2, ErrRefused); {
	case err2 == nil:
		return nil
	case first && !second: // the second may take it later
		return fmt.Errorf("first way: %v; second way: %w", err, err2) //nolint:errorlint // its refusal is not the message's
	case second && !first:
		return fmt.Errorf("first way: %w; second way: %v", err, err2) //nolint:errorlint // its refusal is not the message's
	}
	return fmt.Errorf("first way: %w; second way: %w", err, err2)
}
