package carbon_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

func TestConvert(t *testing.T) {
	r := carbon.Ratios{gtc.CarrierGas: 0.9}
	f, err := r.Convert(gtc.Factor{Carrier: gtc.CarrierGas, Published: 0.2016, Basis: gtc.BasisPCI})
	require.NoError(t, err)
	assert.InDelta(t, 0.18144, f.KgCO2PerKWh, 1e-12)
	for _, basis := range []gtc.Basis{"", gtc.BasisPCS, gtc.BasisFinal} {
		f, err = r.Convert(gtc.Factor{Carrier: gtc.CarrierGas, Published: 0.2, Basis: basis})
		require.NoError(t, err)
		assert.InDelta(t, 0.2, f.KgCO2PerKWh, 0)
	}
	_, err = r.Convert(gtc.Factor{Carrier: gtc.CarrierOil, Published: 0.2, Basis: gtc.BasisPCI})
	require.ErrorContains(t, err, "oil")
	_, err = r.Convert(gtc.Factor{Carrier: gtc.CarrierGas, Published: 0.2, Basis: "hcv"})
	require.ErrorContains(t, err, "hcv")
}

func TestChoose(t *testing.T) {
	f := func(c gtc.Carrier, kg float64) gtc.Factor {
		return gtc.Factor{Carrier: c, From: date(2020, 1, 1), Published: kg, Basis: gtc.BasisPCS}
	}
	sets := []carbon.Set{
		{ID: "a", Name: gtc.Label{"fr": "A"}, Factors: []gtc.Factor{f(gtc.CarrierGas, 1), f(gtc.CarrierElectricity, 2), f(gtc.CarrierOil, 3)}},
		{ID: "b", Name: gtc.Label{"fr": "B"}, Factors: []gtc.Factor{f(gtc.CarrierElectricity, 4)}},
	}
	own := f(gtc.CarrierOil, 5)
	own.Set = "propre"
	got, err := carbon.Choose(sets, nil, carbon.Choice{Set: "a", Carriers: map[gtc.Carrier]string{gtc.CarrierElectricity: "b"}, Own: []gtc.Factor{own}})
	require.NoError(t, err)
	kg := map[gtc.Carrier]float64{}
	for _, x := range got {
		kg[x.Carrier] += x.KgCO2PerKWh
	}
	assert.Equal(t, map[gtc.Carrier]float64{gtc.CarrierGas: 1, gtc.CarrierElectricity: 4, gtc.CarrierOil: 5}, kg)

	_, err = carbon.Choose(sets, nil, carbon.Choice{Set: "c"})
	require.ErrorContains(t, err, `no set "c"`)
	_, err = carbon.Choose(sets, nil, carbon.Choice{Carriers: map[gtc.Carrier]string{gtc.CarrierGas: "b"}})
	require.ErrorContains(t, err, "none of gas")
}

func TestStatement(t *testing.T) {
	f := gtc.Factor{Set: "GIEC", Year: 2006, Scope: gtc.ScopeDirect, Basis: gtc.BasisPCI}
	assert.Equal(t, "GIEC 2006, émissions directes, kg/kWh PCS (converti du PCI)", carbon.Statement(f, "fr"))
	assert.Equal(t, "GIEC 2006, directe uitstoot, kg/kWh PCS (omgerekend van PCI)", carbon.Statement(f, "nl"))
	f = gtc.Factor{Set: "Belgique 2023, cycle de vie", Year: 2023, Scope: gtc.ScopeLifeCycle, Basis: gtc.BasisFinal}
	assert.Equal(t, "Belgique 2023, cycle de vie, life cycle, kg/kWh", carbon.Statement(f, "en"))
	f = gtc.Factor{Set: "ancien 2021, PCS"}
	assert.Equal(t, "ancien 2021, PCS, périmètre non précisé", carbon.Statement(f, "fr"))
}
