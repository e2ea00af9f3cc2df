package hub

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
	"github.com/cpas-charleroi/gtc/rules/energy/portfolio"
)

// prepared are days of the meter as they are judged: by the register of works.
func (ms *meterState) prepared(joined []baseline.Day) []baseline.Day {
	return ms.register.Prepare(ms.meter.Equipment, joined, func(d baseline.Day) (float64, bool) {
		x, ok := ms.baseline.Predict(d)
		return x.KWh, ok
	})
}

func (ms *meterState) options() drift.Options {
	return drift.Options{Site: ms.site.ID, Meter: ms.meter.Equipment, Carrier: ms.meter.Carrier}
}

// detect judges the meters given, each beside all comparable ones, and returns
// the findings of each.
func (e *energyRules) detect(due []*meterState) map[meterKey][]gtc.Finding {
	judged := map[meterKey][]gtc.Finding{}
	if len(due) == 0 {
		return judged
	}
	all := portfolio.New(e.portfolioMeters())
	for _, ms := range due {
		var found []gtc.Finding
		if ms.detector != nil && ms.why == "" {
			o := ms.options()
			o.Shared = all.Beside(o.Carrier, string(ms.site.Category), o.Site)
			e.joined = ms.days.Join(e.joined[:0], ms.days.Find(ms.until), e.temps(ms.site.WeatherStation))
			found = ms.detector.Detect(ms.prepared(e.joined), o)
		}
		e.replace(func() { ms.findings = found })
		judged[ms.key()] = found
	}
	all.Forget()
	e.replace(func() { e.portfolio = all })
	return judged
}

// portfolioMeters are the meters that are judged.
func (e *energyRules) portfolioMeters() []portfolio.Meter {
	var out []portfolio.Meter
	for _, ms := range e.order {
		if ms.series.Days.Len() == 0 {
			continue
		}
		m := portfolio.Meter{Series: ms.series, Group: string(ms.site.Category)}
		m.Counts = slices.ContainsFunc(energy.TotalMeters(ms.site, ms.meter.Carrier), func(x gtc.Meter) bool { return x.Equipment == ms.meter.Equipment })
		if p := ms.baseline.ProvablePct(); p > 0 {
			m.ProvablePct = p
		}
		out = append(out, m)
	}
	return out
}

// pooled keeps what was added up of one state of all meters.
type pooled struct {
	mu    sync.Mutex
	of    *portfolio.Portfolio
	pools []console.PortfolioPool
}

// Portfolio implements [console.PortfolioModel]: the meters as last judged,
// added up when first asked for.
func (h *Hub) Portfolio(context.Context) (console.Portfolio, error) {
	out := console.Portfolio{At: h.now(), Sites: h.stakes()}
	h.energy.mu.Lock()
	all := h.energy.portfolio
	h.energy.mu.Unlock()
	if all == nil {
		return out, nil
	}
	h.pooled.mu.Lock()
	defer h.pooled.mu.Unlock()
	if h.pooled.of != all {
		h.pooled.of, h.pooled.pools = all, nil
		for _, p := range all.Pools() {
			h.pooled.pools = append(h.pooled.pools, poolOf(p))
		}
		all.Forget()
	}
	out.Pools = slices.Clone(h.pooled.pools)
	return out, nil
}

// stakes are the sites by what their open findings cost a week.
func (h *Hub) stakes() []console.PortfolioSite {
	now := h.now()
	var out []console.PortfolioSite
	for _, s := range h.sites {
		x := console.PortfolioSite{Site: s.ID, Label: s.Label}
		for _, f := range h.findings.open(s.ID) {
			if !f.End.IsZero() || f.State == gtc.FindingRejected {
				continue
			}
			p := h.price(f, now)
			switch f.Kind {
			case gtc.FindingDrift:
				x.Drifts, x.KWhPerWeek, x.EURPerWeek = x.Drifts+1, x.KWhPerWeek+f.KWhPerWeek, plus(x.EURPerWeek, p.EURPerWeek, 1)
			case gtc.FindingSaving:
				x.Savings, x.SavingKWhPerWeek, x.SavingEURPerWeek = x.Savings+1, x.SavingKWhPerWeek-f.KWhPerWeek, plus(x.SavingEURPerWeek, p.EURPerWeek, -1)
			case gtc.FindingData:
			}
		}
		if x.Drifts+x.Savings > 0 {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b console.PortfolioSite) int {
		return cmp.Or(cmp.Compare(orNought(b.EURPerWeek), orNought(a.EURPerWeek)), cmp.Compare(b.KWhPerWeek, a.KWhPerWeek))
	})
	return out
}

// plus adds what is known.
func plus(sum, more *float64, sign float64) *float64 {
	if more == nil {
		return sum
	}
	return new(orNought(sum) + sign**more)
}

func orNought(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

func poolOf(p portfolio.Pool) console.PortfolioPool {
	out := console.PortfolioPool{
		Kind: string(p.Kind), Meters: p.Meters, Sites: p.Sites, Compared: p.Compared, Findings: p.Findings,
		Year:        console.PortfolioSum{Days: p.Year.Days, KWh: p.Year.KWh, ExpectedKWh: p.Year.ExpectedKWh, BandKWh: p.Year.BandKWh},
		ProvablePct: positive(p.ProvablePct), ProvableKWh: positive(p.ProvableKWh), MeterProvablePct: positive(p.MeterProvablePct),
	}
	for _, w := range p.Weeks {
		week := console.PortfolioWeek{Start: w.Start, Days: w.Days, Of: w.Of}
		if w.Days > 0 {
			week.KWh, week.Expected, week.Band = new(w.KWh), new(w.ExpectedKWh), new(w.BandKWh)
			week.CUSUM, week.CUSUMBand = new(w.CUSUMKWh), new(w.CUSUMBandKWh)
		}
		if w.Of > 0 {
			week.SharedPct, week.ChancePct = new(w.SharedPct), new(w.ChancePct)
		}
		out.Weeks = append(out.Weeks, week)
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, console.PortfolioGroup{Category: gtc.Category(g.ID), Meters: g.Meters, Findings: g.Findings})
	}
	return out
}

// positive is nil for what is not known.
func positive(v float64) *float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
