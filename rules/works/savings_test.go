package works

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// building is a gas meter of 2024 to 2026 that uses 40 kWh a day and 30 kWh a
// degree below 15 °C, times what change says, with noise of 8 %.
func building(change func(Day) float64) []baseline.Day {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []baseline.Day
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 * 365 {
		d := start.AddDate(0, 0, i)
		temp := 10 - 8*math.Cos(2*math.Pi*float64(d.YearDay()-15)/365) + 3*rng.NormFloat64()
		kwh := (40 + 30*math.Max(0, 15-temp)) * (1 + 0.08*rng.NormFloat64()) * change(DayOf(d))
		out = append(out, baseline.Day{Date: d, KWh: kwh, Temp: temp, HasKWh: true, HasTemp: true, Coverage: 1})
	}
	return out
}

func renovation() Entry {
	return Entry{ID: "w", Site: "s", Kind: Works, From: "2025-06-02", To: "2025-09-12", Description: "toiture", CostEUR: 30000, ExpectedPct: 20, By: "un"}
}

// A saving of a fifth is proven, of the right size, and within its band; what
// happens during the works does not count.
func TestSavingOfWorks(t *testing.T) {
	days := building(func(d Day) float64 {
		switch {
		case d >= "2025-06-02" && d <= "2025-09-12":
			return 5 // construction heaters
		case d > "2025-09-12":
			return 0.8
		}
		return 1
	})
	r := Register{Entries: []Entry{renovation()}}
	s := r.Judge(renovation(), "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days)
	require.Empty(t, s.Reason, s.Detail)
	require.True(t, s.Proven)
	require.Zero(t, s.MoreDays)
	require.InDelta(t, 20, s.SavingPct, 2)
	require.InDelta(t, s.ExpectedKWh-s.ObservedKWh, s.SavingKWh, 1e-6)
	require.Less(t, *s.FSU, 0.5)
	require.Equal(t, Day("2024-06-02"), s.BaselineFrom)
	require.Equal(t, Day("2025-06-01"), s.BaselineTo)
	require.Equal(t, Day("2025-09-13"), s.From)
	require.Equal(t, Day("2026-12-30"), s.To)
	require.InDelta(t, s.SavingKWh/float64(s.Days)*365, s.YearKWh, 0.25*s.YearKWh)

	// The next works end what is this one's.
	next := Entry{ID: "w2", Site: "s", Kind: Works, From: "2026-03-01", To: "2026-03-31", Description: "chaudière", By: "un"}
	r.Entries = append(r.Entries, next)
	require.Equal(t, Day("2026-02-28"), r.Judge(renovation(), "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days).To)
	// Works before it leave its baseline without their days.
	early := Entry{ID: "w0", Site: "s", Kind: Works, From: "2024-07-01", To: "2024-07-20", Description: "citerne", By: "un"}
	r.Entries = append(r.Entries, early)
	require.Equal(t, 345, r.Judge(renovation(), "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days).BaselineDays)
}

// A small saving is not provable yet; how many days more is said, and holds.
func TestSavingNotProvableYet(t *testing.T) {
	days := building(func(d Day) float64 {
		if d > "2025-09-12" {
			return 0.96
		}
		return 1
	})
	r := Register{Entries: []Entry{renovation()}}
	upTo := func(last Day) Saving {
		n := 0
		for n < len(days) && DayOf(days[n].Date) <= last {
			n++
		}
		return r.Judge(renovation(), "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days[:n])
	}
	require.Equal(t, ReasonEarly, upTo("2025-09-12").Reason)
	s := upTo("2025-10-01")
	require.False(t, s.Proven)
	require.Positive(t, s.MoreDays)
	require.Greater(t, s.BandKWh, math.Abs(s.SavingKWh))
	require.Greater(t, *s.FSU, 1.0)
	require.True(t, upTo(DayOf(s.To.Time(time.UTC).AddDate(0, 0, s.MoreDays))).Proven)
}

// A large saving is proven after four weeks, however short they are against the
// baseline's year, and three years do not prove what is within the error of
// any baseline.
func TestSavingProvenByItsOwnDays(t *testing.T) {
	judge := func(factor float64, days int) Saving {
		e := renovation()
		e.From, e.To = "2025-01-02", "2025-01-10"
		all := building(func(d Day) float64 {
			if d > e.To {
				return factor
			}
			return 1
		})
		return Register{Entries: []Entry{e}}.Judge(e, "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, all[:376+days])
	}
	month := judge(0.7, 28)
	require.Equal(t, 28, month.Days)
	require.True(t, month.Proven, "%+v", month)
	require.Less(t, month.BandPct, 10.)
	require.InDelta(t, 30, month.SavingPct, month.BandPct)
	long := judge(0.98, 719)
	require.False(t, long.Proven, "%+v", long)
	require.Greater(t, long.BandPct, 100*baseline.Z90*baseline.ModelError)
}

func TestNoSavingToTell(t *testing.T) {
	days := building(func(Day) float64 { return 1 })
	open, seats := renovation(), renovation()
	open.To, seats.Kind = "", Occupancy
	elsewhere := renovation()
	elsewhere.Meters = []gtc.EquipmentID{"elec"}
	early := renovation()
	early.From, early.To = "2024-03-01", "2024-03-10"
	for want, e := range map[string]Entry{ReasonOpen: open, ReasonKind: seats, ReasonBaseline: early} {
		require.Equal(t, want, Register{Entries: []Entry{e}}.Judge(e, "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days).Reason)
	}
	require.Equal(t, ReasonKind, Register{}.Judge(elsewhere, "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, days).Reason)
	require.Equal(t, ReasonBaseline, Register{}.Judge(renovation(), "gas", baseline.FitOptions{Carrier: gtc.CarrierGas}, nil).Reason)
}

// An adjustment changes what is expected by just its size, whichever way it is
// given.
func TestPrepare(t *testing.T) {
	days := []baseline.Day{
		{Date: time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC), KWh: 100, HasKWh: true, HasTemp: true, Coverage: 1},
		{Date: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), KWh: 130, HasKWh: true, HasTemp: true, Coverage: 1},
		{Date: time.Date(2026, 1, 11, 0, 0, 0, 0, time.UTC), HasTemp: true},
	}
	adjusted := func(a Adjustment) Register {
		a.By, a.Reason = "un", "x"
		return Register{Entries: []Entry{{ID: "a", Kind: Occupancy, From: "2026-01-10", Adjust: &a}}}
	}
	expect := func(baseline.Day) (float64, bool) { return 100, true }
	require.InDelta(t, 110, adjusted(Adjustment{KWhPerDay: 20}).Prepare("gas", days, nil)[1].KWh, 1e-9)
	require.InDelta(t, 104, adjusted(Adjustment{Pct: 25}).Prepare("gas", days, nil)[1].KWh, 1e-9)
	require.InDelta(t, 105, adjusted(Adjustment{Pct: 25}).Prepare("gas", days, expect)[1].KWh, 1e-9)
	require.InDelta(t, 0, adjusted(Adjustment{KWhPerDay: 500}).Prepare("gas", days, expect)[1].KWh, 0)
	got := Register{Entries: []Entry{{ID: "w", Kind: Works, From: "2026-01-10", To: "2026-01-10"}}}.Prepare("gas", days, expect)
	require.False(t, got[1].HasKWh)
	require.True(t, got[0].HasKWh)
	require.True(t, days[1].HasKWh, "what is given is not changed")
	require.InDelta(t, 130, days[1].KWh, 0)
}
