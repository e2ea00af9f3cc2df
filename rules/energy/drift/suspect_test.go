package drift

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// TestLostPulsesAreNoSaving halves the count of a meter from one day to the
// next: it is worded as a fault of the meter; a gentle saving is not.
func TestLostPulsesAreNoSaving(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m, day int) float64
		meter  bool
	}{
		{"every second pulse", func(_, day int) float64 { return pick(day >= 20, 0.5, 1) }, true},
		{"insulated", func(_, day int) float64 { return pick(day >= 20, 0.8, 1) }, false},
		{"ramp to half", func(_, day int) float64 { return math.Max(0.5, 1-0.5*float64(max(0, day-20))/60) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			detectors, days := park(t, 1, c.change)
			found := ofKind(detectors[0].Detect(days[0], Options{}), gtc.FindingSaving)
			require.NotEmpty(t, found)
			blamed := len(found[0].Causes) > 0 && found[0].Causes[0].ID == CauseMeter
			require.Equal(t, c.meter, blamed)
			if c.meter {
				require.Contains(t, found[0].Text["fr"], "compteur")
			}
		})
	}
}

// TestLostPulsesOnRealMeters halves real years from one day on, and counts how
// many are blamed on the meter; of the savings that real years show, hardly
// any is.
func TestLostPulsesOnRealMeters(t *testing.T) {
	ps := pairs(t)
	savings, wrong, halved := 0, 0, 0
	for _, p := range ps {
		for _, f := range ofKind(p.detector.Detect(p.b, Options{}), gtc.FindingSaving) {
			savings++
			if f.Inputs["meter_share"] != "" {
				wrong++
			}
		}
		days := slices.Clone(p.b)
		for i := 40; i < len(days); i++ {
			days[i].KWh /= 2
		}
		if slices.ContainsFunc(p.detector.Detect(days, Options{}), func(f gtc.Finding) bool { return f.Inputs["meter_share"] != "" }) {
			halved++
		}
	}
	t.Logf("%d of %d halved meters blamed, and %d of %d real savings", halved, len(ps), wrong, savings)
	require.GreaterOrEqual(t, float64(halved), 0.6*float64(len(ps)))
	require.LessOrEqual(t, float64(wrong), 0.05*float64(savings))
}
