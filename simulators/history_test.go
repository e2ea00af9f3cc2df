package simulators_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators"
)

func TestHistoryBeforeStartIsRefused(t *testing.T) {
	t.Parallel()
	p, err := simulators.Load(demo(t), parkFile)
	require.NoError(t, err)
	err = p.History("siege-charleroi", origin, origin, time.Hour, nil)
	require.ErrorIs(t, err, simulators.ErrNotStarted)
}

func TestHistoryEndsWithItsReader(t *testing.T) {
	t.Parallel()
	p := start(t, demo(t), stillAt(origin))
	full := errors.New("disk full")
	n := 0
	err := p.History("siege-charleroi", origin.AddDate(0, -1, 0), origin, time.Hour, func([]gtc.Sample) error {
		n++
		return full
	})
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, n)
	require.ErrorContains(t, p.History("nowhere", origin, origin, time.Hour, nil), "no such site")
}

func TestIndicesRiseThroughTheHistory(t *testing.T) {
	t.Parallel()
	p := start(t, demo(t), stillAt(origin))
	last := map[gtc.Series]float64{}
	counts := map[gtc.PointID]bool{
		"energy_import_kwh": true, "energy_import_t1_kwh": true, "energy_import_t2_kwh": true,
		"energy_kwh": true, "volume_m3": true,
	}
	n := 0
	require.NoError(t, p.History("mr-marcinelle", epoch, origin, time.Hour, func(samples []gtc.Sample) error {
		for _, s := range samples {
			if counts[s.Point] {
				require.GreaterOrEqual(t, s.Value.Num, last[s.Series])
				last[s.Series] = s.Value.Num
				n++
			}
		}
		return nil
	}))
	require.GreaterOrEqual(t, len(last), 6)
	require.Greater(t, n, 30_000)
}

// TestTheDemoDrifts compares the demo with its twin in which nothing goes
// wrong yet, over the 120 days before its start.
func TestTheDemoDrifts(t *testing.T) {
	t.Parallel()
	drifting := startAt(t, origin)
	healthy := startAt(t, origin.AddDate(20, 0, 0))
	used := func(p *simulators.Park, site gtc.SiteID, eq gtc.EquipmentID, point gtc.PointID) float64 {
		var index [2]float64
		for k, instant := range []time.Time{origin.AddDate(0, 0, -120), origin.AddDate(0, 0, -1)} {
			for s, v := range at(t, p, site, instant) {
				if s.Equipment == eq && s.Point == point {
					index[k] = v.Num
				}
			}
		}
		return index[1] - index[0]
	}
	for _, c := range []struct {
		site  gtc.SiteID
		eq    gtc.EquipmentID
		point gtc.PointID
		least float64 // per cent
		most  float64
	}{
		{"ec-docherie", "gaz", "volume_m3", 10, 40},
		{"mr-marcinelle", "gaz", "volume_m3", 15, 45},
		{"siege-charleroi", "elec", "energy_import_kwh", 10, 35},
		{"mr-monceau", "gaz", "volume_m3", 0, 0},
		{"antenne-gilly", "gaz", "volume_m3", 0, 0},
		{"ec-dampremy", "gaz", "volume_m3", 0, 0},
		{"cuisine-jumet", "gaz", "volume_m3", 0, 0},
		{"abri-nuit", "elec", "energy_import_kwh", 0, 0},
	} {
		pct := 100 * (used(drifting, c.site, c.eq, c.point)/used(healthy, c.site, c.eq, c.point) - 1)
		t.Logf("%s %s: %+.1f %%", c.site, c.eq, pct)
		require.GreaterOrEqual(t, pct, c.least, c.site)
		require.LessOrEqual(t, pct, c.most, c.site)
	}
}

func startAt(t *testing.T, begin time.Time) *simulators.Park {
	t.Helper()
	p, err := simulators.Load(demo(t), parkFile)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), simulators.Options{
		Epoch: epoch, Origin: begin, Clock: stillAt(origin), Log: zerolog.Nop(),
	}))
	t.Cleanup(p.Close)
	return p
}
