package drift

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestStrangeDay: one day that cannot be a day's consumption is named, counts
// for nothing, and is no drift, whether one is open or not.
func TestStrangeDay(t *testing.T) {
	const at = 440
	for name, c := range map[string]struct {
		drift  float64
		change func(days []baseline.Day)
		text   string
	}{
		"outlier":               {1, func(days []baseline.Day) { days[at].KWh = 250_000 }, "valeur aberrante"},
		"outlier in a drift":    {1.3, func(days []baseline.Day) { days[at].KWh = 250_000 }, "valeur aberrante"},
		"catching up":           {1, func(days []baseline.Day) { catchUpAfter(days, at, 2) }, "après 2 jour(s) à zéro"},
		"catching up in summer": {1, func(days []baseline.Day) { catchUpAfter(days, at+120, 2) }, "après 2 jour(s) à zéro"},
		"catching up a drift":   {1.3, func(days []baseline.Day) { catchUpAfter(days, at, 7) }, "après 7 jour(s) à zéro"},
	} {
		t.Run(name, func(t *testing.T) {
			b, days := watched(t, quiet)
			for i := 400; c.drift != 1 && i < len(days); i++ {
				days[i].KWh *= c.drift
			}
			want := ofKind(New(b).Detect(days, Options{}), gtc.FindingDrift)
			c.change(days)
			found := New(b).Detect(days, Options{})
			var spike []gtc.Finding
			for _, f := range ofKind(found, gtc.FindingData) {
				if f.Rule == RuleSpike {
					spike = append(spike, f)
				}
			}
			require.Len(t, spike, 1)
			require.Equal(t, spike[0].Onset, spike[0].Detected, "known the same day")
			require.Equal(t, spike[0].Onset.AddDate(0, 0, 1), spike[0].End)
			require.Contains(t, spike[0].Text["fr"], c.text)
			require.NotEmpty(t, spike[0].Text["nl"])
			require.NotEmpty(t, spike[0].Text["en"])
			got := ofKind(found, gtc.FindingDrift)
			require.Len(t, got, len(want))
			for i := range got {
				require.Equal(t, want[i].ID, got[i].ID)
				require.InDelta(t, want[i].ExcessPct, got[i].ExcessPct, 1.5)
			}
			require.Empty(t, ofKind(found, gtc.FindingSaving))
		})
	}
}

// catchUpAfter makes a meter stand still for some days and count them all on
// the day at.
func catchUpAfter(days []baseline.Day, at, zeros int) {
	for i := at - zeros; i < at; i++ {
		days[at].KWh += days[i].KWh
		days[i].KWh = 0
	}
}

// TestAWorseningTakesDays: two large days that are no spikes make no drift
// worse.
func TestAWorseningTakesDays(t *testing.T) {
	b, days := watched(t, quiet)
	for i := 640; i < len(days); i++ {
		days[i].KWh *= 1.2
	}
	want := New(b).Detect(days, Options{})
	require.Len(t, want, 1)
	for _, i := range []int{690, 693} {
		days[i].KWh *= 2.9
	}
	found := New(b).Detect(days, Options{})
	require.Len(t, found, 1)
	require.Equal(t, want[0].ID, found[0].ID)
}

// TestALevelIsNoSpike: a consumption that stays six times as high is a drift.
func TestALevelIsNoSpike(t *testing.T) {
	b, days := watched(t, quiet)
	for i := 420; i < len(days); i++ {
		days[i].KWh *= 6
	}
	found := New(b).Detect(days, Options{})
	require.NotEmpty(t, ofKind(found, gtc.FindingDrift))
	require.WithinDuration(t, days[420].Date, ofKind(found, gtc.FindingDrift)[0].Detected, 5*24*hour)
}

// TestABaselineOfTwoLevelsIsSaid: what is found against a baseline whose own
// level changed says so.
func TestABaselineOfTwoLevelsIsSaid(t *testing.T) {
	days := energytest.MadeUp(730, 15, 20, quiet)
	for i := 200; i < len(days); i++ {
		days[i].KWh *= .76
	}
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
	require.NoError(t, err)
	require.NotNil(t, b.Shift, b.Reason)
	found := ofKind(New(b).Detect(days, Options{}), gtc.FindingSaving)
	require.NotEmpty(t, found)
	require.Contains(t, found[0].Text["fr"], "la référence change elle-même de niveau (-2")
	require.Contains(t, found[0].Text["nl"], "referentiejaar")
	require.Contains(t, found[0].Text["en"], "baseline itself")
	require.NotEmpty(t, found[0].Inputs["baseline_shift"])
}
