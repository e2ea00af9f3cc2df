package console

import (
	"context"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// portfolioFixture answers with a made-up park: gas of 42 meters that lost 4 %
// to a sunny spring, electricity as expected with a gap of two weeks.
type portfolioFixture struct {
	p      Portfolio
	broken error
}

// Portfolio implements PortfolioModel.
func (f *portfolioFixture) Portfolio(context.Context) (Portfolio, error) { return f.p, f.broken }

func newPortfolio() *portfolioFixture {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		panic(err) // the program carries its time zones
	}
	now := time.Date(2026, 11, 21, 14, 3, 7, 0, zone)
	spring := time.Date(2026, 3, 30, 0, 0, 0, 0, zone)
	common := gtc.Finding{
		ID: "//portfolio-saving/2026-03-30", Carrier: gtc.CarrierGas, Rule: "portfolio-saving", Kind: gtc.FindingSaving, State: gtc.FindingNew,
		Detected: spring.AddDate(0, 0, 24), Onset: spring, End: spring.AddDate(0, 0, 63), ExcessKWh: -128_400, ExcessPct: -8.1, BandPct: 4.9, Confidence: 0.99,
		Text: text("Écart commun à 42 compteurs depuis le 30 mars 2026 : 8,1 % de moins.", "Gemeenschappelijke afwijking van 42 meters.", "Deviation common to 42 meters."),
	}
	homes := common
	homes.ID, homes.Rule, homes.Kind = "//portfolio-drift/2026-10-05", "portfolio-drift", gtc.FindingDrift
	homes.Onset, homes.Detected, homes.End = spring.AddDate(0, 0, 189), spring.AddDate(0, 0, 225), time.Time{}
	homes.ExcessKWh, homes.ExcessPct, homes.KWhPerWeek = 31_200, 5.6, 4_300
	homes.Text = text("Écart commun à 9 compteurs depuis le 5 octobre 2026 : 5,6 % de plus.", "Gemeenschappelijke afwijking van 9 meters.", "Deviation common to 9 meters.")
	heating := PortfolioPool{
		Kind: "heating", Meters: 42, Sites: 40, Compared: 51, ProvablePct: new(3.4), ProvableKWh: new(412_000.0), MeterProvablePct: new(6.8),
		Findings: []gtc.Finding{common}, Groups: []PortfolioGroup{{gtc.CategoryRestHome, 9, []gtc.Finding{homes}}, {gtc.CategoryOffice, 12, nil}},
	}
	power := PortfolioPool{Kind: "electricity", Meters: 47, Sites: 46, Compared: 60, ProvablePct: new(3.3), ProvableKWh: new(190_000.0), MeterProvablePct: new(4.1)}
	heating.fill(now, func(w int, winter float64) (kwh, expected float64) {
		expected = 240_000 * (0.15 + winter)
		if f := now.AddDate(0, 0, -7*w); f.After(spring) && f.Before(common.End) {
			return expected * 0.92, expected
		}
		return expected * (1 + 0.01*math.Sin(float64(w))), expected
	})
	power.fill(now, func(w int, winter float64) (kwh, expected float64) {
		expected = 110_000 * (0.85 + 0.2*winter)
		return expected * (1 + 0.008*math.Sin(1.7*float64(w))), expected
	})
	power.Weeks[70] = PortfolioWeek{Start: power.Weeks[70].Start}
	power.Weeks[71] = PortfolioWeek{Start: power.Weeks[71].Start}
	return &portfolioFixture{p: Portfolio{
		At: now, Pools: []PortfolioPool{heating, power},
		Sites: []PortfolioSite{
			{Site: "dampremy", Label: text("Espace citoyen de Dampremy", "Dampremy", "Dampremy"), Drifts: 1, KWhPerWeek: 894, EURPerWeek: new(84.03)},
			{Site: "central", Label: text("Siège central", "Hoofdzetel", "Head office"), Drifts: 2, Savings: 1, KWhPerWeek: 760, EURPerWeek: new(71.4), SavingKWhPerWeek: 310, SavingEURPerWeek: new(29.1)},
			{Site: "roux", Label: text("Espace citoyen de Roux", "Roux", "Roux"), Savings: 1, SavingKWhPerWeek: 120},
		},
	}}
}

// fill makes two years of weeks up to now.
func (p *PortfolioPool) fill(now time.Time, week func(back int, winter float64) (kwh, expected float64)) {
	monday := time.Date(now.Year(), now.Month(), now.Day()-int(now.Weekday()+6)%7, 0, 0, 0, 0, now.Location())
	cusum := 0.0
	for back := 104; back >= 1; back-- {
		start := monday.AddDate(0, 0, -7*back)
		winter := math.Max(0, math.Cos(2*math.Pi*float64(start.YearDay()-20)/365))
		kwh, expected := week(back, winter)
		cusum += kwh - expected
		w := PortfolioWeek{
			Start: start, Days: 7, KWh: new(kwh), Expected: new(expected), Band: new(0.06 * expected), CUSUM: new(cusum),
			CUSUMBand: new(9000 * math.Sqrt(float64(105-back))), SharedPct: new(100 * (kwh/expected - 1)), ChancePct: new(0.8), Of: p.Compared,
		}
		p.Weeks = append(p.Weeks, w)
		if back <= 52 {
			p.Year.Days, p.Year.KWh, p.Year.ExpectedKWh = p.Year.Days+7, p.Year.KWh+kwh, p.Year.ExpectedKWh+expected
		}
	}
	p.Year.BandKWh = 0.035 * p.Year.ExpectedKWh
}
