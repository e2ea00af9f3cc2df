package modem_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/channel/modem/modemtest"
)

func TestLineOpensAgainAfterTheModemWasLost(t *testing.T) {
	radio := modemtest.New()
	opened := 0
	line := modem.NewLine(func(ctx context.Context) (*modem.Modem, error) {
		opened++
		return modem.New(ctx, radio.Dial())
	})
	t.Cleanup(func() { require.NoError(t, line.Close()) })
	long := strings.Repeat("à", 100)
	require.NoError(t, line.Send(t.Context(), "+32475123456", long))
	require.Equal(t, []modemtest.SMS{{Number: "+32475123456", Text: long}}, radio.Sent(), "what goes in parts arrives whole")

	radio.Refuse(true)
	require.ErrorIs(t, line.Send(t.Context(), "+32475123456", "x"), modem.ErrModem)
	require.Equal(t, 1, opened, "the modem's own word is no reason to open it again")
	radio.Refuse(false)

	ended, stop := context.WithCancel(t.Context())
	stop()
	require.Error(t, line.Send(ended, "+32475123456", "x"))
	s, err := line.State(t.Context())
	require.NoError(t, err)
	require.True(t, s.Registered)
	require.Equal(t, 2, opened)

	radio.Deliver("+32475123456", "OK 12")
	got, skipped, err := line.Receive(t.Context())
	require.NoError(t, err)
	require.Zero(t, skipped)
	require.Len(t, got, 1)
	require.Equal(t, "OK 12", got[0].Text)
	require.Equal(t, "+32475123456", got[0].From)
	require.NoError(t, line.Close())
}
