package health_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/health"
)

func TestDeviceCountsWhatHappens(t *testing.T) {
	t.Parallel()
	d := health.NewDevice("d", "p")
	require.False(t, d.State().Known)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := 1; i <= 300; i++ {
		d.Answered(at, time.Duration(i)*time.Millisecond)
	}
	d.Count(true, 0)
	d.Lost(errors.New("no answer"))
	d.Count(false, 2)
	d.Count(false, 2)
	d.Count(false, 200)
	d.Count(false, 0)
	d.Refused(errors.New("exception 2"))
	d.Reconnected()
	d.SetRefused(3)
	s := d.State()
	require.True(t, s.Known && s.Online)
	require.Equal(t, at, s.LastSuccess)
	require.EqualValues(t, 302, s.Polls)
	require.EqualValues(t, 2, s.Errors)
	require.EqualValues(t, 1, s.Timeouts)
	require.EqualValues(t, 1, s.Reconnects)
	require.EqualValues(t, 2, s.Exceptions[2])
	require.EqualValues(t, 1, s.Exceptions[0])
	require.Equal(t, 3, s.Refused)
	// The last 128 answers took 173 to 300 ms.
	require.Equal(t, 236*time.Millisecond, s.P50)
	require.Equal(t, 293*time.Millisecond, s.P95)
	require.Equal(t, "exception 2", s.LastError)
}
