package coldroom_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

func zone(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

func of(p gtc.PointID, at time.Time, v gtc.Value) gtc.Sample {
	return gtc.Sample{Series: gtc.Series{Site: "s", Kind: "cold_room", Equipment: "cold", Point: p}, At: at, Value: v, Quality: gtc.QualityGood}
}

func TestRecordOfAMonth(t *testing.T) {
	from, to := coldroom.Month(2026, time.October, zone(t)) // with a day of 25 hours
	require.InDelta(t, 31*24+1, to.Sub(from).Hours(), 0)
	var samples []gtc.Sample
	add := func(p gtc.PointID, at time.Time, v gtc.Value) { samples = append(samples, of(p, at, v)) }
	add(coldroom.SetPoint, from.Add(-time.Hour), gtc.Float(3))
	warmFrom, warmTo := from.Add(50*time.Hour), from.Add(52*time.Hour)
	hole, back := from.Add(100*time.Hour), from.Add(105*time.Hour)
	for at := from.Add(-10 * time.Minute); at.Before(to); at = at.Add(10 * time.Minute) {
		if at.After(hole) && at.Before(back) {
			continue
		}
		v := 4.0
		if !at.Before(warmFrom) && at.Before(warmTo) {
			v = 9
		}
		add(coldroom.AirTemp, at, gtc.Float(v))
		if at.Equal(warmFrom) {
			add(coldroom.Door, at, gtc.Bool(true))
			add(coldroom.Defrost, at, gtc.Bool(false))
		}
		if at.Equal(warmFrom.Add(time.Hour)) {
			add(coldroom.Door, at, gtc.Bool(false))
			add(coldroom.Defrost, at, gtc.Bool(true))
		}
		if at.Equal(warmTo) {
			add(coldroom.Defrost, at, gtc.Bool(false))
		}
	}
	r := coldroom.Of(samples, nil, from, to, to.AddDate(1, 0, 0))
	require.Len(t, r.Days, 31)
	require.Equal(t, []coldroom.Gap{{From: hole.Add(coldroom.Holds).UTC(), To: back.UTC()}}, r.Gaps)
	require.False(t, r.Complete())
	m := r.Month
	require.InDelta(t, 4*60, m.Missing, 1e-6)
	require.InDelta(t, to.Sub(from).Minutes()-4*60, m.Recorded, 1e-6)
	require.InDelta(t, 4, *m.Min, 0)
	require.InDelta(t, 9, *m.Max, 0)
	require.InDelta(t, 60, *m.Warm, 1e-6, "the second hour is a defrost")
	require.Equal(t, 1, *m.Doors)
	require.InDelta(t, 60, *m.DoorOpen, 1e-6)
	require.Equal(t, 1, *m.Defrosts)
	require.InDelta(t, 7, *r.Highest, 0)
	day := r.Days[2]
	require.InDelta(t, 60, *day.Warm, 1e-6)
	require.InDelta(t, (22*4+2*9)/24.0, *day.Mean, 1e-6)
	require.InDelta(t, 25*60, r.Days[24].Recorded, 1e-6, "the clock goes back")
	require.Nil(t, r.Days[0].Doors, "no contact was read yet")
}

func TestRecordOfNothing(t *testing.T) {
	from, to := coldroom.Month(2026, time.February, zone(t))
	r := coldroom.Of(nil, nil, from, to, to)
	require.Equal(t, []coldroom.Gap{{From: from.UTC(), To: to.UTC()}}, r.Gaps)
	require.Nil(t, r.Month.Mean)
	require.Nil(t, r.Month.Warm)
	require.InDelta(t, 28*24*60, r.Month.Missing, 1e-6)
	// A month that has not begun has no day.
	r = coldroom.Of(nil, nil, from, to, from.AddDate(0, -1, 0))
	require.Empty(t, r.Days)
	require.Empty(t, r.Gaps)
	// No set point, no limit: absent, not zero. A sensor that is lost ends what
	// was read.
	lost := of(coldroom.AirTemp, from.Add(20*time.Minute), gtc.Value{})
	lost.Quality = gtc.QualityCommLost
	r = coldroom.Of([]gtc.Sample{of(coldroom.AirTemp, from, gtc.Float(30)), lost}, nil, from, to, from.Add(time.Hour))
	require.Nil(t, r.Month.Warm)
	limit := 7.0
	fixed := coldroom.Of([]gtc.Sample{of(coldroom.AirTemp, from, gtc.Float(30)), lost}, &limit, from, to, from.Add(time.Hour))
	require.True(t, fixed.Fixed)
	require.InDelta(t, 20, *fixed.Month.Warm, 1e-6)
	require.InDelta(t, 7, *fixed.Lowest, 0)
	require.InDelta(t, 20, r.Month.Recorded, 1e-6)
	require.Equal(t, []coldroom.Gap{{From: from.Add(20 * time.Minute).UTC(), To: from.Add(time.Hour).UTC()}}, r.Gaps)
}

// Whatever is read: recorded and missing minutes make the span, days make the
// month, gaps are what is missing, and the mean lies between the extremes.
func TestRecordAddsUp(t *testing.T) {
	loc := zone(t)
	rapid.Check(t, func(t *rapid.T) {
		from, to := coldroom.Month(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), loc)
		at := from.Add(-3 * time.Hour)
		var samples []gtc.Sample
		for range rapid.IntRange(0, 60).Draw(t, "samples") {
			at = at.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "minutes")) * time.Minute)
			p := rapid.SampledFrom(coldroom.Points()).Draw(t, "point")
			v := gtc.Float(float64(rapid.IntRange(-25, 15).Draw(t, "value")))
			if p == coldroom.Door || p == coldroom.Defrost {
				v = gtc.Bool(rapid.Bool().Draw(t, "on"))
			}
			s := of(p, at, v)
			if rapid.IntRange(0, 9).Draw(t, "lost") == 0 {
				s.Value, s.Quality = gtc.Value{}, gtc.QualityCommLost
			}
			samples = append(samples, s)
		}
		r := coldroom.Of(samples, nil, from, to, to)
		minutes, missing := 0.0, 0.0
		for _, d := range r.Days {
			require.InDelta(t, d.To.Sub(d.From).Minutes(), d.Recorded+d.Missing, 1e-6)
			if d.Mean != nil {
				require.LessOrEqual(t, *d.Min-1e-9, *d.Mean)
				require.GreaterOrEqual(t, *d.Max+1e-9, *d.Mean)
			}
			minutes += d.Recorded
		}
		for i, g := range r.Gaps {
			require.True(t, g.From.Before(g.To))
			require.True(t, i == 0 || r.Gaps[i-1].To.Before(g.From), "%v", r.Gaps)
			missing += g.To.Sub(g.From).Minutes()
		}
		require.InDelta(t, minutes, r.Month.Recorded, 1e-6)
		require.InDelta(t, r.Month.Missing, missing, 1e-6, "%v", r.Gaps)
	})
}
