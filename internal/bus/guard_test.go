package bus

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLedgerBooks(t *testing.T) {
	t.Parallel()
	var a account
	steps := []struct {
		name         string
		created      int64
		first, floor uint64
		lost         uint64
		keep         bool
	}{
		{"empty", 7, 0, 0, 0, true},
		{"stored, nothing taken", 7, 1, 0, 0, false},
		{"taken", 7, 1, 100, 0, false},
		{"what was taken is removed", 7, 51, 100, 0, false},
		{"what was not is lost", 7, 131, 100, 30, true},
		{"once", 7, 131, 100, 30, false},
		{"more is lost", 7, 141, 100, 40, true},
		{"the hub comes", 7, 141, 150, 40, false},
		{"the consumer is made anew", 7, 141, 0, 40, false},
		{"and more is lost", 7, 161, 0, 50, true},
		{"another disk", 8, 1, 0, 50, true},
		{"loses too", 8, 11, 0, 60, true},
	}
	for _, s := range steps {
		require.Equal(t, s.keep, a.book(s.created, s.first, s.floor), s.name)
		require.Equal(t, s.lost, a.Lost, s.name)
	}
}

// Whenever one looks, lost and taken and what waits are all there ever was.
func TestLedgerIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a account
		var last, floor, gone, lost uint64 // gone: the last one removed
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			n := rapid.Uint64Range(0, 20).Draw(t, "n")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				last += n
			case 1: // the hub takes the oldest that are there
				floor = min(last, max(floor, gone)+n)
			case 2: // the oldest are discarded
				next := min(last, gone+n)
				if next > max(floor, gone) {
					lost += next - max(floor, gone)
				}
				gone = max(gone, next)
			}
			a.book(1, gone+1, floor)
			if a.Lost != lost {
				t.Fatalf("counted %d, lost %d", a.Lost, lost)
			}
		}
	})
}

func TestLedgerFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := readLedger(dir)
	require.NoError(t, err)
	require.Empty(t, l)
	l[StreamSamples] = account{Created: 1, Through: 2, Lost: 3}
	require.NoError(t, l.write(dir))
	again, err := readLedger(dir)
	require.NoError(t, err)
	require.Equal(t, l, again)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ledgerFile), []byte(`{"SAM`), 0o600))
	l, err = readLedger(dir)
	require.NoError(t, err, "half a file keeps no edge from starting")
	require.Empty(t, l)
}

// The queue overflows while the hub is away. The edge counts what it
// discarded, also after a restart, and the hub counts the same.
func TestLostIsCountedOverARestart(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.MaxBytes = 64 << 10
	e := startTestEdge(t, o)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			require.NoError(t, e.PublishSamples(t.Context(), "gtc", []byte(strings.Repeat(string(line("site-a", i)), 20))))
		}
	}
	fill(0, 100)
	eventually(t, "counted", func() bool { return e.Queue().Lost > 0 })
	require.Greater(t, e.Queue().Fill, 0.8)
	fill(100, 150)
	e.Close() // before the guard looked again
	e = startTestEdge(t, o)
	fill(150, 200)
	s, _, err := e.standing(t.Context(), StreamSamples)
	require.NoError(t, err)
	want := s.first - 1
	eventually(t, "all of them", func() bool { return e.Queue().Lost == want })
	require.NotZero(t, e.Queue().LostBefore)
	run(t, h)
	eventually(t, "nothing waits", func() bool { q := e.Queue(); return q.Waiting == 0 && q.Fill == 0 })
	require.Equal(t, want, e.Queue().Lost)
	require.InDelta(t, float64(want), counter(t, h.metrics.lost.WithLabelValues("site-a", StreamSamples)), 0)
	require.Len(t, stored(t, h, StreamSamples, "in.site-a.sample"), 200-int(want))
}

// Messages leave when they are too old by the clock; those of a clock that was
// not set are as old as what follows them.
func TestDiscardBefore(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	e := startTestEdge(t, edgeOptions(t, "site-a", h.LeafURL()))
	stop := run(t, h)
	publishLines(t, e, 0, 4)
	eventually(t, "four at the hub", func() bool { n, err := e.Queued(t.Context()); return err == nil && n == 0 })
	stop()
	e.stop() // the guard is driven by hand
	e.watching.Wait()
	publishLines(t, e, 4, 10)
	queue, err := e.js.Stream(t.Context(), StreamSamples)
	require.NoError(t, err)
	newest, err := queue.GetMsg(t.Context(), queue.CachedInfo().State.LastSeq)
	require.NoError(t, err)
	limit := newest.Time.Add(1)
	publishLines(t, e, 10, 15)
	require.NoError(t, e.guard.discardBefore(t.Context(), StreamSamples, limit.Add(-time.Hour)))
	s, _, err := e.standing(t.Context(), StreamSamples)
	require.NoError(t, err)
	require.EqualValues(t, 1, s.first)
	require.NoError(t, e.guard.discardBefore(t.Context(), StreamSamples, limit))
	s, _, err = e.standing(t.Context(), StreamSamples)
	require.NoError(t, err)
	require.EqualValues(t, 11, s.first)
	require.EqualValues(t, 5, s.waiting())
	require.NoError(t, e.guard.observe(t.Context(), disk{total: 1 << 40, free: 1 << 40}))
	require.EqualValues(t, 6, e.Queue().Lost, "the hub had four of the ten")
	require.EqualValues(t, 5, e.Queue().Waiting)
	run(t, h)
	eventually(t, "the rest at the hub", func() bool { return count(t, h, StreamSamples) == 9 })
	require.InDelta(t, 6, counter(t, h.metrics.lost.WithLabelValues("site-a", StreamSamples)), 0)
}

func TestNewest(t *testing.T) {
	e := startTestEdge(t, EdgeOptions{Site: "site-a", Dir: t.TempDir(), Log: zerolog.Nop()})
	at, err := e.Newest(t.Context())
	require.NoError(t, err)
	require.True(t, at.IsZero(), at)
	before := time.Now()
	publishLines(t, e, 0, 1)
	at, err = e.Newest(t.Context())
	require.NoError(t, err)
	require.WithinRange(t, at, before, time.Now(), "when it was stored")
	ahead := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
	require.NoError(t, e.PublishSamples(t.Context(), "gtc", []byte("a,site=site-a v=1 5\nb,site=site-a v=1 "+strconv.FormatInt(ahead.UnixMilli(), 10)+"\nc,site=site-a v=1\n")))
	at, err = e.Newest(t.Context())
	require.NoError(t, err)
	require.Equal(t, ahead, at, "the newest line")
}
