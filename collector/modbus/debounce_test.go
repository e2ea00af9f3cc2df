package modbus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func TestDebounced(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := &debounced{}
	for _, c := range []struct {
		second     int
		seen, want bool
	}{
		{0, true, true},                                                                                            // the first is believed
		{1, false, true}, {2, false, true}, {3, true, true}, {4, false, true}, {6, false, true}, {7, false, false}, // three seconds in a row
		{8, true, false}, {9, false, false}, {10, true, false}, {12, true, false}, {13, true, true},
	} {
		got := d.take(gtc.Bool(c.seen), start.Add(time.Duration(c.second)*time.Second), 3*time.Second)
		require.Equal(t, gtc.Bool(c.want), got, "second %d", c.second)
	}
	// A clock that was set back begins anew and blocks nothing.
	require.Equal(t, gtc.Bool(true), d.take(gtc.Bool(false), start, 3*time.Second))
	require.Equal(t, gtc.Bool(true), d.take(gtc.Bool(false), start.Add(-time.Hour), 3*time.Second))
	require.Equal(t, gtc.Bool(false), d.take(gtc.Bool(false), start.Add(-time.Hour+3*time.Second), 3*time.Second))
}

func TestHeardFrames(t *testing.T) {
	t.Parallel()
	request := []byte{0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87}
	answer := []byte{0x11, 0x03, 0x06, 0xae, 0x41, 0x56, 0x52, 0x43, 0x40, 0x49, 0xad}
	var h Heard
	rest := h.frames(append(append([]byte{0xff, 0x00}, request...), answer...))
	require.Empty(t, rest)
	require.Equal(t, 2, h.Frames)
	require.Equal(t, []uint8{0x11}, h.Units)
	require.NotEmpty(t, h.frames(request[:5]), "kept until the rest arrives")
}
