package importer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
)

// TestReadingsBesideTheMeter: what is read by hand of a meter that a machine
// reads too checks its samples and does not mix with them; where the machine
// was silent it fills in as ever.
func TestReadingsBesideTheMeter(t *testing.T) {
	b := newBench(t)
	m := b.o.Store.Target.Meter
	series := gtc.Series{Site: "s1", Kind: m.Kind, Equipment: m.Equipment, Point: m.Point}
	var lines []byte
	for at := b.day; at.Before(b.day.AddDate(0, 0, 10)); at = at.Add(15 * time.Minute) {
		if day := at.Sub(b.day) / (24 * time.Hour); day == 4 || day == 5 {
			continue
		}
		lines = influx.AppendSamples(lines, []gtc.Sample{{Series: series, At: at.UTC(), Value: gtc.Float(1000 + at.Sub(b.day).Hours())}})
	}
	require.NoError(t, b.db.Write(t.Context(), influx.Raw, lines))
	before := len(b.dump(t))

	row := func(day int, index float64) string {
		return fmt.Sprintf("%s;%g\n", b.day.AddDate(0, 0, day).Add(10*time.Hour+7*time.Minute).Format("02/01/2006 15:04"), index)
	}
	text := []byte("Horodatage;Index (kWh)\n" + row(1, 1034) + row(5, 1130) + row(9, 1229))
	dials := func() map[string]float64 {
		out := map[string]float64{}
		require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT index FROM "+rollup.MeasurementDial+" WHERE site='s1' AND meter='compteur'", func(tb *influx.Table) error {
			for i := range tb.Values {
				v, _ := tb.Float(i, 1)
				out[tb.Time(i).In(b.loc).Format("01-02 15:04")] = v
			}
			return nil
		}))
		return out
	}
	r := b.run(t, text)
	require.Equal(t, importer.Counts{New: 1, Kept: 2}, r.Readings)
	require.Equal(t, map[string]float64{"05-06 10:07": 1034, "05-14 10:07": 1229}, dials())
	require.Len(t, b.dump(t), before+1, "only the silent days get a sample")

	r = b.run(t, text)
	require.Equal(t, importer.Counts{Unchanged: 1, Kept: 2}, r.Readings)
	require.Len(t, b.dump(t), before+1)
	r = b.run(t, []byte("Horodatage;Index (kWh)\n"+row(9, 1230)))
	require.Equal(t, importer.Counts{Kept: 1}, r.Readings)
	require.InDelta(t, 1230, dials()["05-14 10:07"], 0, "a reading that was mistaken is put right")
}
