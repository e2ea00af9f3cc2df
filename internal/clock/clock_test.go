package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/clock"
)

func TestFastCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC().AddDate(0, 0, -100)
		f := clock.NewHeld(start)
		time.Sleep(time.Hour)
		require.Equal(t, start, f.Now(), "it stands still until it is set going")

		f.Go(24 * 3600) // a day a second
		time.Sleep(10 * time.Second)
		require.Equal(t, start.AddDate(0, 0, 10), f.Now())
		require.False(t, f.CaughtUp())

		before := time.Now()
		require.NoError(t, f.Sleep(t.Context(), 48*time.Hour))
		require.Equal(t, 2*time.Second, time.Since(before))

		time.Sleep(200 * time.Second)
		require.True(t, f.CaughtUp())
		require.Equal(t, time.Now().UTC(), f.Now(), "it never runs ahead of the wall clock")
		before = time.Now()
		require.NoError(t, f.Sleep(t.Context(), time.Minute))
		require.Equal(t, time.Minute, time.Since(before))
	})
}

// TestFastWaitsForItsReader runs on synctest's time, as the others: its sleeps
// move that on and wait for nothing.
func TestFastWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC().AddDate(0, 0, -10)
		f := clock.NewHeld(start)
		r := f.Reader(time.Hour)
		require.Equal(t, start, r.Now(), "a look before it goes sets nothing going")
		f.Go(24 * 3600) // a day a second
		time.Sleep(time.Minute)
		require.Equal(t, start.Add(time.Hour), f.Now(), "nobody looked for a minute")
		require.Equal(t, start.Add(time.Hour), r.Now())
		time.Sleep(10 * time.Millisecond) // a hundredth of a day
		require.Equal(t, start.Add(time.Hour+864*time.Second), f.Now(), "it does not jump over what it waited")

		before := time.Now()
		require.NoError(t, r.Sleep(t.Context(), 24*time.Hour))
		require.Equal(t, time.Second, time.Since(before), "who sleeps wakes and looks, however late the clock is")

		for looks := 0; !f.CaughtUp(); looks++ {
			require.Less(t, looks, 10*24, "an hour a look")
			r.Now()
			time.Sleep(time.Second)
		}
		time.Sleep(24 * time.Hour)
		require.Equal(t, time.Now().UTC(), f.Now(), "there is nothing to miss any more")
	})
}

func TestSleepEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f := clock.NewHeld(time.Now().AddDate(-1, 0, 0))
		require.ErrorIs(t, f.Sleep(ctx, time.Hour), context.DeadlineExceeded, "standing still")
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, clock.Wall{}.Sleep(ctx, time.Hour), context.DeadlineExceeded)
		require.NoError(t, clock.Wall{}.Sleep(t.Context(), -time.Second))
	})
}
