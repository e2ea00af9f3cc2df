package channel

import (
	"context"
	"errors"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// ErrRefused marks an error that trying again does not mend: a wrong address,
// a wrong password, a message that the other side does not accept.
var ErrRefused = errors.New("refused for good")

// Sender brings one message on its way. An error that wraps [ErrRefused] is
// final; any other may pass. Send may be called again with the same message.
type Sender interface {
	Send(ctx context.Context, m notify.Message, t Text) error
}

// Text is a message in words.
type Text struct {
	// Subject is one line; Body the whole, with line ends.
	Subject, Body string
	// Short is what fits a telephone: at most 300 characters.
	Short string
	// Link takes whoever opens it to the alarm, to take it in charge.
	Link string
}

// refused marks err as final.
func refused(err error) error { return errors.Join(err, ErrRefused) }
