package console

import (
	"context"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

// carbonFixture answers with a real path over made-up meters: two whole years,
// one that is not over, a reference year from an inventory and a factor that
// was corrected on 1 March 2026.
type carbonFixture struct {
	plan    carbon.Plan
	weather carbon.Weather
	sites   []carbon.Building
	now     time.Time
	broken  error
}

func newCarbon() *carbonFixture {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		panic(err) // the program carries its time zones
	}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	gas := gtc.Factor{Carrier: gtc.CarrierGas, From: day(1990, 1, 1), KgCO2PerKWh: 0.18144, Published: 0.2016, Basis: gtc.BasisPCI, Scope: gtc.ScopeDirect, Year: 2021, Set: "PEB Wallonie 2021", Source: "méthode PEB Wallonie 2021"}
	early := gtc.Factor{Carrier: gtc.CarrierElectricity, From: day(2000, 1, 1), KgCO2PerKWh: 0.25, Published: 0.25, Basis: gtc.BasisFinal, Scope: gtc.ScopeLifeCycle, Year: 2020, Set: "Belgique, cycle de vie", Source: "première publication"}
	later := early
	later.KgCO2PerKWh, later.Published, later.Recorded, later.Source = 0.222, 0.222, day(2026, 3, 1), "chiffre corrigé"
	f := &carbonFixture{now: time.Date(2026, 11, 21, 14, 3, 7, 0, zone), weather: carbon.Weather{}}
	for d := time.Date(2024, 1, 1, 0, 0, 0, 0, zone); d.Before(f.now); d = d.AddDate(0, 0, 1) {
		t := 11 - 8*math.Cos(2*math.Pi*float64(d.YearDay()-20)/365) - 0.6*float64(d.Year()-2025)
		f.weather["charleroi"] = append(f.weather["charleroi"], degreeday.Day{Date: d, Mean: t, Min: t - 4, Max: t + 4})
	}
	f.plan = carbon.Plan{
		Factors: []gtc.Factor{gas, early, later}, Reference: 2018, EED: 2021,
		Figures: []carbon.Figures{{Year: 2018, KWh: map[gtc.Carrier]float64{gtc.CarrierGas: 2_150_000, gtc.CarrierElectricity: 610_000}, Source: "inventaire POLLEC 2018"}},
	}
	f.plan.Normals.Add(carbon.Base15, "charleroi", 1950, "1991-2020", "essai")
	f.plan.Normals.Add(carbon.Base165, "charleroi", 2350, "1991-2020", "essai")
	for i, s := range []struct {
		id       gtc.SiteID
		label    string
		category gtc.Category
		area     float64
		slope    float64
	}{
		{"marcinelle", "Maison de repos Sart-Saint-Nicolas", gtc.CategoryRestHome, 5200, 300},
		{"central", "Siège central", gtc.CategoryOffice, 6400, 210},
		{"gilly", "Antenne sociale de Gilly", gtc.CategorySocialOffice, 780, 42},
		{"dampremy", "Espace citoyen de Dampremy", gtc.CategoryCommunityCentre, 0, 60},
		{"roux", "Espace citoyen de Roux", gtc.CategoryCommunityCentre, 1340, 40},
	} {
		heat := carbon.Use{Site: s.id, Meter: "gas", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, Station: "charleroi"}
		if s.id == "gilly" { // has a baseline, and its station eleven years
			heat.Model = func(time.Time, time.Time) (carbon.ModelNormal, bool) {
				return carbon.ModelNormal{ObservedKWh: 100, NormalKWh: 102, Years: 11, Period: "2015-2025"}, true
			}
		}
		power := carbon.Use{Site: s.id, Meter: "grid", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, Station: "charleroi"}
		for _, d := range f.weather["charleroi"] {
			if i == 4 && d.Date.Before(time.Date(2026, 3, 1, 0, 0, 0, 0, zone)) {
				continue // metered since March only
			}
			heat.Days = append(heat.Days, carbon.Day{Date: d.Date, KWh: s.slope * (1.2 + degreeday.Of15(d.Min, d.Max))})
			power.Days = append(power.Days, carbon.Day{Date: d.Date, KWh: s.slope * 2.2})
		}
		f.sites = append(f.sites, carbon.Building{Site: s.id, Label: gtc.Label{"fr": s.label}, Category: s.category, AreaM2: s.area, Uses: []carbon.Use{heat, power}})
	}
	return f
}

// Carbon implements CarbonModel.
func (f *carbonFixture) Carbon(_ context.Context, known time.Time) (Carbon, error) {
	if f.broken != nil {
		return Carbon{}, f.broken
	}
	p := f.plan
	p.Known = known
	var uses []carbon.Use
	for _, s := range f.sites {
		if s.Site != "roux" { // its years are not whole: the path would have none
			uses = append(uses, s.Uses...)
		}
	}
	out := Carbon{Path: p.Path(uses, f.weather, f.now), Cadastre: p.Ranking(f.sites, f.weather, f.now)}
	for station, days := range f.weather {
		c := StationClimate{Station: station, Normals: []carbon.NormalUsed{{Station: station, Base: carbon.Base15, Value: 1950, Period: "1991-2020", Source: "essai"}}}
		a, b, e := degreeday.Years[degreeday.DJ15](station, days), degreeday.Years[degreeday.DJ165](station, days), degreeday.Years[degreeday.DJ165Eq](station, days)
		for i := range a {
			c.Years = append(c.Years, ClimateYear{Year: a[i].Year, DJ15: a[i].Value, DJ165: b[i].Value, DJ165Eq: e[i].Value, Known: a[i].Known, Days: a[i].Of})
		}
		out.Stations = append(out.Stations, c)
	}
	return out, nil
}
