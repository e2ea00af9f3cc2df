package energy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// TestJoinIsByDate: a day has the last temperature of its calendar date, in
// whatever order both are given and whatever the zone of the temperatures, packed
// or not.
func TestJoinIsByDate(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		zone := rapid.SampledFrom([]*time.Location{loc, time.UTC, time.FixedZone("", -9*3600)}).Draw(rt, "zone")
		at := func(name string, loc *time.Location) time.Time {
			return time.Date(1969, 12, 20+rapid.IntRange(0, 40).Draw(rt, name), 0, 0, 0, 0, loc)
		}
		var days []energy.Interval
		for range rapid.IntRange(0, 30).Draw(rt, "days") {
			days = append(days, energy.Interval{Start: at("day", loc), KWh: rapid.Float64().Draw(rt, "kwh"), NoEnergy: rapid.Bool().Draw(rt, "unknown"), Coverage: 0.5})
		}
		var temps []energy.TempDay
		byDate := map[string]energy.TempDay{}
		for range rapid.IntRange(0, 30).Draw(rt, "temps") {
			d := energy.TempDay{Date: at("temperature", zone), Mean: rapid.Float64().Draw(rt, "mean"), Hours: rapid.IntRange(0, 24).Draw(rt, "hours")}
			temps, byDate[d.Date.Format(time.DateOnly)] = append(temps, d), d
		}
		want := []baseline.Day{}
		for _, d := range days {
			w := baseline.Day{Date: d.Start, KWh: d.KWh, HasKWh: !d.NoEnergy, Coverage: d.Coverage}
			if t := byDate[d.Start.Format(time.DateOnly)]; t.Valid() {
				w.Temp, w.HasTemp = t.Mean, true
			}
			want = append(want, w)
		}
		require.Equal(rt, want, energy.Join(days, temps))
		p := energy.Pack(loc, days)
		require.Equal(rt, want, append([]baseline.Day{}, p.Join(nil, len(days), temps)...))
	})
}
