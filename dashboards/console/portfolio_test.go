package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func portfolioHandler(t *testing.T, f *portfolioFixture) http.Handler {
	t.Helper()
	h, err := New(Options{Model: newFixture(), Portfolio: f, Version: "0.1.0"})
	require.NoError(t, err)
	return h
}

// TestPortfolioSaysWhatIsProven reads the page of the park in three languages,
// full, empty and without a word missing.
func TestPortfolioSaysWhatIsProven(t *testing.T) {
	full, empty := newPortfolio(), &portfolioFixture{p: Portfolio{At: newPortfolio().p.At}}
	h := portfolioHandler(t, full)
	for _, page := range []http.Handler{h, portfolioHandler(t, empty)} {
		for _, lang := range []string{"fr", "nl", "en"} {
			for _, path := range []string{"/energie/parc", "/energie/parc?span=2y", "/energy"} {
				w := get(t, page, path, "Accept-Language", lang)
				require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
				require.NotContains(t, w.Body.String(), "portfolio.", "%s in %s: a text is missing", path, lang)
			}
		}
	}
	body := read(t, h, "/energie/parc")
	require.Contains(t, body, "dans la bande de ±")
	require.Contains(t, body, "Écart commun à 42 compteurs")
	require.Contains(t, body, "Écart commun à 9 compteurs")
	require.Less(t, strings.Index(body, "Dampremy"), strings.Index(body, "Siège central"), "the dearest first")
	require.Equal(t, http.StatusBadRequest, get(t, h, "/energie/parc?span=9y").Code)
	full.broken = errStore
	require.Equal(t, http.StatusServiceUnavailable, get(t, h, "/energie/parc").Code)
}

// TestPortfolioAnswersMatchTheDescription holds the API against openapi.yaml,
// and the CSV against its weeks.
func TestPortfolioAnswersMatchTheDescription(t *testing.T) {
	_, router := contract(t)
	full := newPortfolio()
	h := portfolioHandler(t, full)
	check(t, router, h, "/api/v1/energy/portfolio", http.StatusOK)
	check(t, router, portfolioHandler(t, &portfolioFixture{p: Portfolio{At: full.p.At}}), "/api/v1/energy/portfolio", http.StatusOK)
	var got Portfolio
	require.NoError(t, json.Unmarshal(get(t, h, "/api/v1/energy/portfolio").Body.Bytes(), &got))
	require.Len(t, got.Pools, 2)
	require.Nil(t, got.Pools[1].Weeks[70].KWh, "a week without days is no zero")

	rows := strings.Split(strings.TrimSpace(get(t, h, "/energie/parc/heating.csv").Body.String()), "\n")
	require.Len(t, rows, 105)
	require.Equal(t, http.StatusNotFound, get(t, h, "/energie/parc/steam.csv").Code)
	full.broken = errStore
	check(t, router, h, "/api/v1/energy/portfolio", http.StatusServiceUnavailable)
}
