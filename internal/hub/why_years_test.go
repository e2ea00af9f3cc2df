package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// TestWhatLastsForYearsKeepsItsName: a hub that is never started again judges no
// more days each night than one that just was, and a supply that has failed since
// long before those keeps its name and its dates until it comes back.
func TestWhatLastsForYearsKeepsItsName(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	rules, err := why.Library()
	require.NoError(t, err)
	for i := range rules {
		rules[i].Enabled = rules[i].ID == "H14"
	}
	c.why = newWhyRules(rules, c.sites, c.findings)
	s := c.whySite()
	var circuit gtc.EquipmentID
	for _, q := range s.info.Equipment {
		if q.Kind == "heating_circuit" {
			circuit = q.ID
		}
	}
	st := c.energy.stations[s.info.WeatherStation]
	today := midnight(c.at, s.info.Location)
	failed, back := today.AddDate(0, 0, -350), today.AddDate(0, 0, 480)
	for day := failed.AddDate(0, 0, -5); day.Before(back.AddDate(0, 0, 10)); day = day.AddDate(0, 0, 1) {
		if day.After(failed.AddDate(0, 0, 9)) && day.Before(back.AddDate(0, 0, -9)) && day.YearDay()%8 > 0 {
			continue // one day of eight is enough to know that it lasts
		}
		var lines []byte
		for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(why.Step) {
			flow := 25
			if at.Before(failed) || !at.Before(back) {
				flow = 50
			}
			lines = fmt.Appendf(lines, "heating_circuit,equipment=%s,site=%s flow_temp=%d,flow_temp_sp=50,pump_run=true,heat_demand=true %d\n", circuit, whySiteID, flow, at.UnixMilli())
			lines = fmt.Appendf(lines, "weather,equipment=%s,site=%s air_temp=2 %d\n", st.weather, st.site.ID, at.UnixMilli())
		}
		require.NoError(t, db.Write(t.Context(), influx.Raw, lines))
	}
	for day := today; day.Before(back.AddDate(0, 0, 10)); day = day.AddDate(0, 0, 30) {
		judged, err := c.why.site(t.Context(), c.energy, s, day.Add(12*time.Hour), time.Now().Add(time.Minute))
		require.NoError(t, err)
		require.True(t, judged)
		require.False(t, s.began.Before(day.AddDate(0, 0, -whyHistory-whyMonth-1)), "%s", day)
		require.Len(t, s.own, 1)
		f := s.own[0]
		require.True(t, f.Onset.Equal(failed), "%s on %s", f.Onset, day)
		require.True(t, f.Detected.Equal(failed), "%s on %s", f.Detected, day)
		require.Contains(t, f.ID, "/H14/"+string(circuit)+"/"+failed.Format(time.DateOnly))
		require.Zero(t, f.End)
	}
	require.True(t, s.began.After(failed), "the days in which it began are no longer judged")
	_, err = c.why.site(t.Context(), c.energy, s, back.AddDate(0, 0, 9).Add(12*time.Hour), time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, s.own, 1)
	require.True(t, s.own[0].Onset.Equal(failed))
	require.True(t, s.own[0].End.Equal(back), "%s", s.own[0].End)
}
