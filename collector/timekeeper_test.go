package collector

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/stamp"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// wrong is a machine whose clock is wrong by an error.
type wrong struct {
	mu    sync.Mutex
	begun time.Time
	error time.Duration
}

func (w *wrong) set(e time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.error = e
}

func (w *wrong) read() stamp.Reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	return stamp.Reading{Wall: time.Now().Add(w.error), Mono: time.Since(w.begun)}
}

func (w *wrong) wall() time.Time { return w.read().Wall.UTC() }

// startKeeping runs a collector without sources on a machine.
func startKeeping(t *testing.T, w *wrong, newest time.Time) (*Collector, *memory) {
	t.Helper()
	q := &memory{}
	c, err := New(Options{
		Site: &config.Site{ID: "s1"}, Catalogue: points(t), Queue: q, Clock: clock.Wall{}, Log: zerolog.Nop(),
		Timekeeping: &Timekeeping{Read: w.read, Built: time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC), Newest: newest},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return c, q
}

func (c *Collector) say(t *testing.T, at time.Time, v float64) {
	t.Helper()
	require.NoError(t, c.batcher.emit(t.Context(), sample("boiler", "b", "flow_temp", at, gtc.Float(v), gtc.QualityGood)))
}

func lineAt(v float64, at time.Time) string {
	return fmt.Sprintf("boiler,equipment=b,site=s1 flow_temp=%v %d", v, at.UnixMilli())
}

// A box starts in 1970: what it reads waits, and is stored with the instants
// it was read at once the clock is set.
func TestStartWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrong{begun: time.Now()}
		w.set(time.Until(time.Unix(0, 0)))
		c, q := startKeeping(t, w, time.Time{})
		var want []string
		for i := range 30 {
			c.say(t, w.wall(), float64(i))
			want = append(want, lineAt(float64(i), time.Now()))
			time.Sleep(2 * time.Second)
		}
		require.Empty(t, q.lines("gtc"), "nothing leaves before the clock is set")
		durable := make(chan error, 1)
		go func() {
			durable <- c.batcher.emitDurable(context.Background(), sample("boiler", "b", "flow_temp", w.wall(), gtc.Float(30), gtc.QualityGood))
		}()
		want = append(want, lineAt(30, time.Now()))
		inFlight, at := w.wall(), time.Now()
		time.Sleep(500 * time.Millisecond)
		require.Empty(t, durable, "not stored, so not acknowledged")
		w.set(0)
		time.Sleep(2 * time.Second)
		require.NoError(t, <-durable)
		c.say(t, inFlight, 31) // read before, arrives after
		want = append(want, lineAt(31, at.Add(time.Millisecond)))
		c.say(t, w.wall(), 32)
		want = append(want, lineAt(32, time.Now()))
		time.Sleep(time.Second)
		require.Equal(t, want, values(q.lines("gtc")))
		require.Equal(t, stamp.Good, c.ClockTrust())
		q.mu.Lock()
		defer q.mu.Unlock()
		require.Len(t, q.events, 1)
		require.Equal(t, EventClockStep, q.events[0].To)
		require.Equal(t, "clock", q.events[0].Subject)
		require.Greater(t, q.events[0].At, time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC))
	})
}

// Nobody sets the clock: after two minutes instants are counted from the
// newest one of the queue, and said to be doubtful.
func TestStartWithoutTimeForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrong{begun: time.Now()}
		newest := time.Now().Add(-time.Hour)
		w.set(time.Until(time.Unix(0, 0)))
		c, q := startKeeping(t, w, newest)
		begun := time.Now()
		estimate := func() time.Time { return newest.Add(time.Millisecond + time.Since(begun)) }
		c.say(t, w.wall(), 1)
		want := []string{lineAt(1, estimate())}
		time.Sleep(clockPatience + 2*time.Second)
		c.say(t, w.wall(), 2)
		want = append(want, lineAt(2, estimate()))
		time.Sleep(time.Second)
		require.Equal(t, want, values(q.lines("gtc")))
		require.Contains(t, q.lines("gtc")[0], `quality="bad_clock"`)
		require.EqualValues(t, 2, c.batcher.time.estimated.Load())
		w.set(0)
		time.Sleep(2 * time.Second)
		c.say(t, w.wall(), 3)
		time.Sleep(time.Second)
		require.Contains(t, q.lines("gtc"), lineAt(3, time.Now().Add(-time.Second)))
		q.mu.Lock()
		defer q.mu.Unlock()
		require.Contains(t, q.messages[len(q.messages)-1], `quality="good"`)
	})
}

// The clock goes back while running: the same instants come twice, and no
// value replaces another one.
func TestClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrong{begun: time.Now(), error: time.Minute}
		c, q := startKeeping(t, w, time.Time{})
		n := 0
		for range 30 {
			c.say(t, w.wall(), float64(n))
			n++
			time.Sleep(2 * time.Second)
		}
		w.set(0)
		for range 30 {
			c.say(t, w.wall(), float64(n))
			n++
			time.Sleep(2 * time.Second)
		}
		stamps := map[string]bool{}
		for _, l := range values(q.lines("gtc")) {
			at := l[strings.LastIndexByte(l, ' '):]
			require.False(t, stamps[at], l)
			stamps[at] = true
		}
		require.Len(t, stamps, n)
		require.NotZero(t, c.batcher.moved.Load())
		q.mu.Lock()
		defer q.mu.Unlock()
		require.Len(t, q.events, 1)
		require.InDelta(t, -60, *q.events[0].Value, 0.001)
	})
}

// Too much to be held is stored as an estimate rather than dropped.
func TestHeldIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrong{begun: time.Now()}
		w.set(time.Until(time.Unix(0, 0)))
		c, q := startKeeping(t, w, time.Now())
		const n = heldMost + 10
		for i := range n {
			c.say(t, w.wall().Add(time.Duration(i)*time.Millisecond), float64(i))
		}
		time.Sleep(2 * time.Second)
		require.Len(t, values(q.lines("gtc")), n)
		require.LessOrEqual(t, c.batcher.time.count, heldMost)
	})
}
