package console

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func carbonHandler(t *testing.T, c *carbonFixture) http.Handler {
	t.Helper()
	h, err := New(Options{Model: newFixture(), Carbon: c})
	require.NoError(t, err)
	return h
}

func TestCarbonPageInEveryLanguage(t *testing.T) {
	h := carbonHandler(t, newCarbon())
	for _, lang := range languages() {
		for _, path := range []string{"/energie/carbone", "/energie/carbone?known=2026-02-28", "/energy"} {
			w := get(t, h, path, "Accept-Language", lang)
			require.Equal(t, http.StatusOK, w.Code, "%s in %s: %s", path, lang, w.Body)
			require.NotContains(t, w.Body.String(), "%!", "%s in %s", path, lang)
			require.NotContains(t, w.Body.String(), "carbon.", "%s in %s: a text is missing", path, lang)
		}
	}
	// Set, year, scope and basis stand beside the figures; so do perimeter,
	// reference and target.
	body := read(t, h, "/energie/carbone")
	for _, part := range []string{
		"PEB Wallonie 2021, émissions directes, kg/kWh PCS (converti du PCI)", "0,2016", "Belgique, cycle de vie 2020, cycle de vie, kg/kWh",
		"inventaire POLLEC 2018", "4 sites, 8 compteurs", "2030", "incomplète", "1991-2020",
	} {
		has(t, body, part, "the page")
	}
	body = read(t, h, "/energy")
	has(t, body, "prix marginal, TVA comprise", "the energy page")
	has(t, body, "surface chauffée absente", "the cadastre")
}

// The figures of February 2026 can be shown again after the correction of March.
func TestCarbonAsItWasKnown(t *testing.T) {
	h := carbonHandler(t, newCarbon())
	at := func(query string) (kg float64, recorded string) {
		var c struct {
			Path struct {
				ReferenceKg float64 `json:"reference_kgco2"`
				Factors     []struct{ Recorded string }
			}
		}
		require.NoError(t, json.Unmarshal(get(t, h, "/api/v1/energy/carbon"+query).Body.Bytes(), &c))
		return c.Path.ReferenceKg, c.Path.Factors[0].Recorded
	}
	now, recorded := at("")
	require.InDelta(t, 2_150_000*0.18144+610_000*0.222, now, 1e-6)
	require.Equal(t, "2026-03-01", recorded)
	then, recorded := at("?known=2026-02-28")
	require.InDelta(t, 2_150_000*0.18144+610_000*0.25, then, 1e-6)
	require.Empty(t, recorded)
	require.Equal(t, http.StatusBadRequest, get(t, h, "/api/v1/energy/carbon?known=hier").Code)
}

func TestCarbonMatchesTheDescription(t *testing.T) {
	_, router := contract(t)
	f := newCarbon()
	h := carbonHandler(t, f)
	check(t, router, h, "/api/v1/energy/carbon", 200)
	check(t, router, h, "/api/v1/energy/carbon?known=2026-02-28", 200)
	f.plan.Reference, f.plan.Figures, f.sites = 2006, nil, nil
	check(t, router, h, "/api/v1/energy/carbon", 200)
	f.broken = errStore
	check(t, router, h, "/api/v1/energy/carbon", 503)
}

// Without a reference there is no path, and the page says what is missing.
func TestCarbonWithoutReference(t *testing.T) {
	f := newCarbon()
	f.plan.Figures, f.plan.Reference = nil, 2006
	h := carbonHandler(t, f)
	body := read(t, h, "/energie/carbone")
	has(t, body, "l’année de référence n’est pas connue", "the answer")
	has(t, body, "2006 · gaz : aucune donnée", "the list of what is missing")
	f.sites = nil
	has(t, read(t, h, "/energie/carbone"), "Aucune consommation connue", "the empty page")
}

func TestCarbonCSV(t *testing.T) {
	w := get(t, carbonHandler(t, newCarbon()), "/energie/carbone.csv")
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	rows, err := csv.NewReader(strings.NewReader(w.Body.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+4*3) // four years: gas, electricity, all
	for _, r := range rows[1:] {
		if r[3] == "gas" {
			require.Contains(t, r[14], "PEB Wallonie 2021, émissions directes, kg/kWh PCS")
		}
	}
}
