package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/internal/chaos"
)

func TestPlanIsAFunctionOfTheSeed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		length := time.Duration(rapid.Int64Range(int64(90*time.Second), int64(time.Hour)).Draw(t, "length"))
		sites := rapid.IntRange(2, 50).Draw(t, "sites")
		plan := chaos.Plan(seed, length, sites)
		require.Equal(t, plan, chaos.Plan(seed, length, sites))
		require.NotEqual(t, plan, chaos.Plan(seed+1, length, sites))
		kinds, modes := map[chaos.Kind]int{}, map[chaos.Mode]int{}
		end := map[string]time.Duration{} // of the last fault on one thing
		for i, f := range plan {
			kinds[f.Kind]++
			require.GreaterOrEqual(t, f.At, time.Duration(0))
			require.Positive(t, f.For)
			require.LessOrEqual(t, f.At+f.For, length, "%v outlasts the run", f)
			if i > 0 {
				require.GreaterOrEqual(t, f.At, plan[i-1].At, "in order")
			}
			require.Less(t, f.Site, sites)
			thing := lane(f)
			require.GreaterOrEqual(t, f.At, end[thing], "%v begins while %s is broken already", f, thing)
			end[thing] = f.At + f.For
			switch f.Kind {
			case chaos.Answers:
				modes[f.Mode]++
			case chaos.ClockStep:
				require.Contains(t, chaos.ClockSites(sites), f.Site)
				require.Less(t, f.Step.Abs(), 5*time.Minute)
				require.GreaterOrEqual(t, f.Step.Abs(), 10*time.Second)
			case chaos.ClockLost:
				require.Contains(t, chaos.ClockSites(sites), f.Site)
			case chaos.DiskFull:
				require.Equal(t, chaos.DiskSite, f.Site)
			default:
				require.Empty(t, f.Mode)
				require.Zero(t, f.Step)
			}
		}
		for _, k := range chaos.Kinds() {
			require.Positive(t, kinds[k], "%s never happens", k)
		}
		if length >= 110*time.Second {
			require.Len(t, modes, len(chaos.Modes()), "every mode")
		}
	})
}

func lane(f chaos.Fault) string {
	switch f.Kind {
	case chaos.StallLink:
		return string(chaos.CutLink)
	case chaos.ClockLost:
		return string(chaos.ClockStep)
	default:
		return string(f.Kind)
	}
}

// What an edge has read while its disk is full is in its memory only; and one
// that is down cannot be killed.
func TestNoEdgeIsKilledAtTheWrongTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan := chaos.Plan(rapid.Uint64().Draw(t, "seed"), 10*time.Minute, 2)
		for _, d := range plan {
			for _, k := range plan {
				if (d.Kind == chaos.DiskFull || d.Kind == chaos.ClockLost) && k.Kind == chaos.KillEdge && d.Site == k.Site {
					require.False(t, k.At < d.At+d.For && k.At+k.For > d.At, "%v\n%v", d, k)
				}
			}
		}
	})
}
