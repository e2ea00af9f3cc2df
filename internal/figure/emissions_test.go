package figure_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// emissions is a path with a reference, two whole years and one that is not.
func emissions() carbon.Path {
	p := carbon.Path{
		Reference: 2020, Target: 2030, ReductionPct: 40, EED: 2021, EEDPct: 1.9,
		Carriers: []gtc.Carrier{gtc.CarrierElectricity, gtc.CarrierGas}, ReferenceKg: new(400_000.0), EEDKWh: new(2e6),
	}
	for i, kg := range []float64{400_000, 0, 0, 0, 372_000, 341_000, 290_000} {
		if kg == 0 {
			continue
		}
		p.Years = append(p.Years, carbon.Year{
			Year: 2020 + i, Partial: i == 6, KgCO2: new(kg), NormKgCO2: new(kg * 1.04), FinalKWh: new(kg * 5),
			Carriers: []carbon.CarrierYear{{Carrier: gtc.CarrierElectricity, KgCO2: new(kg * 0.3)}, {Carrier: gtc.CarrierGas, KgCO2: new(kg * 0.7)}},
		})
	}
	return p
}

func TestEmissions(t *testing.T) {
	words := figure.Words{Title: "Émissions et trajectoire", Subtitle: "2025 : 341 t CO₂", Alternative: "une phrase."}
	var a, b bytes.Buffer
	require.NoError(t, figure.Emissions(&a, words, emissions()))
	require.NoError(t, figure.Emissions(&b, words, emissions()))
	require.Equal(t, a.String(), b.String())
	for _, part := range []string{"2030", "PAEDC −40 %", "électricité", "gaz", "t CO₂ par an", "une phrase."} {
		require.Contains(t, a.String(), part)
	}
	if name := os.Getenv("FIGURE"); name != "" { // to look at
		require.NoError(t, os.WriteFile(name, a.Bytes(), 0o600))
	}
	none := emissions()
	none.ReferenceKg, none.EEDKWh = nil, nil
	require.NoError(t, figure.Emissions(&b, words, none))
	require.Error(t, figure.Emissions(&b, words, carbon.Path{At: time.Now()}))
}
