package console

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// casesFixture is the findings side of a fixture: its records live as
// rules/finding says, its register as rules/works.
type casesFixture struct {
	board   *boardFixture
	priced  map[string]PricedFinding
	records map[string]finding.Record
	reg     works.Register
}

func newCases(b *boardFixture) *casesFixture {
	f := &casesFixture{board: b, priced: map[string]PricedFinding{}, records: map[string]finding.Record{}}
	for _, d := range b.sites {
		for _, p := range d.Open {
			f.priced[p.ID] = p
			f.do("", finding.Input{Kind: finding.See, At: p.Detected, Finding: p.Finding})
		}
	}
	for _, id := range f.ids() {
		r := f.records[id]
		at := b.ago(40 * 24 * time.Hour)
		switch string(r.Site) {
		case "dampremy":
			f.do(id, finding.Input{Kind: finding.Accept, At: at, By: "garde"})
			f.do(id, finding.Input{Kind: finding.Take, At: at.Add(26 * time.Hour), By: "garde"})
			f.do(id, finding.Input{Kind: finding.Plan, At: at.Add(27 * time.Hour), By: "garde", Due: b.ago(11 * 24 * time.Hour)})
			f.do(id, finding.Input{Kind: finding.Comment, At: at.Add(200 * time.Hour), By: "monteur", Reason: "Horaire de nuit trouvé en marche forcée. Pièce commandée."})
		case "jumet":
			f.do(id, finding.Input{Kind: finding.Take, At: at, By: "monteur"})
			f.do(id, finding.Input{Kind: finding.Correct, At: at, By: "monteur", Reason: "Bouclage d’eau chaude remis sur horloge"})
			f.do(id, finding.Input{Kind: finding.Prove, At: b.ago(24 * time.Hour), Proof: finding.Proof{
				From: at, To: b.ago(24 * time.Hour), Days: 38, ObservedKWh: 20150, ExpectedKWh: 20010, BandKWh: 900, Verdict: finding.VerdictOver,
			}})
		}
	}
	adjust := &works.Adjustment{Pct: 8, Reason: "12 lits de plus", By: "garde", At: b.ago(90 * 24 * time.Hour)}
	f.reg.Entries = []works.Entry{
		{ID: "w1", Site: "roux", Meters: []gtc.EquipmentID{"gas"}, Kind: works.Works, From: "2026-01-12", To: "2026-02-13", Description: "Remplacement de la chaudière, vannes et circulateurs", CostEUR: 48500, ExpectedPct: 15, By: "garde", At: b.ago(270 * 24 * time.Hour)},
		{ID: "w2", Site: "gilly", Kind: works.Works, From: "2026-11-02", Description: "Isolation de la toiture", CostEUR: 126000, ExpectedPct: 20, By: "monteur", At: b.ago(19 * 24 * time.Hour)},
		{ID: "w3", Site: "marcinelle", Meters: []gtc.EquipmentID{"gas"}, Kind: works.Occupancy, From: "2026-08-24", Description: "Réouverture de l’aile nord", Adjust: adjust, By: "garde", At: b.ago(90 * 24 * time.Hour)},
		{ID: "w4", Site: "couillet", Kind: works.Works, From: "2026-09-01", To: "2026-09-20", Description: "Robinets thermostatiques", CostEUR: 6200, ExpectedPct: 5, By: "garde", At: b.ago(60 * 24 * time.Hour)},
		{ID: "w5", Site: "jumet", Kind: works.Calendar, From: "2026-07-01", To: "2026-07-31", Description: "Fermeture annuelle", By: "garde", At: b.ago(150 * 24 * time.Hour), Struck: &works.Stroke{By: "garde", At: b.ago(149 * 24 * time.Hour), Reason: "autre site"}},
	}
	f.reg.Moves = []works.Move{{
		Site: "dampremy", Meter: "gas", From: "2024-10-01", To: "2025-09-30", By: "garde", At: b.ago(400 * 24 * time.Hour), Reason: "Aile B isolée en 2024",
		Was: &works.Model{From: "2022-10-01", To: "2023-09-30", Form: "hdd_only", Intercept: 240.2, Slope: 221.9, BalanceC: 15.6, R2: 0.93, CVRMSE: 0.18, Days: 361, KWhPerDay: 1290},
	}}
	return f
}

func (f *casesFixture) ids() []string {
	var out []string
	for id := range f.records {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (f *casesFixture) do(id string, in finding.Input) {
	if err := f.try(id, in); err != nil {
		panic(err)
	}
}

func (f *casesFixture) try(id string, in finding.Input) error {
	r, err := f.records[id].Apply(in)
	if err == nil {
		f.records[r.ID] = r
	}
	return err
}

func (f *casesFixture) caseOf(r finding.Record) FindingCase {
	p := f.priced[r.ID]
	p.Finding = r.Finding
	return FindingCase{
		PricedFinding: p, Course: r.Course(), Owner: r.Owner, Due: r.Due, Class: r.Class, Corrected: r.Corrected, Proof: r.Proof,
		Gone: r.Gone, GoneWhy: r.GoneWhy, Waiting: r.Waiting(), Changed: r.Steps[len(r.Steps)-1].At, By: r.Steps[len(r.Steps)-1].By,
	}
}

func (f *casesFixture) Findings(context.Context) (FindingBoard, error) {
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	out := FindingBoard{At: f.board.now}
	var all []finding.Record
	for _, id := range f.ids() {
		all = append(all, f.records[id])
		out.Findings = append(out.Findings, f.caseOf(f.records[id]))
	}
	out.Rates = finding.Rates(all)
	return out, nil
}

func (f *casesFixture) Finding(_ context.Context, id string) (FindingDetail, error) {
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	r, ok := f.records[id]
	if !ok {
		return FindingDetail{}, ErrUnknown
	}
	d := FindingDetail{
		FindingCase: f.caseOf(r), At: f.board.now, TimeZone: zoneName, Metered: true, Steps: slices.Clone(r.Steps),
		Query: `SELECT kwh, expected_kwh FROM energy WHERE site='` + string(r.Site) + `' AND meter='gas' AND step='day' AND time >= 1767222000000ms`,
		Rate:  finding.Rate{Rule: r.Rule, Found: 9, Decided: 8, FalseRate: new(0.125)},
	}
	slices.Reverse(d.Steps)
	for _, k := range finding.Acts() {
		if r.May(k) {
			d.May = append(d.May, k)
		}
	}
	d.Works = f.reg.Of(r.Site).Entries
	return d, nil
}

func (f *casesFixture) Baselines(_ context.Context, site gtc.SiteID, meter gtc.EquipmentID) ([]works.Move, error) {
	var out []works.Move
	for _, m := range slices.Backward(f.reg.Moves) {
		if m.Site == site && m.Meter == meter {
			out = append(out, m)
		}
	}
	return out, nil
}

func (f *casesFixture) Works(context.Context) (WorksBoard, error) {
	out := WorksBoard{At: f.board.now, Moves: f.reg.Moves}
	for _, d := range f.board.sites {
		out.Places = append(out.Places, WorksPlace{Site: d.ID, Label: d.Label, Meters: d.Meters})
	}
	for _, e := range f.reg.Entries {
		w := WorksEntry{Entry: e, SiteLabel: f.board.site(e.Site).Label}
		s := PricedSaving{
			Saving: works.Saving{
				Meter: "gas", BaselineFrom: "2025-01-12", BaselineTo: "2026-01-11", BaselineDays: 359, From: "2026-02-14", To: "2026-11-20", Days: 276,
				ObservedKWh: 96200, ExpectedKWh: 121800, SavingKWh: 25600, BandKWh: 5100, SavingPct: 21, BandPct: 4.2, FSU: new(0.199), Proven: true, YearKWh: 41200,
			},
			MeterLabel: text("Gaz", "Gas", "Gas"), EUR: new(2406.0), BandEUR: new(479.0), YearEUR: new(3873.0), KgCO2: new(5171.0),
			Tariff: "Gaz 2026, 0,094 EUR/kWh TVAC", PaybackYears: new(12.5),
		}
		switch e.ID {
		case "w1":
			w.Savings = []PricedSaving{s}
		case "w2":
			w.Savings = []PricedSaving{{Saving: works.Saving{Meter: "gas", Reason: works.ReasonOpen}, MeterLabel: s.MeterLabel}}
		case "w4":
			s.SavingKWh, s.SavingPct, s.BandPct, s.Proven, s.MoreDays, s.FSU, s.PaybackYears = 900, 4.1, 9.2, false, 118, new(2.24), nil
			s.From, s.Days, s.BandKWh = "2026-09-21", 61, 2020
			w.Savings = []PricedSaving{s}
		}
		out.Entries = append(out.Entries, w)
	}
	return out, nil
}

func (f *casesFixture) ActOnFinding(_ context.Context, id string, in finding.Input) error {
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	return f.try(id, in)
}

func (f *casesFixture) keep(r works.Register, err error) error {
	if err == nil {
		f.reg = r
	}
	return err
}

func (f *casesFixture) Record(_ context.Context, e works.Entry) (string, error) {
	if e.ID != "" {
		return e.ID, f.keep(f.reg.Replace(e))
	}
	e.ID = fmt.Sprintf("w%d", 4+len(f.reg.Entries))
	return e.ID, f.keep(f.reg.Add(e))
}

func (f *casesFixture) CloseWorks(_ context.Context, id string, last works.Day, by string) error {
	return f.keep(f.reg.Close(id, last, by, f.board.now))
}

func (f *casesFixture) StrikeWorks(_ context.Context, id, by, reason string) error {
	return f.keep(f.reg.Strike(id, by, reason, f.board.now))
}

func (f *casesFixture) MoveBaseline(_ context.Context, m works.Move) error {
	return f.keep(f.reg.Move(m))
}
