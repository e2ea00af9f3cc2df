package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// Every bad line is rejected exactly once, every good one is in at least one
// write that succeeded, and order is kept.
func TestBisectFindsTheBadLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bad := rapid.SliceOfN(rapid.Bool(), 0, 200).Draw(t, "bad")
		written := make([]bool, len(bad))
		last := -1
		var rejected []int
		err := bisect(len(bad), func(from, to int) error {
			for i := from; i < to; i++ {
				if bad[i] {
					return fmt.Errorf("write: %w", &influx.RejectedError{Status: 400, Reason: "bad"})
				}
			}
			for i := from; i < to; i++ {
				if i <= last {
					t.Fatalf("line %d after line %d", i, last)
				}
				written[i], last = true, i
			}
			return nil
		}, func(i int, _ error) error {
			rejected = append(rejected, i)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []int
		for i, b := range bad {
			if b {
				want = append(want, i)
			}
			if b == written[i] {
				t.Fatalf("line %d: bad %v, written %v", i, b, written[i])
			}
		}
		if fmt.Sprint(want) != fmt.Sprint(rejected) {
			t.Fatalf("rejected %v, want %v", rejected, want)
		}
	})
}

func TestBisectStopsAtOtherErrors(t *testing.T) {
	away := errors.New("away")
	reject := func(int, error) error { return errors.New("not to be called") }
	require.ErrorIs(t, bisect(4, func(int, int) error { return away }, reject), away)
	require.NoError(t, bisect(0, func(int, int) error { return away }, reject))
}

func TestBatchesKeepOrderAndBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dbs := rapid.SliceOfN(rapid.SampledFrom([]influx.Database{influx.Raw, influx.Private}), 0, 50).Draw(t, "dbs")
		repeat := rapid.IntRange(1, 400).Draw(t, "repeat")
		var bs batches
		want := map[influx.Database]string{}
		for i, db := range dbs {
			for range repeat {
				l := fmt.Sprintf("m,site=a f=%d %d", i, i)
				bs.add(db, gtc.SiteID("a"), []byte(l))
				want[db] += l + "\n"
			}
		}
		got := map[influx.Database]string{}
		for _, b := range bs {
			if b.len() > maxLines || len(b.sites) != b.len() {
				t.Fatalf("batch of %d lines, %d sites", b.len(), len(b.sites))
			}
			got[b.db] += string(b.slice(0, b.len()))
		}
		for db := range want {
			if got[db] != want[db] {
				t.Fatalf("lines of %s changed", db)
			}
		}
	})
}

func TestStampsAreUniqueAndRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newProjector()
		at := time.UnixMilli(1_700_000_000_000)
		given := map[string]time.Time{}
		for _, id := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 60).Draw(t, "ids") {
			ev := gtc.Event{ID: fmt.Sprint(id), At: at.Add(time.Duration(id%3) * time.Millisecond)}
			got := p.stamp("alarm,site=a", ev)
			if before, ok := given[ev.ID]; ok && !before.Equal(got) {
				t.Fatalf("event %s moved from %v to %v", ev.ID, before, got)
			}
			given[ev.ID] = got
		}
		seen := map[time.Time]string{}
		for id, s := range given {
			if other, ok := seen[s]; ok {
				t.Fatalf("events %s and %s share %v", id, other, s)
			}
			seen[s] = id
		}
	})
}

func TestStamped(t *testing.T) {
	for line, want := range map[string]bool{
		"m,site=a f=1 1700000000000":      true,
		"m,site=a f=1 -5":                 true,
		"m,site=a f=1":                    false,
		`m,site=a f="1 2"`:                false,
		`m,site=a f="x y" 17`:             true,
		"m,site=a f=1 -":                  false,
		"m,site=a f=1 ":                   false,
		"17":                              false,
		strings.Repeat("x", 10) + " f=1i": false,
	} {
		require.Equal(t, want, stamped([]byte(line)), line)
	}
}

func TestPauseAfter(t *testing.T) {
	cause := errors.New("overloaded")
	asked := fmt.Errorf("write: %w", &influx.UnavailableError{RetryAfter: 7 * time.Second, Err: cause})
	require.Equal(t, 7*time.Second, pauseAfter(asked, time.Second))
	require.Equal(t, time.Second, pauseAfter(cause, time.Second))
	long := &influx.UnavailableError{RetryAfter: time.Hour, Err: cause}
	require.Equal(t, 2*maxPause, pauseAfter(long, time.Second))
}
