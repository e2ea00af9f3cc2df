package drift

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestUncertainIsSaid: a finding that has come to less than its own margin says
// so in each language, and none has the other direction's sign.
func TestUncertainIsSaid(t *testing.T) {
	words := map[string]string{"fr": "incertain", "nl": "onzeker", "en": "uncertain"}
	uncertain, sure := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		days := energytest.MadeUp(730, 15, 60, rapid.Int64Range(0, 50).Draw(t, "seed"))
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
		require.NoError(t, err)
		from := rapid.IntRange(365, 700).Draw(t, "from")
		rise := rapid.Float64Range(.6, 1.5).Draw(t, "rise")
		for i := from; i < min(730, from+rapid.IntRange(3, 60).Draw(t, "length")); i++ {
			days[i].KWh *= rise
		}
		for i := from + 60; i < 730; i++ { // what follows may undo it
			days[i].KWh *= rapid.SampledFrom([]float64{.9, 1, 1.1}).Draw(t, "after")
		}
		for _, f := range New(b).Detect(days, Options{}) {
			switch f.Kind {
			case gtc.FindingDrift:
				require.GreaterOrEqual(t, f.ExcessKWh, 0.0)
				require.GreaterOrEqual(t, f.KWhPerWeek, 0.0)
			case gtc.FindingSaving:
				require.LessOrEqual(t, f.ExcessKWh, 0.0)
				require.LessOrEqual(t, f.KWhPerWeek, 0.0)
			default:
				continue
			}
			for lang, word := range words {
				if abs64(f.ExcessPct) < f.BandPct {
					require.Contains(t, f.Text[lang], word)
					uncertain++
				} else {
					require.NotContains(t, f.Text[lang], word)
					sure++
				}
			}
		}
	})
	require.Positive(t, sure)
	t.Log(uncertain, "uncertain and", sure, "sure texts")
	none := findingText(gtc.Finding{Kind: gtc.FindingDrift, BandPct: 4, Onset: energytest.Date(t, "2025-02-01")}, false, true)
	require.Equal(t, "Dérive aggravée depuis le 1 février 2025 : incertain, les jours suivants ne le confirment pas.", none["fr"])
}
