package gtc_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func TestValue(t *testing.T) {
	require.False(t, gtc.Value{}.Present(), "absent is not zero")
	require.True(t, gtc.Float(0).Present())
	require.False(t, gtc.Float(math.NaN()).Present())
	require.False(t, gtc.Float(math.Inf(-1)).Present())
	require.True(t, gtc.Bool(true).True())
	require.False(t, gtc.Bool(false).True())
	require.False(t, gtc.Float(1).True(), "a number is not a state")
	for want, v := range map[string]gtc.Value{"-": {}, "1.5": gtc.Float(1.5), "true": gtc.Bool(true), "false": gtc.Bool(false), "3": gtc.Enum(3)} {
		require.Equal(t, want, v.String())
	}
}

func TestQualityNames(t *testing.T) {
	require.Equal(t, gtc.QualityUnknown, gtc.Quality(0), "the zero quality is not good")
	for q := gtc.QualityUnknown; q <= gtc.QualityOutOfService; q++ {
		require.Equal(t, q, gtc.ParseQuality(q.String()))
	}
	require.Equal(t, gtc.QualityUnknown, gtc.ParseQuality("perfect"))
}

func TestDatedFactorsAndTariffs(t *testing.T) {
	day := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	factors := []gtc.Factor{
		{Carrier: gtc.CarrierGas, From: day(2023), KgCO2PerKWh: 2},
		{Carrier: gtc.CarrierGas, From: day(2020), KgCO2PerKWh: 1},
		{Carrier: gtc.CarrierOil, From: day(2020), KgCO2PerKWh: 9},
	}
	f, ok := gtc.FactorAt(factors, gtc.CarrierGas, day(2022))
	require.True(t, ok)
	require.InDelta(t, 1, f.KgCO2PerKWh, 0)
	f, _ = gtc.FactorAt(factors, gtc.CarrierGas, day(2023))
	require.InDelta(t, 2, f.KgCO2PerKWh, 0, "it holds from its first day on")
	_, ok = gtc.FactorAt(factors, gtc.CarrierGas, day(2019))
	require.False(t, ok)
	tariffs := []gtc.Tariff{{Carrier: gtc.CarrierGas, From: day(2020), EURPerKWh: 0.1}, {Carrier: gtc.CarrierGas, From: day(2024), EURPerKWh: 0.2}}
	p, ok := gtc.TariffAt(tariffs, gtc.CarrierGas, day(2030))
	require.True(t, ok)
	require.InDelta(t, 0.2, p.EURPerKWh, 0)
	_, ok = gtc.TariffAt(tariffs, gtc.CarrierHeat, day(2030))
	require.False(t, ok)
}

func TestLabelFallsBack(t *testing.T) {
	l := gtc.Label{"fr": "chaudière", "nl": "ketel"}
	require.Equal(t, "ketel", l.In("nl"))
	require.Equal(t, "chaudière", l.In("en"), "French is the reference")
	require.Empty(t, gtc.Label(nil).In("fr"))
}
