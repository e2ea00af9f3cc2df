package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// BenchmarkLateDay has one meter with three years of history, read every five
// minutes, to which one day comes late: two years back, inside the period of
// the baseline, and last month. The figure is a whole pass: roll up, write to
// InfluxDB, fit where the day is one of the baseline's, judge.
func BenchmarkLateDay(b *testing.B) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(b, err)
	now := time.Now().In(loc)
	start := time.Date(now.Year()-3, now.Month(), now.Day(), 0, 0, 0, 0, loc).AddDate(0, 0, 2)
	h := &heated{db: influxtest.Start(b), start: start}
	h.site = gtc.Site{ID: "s1", Location: loc, WeatherStation: "here", Meters: []gtc.Meter{{
		Equipment: "gaz", Kind: gtc.KindGasMeter, Point: "volume_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10,
	}}}
	h.rules = newEnergyRules(history{h.db}, []gtc.Site{h.site}, []StationSource{{Station: "here", Site: "s1", Weather: "meteo"}}, zerolog.Nop())
	end := start.AddDate(3, 0, -3)
	readings := map[int64][]byte{}
	index := 1000.0
	for day := start; day.Before(end); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		steps := int(next.Sub(day) / (5 * time.Minute))
		var buf []byte
		for k := range steps {
			at := day.Add(time.Duration(k) * 5 * time.Minute)
			buf = fmt.Appendf(buf, "gas_meter,equipment=gaz,site=s1 volume_m3=%f %d\n", index+float64(k)*h.daily(day)/10/float64(steps), at.UnixMilli())
			if k%12 == 0 {
				buf = fmt.Appendf(buf, "weather,equipment=meteo,site=s1 air_temp=%f %d\n", h.temp(day), at.UnixMilli())
			}
		}
		index += h.daily(day) / 10
		readings[day.Unix()] = buf
	}
	late := map[string]time.Time{"baseline": start.AddDate(0, 7, 0), "lastMonth": end.AddDate(0, -1, 0)}
	for day := start; day.Before(end); day = day.AddDate(0, 0, 1) {
		if !day.Equal(late["baseline"]) && !day.Equal(late["lastMonth"]) {
			require.NoError(b, h.db.Write(b.Context(), influx.Raw, readings[day.Unix()]))
		}
	}
	require.NoError(b, h.rules.restore(b.Context()))
	_, err = h.rules.pass(b.Context(), end)
	require.NoError(b, err)
	series := gtc.Series{Site: "s1", Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}
	for _, name := range []string{"lastMonth", "baseline"} {
		b.Run(name, func(b *testing.B) {
			day := late[name]
			require.NoError(b, h.db.Write(b.Context(), influx.Raw, readings[day.Unix()]))
			cpu := processor(b)
			for b.Loop() {
				h.rules.observe([]gtc.Sample{{Series: series, At: day, Value: gtc.Float(1)}, {Series: series, At: day.Add(23 * time.Hour), Value: gtc.Float(1)}})
				if _, err := h.rules.pass(b.Context(), end); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(1e3*(processor(b)-cpu)/float64(b.N), "cpu-ms/op")
			got := h.state().days.Since(day)[0]
			require.Equal(b, day.Unix(), got.Start.Unix())
			require.InDelta(b, 1, got.Coverage, 1e-9)
			require.InDelta(b, h.daily(day), got.KWh, 1)
		})
	}
}
