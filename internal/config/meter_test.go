package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// meterOf returns a meter of a site's domain.
func meterOf(t *testing.T, s gtc.Site, id gtc.EquipmentID, d gtc.Direction) gtc.Meter {
	t.Helper()
	for _, m := range s.Meters {
		if m.Equipment == id && m.Direction == d {
			return m
		}
	}
	require.Failf(t, "no meter", "%s/%s", id, d)
	return gtc.Meter{}
}

func TestGasMeters(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	s, _ := c.Site("campus")
	d := s.Domain()
	gas := meterOf(t, d, "gas", gtc.DirectionImport)
	require.NotNil(t, gas.Gas)
	require.InDelta(t, 995.4, gas.Gas.AirMbar, 0.1, "the standard atmosphere at 150 m")
	require.Len(t, gas.Gas.Values, 2)
	require.Equal(t, "2024-02-29T23:00:00Z", gas.Gas.Values[1].From.UTC().Format(time.RFC3339), "midnight of the site")
	z := (995.4 + 22) / 1013.25 * 273.15 / 288.15
	require.InDelta(t, 11.4*z, gas.KWhPerUnit, 0.01, "the nominal figure is that of the last value")
	converter := meterOf(t, d, "converter", gtc.DirectionImport)
	require.True(t, converter.Gas.Normal)
	require.InDelta(t, 11.42, converter.KWhPerUnit, 1e-9, "a converter's volume is not corrected again")
	oil := meterOf(t, d, "cellar", gtc.DirectionImport)
	require.InDelta(t, 10/0.94, oil.KWhPerUnit, 1e-9, "what is kept is the gross value")
	require.Equal(t, gtc.KindTank, oil.Kind)
	require.Equal(t, []string{"airport"}, d.WeatherFallbacks)
}

func TestSharesBecomeMeters(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	campus, _ := c.Site("campus")
	office, _ := c.Site("office")
	weights := func(m gtc.Meter) map[string]float64 {
		require.True(t, m.Allocated)
		require.Len(t, m.Terms, 1)
		require.Equal(t, gtc.SiteID("campus"), m.Terms[0].Site)
		out := map[string]float64{}
		for _, w := range m.Terms[0].Weights {
			from := ""
			if !w.From.IsZero() {
				from = w.From.Format(time.DateOnly)
			}
			out[from] = w.Value
		}
		return out
	}
	require.Equal(t, map[string]float64{"2024-01-01": 0.3, "2025-01-01": 0.4}, weights(meterOf(t, office.Domain(), "campus-gas", gtc.DirectionImport)))
	annex := meterOf(t, campus.Domain(), "gas-annex", gtc.DirectionImport)
	require.Equal(t, map[string]float64{"2024-01-01": 0.2}, weights(annex))
	require.Equal(t, gtc.EquipmentID("gas"), annex.SubmeterOf, "a part of the site's own use")
	require.Equal(t, map[string]float64{"": 1, "2024-01-01": 0.7, "2025-01-01": 0.6}, weights(meterOf(t, campus.Domain(), "gas-part", gtc.DirectionImport)))
}

func TestVirtualTerms(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	s, _ := c.Site("campus")
	m := meterOf(t, s.Domain(), "consumption", gtc.DirectionImport)
	require.False(t, m.Allocated)
	require.InDelta(t, 1, m.KWhPerUnit, 0)
	require.Equal(t, []gtc.MeterTerm{
		{Site: "campus", Meter: "grid", Direction: gtc.DirectionImport, Weights: []gtc.Weight{{Value: 1}}},
		{Site: "campus", Meter: "roof", Direction: gtc.DirectionProduction, Weights: []gtc.Weight{{Value: 1}}},
		{Site: "campus", Meter: "grid", Direction: gtc.DirectionExport, Weights: []gtc.Weight{{Value: -1}}},
	}, m.Terms)
}

// A factor that cannot be natural gas is allowed and said, with its place.
func TestFactorsThatSmell(t *testing.T) {
	for name, x := range map[string]struct{ file, old, now, want string }{
		"m³ as kWh":     {"sites/home.yaml", "kwh_per_unit: 11.3", "kwh_per_unit: 1", "kwh_per_unit: 1 kWh in one m³ is outside 9.53 to 12.79"},
		"factor of ten": {"sites/home.yaml", "kwh_per_unit: 11.3", "kwh_per_unit: 113", "kwh_per_unit: 113 kWh"},
		"net value":     {"gtc.yaml", "kwh_per_m3n: 11.42", "kwh_per_m3n: 9.1", "kwh_per_m3n: 9.1 is outside 9.53 to 12.79"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/good")))
			c, err := Load(dir)
			require.NoError(t, err)
			require.Empty(t, c.Warnings)
			text, err := os.ReadFile(filepath.Join(dir, x.file))
			require.NoError(t, err)
			require.Contains(t, string(text), x.old)
			require.NoError(t, os.WriteFile(filepath.Join(dir, x.file), []byte(strings.Replace(string(text), x.old, x.now, 1)), 0o600))
			c, err = Load(dir)
			require.NoError(t, err)
			require.Len(t, c.Warnings, 1)
			require.Equal(t, x.file, c.Warnings[0].File)
			require.Positive(t, c.Warnings[0].Line)
			require.Contains(t, c.Warnings[0].What, x.want)
		})
	}
}

// An edge has the file of its own site and no gtc.yaml.
func TestAnEdgeNeedsNoOtherFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/good")))
	for _, f := range []string{"gtc.yaml", "sites/home.yaml", "sites/office.yaml"} {
		require.NoError(t, os.Remove(filepath.Join(dir, f)))
	}
	c, err := Load(dir)
	require.NoError(t, err)
	s, _ := c.Site("campus")
	require.Empty(t, meterOf(t, s.Domain(), "converter", gtc.DirectionImport).Gas.Values)
}
