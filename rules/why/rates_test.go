package why_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

const (
	baselineDays = 366
	parkDays     = 2 * 366
	foundWithin  = 90
)

// trial is one fault that a rule is for.
type trial struct {
	rule     string
	category gtc.Category
	fault    building.Fault
	broken   func(ev *why.Evidence, from int)
}

// epoch is the first day of the park.
func epoch(tb testing.TB) time.Time {
	tb.Helper()
	return time.Date(2023, 9, 1, 0, 0, 0, 0, brussels(tb))
}

// trials are the faults of the simulation that a rule can see, in winter but
// for those of summer.
func trials(tb testing.TB) []trial {
	tb.Helper()
	loc := brussels(tb)
	winter, summer := time.Date(2024, 11, 12, 0, 0, 0, 0, loc), time.Date(2025, 6, 3, 0, 0, 0, 0, loc)
	f := func(kind building.FaultKind, at time.Time, size float64) building.Fault {
		return building.Fault{Kind: kind, From: at, Size: size}
	}
	const office, centre, home, social = gtc.CategoryOffice, gtc.CategoryCommunityCentre, gtc.CategoryRestHome, gtc.CategorySocialOffice
	freeze := func(eq gtc.EquipmentID, p gtc.PointID) func(ev *why.Evidence, from int) {
		return func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: eq, Point: p}]
			for i := from; i < len(x); i++ {
				x[i] = x[from]
			}
		}
	}
	at := building.Fault{From: winter}
	return []trial{
		{"H3", office, f(building.SetbackLost, winter, 1), nil},
		{"H3", centre, f(building.SetbackLost, winter, 1), nil},
		{"H3", social, f(building.SetbackLost, winter, 0.8), nil},
		{"H5", office, f(building.SummerHeating, summer, 15), nil},
		{"H5", home, f(building.SummerHeating, summer, 15), nil},
		{"H6", home, f(building.DHWLoopLoss, summer, 3), nil},
		{"H7", office, f(building.WindowLeftOpen, winter, 0.5), nil},
		{"H7", home, f(building.EfficiencyLoss, winter, 0.15), nil},
		{"H7", home, f(building.CurveTooHigh, winter, 10), nil},
		{"H8", office, f(building.ScheduleWrong, winter, 24), nil},
		{"H8", social, f(building.SetbackLost, winter, 1), nil},
		{"H10", office, f(building.ScheduleWrong, winter, 4), nil},
		{"H10", centre, f(building.ScheduleWrong, winter, 4), nil},
		{"H11", office, f(building.BoilerShortCycling, winter, 8), nil},
		{"H11", home, f(building.BoilerShortCycling, winter, 8), nil},
		{"H13", office, f(building.ValveStuckOpen, winter, 0.6), nil},
		{"H13", home, f(building.ValveStuckOpen, winter, 0.6), nil},
		{"H14", office, f(building.BoilerLockout, winter, 0), nil},
		{"H14", home, f(building.BoilerLockout, winter, 0), nil},
		{"H4", home, f(building.BoilerLockout, winter, 0), nil},
		{"W1", home, f(building.BoilerLockout, winter, 0), nil},
		{"W2", home, f(building.DHWLoopLoss, winter, 3), nil},
		{"W2", centre, f(building.DHWLoopLoss, winter, 3), nil},
		{"W3", home, f(building.BoilerLockout, winter, 0), nil},
		{"E1", office, f(building.BaseLoadCreep, winter, 0.5), nil},
		{"E1", home, f(building.BaseLoadCreep, winter, 0.5), nil},
		{"E2", office, f(building.NightVentilation, winter, 1), nil},
		{"E2", centre, f(building.NightVentilation, winter, 1), nil},
		{"E3", office, f(building.NightVentilation, winter, 1), nil},
		{"E3", centre, f(building.NightVentilation, winter, 1), nil},
		{"G1", office, f(building.GasLeakNight, winter, 0.5), nil},
		{"G1", home, f(building.GasLeakNight, winter, 0.5), nil},
		{"G1", home, f(building.GasLeakNight, summer, 0.5), nil},
		{"H12", office, at, func(ev *why.Evidence, from int) {
			x, back := ev.Points[why.Point{Equipment: "circuit", Point: "flow_temp"}], ev.Points[why.Point{Equipment: "circuit", Point: "return_temp"}]
			for i := from; i < len(x); i++ {
				back[i] = x[i] - 2
			}
		}},
		{"G2", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "chaudiere", Point: "pressure_bar"}]
			for i := from; i < len(x); i++ {
				x[i] -= 0.3 * math.Min(4, float64(i-from)/144)
			}
		}},
		{"D8", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "gaz", Point: "volume_m3"}]
			for i, was := from, x[from]; i < len(x); i++ { // pulses are lost
				x[i] = was + 0.97*(x[i]-was)
			}
		}},
		{"D1", office, at, freeze("circuit", "flow_temp")},
		{"D1", home, at, freeze("circuit", "return_temp")},
		{"D3", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "gaz", Point: "volume_m3"}]
			for i, zero := from+60, x[from+60]; i < len(x); i++ {
				x[i] -= zero
			}
		}},
		{"D4", office, at, func(ev *why.Evidence, from int) {
			x := ev.Hours["elec"]
			for i := from / 6; i < from/6+72; i++ {
				x[i] = math.NaN()
			}
		}},
		{"D5", office, at, func(ev *why.Evidence, from int) {
			x := ev.Hours["elec"]
			copy(x[from/6+1:], slices.Clone(x[from/6:]))
		}},
		{"D7", office, f(building.OutdoorSensorOffset, winter, 5), nil},
		{"D7", home, f(building.OutdoorSensorOffset, winter, -5), nil},
	}
}

// faultless are the buildings in which nothing is wrong.
func faultless(tb testing.TB) []building.Params {
	tb.Helper()
	var out []building.Params
	for i, c := range append(building.Categories(), gtc.CategoryRestHome, gtc.CategoryCommunityCentre, gtc.CategorySocialOffice, gtc.CategoryOffice) {
		out = append(out, params(c, 600+350*float64(i%5), uint64(20+i), epoch(tb)))
	}
	return out
}

// readDials reads the gas meter by hand every 28 days, to the full cubic
// metre and some minutes off.
func (h *house) readDials() {
	x := h.ev.Points[why.Point{Equipment: "gaz", Point: "volume_m3"}]
	for i := 60; i < len(x); i += 28 * 144 {
		at := h.ev.From.Add(time.Duration(i)*why.Step + 7*time.Minute)
		h.ev.Dials["gaz"] = append(h.ev.Dials["gaz"], why.Dial{At: at, Index: math.Floor(x[i])})
	}
}

// rate is what was measured of a rule.
type rate struct {
	quiet         float64
	faults, found int
	delays        []int
}

// TestRates measures every rule on a park: new findings in a year of buildings
// without faults, and how many of the faults that a rule is for it finds and
// how soon. The library says what this test finds.
func TestRates(t *testing.T) {
	rates := map[string]*rate{}
	of := func(id string) *rate {
		if rates[id] == nil {
			rates[id] = &rate{}
		}
		return rates[id]
	}
	var mu sync.Mutex
	each(len(faultless(t)), func(i int) {
		p := faultless(t)[i]
		h := simulate(t, gtc.SiteID(fmt.Sprintf("quiet-%d", i)), p, parkDays)
		h.readDials()
		found := h.judge(all(t), parkDays)
		mu.Lock()
		defer mu.Unlock()
		for _, f := range found {
			if !f.Detected.Before(h.start.AddDate(0, 0, baselineDays)) {
				of(f.Rule).quiet++
				t.Logf("false: %s %-15s %s %s..%s %s", f.Rule, p.Category, f.Detected.Format(time.DateOnly), f.Onset.Format(time.DateOnly), f.Through.Format(time.DateOnly), f.Inputs["value"])
			}
		}
	})
	years := float64(len(faultless(t))) * (parkDays - baselineDays) / 365.25
	tests := trials(t)
	each(len(tests), func(i int) {
		x := tests[i]
		start := time.Date(2024, 8, 1, 0, 0, 0, 0, brussels(t))
		if set := all(t); slices.ContainsFunc(set.Rule(x.rule).Needs, func(n why.Need) bool { return n.Baseline }) || x.rule == "E2" || x.fault.From.After(start.AddDate(0, 9, 0)) {
			start = epoch(t) // a year before the fault for the baseline
		}
		p := params(x.category, 1300, uint64(60+i), start)
		if x.fault.Kind != "" {
			p.Faults = []building.Fault{x.fault}
		}
		begin := int(x.fault.From.Sub(p.Epoch).Hours()/24 + 0.5)
		h := simulate(t, gtc.SiteID(fmt.Sprintf("fault-%d", i)), p, begin+foundWithin+2)
		h.readDials()
		if x.broken != nil {
			x.broken(&h.ev, int(x.fault.From.Sub(h.ev.From)/why.Step))
		}
		delay := -1
		var others []string
		for _, f := range h.judge(all(t), begin+foundWithin) {
			if f.Detected.Before(x.fault.From) {
				continue
			}
			others = append(others, f.Rule)
			if f.Rule == x.rule && delay < 0 {
				delay = int(f.Detected.Sub(x.fault.From).Hours()/24 + 0.5)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		r := of(x.rule)
		r.faults++
		if delay >= 0 {
			r.found++
			r.delays = append(r.delays, delay)
		}
		t.Logf("trial %-3s %-22s %-17s delay %d, all: %s", x.rule, x.fault.Kind, x.category, delay, strings.Join(others, " "))
	})
	set, err := why.Library()
	require.NoError(t, err)
	perYear := 0.0
	for i := range set {
		r := &set[i]
		if len(r.By) > 0 {
			continue
		}
		m := of(r.ID)
		slices.Sort(m.delays)
		found, delay := -1.0, 0
		if m.faults > 0 {
			found = float64(m.found) / float64(m.faults)
		}
		if len(m.delays) > 0 {
			delay = m.delays[len(m.delays)/2]
		}
		falseRate := m.quiet / years
		t.Logf("RATE %s %.2f %.2f %d %d", r.ID, falseRate, found, m.faults, delay)
		if r.Rate.Measured() {
			require.InDelta(t, r.Rate.False, falseRate, 0.006, r.ID)
			require.InDelta(t, r.Rate.Found, found, 0.006, r.ID)
			require.Equal(t, r.Rate.Delay, delay, r.ID)
		}
		if r.Enabled {
			perYear += falseRate
		}
	}
	t.Logf("enabled rules: %.2f new findings a building and year, %.1f a week on 50 sites", perYear, 50*perYear*7/365.25)
	require.LessOrEqual(t, 50*perYear*7/365.25, 2.0)
}

// each runs n tasks two at a time.
func each(n int, do func(i int)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}
