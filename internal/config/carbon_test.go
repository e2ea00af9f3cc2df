package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// loadHub loads a configuration that is a gtc.yaml alone.
func loadHub(t *testing.T, text string) *Config {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), []byte(text), 0o600))
	c, err := Load(dir)
	require.NoError(t, err)
	return c
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// Every shipped factor names its origin, scope and basis and can be converted;
// the method PEB publishes its factors on both bases.
func TestShippedFactorSets(t *testing.T) {
	sets, ratios, err := Hub{}.FactorSets()
	require.NoError(t, err)
	require.Len(t, sets, 6)
	for _, s := range sets {
		for _, lang := range []string{"fr", "nl", "en"} {
			assert.NotEmpty(t, s.Name[lang], "%s in %s", s.ID, lang)
		}
		for _, f := range s.Factors {
			assert.NotEmpty(t, f.Source, s.ID)
			assert.NotEmpty(t, f.Scope, s.ID)
			assert.NotEmpty(t, f.Basis, s.ID)
			_, err := ratios.Convert(f)
			require.NoError(t, err, s.ID)
		}
		got, err := carbon.Choose(sets, ratios, carbon.Choice{Set: s.ID})
		require.NoError(t, err)
		assert.Len(t, got, len(s.Factors))
	}
	c := loadHub(t, "carbon: {set: peb-wallonie-2021, carriers: {electricity: belgique-cycle-de-vie}}\n")
	factors := c.Hub.FactorList()
	at := func(carrier gtc.Carrier, d time.Time) gtc.Factor {
		f, ok := gtc.FactorAt(factors, carrier, d)
		require.True(t, ok, "%s at %s", carrier, d)
		return f
	}
	// The same table in kg/kWh PCS, to its three digits.
	for carrier, kg := range map[gtc.Carrier]float64{gtc.CarrierGas: 0.181, gtc.CarrierOil: 0.247, gtc.CarrierPropane: 0.205} {
		assert.InDelta(t, kg, at(carrier, day(2006, 1, 1)).KgCO2PerKWh, 0.0005, carrier)
	}
	assert.InDelta(t, 0.222, at(gtc.CarrierElectricity, day(2022, 12, 31)).KgCO2PerKWh, 1e-9)
	assert.InDelta(t, 0.174, at(gtc.CarrierElectricity, day(2023, 1, 1)).KgCO2PerKWh, 1e-9)
	_, ok := gtc.FactorAt(factors, gtc.CarrierElectricity, day(2019, 12, 31))
	assert.False(t, ok, "a date before the first factor has none")
	_, ok = gtc.FactorAt(factors, gtc.CarrierPellets, day(2026, 1, 1))
	assert.False(t, ok)
	assert.Equal(t, "PEB Wallonie 2021, émissions directes, kg/kWh PCS (converti du PCI)", carbon.Statement(at(gtc.CarrierGas, day(2026, 1, 1)), "fr"))
}

// Factors written as they always were go on counting, alone and before a set.
func TestOwnFactorsComeFirst(t *testing.T) {
	const own = `factors:
  - {carrier: gas, from: 2021-01-01, kgco2_per_kwh: 0.2, set: "ancien 2021, PCS"}
`
	for _, text := range []string{own, own + "carbon: {set: giec-2006}\n"} {
		f, ok := gtc.FactorAt(loadHub(t, text).Hub.FactorList(), gtc.CarrierGas, day(2022, 1, 1))
		require.True(t, ok)
		assert.InDelta(t, 0.2, f.KgCO2PerKWh, 1e-12)
	}
	_, ok := gtc.FactorAt(loadHub(t, own+"carbon: {set: giec-2006}\n").Hub.FactorList(), gtc.CarrierOil, day(2022, 1, 1))
	assert.True(t, ok)
}

// A corrected tariff counts for the past; what was known before can be had.
func TestTariffVersions(t *testing.T) {
	c := loadHub(t, `tariffs:
  - {carrier: gas, from: 2025-01-01, eur_per_kwh: 0.068, source: contrat}
  - {carrier: gas, from: 2025-01-01, eur_per_kwh: 0.071, source: régularisation, recorded: 2026-03-01}
  - {carrier: gas, from: 2026-01-01, eur_per_kwh: 0.08, source: contrat 2026}
`)
	tariffs := c.Hub.TariffList()
	for _, x := range []struct {
		at, known time.Time
		want      float64
	}{
		{day(2025, 6, 1), time.Time{}, 0.071},
		{day(2025, 6, 1), day(2026, 2, 28), 0.068},
		{day(2025, 6, 1), day(2026, 3, 1), 0.071},
		{day(2026, 6, 1), time.Time{}, 0.08},
		{day(2026, 6, 1), day(2026, 2, 28), 0.08},
	} {
		got, ok := gtc.TariffAsOf(tariffs, gtc.CarrierGas, x.at, x.known)
		require.True(t, ok)
		assert.InDelta(t, x.want, got.EURPerKWh, 1e-12, "%+v", x)
	}
}

func TestPathPlan(t *testing.T) {
	p, err := loadHub(t, `carbon:
  set: peb-wallonie-2021
  reference: {year: 2006, kwh: {gas: 1000}, base_kwh: {gas: 100}, station: uccle, source: inventaire}
  normals:
    - {station: uccle, base: "15/15", value: 1950, period: 1991-2020}
`).PathPlan()
	require.NoError(t, err)
	now := day(2026, 6, 15)
	got := p.Path(nil, nil, now)
	require.Empty(t, got.Missing)
	// The published degree-days of 2006 and the configured normal, not the
	// shipped one.
	assert.InDelta(t, (100+900*1950/1795.0)*0.18144, *got.ReferenceNormKg, 1e-9)

	// Without it the newest shipped one.
	p.Normals.DJ15 = p.Normals.DJ15[1:]
	assert.InDelta(t, (100+900*1902/1795.0)*0.18144, *p.Path(nil, nil, now).ReferenceNormKg, 1e-9)
	// And without any the mean of the seventeen published years, which says so.
	p.Normals.DJ15 = nil
	got = p.Path(nil, nil, now)
	require.Len(t, got.Normals, 1)
	assert.Equal(t, 17, got.Normals[0].OwnYears)
	assert.Equal(t, "2000-2018", got.Normals[0].Period)
	assert.InDelta(t, 30424.0/17, got.Normals[0].Value, 1e-9)
}
