package hub

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// meterOf is a meter of a site with an area.
func meterOf(tb testing.TB, site gtc.SiteID, id gtc.EquipmentID, area float64) metered {
	tb.Helper()
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return metered{
		&siteInfo{Site: gtc.Site{ID: site, Location: brussels, AreaM2: area}}, gtc.Meter{Equipment: id, Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport},
	}
}

// unitOf is a day with what is given; NaN is not known.
func unitOf(start time.Time, actual, expected, half float64) unit {
	u := unit{
		start: start, span: start.AddDate(0, 0, 1).Sub(start), actual: actual, expected: expected, low: expected - half, high: expected + half,
		temperature: 5, dj15: 10, counts: !math.IsNaN(actual + expected),
	}
	if !math.IsNaN(actual) {
		u.coverage = 1
	}
	return u
}

// TestASumOfMetersSaysWhatItHolds: two meters of two sites in October, one
// without a baseline, a day unknown, the month of the clock change.
func TestASumOfMetersSaysWhatItHolds(t *testing.T) {
	a, b := meterOf(t, "a", "gaz", 100), meterOf(t, "b", "gaz", 300)
	october := time.Date(2026, 10, 1, 0, 0, 0, 0, a.site.Location)
	q := api.EnergyQuery{From: october, To: october.AddDate(0, 1, 0), Step: api.StepMonth, Group: api.GroupCarrier}
	g := newEnergyGroup(a)
	g.join(a, reading{judged: true, priced: true, carry: 50})
	g.join(b, reading{priced: true})
	for i := range 31 {
		day := october.AddDate(0, 0, i)
		actual := 12.0
		if i == 4 {
			actual = math.NaN()
		}
		g.add(unitOf(day, actual, 10, 3), q, a.site.Location)
		g.add(unitOf(day, 5, math.NaN(), 0), q, b.site.Location)
	}
	row := g.rows(q)
	require.Empty(t, row.Site)
	require.Empty(t, row.Meter)
	require.Equal(t, gtc.CarrierGas, row.Carrier)
	require.Equal(t, 2, row.Meters)
	require.Equal(t, 1, row.Unjudged)
	require.InDelta(t, 400, row.AreaM2, 0)
	require.Len(t, row.Intervals, 1)
	iv := row.Intervals[0]
	require.Equal(t, october.UnixMilli(), iv.At)
	require.InDelta(t, 30*12+31*5, *iv.Actual, 1e-9)
	require.InDelta(t, 30*10, *iv.Expected, 1e-9, "of what was measured and has a baseline")
	require.InDelta(t, 30*2, *iv.Residual, 1e-9)
	require.InDelta(t, 20, *iv.ResidualPct, 1e-9)
	require.InDelta(t, 50+60, *iv.CUSUM, 1e-9)
	require.InDelta(t, 300-3*math.Sqrt(30), *iv.Low, 1e-9)
	require.InDelta(t, (30*86400+31*86400+2*3600)/(2*(31*86400.0+3600)), iv.Coverage, 1e-9, "the day unknown; an hour more in October")
	require.InDelta(t, 310, *iv.DJ15, 1e-9, "once a day, not once a meter")

	q.Per = api.PerM2DJ15
	per := g.rows(q).Intervals[0]
	require.InDelta(t, *iv.Actual/400/310, *per.Actual, 1e-12)
	require.Nil(t, per.CUSUM)
	require.InDelta(t, 20, *per.ResidualPct, 1e-9)
	g.areas["b"] = 0
	require.Nil(t, g.rows(q).Intervals[0].Actual, "an area that is not known")
}

// TestStepsAreCalendarSteps: any day is in the step that begins at or before
// it, and a step begins where its first day does.
func TestStepsAreCalendarSteps(t *testing.T) {
	loc := meterOf(t, "a", "gaz", 1).site.Location
	rapid.Check(t, func(rt *rapid.T) {
		at := time.Unix(rapid.Int64Range(1_500_000_000, 1_900_000_000).Draw(rt, "at"), 0)
		for _, step := range []string{api.StepDay, api.StepWeek, api.StepMonth, api.StepYear} {
			q := api.EnergyQuery{Step: step}
			start := stepStart(at, q, loc)
			require.False(rt, start.After(at))
			require.Equal(rt, start, stepStart(start, q, loc))
			require.Zero(rt, start.Hour())
			g := &energyGroup{zone: loc}
			end := start.Add(time.Duration(g.span(start.UnixMilli(), q)) * time.Second)
			require.True(rt, at.Before(end))
			require.Equal(rt, end, stepStart(end, q, loc))
		}
	})
}

// TestBoundsOfAQuestion: more values than an answer holds are refused with an
// interval that would do.
func TestBoundsOfAQuestion(t *testing.T) {
	points := make([]chosen, 100)
	for i := range points {
		points[i] = chosen{nil, &pointInfo{poll: 10 * time.Second}}
	}
	require.NoError(t, bounded(points, 5*time.Hour, time.Second), "no more values than polls")
	err := bounded(points, 365*day, time.Minute)
	var many api.TooManyError
	require.ErrorAs(t, err, &many)
	require.Equal(t, int64(100*365*24*60), many.Values)
	require.NoError(t, bounded(points, 365*day, many.Interval), "what is said does")
	require.Less(t, many.Interval, day)
}
