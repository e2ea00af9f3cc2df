package baseline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// TestBaselineKnowsItsDays: the days that a baseline was fitted on come back as
// they were given, whatever their zone.
func TestBaselineKnowsItsDays(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	for name, at := range map[string]func(i int) time.Time{
		"of one zone": func(i int) time.Time { return time.Date(2024, 3, 1+i, 0, 0, 0, 0, brussels) },
		"of two zones": func(i int) time.Time {
			return time.Date(2024, 3, 1+i, 0, 0, 0, 0, [...]*time.Location{brussels, time.UTC}[i%2])
		},
		"not at midnight": func(i int) time.Time { return time.Date(2024, 3, 1+i, 12, 30, 0, 5, time.UTC) },
	} {
		var days []baseline.Day
		for i := range 60 {
			days = append(days, baseline.Day{Date: at(i), KWh: 100 + float64(i%7), Temp: float64(i % 20), HasKWh: true, HasTemp: true, Coverage: 1 - float64(i%3)/50})
		}
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
		require.NoError(t, err, name)
		require.Equal(t, days, b.Days(), name)
	}
}
