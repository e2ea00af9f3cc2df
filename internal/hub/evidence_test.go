package hub

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// TestReadingsByHandCheckTheIndex: two readings of the dial, imported while the
// hub runs, tell that pulses are lost; what comes late is looked at again.
func TestReadingsByHandCheckTheIndex(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	rules, err := why.Library()
	require.NoError(t, err)
	for i := range rules {
		rules[i].Enabled = rules[i].ID == "D8"
	}
	info := c.byID[whySiteID]
	c.why = newWhyRules(rules, []*siteInfo{info}, c.findings)
	meter := info.Meters[0]
	for _, m := range info.Meters {
		if m.Carrier == gtc.CarrierGas {
			meter = m
		}
	}
	today := midnight(c.at, info.Location)
	start := today.AddDate(0, 0, -40)
	index := func(at time.Time) float64 { return 5000 + 2*at.Sub(start).Hours() }
	var b strings.Builder
	for at := start; at.Before(today); at = at.Add(15 * time.Minute) {
		fmt.Fprintf(&b, "%s,equipment=%s,site=%s %s=%f %d\n", meter.Kind, meter.Equipment, whySiteID, meter.Point, index(at), at.UnixMilli())
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, []byte(b.String())))
	c.at = today.Add(12 * time.Hour)
	judge := func() {
		t.Helper()
		require.NoError(t, c.energy.takeImports(t.Context(), time.Now()))
		for c.whySite().judged.IsZero() || !c.whySite().judged.Equal(today) {
			require.NoError(t, c.publishJudged(t.Context(), nil))
		}
		require.NoError(t, c.publishJudged(t.Context(), nil))
	}
	judge()
	require.Empty(t, c.whySite().own)

	// The dial ran four per cent faster than the pulses that came.
	var readings strings.Builder
	readings.WriteString("Date;Index (m3)\n")
	for _, d := range []int{-35, -5} {
		at := today.AddDate(0, 0, d).Add(9 * time.Hour)
		fmt.Fprintf(&readings, "%s;%.0f\n", at.Format("02/01/2006 15:04"), 4000+1.04*(index(at)-5000))
	}
	r, err := importer.Import(t.Context(), "releve.csv", []byte(readings.String()), importer.Options{
		Oldest: start,
		Store: importer.Store{DB: db, Database: influx.Raw, Target: importer.Target{
			Site: whySiteID, Meter: meter, Location: info.Location, Unit: "m³", Now: time.Now().UTC(),
		}},
	})
	require.NoError(t, err)
	require.Empty(t, r.Mistakes)
	require.Equal(t, 2, r.Readings.Kept)
	judge()
	found := c.whySite().own
	require.Len(t, found, 1)
	require.Equal(t, "D8", found[0].Rule)
	require.Equal(t, meter.Equipment, found[0].Meter)
	require.True(t, found[0].Detected.Equal(today.AddDate(0, 0, -5)), found[0].Detected)
	require.Contains(t, found[0].Text["fr"], "3,8 %")
}

// TestAStationIsComparedWithTheOthers: its own sensor with the median of the
// others, when there are two; and of a quarter-hour the highest is read.
func TestAStationIsComparedWithTheOthers(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	info := c.byID[whySiteID]
	own := c.energy.stations[info.WeatherStation]
	require.NotNil(t, own)
	home := c.byID[own.site.ID]
	from := midnight(c.at, home.Location).AddDate(0, 0, -1)
	to := from.Add(2 * time.Hour)
	write := func(eq gtc.EquipmentID, site gtc.SiteID, temp float64) {
		t.Helper()
		var b strings.Builder
		for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
			fmt.Fprintf(&b, "weather,equipment=%s,site=%s air_temp=%f %d\n", eq, site, temp, at.UnixMilli())
		}
		require.NoError(t, db.Write(t.Context(), influx.Raw, []byte(b.String())))
	}
	write(own.weather, own.site.ID, 12)
	rules, err := why.Library()
	require.NoError(t, err)
	look := func() *why.Evidence {
		t.Helper()
		ev, err := c.energy.evidence(t.Context(), home, rules, from, to)
		require.NoError(t, err)
		require.InDelta(t, 12, ev.Outdoor[3], 1e-9)
		return ev
	}
	c.energy.stations = map[string]*station{own.id: own}
	require.Nil(t, look().Elsewhere, "alone")
	for i, temp := range []float64{5, 6} {
		site := c.sites[(i+1)%len(c.sites)]
		if site.ID == own.site.ID {
			site = c.sites[(i+3)%len(c.sites)]
		}
		write("sonde", site.ID, temp)
		c.energy.stations[fmt.Sprint("other", i)] = &station{id: fmt.Sprint("other", i), site: &site.Site, weather: "sonde"}
		if i == 0 {
			require.Nil(t, look().Elsewhere, "of two neither is known to be wrong")
		}
	}
	require.InDelta(t, 6, look().Elsewhere[3], 1e-9, "the one that speaks for the sensor")

	for _, m := range home.Meters {
		if m.Kind != gtc.KindElectricityMeter {
			continue
		}
		require.NoError(t, db.Write(t.Context(), influx.Raw, fmt.Appendf(nil, "%[1]s,equipment=%[2]s,site=%[3]s demand_kw=3 %[4]d\n%[1]s,equipment=%[2]s,site=%[3]s demand_kw=9 %[5]d\n",
			m.Kind, m.Equipment, home.ID, from.Add(time.Minute).UnixMilli(), from.Add(2*time.Minute).UnixMilli())))
		if x := look().Points[why.Point{Equipment: m.Equipment, Point: why.PointDemand}]; x != nil {
			require.InDelta(t, 9, x[0], 1e-9)
		}
	}
}

func TestAgreed(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		here, want float64
		others     []float64
	}{
		"one":            {5, nan, []float64{4}},
		"two, nearer":    {5, 4, []float64{4, -8}},
		"three, median":  {9, 5, []float64{4, 5, 12}},
		"one is silent":  {9, 7, []float64{nan, 2, 7}},
		"only one heard": {9, nan, []float64{nan, 2}},
	} {
		var others [][]float64
		for _, v := range c.others {
			others = append(others, []float64{v})
		}
		got := agreed(c.here, others, 0)
		if math.IsNaN(c.want) {
			require.True(t, math.IsNaN(got), name)
			continue
		}
		require.InDelta(t, c.want, got, 0, name)
	}
}
