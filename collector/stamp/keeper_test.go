package stamp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/collector/stamp"
)

var (
	built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	truth = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) // when mono is 0
)

// machine is a clock that is wrong by error.
type machine struct {
	mono   time.Duration
	error  time.Duration
	synced bool
}

func (m *machine) read() stamp.Reading {
	return stamp.Reading{Wall: truth.Add(m.mono + m.error), Mono: m.mono, Synchronised: m.synced}
}

func (m *machine) wall() time.Time { return m.read().Wall }
func (m *machine) true() time.Time { return truth.Add(m.mono) }

var epoch = time.Unix(10, 0).Sub(truth)

func TestKeeper(t *testing.T) {
	t.Parallel()
	newest := truth.Add(-time.Hour)
	tests := []struct {
		name  string
		start machine
		trust stamp.Trust
		// set is what the clock's error becomes after a minute.
		set       machine
		then      stamp.Trust
		stepped   bool
		corrected bool // what was stamped before is right in the end
	}{
		{name: "right", trust: stamp.Good, then: stamp.Good, corrected: true},
		{name: "1970, set by a server", start: machine{error: epoch}, trust: stamp.Waiting, set: machine{synced: true}, then: stamp.Good, stepped: true, corrected: true},
		{name: "1970, set by hand", start: machine{error: epoch}, trust: stamp.Waiting, then: stamp.Good, stepped: true, corrected: true},
		{name: "1970, never set", start: machine{error: epoch}, trust: stamp.Waiting, set: machine{error: epoch}, then: stamp.Waiting},
		{name: "before the program was made", start: machine{error: built.Sub(truth) - time.Hour}, trust: stamp.Waiting, then: stamp.Good, stepped: true, corrected: true},
		{name: "before the newest sample", start: machine{error: -2 * time.Hour}, trust: stamp.Waiting, then: stamp.Good, stepped: true, corrected: true},
		{name: "the newest sample was wrong, a server says so", start: machine{error: -2 * time.Hour, synced: true}, trust: stamp.Good, set: machine{error: -2 * time.Hour, synced: true}, then: stamp.Good},
		{name: "a server comes and agrees", start: machine{error: -2 * time.Hour}, trust: stamp.Waiting, set: machine{error: -2 * time.Hour, synced: true}, then: stamp.Good},
		{name: "forward", trust: stamp.Good, set: machine{error: time.Hour}, then: stamp.Good, stepped: true},
		{name: "back", start: machine{error: time.Hour}, trust: stamp.Good, then: stamp.Good, stepped: true, corrected: true},
		{name: "back to 1970", trust: stamp.Good, set: machine{error: epoch}, then: stamp.Waiting, stepped: true},
		{name: "regulated", trust: stamp.Good, set: machine{error: 400 * time.Millisecond}, then: stamp.Good},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := tt.start
			m.mono = 5 * time.Second
			k := stamp.New(stamp.Options{Built: built, Newest: newest, Patience: 2 * time.Minute})
			_, stepped := k.Look(m.read())
			require.False(t, stepped, "nothing to compare with")
			require.Equal(t, tt.trust, k.Trust())
			at, base, right := m.wall(), k.Base(), m.true()

			m.mono += time.Minute
			was := m.error
			m.error, m.synced = tt.set.error, tt.set.synced
			step, stepped := k.Look(m.read())
			require.Equal(t, tt.stepped, stepped)
			require.Equal(t, tt.then, k.Trust())
			if stepped {
				require.Equal(t, m.error-was, step.By)
				require.Equal(t, m.wall(), step.At)
			}
			if tt.corrected {
				require.Equal(t, right, k.Correct(at, base))
				require.Equal(t, m.true(), k.Now())
			}
		})
	}
}

// Nobody sets the clock: instants are counted from the newest one known, in
// order and never before it; when the clock is set at last they are right.
func TestEstimated(t *testing.T) {
	t.Parallel()
	newest := truth.Add(-time.Hour)
	k := stamp.New(stamp.Options{Built: built, Newest: newest, Patience: time.Minute})
	m := machine{error: epoch, mono: 7 * time.Second}
	k.Look(m.read())
	at, base := m.wall(), k.Base()
	require.Equal(t, at, k.Correct(at, base), "waiting")
	m.mono += time.Minute
	k.Look(m.read())
	require.Equal(t, stamp.Estimated, k.Trust())
	require.Equal(t, newest.Add(time.Millisecond), k.Correct(at, base))
	require.Equal(t, newest.Add(time.Minute+time.Millisecond), k.Now())
	m.mono += time.Hour
	m.error = 0
	k.Look(m.read())
	require.Equal(t, stamp.Good, k.Trust())
	require.Equal(t, m.true(), k.Now())

	// It is lost while running: what was known goes on.
	m.mono += time.Hour
	m.error = epoch
	k.Look(m.read())
	require.Equal(t, stamp.Waiting, k.Trust())
	k.GiveUp()
	require.Equal(t, stamp.Estimated, k.Trust())
	require.Equal(t, m.true(), k.Now())
}

func TestLate(t *testing.T) {
	t.Parallel()
	k := stamp.New(stamp.Options{Built: built, Patience: time.Minute})
	m := machine{error: epoch, mono: time.Second}
	k.Look(m.read())
	at, right := m.wall(), m.true()
	m.mono += 3 * time.Second
	m.error = 0
	k.Look(m.read())
	got, ok := k.Late(at)
	require.True(t, ok)
	require.Equal(t, right, got)
	got, ok = k.Late(time.Unix(1, 0).AddDate(10, 0, 0))
	require.False(t, ok)
	require.Equal(t, m.true(), got)
	require.False(t, k.Possible(at))
	require.True(t, k.Possible(right))
}

// Whatever the clock does, nothing is ever stamped before the program was made.
func TestNeverImpossible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		newest := truth.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "newest")) * time.Second)
		k := stamp.New(stamp.Options{Built: built, Newest: newest, Patience: time.Minute})
		m := machine{}
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			m.mono += time.Duration(rapid.Int64Range(1, 90).Draw(t, "seconds")) * time.Second
			if rapid.Bool().Draw(t, "set") {
				m.error = rapid.SampledFrom([]time.Duration{0, epoch, -time.Hour, time.Hour, built.Sub(truth) - 400*24*time.Hour}).Draw(t, "error")
			}
			m.synced = rapid.Bool().Draw(t, "synced")
			k.Look(m.read())
			if k.Trust() == stamp.Waiting {
				continue
			}
			at := k.Correct(m.wall(), k.Base())
			if at.Before(built) {
				t.Fatalf("%v is before %v", at, built)
			}
		}
	})
}
