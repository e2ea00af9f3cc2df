package hub

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// compare holds the meters that were judged against their sub-meters and
// against each other, and adds what it found to their findings. Only the pass
// changes a meter's state, so it reads it without the lock.
func (e *energyRules) compare(judged map[meterKey][]gtc.Finding, now time.Time) {
	if len(judged) == 0 {
		return
	}
	twins := e.twins(now)
	for _, ms := range e.order {
		found := slices.Concat(e.balance(ms, now), twins[ms.key()])
		_, news := judged[ms.key()]
		if !news && sameFindings(found, ms.among) {
			continue
		}
		e.replace(func() { ms.among = found })
		judged[ms.key()] = slices.Concat(ms.findings, found)
	}
}

func sameFindings(a, b []gtc.Finding) bool {
	return slices.EqualFunc(a, b, func(x, y gtc.Finding) bool {
		return x.ID == y.ID && x.End.Equal(y.End) && x.Through.Equal(y.Through)
	})
}

// submeters returns the meters of the same carrier that a meter already counts.
func (e *energyRules) submeters(ms *meterState) []*meterState {
	if ms.meter.Direction != gtc.DirectionImport {
		return nil
	}
	var out []*meterState
	for _, m := range ms.site.Meters {
		// What is made of the meter itself would always balance.
		if m.SubmeterOf == ms.meter.Equipment && m.Carrier == ms.meter.Carrier && len(m.Terms) == 0 && m.Direction == gtc.DirectionImport {
			out = append(out, e.meters[meterKey{ms.site.ID, m.Equipment, m.Direction}])
		}
	}
	return out
}

// balance judges a meter against its sub-meters.
func (e *energyRules) balance(ms *meterState, now time.Time) []gtc.Finding {
	subs := e.submeters(ms)
	if len(subs) == 0 {
		return nil
	}
	today := midnight(now, ms.site.Location)
	days := make([][]energy.Interval, len(subs))
	for i, s := range subs {
		days[i] = s.days.Before(today)
	}
	return energy.BalanceFindings(ms.site.ID, ms.meter, ms.days.Before(today), days)
}

// leastAlike is how many Mondays two meters must agree on to be held against
// each other: of 28 days four are.
const leastAlike = 3

// twins finds the meters that show one and the same consumption. Only those
// that agree on some Mondays are compared, so that the work does not grow with
// the square of the park.
func (e *energyRules) twins(now time.Time) map[meterKey][]gtc.Finding {
	alike := map[string][]*meterState{}
	for _, ms := range e.order {
		if made(ms.meter) || ms.meter.KWhPerUnit == 0 {
			continue
		}
		for _, i := range mondays(&ms.days, ms.days.Find(midnight(now, ms.site.Location))) {
			if d := ms.days.At(i); d.KWh > 0 && d.Coverage >= 0.9 && !d.NoEnergy {
				k := string(ms.meter.Carrier) + strconv.FormatInt(d.Start.Unix(), 36) + strconv.FormatFloat(d.KWh, 'g', 5, 64)
				alike[k] = append(alike[k], ms)
			}
		}
	}
	pairs := map[[2]*meterState]int{}
	for _, group := range alike {
		for i, a := range group {
			for _, b := range group[i+1:] {
				pairs[[2]*meterState{a, b}]++
			}
		}
	}
	out := map[meterKey][]gtc.Finding{}
	for p, n := range pairs {
		if n >= leastAlike {
			e.addTwins(out, p[0], p[1], now)
			e.addTwins(out, p[1], p[0], now)
		}
	}
	for k := range out {
		slices.SortFunc(out[k], func(a, b gtc.Finding) int {
			return cmp.Or(a.Onset.Compare(b.Onset), cmp.Compare(a.Inputs["twin"], b.Inputs["twin"]))
		})
	}
	return out
}

// mondays are the places of those among the first n days.
func mondays(days *energy.Packed, n int) []int {
	var out []int
	for i := 0; i < n; i++ {
		at := days.Start(i)
		if at.Weekday() != time.Monday {
			continue
		}
		out = append(out, i)
		if i+7 < n && days.Start(i+7).Equal(at.AddDate(0, 0, 7)) { // no day is absent
			i += 6
		}
	}
	return out
}

func (e *energyRules) addTwins(out map[meterKey][]gtc.Finding, a, b *meterState, now time.Time) {
	today := midnight(now, a.site.Location)
	name := string(b.site.ID) + "/" + string(b.meter.Equipment)
	for _, f := range energy.TwinFindings(a.site.ID, a.meter, name, a.days.Before(today), b.days.Before(today)) {
		if !slices.ContainsFunc(out[a.key()], func(x gtc.Finding) bool { return x.ID == f.ID }) {
			out[a.key()] = append(out[a.key()], f)
		}
	}
}
