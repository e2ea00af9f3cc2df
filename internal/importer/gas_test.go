package importer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// TestGasVolumesTakeTheCalorificValueOfTheirDays imports two invoices in m³, of
// which one spans two values, and one in kWh.
func TestGasVolumesTakeTheCalorificValueOfTheirDays(t *testing.T) {
	b := newBench(t)
	loc := b.loc
	b.o.Store.Target = importer.Target{
		Site: "s1", Location: loc, Unit: "m³", Now: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
		Meter: gtc.Meter{
			Equipment: "gaz", Kind: gtc.KindGasMeter, Point: "volume_n_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 11,
			Gas: &gtc.GasVolume{Normal: true, Values: []gtc.CalorificValue{
				{From: time.Date(2025, 1, 1, 0, 0, 0, 0, loc), KWhPerM3n: 11}, {From: time.Date(2025, 1, 11, 0, 0, 0, 0, loc), KWhPerM3n: 12},
			}},
		},
	}
	r := b.run(t, []byte("Du;Au;Consommation (m³);Montant TVAC\n01/01/2025;20/01/2025;200;10\n21/01/2025;30/01/2025;100;10\n"))
	require.InDelta(t, 100*11+100*12+100*12, r.TotalKWh, 1e-6)
	r = b.run(t, []byte("Du;Au;Consommation (kWh);Consommation (m³);Montant TVAC\n01/02/2025;10/02/2025;1150;100;10\n"))
	require.InDelta(t, 1150, r.TotalKWh, 1e-6, "what the supplier billed is taken as it is")
	r = b.run(t, []byte("Du;Au;Consommation (m³);Montant TVAC\n01/12/2024;31/12/2024;310;10\n"))
	require.Zero(t, r.TotalKWh)
	require.InDelta(t, 310, r.TotalVolume, 1e-6)
	require.Contains(t, r.Notes[len(r.Notes)-1], "pas de pouvoir calorifique le 01/12/2024")

	type figures struct{ kwh, nm3, pcs float64 }
	got := map[string]figures{}
	require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT kwh, nm3, pcs FROM energy WHERE step='day'", func(tb *influx.Table) error {
		for i := range tb.Values {
			var f figures
			f.kwh, _ = tb.Float(i, 1)
			f.nm3, _ = tb.Float(i, 2)
			f.pcs, _ = tb.Float(i, 3)
			got[tb.Time(i).In(loc).Format("02/01")] = f
		}
		return nil
	}))
	require.InDelta(t, 10, got["05/01"].nm3, 1e-9)
	require.InDelta(t, 120, got["25/01"].kwh, 1e-9)
	require.InDelta(t, 12, got["25/01"].pcs, 1e-9)
	require.Equal(t, figures{115, 0, 0}, got["05/02"])
	require.Equal(t, figures{0, 10, 0}, got["05/12"], "m³ are kept; the kWh come with the value")
}
