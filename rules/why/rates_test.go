package why_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

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
	command  func(c *building.Controls)
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
	winter, spring, summer := time.Date(2024, 11, 12, 0, 0, 0, 0, loc), time.Date(2025, 3, 20, 0, 0, 0, 0, loc), time.Date(2025, 6, 3, 0, 0, 0, 0, loc)
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
	bypass := func(ev *why.Evidence, from int) {
		x := ev.Points[why.Point{Equipment: "chaudiere", Point: "return_temp"}]
		for i := from; i < len(x); i++ {
			x[i] += 25
		}
	}
	still := func(c *building.Controls) { c.CirculationPump = false }
	return []trial{
		{"H3", office, f(building.SetbackLost, winter, 1), nil, nil},
		{"H3", centre, f(building.SetbackLost, winter, 1), nil, nil},
		{"H3", social, f(building.SetbackLost, winter, 0.8), nil, nil},
		{"H5", office, f(building.SummerHeating, summer, 15), nil, nil},
		{"H5", home, f(building.SummerHeating, summer, 15), nil, nil},
		{"H6", home, f(building.DHWLoopLoss, summer, 3), nil, nil},
		{"H7", office, f(building.WindowLeftOpen, winter, 0.5), nil, nil},
		{"H7", home, f(building.EfficiencyLoss, winter, 0.15), nil, nil},
		{"H7", home, f(building.CurveTooHigh, winter, 10), nil, nil},
		{"H8", office, f(building.ScheduleWrong, winter, 24), nil, nil},
		{"H8", social, f(building.SetbackLost, winter, 1), nil, nil},
		{"H10", office, f(building.ScheduleWrong, winter, 4), nil, nil},
		{"H10", centre, f(building.ScheduleWrong, winter, 4), nil, nil},
		{"H11", office, f(building.BoilerShortCycling, winter, 8), nil, nil},
		{"H11", home, f(building.BoilerShortCycling, winter, 8), nil, nil},
		{"H13", office, f(building.ValveStuckOpen, winter, 0.6), nil, nil},
		{"H13", home, f(building.ValveStuckOpen, winter, 0.6), nil, nil},
		{"H14", office, f(building.BoilerLockout, winter, 0), nil, nil},
		{"H14", home, f(building.BoilerLockout, winter, 0), nil, nil},
		{"H4", home, f(building.BoilerLockout, winter, 0), nil, nil},
		{"W1", home, f(building.BoilerLockout, winter, 0), nil, nil},
		{"W2", home, f(building.DHWLoopLoss, winter, 3), nil, nil},
		{"W2", centre, f(building.DHWLoopLoss, winter, 3), nil, nil},
		{"W3", home, f(building.BoilerLockout, winter, 0), nil, nil},
		{"E1", office, f(building.BaseLoadCreep, winter, 0.5), nil, nil},
		{"E1", home, f(building.BaseLoadCreep, winter, 0.5), nil, nil},
		{"E2", office, f(building.NightVentilation, winter, 1), nil, nil},
		{"E2", centre, f(building.NightVentilation, winter, 1), nil, nil},
		{"E3", office, f(building.NightVentilation, winter, 1), nil, nil},
		{"E3", centre, f(building.NightVentilation, winter, 1), nil, nil},
		{"G1", office, f(building.GasLeakNight, winter, 0.5), nil, nil},
		{"G1", home, f(building.GasLeakNight, winter, 0.5), nil, nil},
		{"G1", home, f(building.GasLeakNight, summer, 0.5), nil, nil},
		{"H5-circuit", office, f(building.SummerHeating, summer, 15), nil, nil},
		{"H5-circuit", home, f(building.SummerHeating, summer, 15), nil, nil},
		{"H9", office, f(building.Simultaneous, winter, 0.3), nil, nil},
		{"H9", social, f(building.Simultaneous, winter, 0.15), nil, nil},
		{"H11-runs", office, f(building.BoilerShortCycling, spring, 8), nil, nil},
		{"H11-runs", home, f(building.BoilerShortCycling, spring, 8), nil, nil},
		{"H12-return", office, at, bypass, nil},
		{"H12-return", home, at, bypass, nil},
		{"H14-gas", office, f(building.BoilerLockout, winter, 0), nil, nil},
		{"H14-gas", home, f(building.BoilerLockout, winter, 0), nil, nil},
		{"W2-dead-leg", home, at, nil, still},
		{"W2-dead-leg", centre, at, nil, still},
		{"W2-lukewarm", home, at, nil, func(c *building.Controls) { c.HotWaterTemp = 40 }},
		{"W2-lukewarm", centre, at, nil, func(c *building.Controls) { c.HotWaterTemp = 42 }},
		{"E4", office, f(building.BaseLoadCreep, winter, 1.5), nil, nil},
		{"E4", centre, f(building.BaseLoadCreep, winter, 1.5), nil, nil},
		{"D1-room", office, at, freeze("circuit", "room_temp"), nil},
		{"D1-room", centre, at, freeze("circuit", "room_temp"), nil},
		{"H12", office, at, func(ev *why.Evidence, from int) {
			x, back := ev.Points[why.Point{Equipment: "circuit", Point: "flow_temp"}], ev.Points[why.Point{Equipment: "circuit", Point: "return_temp"}]
			for i := from; i < len(x); i++ {
				back[i] = x[i] - 2
			}
		}, nil},
		{"G2", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "chaudiere", Point: "pressure_bar"}]
			for i := from; i < len(x); i++ {
				x[i] -= 0.3 * math.Min(4, float64(i-from)/144)
			}
		}, nil},
		{"D8", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "gaz", Point: "volume_m3"}]
			for i, was := from, x[from]; i < len(x); i++ { // pulses are lost
				x[i] = was + 0.97*(x[i]-was)
			}
		}, nil},
		{"D1", office, at, freeze("circuit", "flow_temp"), nil},
		{"D1", home, at, freeze("circuit", "return_temp"), nil},
		{"D3", office, at, func(ev *why.Evidence, from int) {
			x := ev.Points[why.Point{Equipment: "gaz", Point: "volume_m3"}]
			for i, zero := from+60, x[from+60]; i < len(x); i++ {
				x[i] -= zero
			}
		}, nil},
		{"D4", office, at, func(ev *why.Evidence, from int) {
			x := ev.Hours["elec"]
			for i := from / 6; i < from/6+72; i++ {
				x[i] = math.NaN()
			}
		}, nil},
		{"D5", office, at, func(ev *why.Evidence, from int) {
			x := ev.Hours["elec"]
			copy(x[from/6+1:], slices.Clone(x[from/6:]))
		}, nil},
		{"D7", office, f(building.OutdoorSensorOffset, winter, 5), nil, nil},
		{"D7", home, f(building.OutdoorSensorOffset, winter, -5), nil, nil},
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
