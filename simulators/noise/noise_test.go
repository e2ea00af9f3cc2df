package noise_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators/noise"
)

func TestLayerHasItsMomentsAndNoSteps(t *testing.T) {
	t.Parallel()
	l := noise.Layer{Seed: 7, Period: 6 * time.Hour, SD: 3}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	var sum, squares, step float64
	const n = 100_000
	last := l.At(start)
	for i := range n {
		v := l.At(start.Add(time.Duration(i) * 17 * time.Minute))
		sum += v
		squares += v * v
		near := l.At(start.Add(time.Duration(i)*17*time.Minute + time.Second))
		step = max(step, math.Abs(near-v))
		last = v
	}
	require.NotZero(t, last)
	require.InDelta(t, 0, sum/n, 0.15)
	require.InDelta(t, 3, math.Sqrt(squares/n), 0.1)
	require.Less(t, step, 0.01)
}

func TestLayerBeforeTheEpochIsSmooth(t *testing.T) {
	t.Parallel()
	l := noise.Layer{Seed: 7, Period: time.Hour, SD: 1}
	zero := time.Unix(0, 0)
	require.InDelta(t, l.At(zero), l.At(zero.Add(-time.Millisecond)), 1e-6)
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, noise.Seed(1, "a"), noise.Seed(1, "b"))
	require.NotEqual(t, noise.Seed(1, "a"), noise.Seed(2, "a"))
	require.Equal(t, uint64(0x933e2313fe5457a7), noise.Seed(1, "a")) // for ever: histories depend on it
}
