package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestImportTankAndWeather brings what a site without telemetry has: deliveries
// of oil, dipsticks and the temperatures of a public station.
func TestImportTankAndWeather(t *testing.T) {
	dir, gtc := importBench(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "ferme.yaml"), []byte(`site: ferme
label: {fr: Ferme}
category: other
weather_station: ici
weather_fallbacks: [gosselies]
equipment:
  - {id: cuve, kind: tank}
meters:
  - {equipment: cuve, carrier: oil, kwh_per_unit: 10, tank: {fuel: heating_oil, unit: l, basis: pci, capacity: 5000}}
  - {id: tout, carrier: oil, virtual: {add: [cuve]}}
`), 0o600))
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	oil := put("mazout.csv", "Date;Litres livrés;Montant TVAC\n14/02/2025;2.000,0;1 900,00 €\n")
	code, stdout, stderr := gtc("--site", "ferme", "--meter", "cuve", "--kind", "delivery", oil)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "mazout.csv → ferme/cuve (livraisons)")
	require.Contains(t, stdout, "21276.6 kWh, volume ou index 2000.000, 1900.00 EUR (non enregistrés)", "10 kWh PCI a litre are 10.64 PCS")
	require.Contains(t, stdout, "1 nouveaux")
	code, _, stderr = gtc("--site", "ferme", "--meter", "cuve", oil)
	require.Equal(t, 1, code, "a delivery is no consumption")
	require.NotEmpty(t, stderr)
	code, _, stderr = gtc("--site", "ferme", "--meter", "tout", oil)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "is made of other meters")

	meteo := put("meteo.csv", "Date;Tmin;Tmax\n01/02/2025;-1,0;5,0\n02/02/2025;0;4\n")
	code, stdout, stderr = gtc("--station", "gosselies", meteo)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "station gosselies (températures)\n  jours       2 lus, 2 écrits, 0 gardés")
	code, _, stderr = gtc("--station", "gosselie", meteo)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, `no site uses a station "gosselie"; known are ici, gosselies`)
}
