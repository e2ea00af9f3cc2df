package importer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
)

func tankTarget(t *testing.T, unit string) importer.Target {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	return importer.Target{
		Site: "s1", Location: loc, Unit: unit, Now: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
		Meter: gtc.Meter{
			Equipment: "cuve", Kind: gtc.KindTank, Carrier: gtc.CarrierOil, Direction: gtc.DirectionImport, KWhPerUnit: 10.64,
			Tank: &gtc.Tank{Unit: unit, Capacity: 5000},
		},
	}
}

func TestDeliveriesAndLevels(t *testing.T) {
	for name, x := range map[string]struct {
		kind     importer.Kind
		unit     string
		text     string
		units    []float64
		mistakes []string
	}{
		"litres delivered": {importer.KindDelivery, "l", "Date;Litres livrés;Montant TVAC\n03/02/2025;1.950,5;1 900,00 €\n14/04/2025 10:30;2000;\n", []float64{1950.5, 2000}, nil},
		"m³ into litres":   {importer.KindDelivery, "l", "Date;Quantité (m³)\n03/02/2025;2\n", []float64{2000}, nil},
		"tonnes of pellets": {
			importer.KindDelivery, "kg", "Date;Quantité;Unité\n03/02/2025;3,5;t\n04/03/2025;1200;kg\n", []float64{3500, 1200}, nil,
		},
		"level in litres":   {importer.KindDipstick, "l", "Date;Jauge (l)\n01/02/2025;1200\n01/03/2025;900\n", []float64{1200, 900}, nil},
		"level in per cent": {importer.KindDipstick, "l", "Date;Niveau (%)\n01/02/2025;40\n", []float64{2000}, nil},
		"what cannot be": {
			importer.KindDipstick, "l",
			"Date;Jauge (l)\n01/02/2025;9000\n02/02/2025;-5\n03/02/2025;100\n03/02/2025;120\n03/02/2026;50\n30/02/2025;50\n05/02/2025;\n",
			[]float64{100},
			[]string{"2:2: 9000 est plus que la citerne ne contient", "3:2: une quantité n'est pas négative", "5:1: 03/02/2025 00:00 est déjà à la ligne 4", "6:1: 03/02/2026 00:00 est dans le futur", "7:1: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := importer.Parse("f.csv", []byte(x.text), importer.Profile{Kind: x.kind}, tankTarget(t, x.unit))
			require.NoError(t, err)
			var units []float64
			for _, e := range b.Entries {
				units = append(units, e.Units)
			}
			require.Equal(t, x.units, units)
			require.Len(t, b.Mistakes, len(x.mistakes), "%v", b.Mistakes)
			for i, want := range x.mistakes {
				require.Contains(t, b.Mistakes[i].Error(), want)
			}
		})
	}
}

func TestTankFilesThatDoNotFit(t *testing.T) {
	for name, x := range map[string]struct {
		p    importer.Profile
		t    importer.Target
		text string
		want string
	}{
		"litres into kg":       {importer.Profile{Kind: importer.KindDelivery}, tankTarget(t, "kg"), "Date;Litres livrés\n03/02/2025;2000\n", "le fichier est en litre, la citerne en kg"},
		"a share delivered":    {importer.Profile{Kind: importer.KindDelivery}, tankTarget(t, "l"), "Date;Livraison (%)\n03/02/2025;20\n", "la citerne en l"},
		"an index into a tank": {importer.Profile{}, tankTarget(t, "l"), "Date;Index (l)\n03/02/2025;2000\n", "est une citerne : donnez --kind dipstick ou --kind delivery"},
		"a delivery to a meter": {importer.Profile{Kind: importer.KindDelivery}, importer.Target{
			Location: time.UTC, Unit: "m³", Meter: gtc.Meter{Equipment: "gaz", Carrier: gtc.CarrierGas, KWhPerUnit: 11},
		}, "Date;Litres livrés\n03/02/2025;2000\n", "le compteur gaz n'est pas une citerne"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := importer.Parse("f.csv", []byte(x.text), x.p, x.t)
			require.ErrorContains(t, err, x.want)
		})
	}
}

func TestTankEntriesAreKept(t *testing.T) {
	b := newBench(t)
	b.o.Store.Target = tankTarget(t, "l")
	b.o.Profile.Kind = importer.KindDelivery
	text := []byte("Date;Litres livrés\n03/02/2025;1950\n14/04/2025;2000\n")
	r := b.run(t, text)
	require.Equal(t, importer.Counts{New: 2}, r.Readings)
	require.InDelta(t, 3950*10.64, r.TotalKWh, 1e-6)
	require.Equal(t, importer.Counts{Unchanged: 2}, b.run(t, text).Readings)
	require.Equal(t, importer.Counts{Unchanged: 1, Changed: 1}, b.run(t, []byte("Date;Litres livrés\n03/02/2025;1905\n14/04/2025;2000\n")).Readings)
	sum := 0.0
	require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT sum("+rollup.FieldDelivery+") FROM "+rollup.MeasurementTank, func(tb *influx.Table) error {
		sum, _ = tb.Float(0, 1)
		return nil
	}))
	require.InDelta(t, 3905, sum, 0)
}
