package baseline_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// reference is one fit of the reference program.
type reference struct {
	Baseline  []string           `json:"baseline"`
	Model     string             `json:"model_type"`
	Intercept float64            `json:"intercept_per_day"`
	Points    map[string]float64 `json:"balance_points_C"`
	Betas     map[string]float64 `json:"betas_per_C_day"`
	R2Adj     float64            `json:"r2_adj"`
	Metrics   struct {
		CV     float64 `json:"cvrmse_adj"`
		Rho    float64 `json:"autocorr_resid"`
		NPrime float64 `json:"n_prime"`
	} `json:"metrics"`
	Reporting []string `json:"reporting"`
	Savings   *struct {
		Days           int      `json:"days"`
		Counterfactual float64  `json:"counterfactual"`
		Savings        float64  `json:"savings"`
		Band           *float64 `json:"fsu_band_90pct"`
	} `json:"metered_savings"`
}

func references(tb testing.TB, name string) map[string]reference {
	tb.Helper()
	data, err := os.ReadFile(name)
	require.NoError(tb, err)
	var doc struct {
		Fits map[string]reference `json:"fits"`
	}
	require.NoError(tb, json.Unmarshal(data, &doc))
	return doc.Fits
}

// synthetic returns the made-up meters' days.
func synthetic(tb testing.TB) map[string][]baseline.Day {
	tb.Helper()
	f, err := os.Open("testdata/synthetic_daily.csv")
	require.NoError(tb, err)
	defer func() { require.NoError(tb, f.Close()) }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(tb, err)
	out := map[string][]baseline.Day{}
	for _, row := range rows[1:] {
		date, err := time.Parse(time.DateOnly, row[0])
		require.NoError(tb, err)
		temp, tempErr := strconv.ParseFloat(row[1], 64)
		for i, name := range rows[0][2:] {
			v, err := strconv.ParseFloat(row[i+2], 64)
			out[name] = append(out[name], baseline.Day{Date: date, KWh: v, Temp: temp, HasKWh: err == nil, HasTemp: tempErr == nil, Coverage: 1})
		}
	}
	return out
}

func carrierOf(name string) gtc.Carrier {
	if strings.HasPrefix(name, "elec") {
		return gtc.CarrierElectricity
	}
	return gtc.CarrierGas
}

// within requires a relative difference of at most tol.
func within(tb testing.TB, want, got, tol float64, what string) {
	tb.Helper()
	require.InDelta(tb, want, got, tol*math.Max(math.Abs(want), 1e-9), what)
}

// TestCaltrackEqualsReference compares the made-up meters with the reference
// program: form, balance points, coefficients, quality and savings.
func TestCaltrackEqualsReference(t *testing.T) {
	days := synthetic(t)
	for name, r := range references(t, "testdata/reference.json") {
		t.Run(name, func(t *testing.T) {
			b, err := baseline.Fit(days[name], baseline.FitOptions{
				Mode: baseline.CalTRACK, Carrier: carrierOf(name), From: energytest.Date(t, r.Baseline[0]), To: energytest.Date(t, r.Baseline[1]).AddDate(0, 0, 1),
			})
			require.NoError(t, err)
			sameFit(t, r, b)
			require.InDelta(t, r.Points["cooling"], b.Whole.CoolingBP, 1e-9)
			within(t, r.Intercept, b.Whole.Intercept, 1e-3, "intercept")
			within(t, r.Betas["beta_cdd"], b.Whole.Cooling, 1e-3, "cooling slope")
			within(t, r.Metrics.NPrime, b.Metrics.NPrime, 1e-6, "n'")
			if r.Savings == nil {
				return
			}
			from, to := energytest.Date(t, r.Reporting[0]), energytest.Date(t, r.Reporting[1]).AddDate(0, 0, 1)
			var next []baseline.Day
			for _, d := range days[name] {
				if energytest.Inside(d.Date, from, to) {
					next = append(next, d)
				}
			}
			c := b.Compare(next)
			require.Equal(t, r.Savings.Days, c.Days)
			require.InDelta(t, r.Savings.Savings, c.SavingKWh, 1e-3*r.Savings.Counterfactual)
			if r.Savings.Band != nil {
				within(t, *r.Savings.Band, c.BandKWh, .01, "band")
			}
		})
	}
}

// sameFit compares what does not depend on how ties are broken.
func sameFit(tb testing.TB, r reference, b baseline.Baseline) {
	tb.Helper()
	require.Equal(tb, r.Model, b.Model)
	require.InDelta(tb, r.Points["heating"], b.Whole.HeatingBP, 1e-6)
	within(tb, r.Betas["beta_hdd"], b.Whole.Heating, 1e-3, "heating slope")
	require.InDelta(tb, r.R2Adj, b.Metrics.R2Adj, 1e-4)
	within(tb, r.Metrics.CV, b.Metrics.CVRMSE, 1e-3, "CV(RMSE)")
}

// TestCaltrackOnRealBuildings compares every building-year. Where the warmest
// day is below the reference's balance point, all warmer ones give the same
// model but for the intercept, and the reference picks one by rounding.
func TestCaltrackOnRealBuildings(t *testing.T) {
	all := energytest.Cambridge(t)
	equal, ties := 0, 0
	for key, r := range references(t, filepath.Join(energytest.SharedData(t), "cambridge", "daily_gas.reference.json")) {
		building, ok := strings.CutPrefix(key, "cambridge/")
		if !ok || r.Model == "" {
			continue
		}
		building, _, _ = strings.Cut(building, ":")
		from, to := energytest.Date(t, r.Baseline[0]), energytest.Date(t, r.Baseline[1]).AddDate(0, 0, 1)
		b, err := baseline.Fit(all[building], baseline.FitOptions{Mode: baseline.CalTRACK, Carrier: gtc.CarrierGas, From: from, To: to})
		require.NoError(t, err, key)
		warmest := math.Inf(-1)
		for _, d := range all[building] {
			if energytest.Inside(d.Date, from, to) {
				warmest = math.Max(warmest, d.Temp)
			}
		}
		if bp := r.Points["heating"]; bp > warmest && b.Whole.HeatingBP >= warmest-1e-9 {
			r.Points["heating"] = b.Whole.HeatingBP
			ties++
		}
		sameFit(t, r, b)
		equal++
	}
	t.Logf("%d building-years equal, %d of them with a tied balance point", equal, ties)
}

func TestNativeFindsTheTruth(t *testing.T) {
	days := synthetic(t)
	year := baseline.FitOptions{From: energytest.Date(t, "2023-01-01"), To: energytest.Date(t, "2024-01-01")}
	fit := func(name string) baseline.Baseline {
		o := year
		o.Carrier = carrierOf(name)
		b, err := baseline.Fit(days[name], o)
		require.NoError(t, err)
		return b
	}
	b := fit("gas_hdd_clean")
	require.Equal(t, baseline.ModelHeating, b.Model)
	require.True(t, b.Eligible, b.Reason)
	require.InDelta(t, 15.5, b.Whole.HeatingBP, .3)

	b = fit("gas_base_only")
	require.Equal(t, baseline.ModelFlat, b.Model, "the criterion, unlike R², can choose the mean")
	require.False(t, b.Eligible)
	require.Contains(t, b.Reason, "not weather-driven")
	require.True(t, b.Judgeable)

	require.Equal(t, "week", fit("gas_hdd_weekend").Split)
	require.Equal(t, baseline.ModelCooling, fit("elec_cdd").Model)
	require.Equal(t, baseline.ModelBoth, fit("elec_hdd_cdd").Model)
	require.Equal(t, baseline.ModelFlat, fit("elec_flat_noisy").Model)
}

// TestNativeNeverWorseThanGrid: the continuous balance point never fits worse
// than the whole degrees Fahrenheit inside its range.
func TestNativeNeverWorseThanGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bp := rapid.Float64Range(8, 20).Draw(t, "bp")
		noise := rapid.Float64Range(0, 60).Draw(t, "noise")
		days := energytest.MadeUp(365, bp, noise, rapid.Int64().Draw(t, "seed"))
		native, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
		require.NoError(t, err)
		grid, err := baseline.Fit(days, baseline.FitOptions{Mode: baseline.CalTRACK, Carrier: gtc.CarrierGas})
		require.NoError(t, err)
		if !native.Robust && native.Lag == 0 && native.Model == baseline.ModelHeating && grid.Whole.HeatingBP > 5 && grid.Whole.HeatingBP < 25 {
			require.LessOrEqual(t, native.Whole.SSE, grid.Whole.SSE*(1+1e-9))
		}
		// Few days are warmer than 18 °C: above it the knee is not to be seen.
		if noise < 10 && bp < 18 && native.Lag == 0 {
			require.InDelta(t, bp, native.Whole.HeatingBP, .3)
		}
	})
}

func TestFitRefuses(t *testing.T) {
	good := energytest.MadeUp(365, 15, 10, 1)
	cut := func(f func(i int, d *baseline.Day)) []baseline.Day {
		days := append([]baseline.Day(nil), good...)
		for i := range days {
			f(i, &days[i])
		}
		return days
	}
	for name, c := range map[string]struct {
		days []baseline.Day
		want string
	}{
		"few":  {good[:200], "too few days: 200 of the 329 needed"},
		"gaps": {cut(func(i int, d *baseline.Day) { d.HasKWh = i%8 != 0 }), "too few days"},
		"thin": {cut(func(i int, d *baseline.Day) { d.Coverage = .6 }), ""},
		"zero": {cut(func(i int, d *baseline.Day) {
			if d.Temp < 9 && i%3 == 0 {
				d.KWh = 0
			}
		}), "too few days"},
		"broken": {cut(func(i int, d *baseline.Day) {
			if i%9 == 0 {
				d.KWh *= 40
			}
		}), "broken series"},
		"edge": {cut(func(_ int, d *baseline.Day) { d.KWh = 1000 - 10*d.Temp + float64(d.Date.Day()) }), "not weather-driven: the balance point"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := baseline.Fit(c.days, baseline.FitOptions{Carrier: gtc.CarrierGas})
			if c.want == "" {
				require.ErrorIs(t, err, baseline.ErrTooFew)
				return
			}
			require.NoError(t, err)
			require.False(t, b.Eligible)
			require.Contains(t, b.Reason, c.want)
		})
	}
	_, err := baseline.Fit(good, baseline.FitOptions{Mode: "magic"})
	require.ErrorContains(t, err, "mode")
	_, ok := baseline.Baseline{}.Predict(good[0])
	require.False(t, ok)
}

// TestZeroForMissingIsAGap: cold zeros are not fitted, resting weekends are.
func TestZeroForMissingIsAGap(t *testing.T) {
	days := energytest.MadeUp(365, 15, 10, 1)
	for i := range days {
		if i%20 == 0 && days[i].Temp < 9 {
			days[i].KWh = 0
		}
	}
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	require.True(t, b.Eligible, b.Reason)
	require.Contains(t, b.Reason, "taken for gaps")
	require.InDelta(t, 15, b.Whole.HeatingBP, .5)

	for i, d := range energytest.MadeUp(365, 15, 10, 1) {
		days[i] = d
		if energytest.Weekend(d.Date) && d.Temp < 15 {
			days[i].KWh = 0
		}
	}
	b, err = baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	require.Equal(t, 365, b.Metrics.N)
}

func TestPredictBand(t *testing.T) {
	days := energytest.MadeUp(730, 15, 30, 3)
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
	require.NoError(t, err)
	hit := 0
	for _, d := range days[365:] {
		e, ok := b.Predict(d)
		require.True(t, ok)
		if d.KWh >= e.Low && d.KWh <= e.High {
			hit++
		}
	}
	require.InDelta(t, .90, float64(hit)/365, .06)
	require.Greater(t, b.ProvablePct(), 0.0)
}

func benchmarkFit(b *testing.B, mode baseline.Mode, carrier gtc.Carrier) {
	b.Helper()
	days := energytest.MadeUp(365, 15, 40, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := baseline.Fit(days, baseline.FitOptions{Mode: mode, Carrier: carrier}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFitCaltrack(b *testing.B) { benchmarkFit(b, baseline.CalTRACK, gtc.CarrierGas) }

func BenchmarkFitCaltrackElectricity(b *testing.B) {
	benchmarkFit(b, baseline.CalTRACK, gtc.CarrierElectricity)
}

func BenchmarkFitNative(b *testing.B) { benchmarkFit(b, baseline.Native, gtc.CarrierGas) }

func BenchmarkFitNativeElectricity(b *testing.B) {
	benchmarkFit(b, baseline.Native, gtc.CarrierElectricity)
}
