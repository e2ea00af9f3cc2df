package hub

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// balanceDays is how far back the balance of a meter's page looks.
const balanceDays = 28

// natureOf says how a meter comes to its figures and where they count.
func natureOf(site *gtc.Site, m gtc.Meter, now time.Time) console.MeterNature {
	out := console.MeterNature{Made: console.MadeOfIndex, SubmeterOf: m.SubmeterOf}
	switch {
	case m.Tank != nil:
		out.Made = console.MadeOfTank
	case m.Allocated:
		out.Made = console.MadeOfShare
	case len(m.Terms) > 0:
		out.Made = console.MadeOfMeters
	}
	out.InTotal = slices.ContainsFunc(energy.TotalMeters(site, m.Carrier), func(x gtc.Meter) bool {
		return x.Equipment == m.Equipment && x.Direction == m.Direction
	})
	for _, t := range m.Terms {
		w, _ := energy.WeightAt(t.Weights, now)
		out.Terms = append(out.Terms, console.MeterTerm{Site: t.Site, Meter: t.Meter, Direction: t.Direction, Weight: w})
	}
	for _, s := range m.Serves {
		out.Serves = append(out.Serves, console.MeterShare{Building: s.Building, Share: s.Share, Method: s.Method, From: s.From})
	}
	return out
}

// amongOthers fills in what a meter is among the others, and what its figures rest
// on; with the lock taken.
func (e *energyRules) amongOthers(ms *meterState, out *console.Energy) {
	out.Nature = natureOf(ms.site, ms.meter, out.At)
	out.Notes = slices.Clone(ms.notes)
	if ms.meter.Gas != nil && slices.ContainsFunc(ms.days.All(), func(d energy.Interval) bool { return d.NoEnergy }) {
		out.Notes = append(out.Notes, noteNoPCS)
	}
	if subs := e.submeters(ms); len(subs) > 0 {
		out.Balance = balanceOf(ms, subs, out.At)
	}
}

// noteNoPCS says that a gas meter has days without a calorific value; the
// console has words for it.
const noteNoPCS = "no_calorific_value"

func balanceOf(ms *meterState, subs []*meterState, now time.Time) *console.MeterBalance {
	today := midnight(now, ms.site.Location)
	out := &console.MeterBalance{LimitPct: ms.meter.BalanceMaxPct}
	days := make([][]energy.Interval, len(subs))
	for i, s := range subs {
		days[i] = s.days.Since(today.AddDate(0, 0, -balanceDays))
		out.Submeters = append(out.Submeters, s.meter.Equipment)
	}
	b := energy.BalanceOf(ms.days.Since(today.AddDate(0, 0, -balanceDays)), days, today.AddDate(0, 0, -balanceDays), today)
	out.Days, out.KWh, out.SubKWh, out.RestKWh, out.RestPct = b.Days, b.Main, b.Sub, b.Rest, b.RestPct
	out.Beyond = b.Wrong(ms.meter.BalanceMaxPct)
	return out
}

// sourceOf is the source of a day as it is kept.
func sourceOf(iv energy.Interval) string {
	switch {
	case iv.Start.IsZero():
		return ""
	case iv.Source != "":
		return iv.Source
	case iv.Estimated:
		return energy.SourceEstimated
	}
	return energy.SourceMetered
}
