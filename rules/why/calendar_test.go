package why

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// What a site says of its days comes before what its category means.
func TestDaysOfUse(t *testing.T) {
	day := func(m time.Month, n int) time.Time { return time.Date(2025, m, n, 0, 0, 0, 0, time.UTC) }
	monToSat, err := baseline.ParseWeekdays("mon-sat")
	require.NoError(t, err)
	summer := gtc.Period{From: day(7, 7), To: day(7, 12)}
	office, home := gtc.Site{Category: gtc.CategoryOffice}, gtc.Site{Category: gtc.CategoryRestHome}
	told := gtc.Site{Category: gtc.CategoryOffice, Calendar: &gtc.Calendar{Open: monToSat, OpenOnHolidays: true, Closed: []gtc.Period{summer}}}
	for _, c := range []struct {
		site            *gtc.Site
		day             time.Time
		closed, working bool
	}{
		{&office, day(7, 8), false, true},
		{&office, day(7, 12), true, false}, // a Saturday
		{&office, day(4, 21), true, false}, // Easter Monday
		{&home, day(7, 12), false, false},
		{&told, day(7, 8), true, false},   // in the span
		{&told, day(7, 12), false, false}, // a Saturday
		{&told, day(7, 13), true, false},
		{&told, day(4, 21), false, true}, // holidays are days like others
	} {
		require.Equal(t, c.closed, closed(c.site, c.day), "%v %s", c.site, c.day)
		require.Equal(t, c.working, working(c.site, c.day), "%v %s", c.site, c.day)
	}
}
