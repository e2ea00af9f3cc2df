package simulators_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/simulators/truth"
)

func TestTheTruthIsWhatAFaultAdds(t *testing.T) {
	t.Parallel()
	const site = "ec-docherie"
	faulty := prepared(t, site, "fault: setback_lost, from: -15d, to: -3d, size: 1, ramp: 4d",
		"fault: base_load_creep, from: -20d, size: 0.5", "fault: meter_reset, from: -9d, equipment: gaz")
	alone := prepared(t, site, "fault: base_load_creep, from: -20d, size: 0.5")
	from := origin.AddDate(0, 0, -28)
	file, err := faulty.Truth(t.Context(), from, origin)
	require.NoError(t, err)
	require.Len(t, file.Faults, 3)
	require.Len(t, file.Meters, 4, "all meters of the site, with or without a fault")

	setback := file.Faults[0]
	require.Equal(t, "ec-docherie/setback_lost/1", setback.ID)
	require.Equal(t, "gas", setback.Carrier)
	require.ElementsMatch(t, []string{"gaz", "chaleur"}, setback.Meters)
	require.InDelta(t, 4, setback.RampDays, 1e-9)
	require.Equal(t, origin.AddDate(0, 0, -3), *setback.To)
	require.Len(t, setback.Days, 13)
	// Compared with the park without it: what the gas meter shows more.
	loc := brussels(t)
	total, want := 0.0, 0.0
	volume := func(p interface{ at(time.Time) float64 }, day time.Time) float64 {
		return p.at(day.AddDate(0, 0, 1)) - p.at(day)
	}
	for _, d := range setback.Days {
		day, err := time.ParseInLocation(time.DateOnly, d.Date, loc)
		require.NoError(t, err)
		total += d.KWh["heat"]
		want += volume(heat{t, faulty}, day) - volume(heat{t, alone}, day)
	}
	require.Positive(t, total)
	require.InDelta(t, want, total, 30, "within what the heat meter shows (1 kWh a reading)")
	require.Positive(t, setback.ExtraKWhPerDay)

	creep := file.Faults[1]
	require.Equal(t, "electricity", creep.Carrier)
	require.Contains(t, creep.Meters, "elec")
	require.Contains(t, creep.Meters, "elec-divisionnaire")
	require.Nil(t, creep.To)
	reset := file.Faults[2]
	require.Equal(t, []string{"gaz"}, reset.Meters)
	require.Empty(t, reset.Days)
	require.Zero(t, reset.ExtraKWhPerDay)

	again, err := prepared(t, site, "fault: setback_lost, from: -15d, to: -3d, size: 1, ramp: 4d",
		"fault: base_load_creep, from: -20d, size: 0.5", "fault: meter_reset, from: -9d, equipment: gaz").Truth(t.Context(), from, origin)
	require.NoError(t, err)
	require.Equal(t, file, again, "the same from the same seed")

	var b bytes.Buffer
	require.NoError(t, file.Write(&b))
	back, err := truth.Read(bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	require.Equal(t, file, back)
	scored, err := backtest.ReadTruth("truth.json", bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	require.Len(t, scored.Faults, 3)
	require.InDelta(t, setback.ExtraKWhPerDay, scored.Faults[0].ExtraKWhPerDay, 1e-9)
}

// heat reads the heat meter of a park's site.
type heat struct {
	t *testing.T
	p parkHistory
}

type parkHistory interface {
	History(id gtc.SiteID, from, to time.Time, step time.Duration, emit func([]gtc.Sample) error) error
}

func (h heat) at(instant time.Time) float64 {
	h.t.Helper()
	v := math.NaN()
	require.NoError(h.t, h.p.History("ec-docherie", instant, instant.Add(time.Millisecond), time.Hour, func(samples []gtc.Sample) error {
		for _, s := range samples {
			if s.Equipment == "chaleur" && s.Point == "energy_kwh" {
				v = s.Value.Num
			}
		}
		return nil
	}))
	return v
}
