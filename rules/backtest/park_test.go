package backtest_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/backtest"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// house is a building of the small park.
type house struct {
	site     gtc.SiteID
	category gtc.Category
	area     float64
	fault    building.Fault // none without a kind
}

// parkDays is two and a half years.
const parkDays = 912

// smallPark is built with the simulators themselves: each fault's truth is
// the difference to the same building without it.
func smallPark(t *testing.T, houses []house) ([]backtest.Meter, backtest.Truth) {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	start := time.Date(2023, 7, 1, 0, 0, 0, 0, loc)
	sky := weather.New(3)
	temps := make([]float64, parkDays)
	for i := range temps {
		day := start.AddDate(0, 0, i)
		for h := range 24 {
			temps[i] += sky.At(day.Add(time.Duration(h)*time.Hour)).AirTemp / 24
		}
	}
	type result struct {
		meters []backtest.Meter
		faults []backtest.Fault
	}
	results := make([]result, len(houses))
	var all sync.WaitGroup
	for n, h := range houses {
		all.Go(func() {
			p := building.Params{Seed: uint64(n + 11), Weather: sky, Location: loc, Epoch: start, Category: h.category, AreaM2: h.area}
			without := metersOf(h.site, p, start, temps)
			if h.fault.Kind == "" {
				results[n].meters = without
				return
			}
			p.Faults = []building.Fault{h.fault}
			with := metersOf(h.site, p, start, temps)
			results[n] = result{with, []backtest.Fault{faultOf(h, loc, with, without)}}
		})
	}
	all.Wait()
	var (
		meters []backtest.Meter
		truth  backtest.Truth
	)
	for _, r := range results {
		meters, truth.Faults = append(meters, r.meters...), append(truth.Faults, r.faults...)
	}
	return meters, truth
}

// metersOf runs a building and reads its gas and electricity meters day by day.
func metersOf(site gtc.SiteID, p building.Params, start time.Time, temps []float64) []backtest.Meter {
	b := building.New(p)
	gas := backtest.Meter{Site: site, ID: "gaz", Carrier: gtc.CarrierGas}
	elec := backtest.Meter{Site: site, ID: "elec", Carrier: gtc.CarrierElectricity}
	last := b.At(start)
	for i, temp := range temps {
		now := b.At(start.AddDate(0, 0, i+1))
		d := baseline.Day{Date: start.AddDate(0, 0, i), Temp: temp, HasTemp: true, HasKWh: true, Coverage: 1}
		d.KWh = now.GasKWh - last.GasKWh
		gas.Days = append(gas.Days, d)
		d.KWh = now.ElecDayKWh + now.ElecNightKWh - last.ElecDayKWh - last.ElecNightKWh
		elec.Days = append(elec.Days, d)
		last = now
	}
	return []backtest.Meter{gas, elec}
}

// faultOf is the truth: the difference between the two buildings.
func faultOf(h house, loc *time.Location, with, without []backtest.Meter) backtest.Fault {
	f := backtest.Fault{
		ID: fmt.Sprintf("%s/%s", h.site, h.fault.Kind), Site: h.site, Kind: string(h.fault.Kind), Carrier: gtc.CarrierGas,
		Meters: []gtc.EquipmentID{"gaz"}, From: backtest.Day(h.fault.From.In(loc)),
	}
	if !h.fault.To.IsZero() {
		f.To = backtest.Day(h.fault.To.In(loc))
	}
	if h.fault.Kind == building.BaseLoadCreep {
		f.Carrier, f.Meters = gtc.CarrierElectricity, []gtc.EquipmentID{"elec"}
	}
	for i, d := range with[0].Days {
		extra := map[gtc.Carrier]float64{}
		for k, m := range with {
			if kwh := m.Days[i].KWh - without[k].Days[i].KWh; kwh != 0 {
				extra[m.Carrier] = kwh
			}
		}
		if len(extra) > 0 {
			f.Days = append(f.Days, backtest.FaultDay{Date: d.Date.Format(time.DateOnly), KWh: extra})
		}
	}
	return f
}

// TestEnergyRulesOnASimulatedPark asks of the energy rules what they are for:
// large faults found soon and sized about right, small ones left unsaid, a
// repair seen as a saving, and next to nothing where nothing is.
func TestEnergyRulesOnASimulatedPark(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	on := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, loc) }
	meters, truth := smallPark(t, []house{
		{"centre", gtc.CategoryCommunityCentre, 800, building.Fault{Kind: building.SetbackLost, From: on(2024, 11, 4), Size: 1}},
		{"home", gtc.CategoryRestHome, 3500, building.Fault{Kind: building.DHWLoopLoss, From: on(2025, 2, 3), Size: 4}},
		{"head", gtc.CategoryOffice, 2500, building.Fault{Kind: building.BaseLoadCreep, From: on(2024, 12, 2), Size: 0.6, Ramp: 30 * 24 * time.Hour}},
		{"small", gtc.CategorySocialOffice, 900, building.Fault{Kind: building.EfficiencyLoss, From: on(2024, 12, 2), Size: 0.01}},
		{"housing", gtc.CategoryHousing, 1200, building.Fault{Kind: building.WindowLeftOpen, From: on(2023, 7, 1), To: on(2024, 12, 2), Size: 0.6}},
		{"quiet", gtc.CategoryOffice, 1200, building.Fault{}},
		{"still", gtc.CategoryNightShelter, 600, building.Fault{}},
	})
	var runs []backtest.Run
	for _, m := range meters {
		runs = append(runs, backtest.Replay(m, backtest.Options{}))
	}
	r := backtest.Score(&truth, runs, backtest.Options{})
	for _, f := range r.Faults {
		t.Logf("%-28s %-12s %s detected %s estimated %.0f true %.0f of %.0f cause %s", f.ID, f.Status, f.Why, f.Detected, f.EstimatedKWh, f.TrueKWh, f.TotalKWh, f.Cause)
	}
	for _, f := range r.Findings {
		t.Logf("%-40s %-7s %s..%s %+.1f %% %s %s", f.ID, f.Verdict, f.Detected, f.End, f.ExcessPct, f.Fault, f.Cause)
	}
	status := map[string]backtest.Status{}
	for _, f := range r.Faults {
		status[f.ID] = f.Status
	}
	require.Equal(t, map[string]backtest.Status{
		"centre/setback_lost": backtest.StatusFound, "home/dhw_loop_loss": backtest.StatusFound, "head/base_load_creep": backtest.StatusFound,
		"small/efficiency_loss": backtest.StatusUnprovable, "housing/window_left_open": backtest.StatusNotJudged,
	}, status)
	require.LessOrEqual(t, *r.Total.DelayP50, 28)
	require.LessOrEqual(t, *r.Total.DelayP90, 56)
	require.InDelta(t, 1, *r.Total.Ratio, 0.4)
	require.InDelta(t, 21, r.MeterYears, 1)
	require.LessOrEqual(t, r.False.PerMeterYear, 0.6)
	repaired := false
	for _, f := range r.Findings {
		repaired = repaired || f.Verdict == backtest.VerdictRepair && f.Fault == "housing/window_left_open"
	}
	require.True(t, repaired, "the closed window is a saving")
}
