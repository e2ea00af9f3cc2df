package hub

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// heated is a site whose gas meter follows the weather exactly: 100 kWh a day
// and 50 kWh a degree below 15 °C, a tenth of it a m³.
type heated struct {
	db    *influx.Client
	site  gtc.Site
	start time.Time
	rules *energyRules
}

func (h *heated) temp(t time.Time) float64 {
	return 10 - 9*math.Cos(2*math.Pi*float64(t.YearDay())/365) + float64(t.YearDay()%7)
}

func (h *heated) daily(day time.Time) float64 { return 100 + 50*math.Max(0, 15-h.temp(day)) }

// write stores hourly samples of the days [from,to); the meter runs evenly
// within a day. extra is added to every day from its date on.
func (h *heated) write(t *testing.T, from, to time.Time, extraFrom time.Time, extra float64) {
	t.Helper()
	index := 1000.0
	var buf []byte
	for day := h.start; day.Before(to); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		kwh := h.daily(day)
		if !extraFrom.IsZero() && !day.Before(extraFrom) {
			kwh *= 1 + extra
		}
		hours := next.Sub(day).Hours()
		for k := range int(hours) {
			at := day.Add(time.Duration(k) * time.Hour)
			if !at.Before(from) {
				buf = fmt.Appendf(buf, "gas_meter,equipment=gaz,site=s1 volume_m3=%f %d\n", index+float64(k)*kwh/hours/10, at.UnixMilli())
				buf = fmt.Appendf(buf, "weather,equipment=meteo,site=s1 air_temp=%f %d\n", h.temp(day), at.UnixMilli())
			}
		}
		index += kwh / 10
	}
	require.NoError(t, h.db.Write(t.Context(), influx.Raw, buf))
}

func newHeated(t *testing.T) *heated {
	t.Helper()
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	now := time.Now().In(brussels)
	h := &heated{db: influxtest.Start(t), start: time.Date(now.Year()-2, now.Month(), now.Day(), 0, 0, 0, 0, brussels)}
	h.site = gtc.Site{
		ID: "s1", Location: brussels, WeatherStation: "here",
		Equipment: []gtc.Equipment{{ID: "gaz", Kind: gtc.KindGasMeter}, {ID: "meteo", Kind: gtc.KindWeather}},
		Meters: []gtc.Meter{{
			Equipment: "gaz", Kind: gtc.KindGasMeter, Point: "volume_m3", Carrier: gtc.CarrierGas,
			Direction: gtc.DirectionImport, KWhPerUnit: 10,
		}},
	}
	h.fresh()
	return h
}

func (h *heated) fresh() {
	h.rules = newEnergyRules(history{h.db}, []gtc.Site{h.site}, []StationSource{{Station: "here", Site: "s1", Weather: "meteo"}}, zerolog.Nop())
}

func (h *heated) state() *meterState {
	return h.rules.meters[meterKey{"s1", "gaz", gtc.DirectionImport}]
}

func TestRollupBaselineAndDriftFromInfluxDB(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(1, 6, 0)
	drift := h.start.AddDate(1, 2, 0)
	h.write(t, h.start, end, drift, 0.25)
	require.NoError(t, h.rules.restore(t.Context()))
	judged, err := h.rules.pass(t.Context(), end.Add(12*time.Hour))
	require.NoError(t, err)
	require.Len(t, judged, 1)

	ms := h.state()
	require.Empty(t, ms.why)
	for _, d := range ms.days.Range(0, 200) {
		day := d.Start.In(h.site.Location)
		require.InDelta(t, h.daily(day), d.KWh, 1, "a day of %s is a calendar day", day)
	}
	dst := map[float64]int{}
	for _, d := range ms.days.All() {
		dst[d.Start.In(h.site.Location).AddDate(0, 0, 1).Sub(d.Start).Hours()]++
	}
	require.Positive(t, dst[23])
	require.Positive(t, dst[25])
	require.InDelta(t, 15, ms.baseline.Whole.HeatingBP, 0.5)

	require.NotEmpty(t, ms.findings)
	f := ms.findings[0]
	require.Equal(t, gtc.FindingDrift, f.Kind)
	require.WithinDuration(t, drift, f.Onset, 15*24*time.Hour)
	require.InDelta(t, 25, f.ExcessPct, 8)

	// A hub that starts again finds the same days and comes to the same verdict.
	h.fresh()
	require.NoError(t, h.rules.restore(t.Context()))
	_, err = h.rules.pass(t.Context(), end.Add(12*time.Hour))
	require.NoError(t, err)
	require.Equal(t, ms.days.Len(), h.state().days.Len())
	require.Equal(t, ms.findings, h.state().findings)
}

func TestLateSamplesAreRolledUpAgain(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(0, 3, 0)
	gap := h.start.AddDate(0, 2, 0)
	h.write(t, h.start, gap, time.Time{}, 0)
	h.write(t, gap.AddDate(0, 0, 5), end, time.Time{}, 0)
	require.NoError(t, h.rules.restore(t.Context()))
	_, err := h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	missing := h.dayAt(t, gap.AddDate(0, 0, 2))
	require.Zero(t, missing.Coverage, "the total over a gap is known, its course is not")
	require.True(t, missing.Estimated)

	h.write(t, gap, gap.AddDate(0, 0, 5), time.Time{}, 0)
	h.rules.observe([]gtc.Sample{{
		Series: gtc.Series{Site: "s1", Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"},
		At:     gap, Value: gtc.Float(1),
	}})
	_, err = h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	late := h.dayAt(t, gap.AddDate(0, 0, 2))
	require.InDelta(t, 1, late.Coverage, 1e-9)
	require.InDelta(t, h.daily(gap.AddDate(0, 0, 2)), late.KWh, 1)
}

// dayAt reads one day back from InfluxDB, as every screen does.
func (h *heated) dayAt(t *testing.T, day time.Time) (out struct {
	KWh, Coverage float64
	Estimated     bool
},
) {
	t.Helper()
	days, err := h.rules.days(t.Context(), &h.site, h.site.Meters[0], day)
	require.NoError(t, err)
	require.NotEmpty(t, days)
	require.True(t, days[0].Start.Equal(day))
	out.KWh, out.Coverage, out.Estimated = days[0].KWh, days[0].Coverage, days[0].Estimated
	return out
}

func TestPassKeepsWhatItCouldNotDo(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(0, 1, 0)
	h.write(t, h.start, end, time.Time{}, 0)
	require.NoError(t, h.rules.restore(t.Context()))
	require.NoError(t, h.db.Query(t.Context(), "", "DROP DATABASE gtc_rollup", func(*influx.Table) error { return nil }))
	_, err := h.rules.pass(t.Context(), end)
	require.ErrorIs(t, err, influx.ErrRefused)

	require.NoError(t, h.db.EnsureDatabases(t.Context()))
	_, err = h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	require.InDelta(t, 31, h.state().days.Len(), 3)
}
