package hub

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// said reads the events of findings and of the register from the stream, as
// text.
func (c *centre) said(t *testing.T, kind gtc.EventKind) []string {
	t.Helper()
	js, err := jetstream.New(c.bus.Conn())
	require.NoError(t, err)
	s, err := js.Stream(t.Context(), bus.StreamEvents)
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	var out []string
	for n := info.State.FirstSeq; n <= info.State.LastSeq && n > 0; n++ {
		m, err := s.GetMsg(t.Context(), n)
		require.NoError(t, err)
		var ev gtc.Event
		require.NoError(t, json.Unmarshal(m.Data, &ev))
		if ev.Kind == kind {
			out = append(out, ev.From+">"+ev.To+" "+ev.Actor+" "+ev.Reason)
		}
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// drifting is a drift of the first gas meter of the demo.
func (c *centre) drifting(t *testing.T) (meterKey, gtc.Finding) {
	t.Helper()
	info := c.byID[whySiteID]
	k := meterKey{whySiteID, metersPaying(info.Site), gtc.DirectionImport}
	today := midnight(c.at, info.Location)
	f := gtc.Finding{
		Site: k.site, Meter: k.meter, Carrier: gtc.CarrierGas, Rule: "energy-drift", Kind: gtc.FindingDrift, State: gtc.FindingNew,
		Onset: today.AddDate(0, 0, -60), Detected: today.AddDate(0, 0, -40), Through: today.AddDate(0, 0, -1),
		ExcessKWh: 900, ExcessPct: 20, BandPct: 4, KWhPerWeek: 120,
	}
	f.ID = string(f.Site) + "/" + string(f.Meter) + "/" + f.Rule + "/" + f.Onset.Format(time.DateOnly)
	return k, f
}

func (c *centre) see(t *testing.T, k meterKey, fs ...gtc.Finding) {
	t.Helper()
	require.NoError(t, c.publishFindings(t.Context(), k, fs))
}

func (c *centre) actOn(t *testing.T, id string, in finding.Input) error {
	t.Helper()
	c.at = c.at.Add(time.Second)
	in.At = c.at
	return c.ActOnFinding(t.Context(), id, in)
}

// What people do about a finding is recorded, outlives the hub, and a rejected
// finding does not come again; what disappears is kept with the reason.
func TestAFindingHasALife(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	k, f := c.drifting(t)
	c.see(t, k, f)
	c.see(t, k, f)
	require.Equal(t, []string{">new rules/energy "}, c.said(t, gtc.EventFinding), "said once")
	require.NoError(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Accept, By: "un"}))
	require.NoError(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Take, By: "deux"}))
	require.ErrorIs(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Verify, By: "un"}), finding.ErrState)
	require.ErrorIs(t, c.actOn(t, "nothing", finding.Input{Kind: finding.Accept, By: "un"}), finding.ErrUnknown)
	require.ErrorIs(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Lose, By: "un", Reason: "x"}), finding.ErrUnknown, "a person is not the detector")

	d, err := c.Finding(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, "deux", d.Owner)
	require.Equal(t, gtc.FindingInProgress, d.State)
	require.True(t, d.Metered)
	require.NotNil(t, d.EURPerWeek)
	require.Contains(t, d.Inputs["version"], "drift/")
	require.Contains(t, d.Query, "FROM energy WHERE site='"+string(k.site)+"'")

	next := c.again(t)
	again, err := next.Finding(t.Context(), f.ID)
	require.NoError(t, err)
	require.JSONEq(t, asJSON(t, d.Steps), asJSON(t, again.Steps))
	require.JSONEq(t, asJSON(t, d.Finding), asJSON(t, again.Finding))
	require.Equal(t, d.May, again.May)
	require.Equal(t, d.Owner, again.Owner)

	// It disappears when late data came: kept, with the reason, off the lists.
	next.see(t, k)
	gone, err := next.Finding(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, finding.Withdrawn, gone.Course)
	require.Equal(t, goneRecomputed, gone.GoneWhy)
	require.Empty(t, next.findings.open(k.site))
	require.Empty(t, next.findings.of(k.site, k.meter))

	// A recomputation shifts its onset: it is the same, with its owner.
	shifted := f
	shifted.Onset = f.Onset.AddDate(0, 0, 3)
	shifted.ID = "another name"
	next.see(t, k, shifted)
	back, err := next.Finding(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, gtc.FindingInProgress, back.State)
	require.Equal(t, "deux", back.Owner)
	require.Len(t, next.findings.records(), 1)

	require.NoError(t, next.actOn(t, f.ID, finding.Input{Kind: finding.Reject, By: "un", Class: finding.ClassFalse, Reason: "aile rouverte"}))
	require.Empty(t, next.findings.open(""))
	next.see(t, k, f)
	require.Empty(t, next.findings.open(""), "rejected: it does not come again")
	board, err := next.Findings(t.Context())
	require.NoError(t, err)
	require.Len(t, board.Findings, 1)
	require.InDelta(t, 1, *board.Rates[0].FalseRate, 0)
	require.Equal(t, []string{
		">new rules/energy ", "new>accepted un ", "accepted>in_progress deux ", "in_progress>withdrawn rules/energy recomputed",
		"in_progress>returned rules/energy ", "in_progress>rejected un false: aile rouverte",
	}, next.said(t, gtc.EventFinding))
}

// Two hubs: what a person did at one is not overwritten by what the other one
// judges, and what a hub kept but could not say is said by the next.
func TestAnotherHubsFindingIsNotOverwritten(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	k, f := c.drifting(t)
	c.see(t, k, f)
	other := c.again(t)
	require.NoError(t, other.actOn(t, f.ID, finding.Input{Kind: finding.Take, By: "deux"}))
	f.ExcessKWh = 950
	c.see(t, k, f)
	r, _ := c.findings.record(f.ID)
	require.Equal(t, gtc.FindingInProgress, r.State)
	require.InDelta(t, 950, r.ExcessKWh, 0)

	r, err := r.Apply(finding.Input{Kind: finding.Comment, At: c.at, By: "un", Reason: "vu"})
	require.NoError(t, err)
	_, err = c.findings.keeper.put(t.Context(), keyFinding+f.ID, r)
	require.NoError(t, err)
	third := c.again(t)
	require.NoError(t, third.sayFindings(t.Context()))
	require.NoError(t, third.sayFindings(t.Context()))
	require.Equal(t, []string{">new rules/energy ", "new>in_progress deux ", "in_progress>comment un vu"}, third.said(t, gtc.EventFinding))
}

// Works take their days out of the judgement, an adjustment changes what is
// expected, and a moved baseline keeps the old one: on a meter in InfluxDB.
func TestRegisterChangesTheJudgement(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(1, 6, 0)
	changed := h.start.AddDate(1, 2, 0)
	h.write(t, h.start, end, changed, 0.25)
	var reg works.Register
	h.rules.works = func(gtc.SiteID) works.Register { return reg }
	require.NoError(t, h.rules.restore(t.Context()))
	pass := func() []gtc.Finding {
		h.rules.reconsider("s1")
		_, err := h.rules.pass(t.Context(), end.Add(12*time.Hour))
		require.NoError(t, err)
		return h.state().findings
	}
	require.NotEmpty(t, pass())
	before := h.state().baseline

	base := works.Entry{Site: "s1", From: works.DayOf(changed), By: "un", Description: "x"}
	building := base
	building.ID, building.Kind = "w", works.Works
	var err error
	reg, err = works.Register{}.Add(building)
	require.NoError(t, err)
	require.Empty(t, pass(), "nothing is judged while works go on")

	beds := base
	beds.ID, beds.Kind, beds.Adjust = "o", works.Occupancy, &works.Adjustment{Pct: 25, By: "un", Reason: "aile rouverte"}
	reg, err = works.Register{}.Add(beds)
	require.NoError(t, err)
	require.Empty(t, pass(), "25 % more is expected")
	page := console.Energy{At: end, From: changed.AddDate(0, 0, 10), To: changed.AddDate(0, 0, 11)}
	h.rules.describe(h.state().key(), &page)
	plain, ok := before.Predict(h.rules.joinedOf(h.state().key())[h.state().days.Find(page.From)])
	require.True(t, ok)
	require.InDelta(t, 1.25, *page.Days[0].Expected/plain.KWh, 0.01)

	move := works.Move{
		Site: "s1", Meter: "gaz", From: works.DayOf(h.start.AddDate(0, 5, 0)), To: works.DayOf(end.AddDate(0, 0, -20)),
		By: "un", At: end, Reason: "aile rouverte", Was: works.ModelOf(before),
	}
	reg, err = works.Register{}.Move(move)
	require.NoError(t, err)
	pass()
	require.Equal(t, move.From, works.DayOf(h.state().baseline.From))
	require.Equal(t, works.DayOf(before.From), reg.Moves[0].Was.From)
	reg = works.Register{}
	require.NotEmpty(t, pass(), "as before")
}

// What a person does in the register is kept, told, and there after a restart.
func TestRegisterOfTheHub(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	k, _ := c.drifting(t)
	id, err := c.Record(t.Context(), works.Entry{
		Site: k.site, Meters: []gtc.EquipmentID{k.meter}, Kind: works.Works, From: "2025-06-02", Description: "chaudière", CostEUR: 48000, By: "un", At: c.at,
	})
	require.NoError(t, err)
	_, err = c.Record(t.Context(), works.Entry{Site: k.site, Meters: []gtc.EquipmentID{"nothing"}, Kind: works.Works, From: "2025-06-02", Description: "x", By: "un"})
	require.ErrorIs(t, err, works.ErrUnknown)
	_, err = c.Record(t.Context(), works.Entry{Site: "nowhere", Kind: works.Works, From: "2025-06-02", Description: "x", By: "un"})
	require.ErrorIs(t, err, works.ErrUnknown)
	require.NoError(t, c.CloseWorks(t.Context(), id, "2025-06-30", "deux"))
	require.ErrorIs(t, c.CloseWorks(t.Context(), "nothing", "2025-06-30", "deux"), works.ErrUnknown)
	require.ErrorIs(t, c.StrikeWorks(t.Context(), id, "deux", ""), works.ErrNoReason)
	m := works.Move{Site: k.site, Meter: k.meter, From: "2024-01-01", To: "2024-12-31", By: "un", At: c.at, Reason: "toiture isolée"}
	require.NoError(t, c.MoveBaseline(t.Context(), m))
	m.Meter = "nothing"
	require.ErrorIs(t, c.MoveBaseline(t.Context(), m), works.ErrUnknown)

	next := c.again(t)
	board, err := next.Works(t.Context())
	require.NoError(t, err)
	require.Len(t, board.Entries, 1)
	require.Equal(t, works.Day("2025-06-30"), board.Entries[0].To)
	require.Len(t, board.Entries[0].Savings, 1)
	require.Equal(t, works.ReasonBaseline, board.Entries[0].Savings[0].Reason, "no day is known")
	require.NotEmpty(t, board.Entries[0].SiteLabel)
	moves, err := next.Baselines(t.Context(), k.site, k.meter)
	require.NoError(t, err)
	require.Len(t, moves, 1)
	require.Equal(t, []string{">added un chaudière", ">closed deux 2025-06-30", ">moved un 2024-01-01..2024-12-31: toiture isolée"}, next.said(t, gtc.EventRegister))
}

// What the meter shows after a correction is proposed as proof, a person
// confirms it; where the excess goes on, the finding is work again.
func TestTheMeterProvesACorrection(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	k, f := c.drifting(t)
	ms := c.energy.imports(k.site, k.meter)
	require.NotNil(t, ms)
	today := midnight(c.at, ms.site.Location)
	// Two years of a meter that follows the weather; from the onset on a fifth
	// more, until it is corrected.
	fill := func(corrected time.Time) {
		var days []baseline.Day
		for d := today.AddDate(-2, 0, 0); d.Before(today); d = d.AddDate(0, 0, 1) {
			temp := 10 - 9*math.Cos(2*math.Pi*float64(d.YearDay())/365) + float64(d.YearDay()%7)
			kwh := (100 + 50*math.Max(0, 15-temp)) * (1 + 0.01*float64(d.YearDay()%5-2))
			if !d.Before(f.Onset) && d.Before(corrected) {
				kwh *= 1.2
			}
			days = append(days, baseline.Day{Date: d, KWh: kwh, Temp: temp, HasKWh: true, HasTemp: true, Coverage: 1})
		}
		b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: today.AddDate(-1, 0, 0)})
		require.NoError(t, err)
		c.energy.mu.Lock()
		kept := make([]energy.Interval, len(days))
		temps := make([]energy.TempDay, len(days))
		for i, d := range days {
			kept[i] = energy.Interval{Start: d.Date, KWh: d.KWh, Coverage: d.Coverage}
			temps[i] = energy.TempDay{Date: d.Date, Mean: d.Temp, Hours: 24}
		}
		ms.days, ms.until, ms.baseline = energy.Pack(ms.site.Location, kept), today, b
		c.energy.stations[ms.site.WeatherStation] = &station{days: temps}
		c.energy.mu.Unlock()
	}
	corrected := today.AddDate(0, 0, -30)
	c.see(t, k, f)
	require.NoError(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Correct, By: "un", Reason: "horaire remis", Day: corrected}))

	fill(today.AddDate(0, 0, 1))
	require.NoError(t, c.proveFindings(t.Context(), c.at))
	r, _ := c.findings.record(f.ID)
	require.Equal(t, gtc.FindingInProgress, r.State, "the excess goes on")
	require.InDelta(t, 20, r.Proof.ExcessPct(), 3)

	require.NoError(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Correct, By: "un", Reason: "vanne remplacée", Day: corrected}))
	fill(corrected)
	require.NoError(t, c.proveFindings(t.Context(), c.at))
	require.NoError(t, c.proveFindings(t.Context(), c.at), "said once")
	r, _ = c.findings.record(f.ID)
	require.True(t, r.MayVerify())
	require.Equal(t, 30, r.Proof.Days)
	require.InDelta(t, 0, r.Proof.ExcessPct(), 3)
	require.Positive(t, r.Proof.BandKWh)
	require.NoError(t, c.actOn(t, f.ID, finding.Input{Kind: finding.Verify, By: "deux"}))
	require.Equal(t, []string{
		">new rules/energy ", "new>corrected un horaire remis", "corrected>in_progress rules/finding ", "in_progress>corrected un vanne remplacée",
		"corrected>proposed rules/finding ", "corrected>verified deux ",
	}, c.said(t, gtc.EventFinding))
}
