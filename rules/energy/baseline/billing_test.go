package baseline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// bills sums days into calendar months.
func bills(days []baseline.Day, months int) []baseline.Bill {
	var out []baseline.Bill
	for _, d := range days {
		first := d.Date.AddDate(0, -((int(d.Date.Month()) - 1) % months), 1-d.Date.Day())
		if n := len(out); n == 0 || !out[n-1].From.Equal(first) {
			out = append(out, baseline.Bill{From: first, To: first.AddDate(0, months, 0)})
		}
		out[len(out)-1].KWh += d.KWh
	}
	return out
}

// TestBilling: the model of bills is that of the days they sum.
func TestBilling(t *testing.T) {
	days := energytest.MadeUp(731, celsiusOf(59), 10, 4)
	for name, months := range map[string]int{"monthly": 1, "bimonthly": 2} {
		t.Run(name, func(t *testing.T) {
			b, err := baseline.FitBilling(bills(days[:366], months), days, baseline.FitOptions{Carrier: gtc.CarrierGas})
			require.NoError(t, err)
			require.Equal(t, baseline.ModelHeating, b.Model)
			require.True(t, b.Eligible, b.Reason)
			require.True(t, b.Billing())
			require.Equal(t, 12/months, b.Metrics.N)
			require.InDelta(t, 59, b.Whole.HeatingBP*1.8+32, 3)
			require.InDelta(t, 30, b.Whole.Heating, 2)
			require.InDelta(t, 100, b.Whole.Intercept, 25)
			require.Greater(t, b.Metrics.R2Adj, .99)
			require.Less(t, b.Metrics.CVRMSE, .03)
			require.Equal(t, days[0].Date, b.From)
			require.Equal(t, days[366].Date, b.To)
			c := b.Compare(days[366:])
			require.InDelta(t, 0, c.SavingKWh, .03*c.ExpectedKWh)
			require.Greater(t, b.ProvablePct(), 0.0)
			_, ok := b.Predict(days[0])
			require.False(t, ok)
		})
	}
	flat := bills(energytest.MadeUp(366, -40, 4, 4), 1)
	b, err := baseline.FitBilling(flat, days, baseline.FitOptions{Carrier: gtc.CarrierElectricity})
	require.NoError(t, err)
	require.InDelta(t, 100, b.Expected(days[:1])[0], 8)
}

func celsiusOf(f float64) float64 { return (f - 32) / 1.8 }

// TestBillRules: which periods CalTRACK fits.
func TestBillRules(t *testing.T) {
	days := energytest.MadeUp(366, 15, 10, 4)
	o := baseline.FitOptions{Carrier: gtc.CarrierGas}
	change := func(f func(b []baseline.Bill) []baseline.Bill) []baseline.Bill { return f(bills(days, 1)) }
	for name, c := range map[string]struct {
		bills  []baseline.Bill
		n      int
		reason string
	}{
		"estimated reads are merged": {change(func(b []baseline.Bill) []baseline.Bill {
			b[3].Estimated = true
			return b
		}), 10, "too few days: periods of 305 days of the 329 needed (1 period too long left out)"},
		"short": {change(func(b []baseline.Bill) []baseline.Bill {
			b[2].To = b[2].From.AddDate(0, 0, 24)
			return b
		}), 11, "1 period under 25 days left out"},
		"negative": {change(func(b []baseline.Bill) []baseline.Bill {
			b[5].KWh = -1
			return b
		}), 11, "1 period below zero left out"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := baseline.FitBilling(c.bills, days, o)
			require.NoError(t, err)
			require.Equal(t, c.n, b.Metrics.N)
			require.Equal(t, c.reason, b.Reason)
		})
	}
	b, err := baseline.FitBilling(bills(days, 1), days[40:], o)
	require.NoError(t, err)
	require.Equal(t, "too few days: periods of 306 days of the 329 needed (2 periods with too few temperatures left out)", b.Reason)
	_, err = baseline.FitBilling(bills(days[:120], 1), days, o)
	require.ErrorIs(t, err, baseline.ErrFewBills)
}

func TestBillsOfRows(t *testing.T) {
	day := func(s string, kwh float64) baseline.Day {
		return baseline.Day{Date: energytest.Date(t, s), KWh: kwh, HasKWh: kwh > 0, Temp: 5, HasTemp: true, Coverage: 1}
	}
	got, temps, ok := baseline.Bills([]baseline.Day{day("2025-01-01", 310), day("2025-02-01", 280), day("2025-03-01", 100)})
	require.True(t, ok)
	require.Equal(t, []baseline.Bill{
		{From: energytest.Date(t, "2025-01-01"), To: energytest.Date(t, "2025-02-01"), KWh: 310},
		{From: energytest.Date(t, "2025-02-01"), To: energytest.Date(t, "2025-03-01"), KWh: 280},
		{From: energytest.Date(t, "2025-03-01"), To: energytest.Date(t, "2025-04-01"), KWh: 100},
	}, got)
	require.Len(t, temps, 90)

	var rows []baseline.Day
	for d := energytest.Date(t, "2025-01-01"); d.Month() < time.May; d = d.AddDate(0, 0, 1) {
		kwh := 0.0
		if d.Day() == 15 {
			kwh = 50
		}
		rows = append(rows, day(d.Format(time.DateOnly), kwh))
	}
	got, temps, ok = baseline.Bills(rows)
	require.True(t, ok)
	require.Equal(t, energytest.Date(t, "2025-05-15"), got[3].To, "a month, as the file does not say when it ends")
	require.Len(t, temps, len(rows))
	_, _, ok = baseline.Bills(energytest.MadeUp(20, 15, 1, 1))
	require.False(t, ok)
}
