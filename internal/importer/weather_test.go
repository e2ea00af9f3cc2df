package importer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

func TestDailyTemperatures(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	days, mistakes, err := importer.ParseWeather("uccle.csv", []byte("Station;Uccle\nDate;Tmin;Tmax;Température moyenne\n"+
		"01/01/2025;-2,0;6,0;1,5\n02/01/2025;0;4;\n03/01/2025;;;3,5\n04/01/2025;;;\n05/01/2025;5;2;3\n05/01/2025;1;88;\n31/02/2025;1;2;\n01/01/2025;1;2;\n"), importer.Profile{}, loc)
	require.NoError(t, err)
	require.Len(t, days, 3)
	require.Len(t, mistakes, 4)
	require.Equal(t, time.Date(2025, 1, 1, 0, 0, 0, 0, loc), days[0].Date)
	require.InDelta(t, 1.5, days[0].Mean, 0)
	require.InDelta(t, 13, days[0].DJ15, 1e-9, "15 − (−2 + 6)/2")
	require.InDelta(t, 15, days[0].DJ165, 1e-9, "16.5 − 1.5")
	require.InDelta(t, 2, days[1].Mean, 0, "the mean of minimum and maximum where no other is given")
	require.True(t, days[2].HasEq)
	require.Equal(t, rollup.SourceImported, days[2].Source)
	_, _, err = importer.ParseWeather("x.csv", []byte("Date;Vent\n01/01/2025;3\n"), importer.Profile{}, loc)
	require.ErrorContains(t, err, "aucune ligne d'en-tête")
}

func TestTemperaturesOfTheOwnSensorStay(t *testing.T) {
	b := newBench(t)
	var lines []byte
	for i, hours := range []int{24, 3} {
		lines = rollup.AppendTempDay(lines, "here", energy.TempDay{Date: b.day.AddDate(0, 0, i), Mean: 7, Min: 5, Max: 9, Hours: hours})
	}
	require.NoError(t, b.db.Write(t.Context(), influx.Rollup, lines))
	s := importer.WeatherStore{DB: b.db, Station: "here", Location: b.loc, Now: b.o.Store.Target.Now}
	var days []energy.TempDay
	for i := range 3 {
		days = append(days, energy.TempDay{Date: b.day.AddDate(0, 0, i), Mean: 1, Min: 0, Max: 2, Hours: 24, Source: rollup.SourceImported})
	}
	written, kept, err := s.Write(t.Context(), "f.csv", days, true)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1}, []int{written, kept})
	_, _, err = s.Write(t.Context(), "f.csv", days, false)
	require.NoError(t, err)
	var got []float64
	require.NoError(t, b.db.Query(t.Context(), influx.Rollup, "SELECT temp_mean FROM weather_day WHERE station='here'", func(tb *influx.Table) error {
		for i := range tb.Values {
			v, _ := tb.Float(i, 1)
			got = append(got, v)
		}
		return nil
	}))
	require.Equal(t, []float64{7, 1, 1}, got, "three hours of a day are no day")
}
