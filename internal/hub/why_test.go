package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// whySiteID is the site of the demo that these tests speak of: a community
// centre with a circuit, hot water and gas.
const whySiteID gtc.SiteID = "ec-docherie"

// TestRulesReadTheirEvidenceAndPublish: a supply that does not come, seen in
// what InfluxDB holds, becomes a finding once, and is over when it is.
func TestRulesReadTheirEvidenceAndPublish(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	rules, err := why.Library()
	require.NoError(t, err)
	for i := range rules {
		rules[i].Enabled = rules[i].ID == "H14"
	}
	c.why = newWhyRules(rules, c.sites, c.findings)
	info := c.byID[whySiteID]
	require.NotNil(t, info)
	var circuit gtc.EquipmentID
	for _, q := range info.Equipment {
		if q.Kind == "heating_circuit" {
			circuit = q.ID
		}
	}
	st := c.energy.stations[info.WeatherStation]
	require.NotNil(t, st)
	today := midnight(c.at, info.Location)
	failed := today.AddDate(0, 0, -5)
	var b strings.Builder
	for at := today.AddDate(0, 0, -8); at.Before(today); at = at.Add(5 * time.Minute) {
		flow := 50.0
		if !at.Before(failed) && at.Before(failed.AddDate(0, 0, 1)) {
			flow = 25
		}
		fmt.Fprintf(&b, "heating_circuit,equipment=%s,site=%s flow_temp=%f,flow_temp_sp=50,pump_run=true,heat_demand=true %d\n", circuit, whySiteID, flow, at.UnixMilli())
		fmt.Fprintf(&b, "weather,equipment=%s,site=%s air_temp=2 %d\n", st.weather, st.site.ID, at.UnixMilli())
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, []byte(b.String())))
	c.at = today.Add(12 * time.Hour)
	for c.why.sites[0].judged.IsZero() || c.whySite().judged.IsZero() { // the budget may take several passes
		require.NoError(t, c.publishJudged(t.Context(), nil))
	}
	meter := metersPaying(info.Site)
	// The detector has not judged the meter: nothing is said of it yet.
	require.Empty(t, c.findings.of(whySiteID, meter))
	k := meterKey{site: whySiteID, meter: meter, direction: gtc.DirectionImport}
	drift := gtc.Finding{ID: "d", Site: whySiteID, Meter: meter, Rule: "energy-drift", Kind: gtc.FindingDrift, Onset: failed, Detected: today.AddDate(0, 0, -1), Through: today, ExcessKWh: 100}
	require.NoError(t, c.publishJudged(t.Context(), map[meterKey][]gtc.Finding{k: {drift}}))
	found := c.findings.of(whySiteID, meter)
	require.Len(t, found, 2, "a rule's finding and a drift stand side by side on one meter")
	for _, f := range found {
		if f.Rule != "H14" {
			continue
		}
		require.Equal(t, circuit, f.Equipment)
		require.True(t, f.Onset.Equal(failed), f.Onset)
		require.True(t, f.End.Equal(failed.AddDate(0, 0, 1)), f.End)
	}

	// The same night changes nothing, and the drift goes without the rule's.
	require.NoError(t, c.publishJudged(t.Context(), map[meterKey][]gtc.Finding{k: nil}))
	found = c.findings.of(whySiteID, meter)
	require.Len(t, found, 1)
	require.Equal(t, "H14", found[0].Rule)

	// A hub that starts again knows it before its book has come so far.
	c.why = newWhyRules(rules, c.sites, c.findings)
	require.Equal(t, found, c.whySite().own)
}

// TestWorksKeepAFindingBack: works that are recorded later judge their days again,
// as late data do, and say why a finding is gone; struck, they bring it back. The
// hub that starts again says the same.
func TestWorksKeepAFindingBack(t *testing.T) {
	db := influxtest.Start(t)
	c := newCentre(t, db)
	rules, err := why.Library()
	require.NoError(t, err)
	for i := range rules {
		rules[i].Enabled = rules[i].ID == "H14"
	}
	info := c.byID[whySiteID]
	st := c.energy.stations[info.WeatherStation]
	today := midnight(c.at, info.Location)
	failed := today.AddDate(0, 0, -5)
	var lines []byte
	for at := today.AddDate(0, 0, -8); at.Before(today); at = at.Add(why.Step) {
		flow := 50
		if !at.Before(failed) && at.Before(failed.AddDate(0, 0, 1)) {
			flow = 25
		}
		for _, q := range info.Equipment {
			if q.Kind == "heating_circuit" {
				lines = fmt.Appendf(lines, "heating_circuit,equipment=%s,site=%s flow_temp=%d,flow_temp_sp=50,pump_run=true,heat_demand=true %d\n", q.ID, whySiteID, flow, at.UnixMilli())
			}
		}
		lines = fmt.Appendf(lines, "weather,equipment=%s,site=%s air_temp=2 %d\n", st.weather, st.site.ID, at.UnixMilli())
	}
	require.NoError(t, db.Write(t.Context(), influx.Raw, lines))
	c.at = today.Add(12 * time.Hour)
	k := meterKey{site: whySiteID, meter: metersPaying(info.Site), direction: gtc.DirectionImport}
	judge := func() []gtc.Finding {
		t.Helper()
		for range 2 { // the second pass has nothing to do
			require.NoError(t, c.publishJudged(t.Context(), map[meterKey][]gtc.Finding{k: nil}))
		}
		require.True(t, c.whySite().judged.Equal(today))
		return c.findings.of(whySiteID, k.meter)
	}
	c.why = newWhyRules(rules, []*siteInfo{info}, c.findings)
	found := judge()
	require.Len(t, found, 1)

	day := works.DayOf(failed)
	reg, err := works.Register{}.Add(works.Entry{ID: "w1", Site: whySiteID, Kind: works.Works, From: day, To: day, Description: "chaudière", By: "un"})
	require.NoError(t, err)
	c.energy.works = func(gtc.SiteID) works.Register { return reg }
	require.Empty(t, judge())
	require.Equal(t, []string{found[0].ID}, c.whySite().kept)
	r, _ := c.findings.record(found[0].ID)
	require.Equal(t, finding.Withdrawn, r.Course())
	require.Equal(t, goneWorks, r.GoneWhy)

	c.why = newWhyRules(rules, []*siteInfo{info}, c.findings)
	require.Empty(t, judge(), "a hub that starts again")

	reg, err = reg.Strike("w1", "un", "erreur", c.at)
	require.NoError(t, err)
	require.Len(t, judge(), 1)
	require.Empty(t, c.whySite().kept)
	r, _ = c.findings.record(found[0].ID)
	require.Equal(t, finding.Ended, r.Course(), "as before")
}

// whySite is the site of these tests.
func (c *centre) whySite() *whySite {
	for _, s := range c.why.sites {
		if s.info.ID == whySiteID {
			return s
		}
	}
	return nil
}

func metersPaying(s gtc.Site) gtc.EquipmentID {
	for _, m := range s.Meters {
		if m.Carrier == gtc.CarrierGas {
			return m.Equipment
		}
	}
	return ""
}

func TestAdoptKeepsWhatBeganBeforeTheBook(t *testing.T) {
	began := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	f := func(id, rule string, onset, detected, end time.Time) gtc.Finding {
		return gtc.Finding{ID: id, Meter: "m", Rule: rule, Onset: onset, Detected: detected, End: end}
	}
	old := f("old", "H3", began.AddDate(0, -3, 0), began.AddDate(0, -3, 7), time.Time{})
	over := f("over", "H5", began.AddDate(0, -6, 0), began.AddDate(0, -6, 3), began.AddDate(0, -5, 0))
	gone := f("gone", "E1", began.AddDate(0, -2, 0), began.AddDate(0, -2, 0), time.Time{})
	again := f("again", "H3", began.AddDate(0, 0, 2), began.AddDate(0, 0, 8), time.Time{})
	late := f("late", "E1", began.AddDate(0, 2, 0), began.AddDate(0, 2, 8), time.Time{})
	got := adopt([]gtc.Finding{old, over, gone}, []gtc.Finding{again, late}, began)
	require.Equal(t, []gtc.Finding{f("old", "H3", old.Onset, old.Detected, time.Time{}), late, over}, got)

	// A book that was sealed knows what lasts; what was over before is not lost,
	// and gives its name to nothing else.
	require.Equal(t, []gtc.Finding{old, late, over}, adopt([]gtc.Finding{old, over}, []gtc.Finding{old, late}, began))
	before := f("before", "H3", began.AddDate(0, -8, 0), began.AddDate(0, -8, 3), began.AddDate(0, -7, 0))
	require.Equal(t, []gtc.Finding{old, before}, adopt([]gtc.Finding{before, old}, []gtc.Finding{old}, began))
}

// TestALockoutIsOneRecord: what shows that a plant does not heat becomes no record
// beside the one that names it; what was told before is over, with its name; and a
// hub that starts again says nothing new.
func TestALockoutIsOneRecord(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	rules, err := why.Library()
	require.NoError(t, err)
	info := c.byID[whySiteID]
	k := meterKey{site: whySiteID, meter: metersPaying(info.Site), direction: gtc.DirectionImport}
	today := midnight(c.at.Add(-whyHour*time.Hour), info.Location)
	at := func(rule string, eq gtc.EquipmentID, kind gtc.FindingKind, onset, detected int) gtc.Finding {
		f := gtc.Finding{
			Site: k.site, Meter: k.meter, Equipment: eq, Carrier: gtc.CarrierGas, Rule: rule, Kind: kind, State: gtc.FindingNew,
			Onset: today.AddDate(0, 0, -onset), Detected: today.AddDate(0, 0, -detected), Through: today.AddDate(0, 0, -1),
		}
		f.ID = strings.Join([]string{string(f.Site), string(f.Meter), rule, string(eq), f.Onset.Format(time.DateOnly)}, "/")
		return f
	}
	publish := func(zero []gtc.Finding, own ...gtc.Finding) {
		t.Helper()
		c.why = newWhyRules(rules, []*siteInfo{info}, c.findings)
		c.why.sites[0].judged = today // its book has nothing to say
		if own != nil {
			c.why.sites[0].own = own
		}
		require.NoError(t, c.publishJudged(t.Context(), map[meterKey][]gtc.Finding{k: zero}))
	}
	curve, lockout, tank := at("H13", "circuit", gtc.FindingDrift, 8, 7), at("H14", "circuit", gtc.FindingDrift, 5, 5), at("W1", "ecs", gtc.FindingDrift, 5, 4)
	zero := []gtc.Finding{at("meter-zero", "", gtc.FindingData, 5, 3)}
	publish(nil, curve, tank)
	publish(zero, curve, tank, lockout)
	check := func() {
		t.Helper()
		require.Len(t, c.findings.records(), 3)
		r, _ := c.findings.record(lockout.ID)
		require.Equal(t, finding.Lasting, r.Course())
		require.Equal(t, strings.Join([]string{curve.ID, tank.ID, zero[0].ID}, " "), r.Inputs["explains"])
		r, _ = c.findings.record(curve.ID)
		require.Equal(t, finding.Ended, r.Course())
		require.True(t, r.End.Equal(lockout.Detected))
		require.Equal(t, lockout.ID, r.Inputs["explained_by"])
		r, _ = c.findings.record(tank.ID)
		require.Equal(t, finding.Withdrawn, r.Course())
		require.Equal(t, goneCause, r.GoneWhy, "late data told the cause after it")
		require.Len(t, c.said(t, gtc.EventFinding), 5)
	}
	check()
	publish(zero) // before its book has come as far it knows what was told
	check()
	publish(zero, curve, tank, lockout)
	check()
}
