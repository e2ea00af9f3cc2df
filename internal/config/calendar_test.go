package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// The calendar and the static factors of a site file reach the fits.
func TestOperationReachesTheFits(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	s, _ := c.Site("campus")
	d := s.Domain()
	o := baseline.OfSite(&d, "gas")
	day := func(y int, m time.Month, n int) time.Time { return time.Date(y, m, n, 0, 0, 0, 0, d.Location) }

	for date, open := range map[time.Time]bool{
		day(2024, 7, 18):  true,  // a Thursday
		day(2024, 7, 19):  true,  // the day before the span
		day(2024, 7, 20):  false, // its first day
		day(2024, 8, 4):   false, // its last
		day(2024, 8, 5):   true,
		day(2024, 9, 7):   true,  // a Saturday
		day(2024, 9, 8):   false, // a Sunday
		day(2024, 12, 25): true,  // holidays are days like others
	} {
		require.Equal(t, open, o.Calendar.IsOpen(date), date)
	}
	require.Equal(t, "open mon tue wed thu fri sat, holidays none, closed 2024-07-20..2024-08-04", o.Calendar.String())

	require.Len(t, o.Factors, 2)
	require.Equal(t, "area", o.Factors[0].Name)
	require.InDelta(t, 0.8, o.Factors[0].Share, 1e-12, "of the entry that says it")
	require.Equal(t, []baseline.Step{{Value: 1}, {From: day(2024, 9, 1), Value: 1.1}, {From: day(2025, 3, 1), Value: 1.3}}, o.Factors[0].Steps)
	require.Equal(t, "area (share 0.8): 1.1 from 2024-09-01 (attic), 1.3 from 2025-03-01 (annexe)", baseline.FactorText(d.StaticFactors[0]))

	home, _ := c.Site("home")
	plain := home.Domain()
	require.Nil(t, baseline.OfSite(&plain, "gas").Calendar)
	require.Empty(t, baseline.OfSite(&plain, "gas").Calendar.String())
}
