package modem

import (
	"context"
	"errors"
	"sync"
)

// Line is a modem that is opened when it is needed and opened again after it
// was lost: pulled out, restarted, or stuck. It may be used by several
// goroutines.
type Line struct {
	open func(context.Context) (*Modem, error)

	mu    sync.Mutex
	modem *Modem
}

// NewLine returns a line over what open opens, such as [Open] of a device.
func NewLine(open func(context.Context) (*Modem, error)) *Line { return &Line{open: open} }

// with does something with the modem, which it opens first when need be. After
// an error that is not the modem's own word the modem is closed: whatever came
// late would be taken for the next answer.
func (l *Line) with(ctx context.Context, do func(*Modem) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.modem == nil {
		m, err := l.open(ctx)
		if err != nil {
			return err
		}
		l.modem = m
	}
	err := do(l.modem)
	if err != nil && !errors.Is(err, ErrModem) {
		_ = l.modem.Close() // the first error is the one to tell
		l.modem = nil
	}
	return err
}

// Send sends an SMS: see [Modem.Send].
func (l *Line) Send(ctx context.Context, number, text string) error {
	return l.with(ctx, func(m *Modem) error { return m.Send(ctx, number, text) })
}

// Receive takes the messages that have come in: see [Modem.Receive].
func (l *Line) Receive(ctx context.Context) (received []Received, skipped int, err error) {
	err = l.with(ctx, func(m *Modem) error {
		var err error
		received, skipped, err = m.Receive(ctx)
		return err
	})
	return received, skipped, err
}

// State asks how the modem stands with the network.
func (l *Line) State(ctx context.Context) (s State, err error) {
	err = l.with(ctx, func(m *Modem) error {
		var err error
		s, err = m.State(ctx)
		return err
	})
	return s, err
}

// Close closes the modem if it is open.
func (l *Line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.modem == nil {
		return nil
	}
	err := l.modem.Close()
	l.modem = nil
	return err
}
