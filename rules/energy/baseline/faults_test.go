package baseline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestFaultsInTheBaseline: what is no consumption is named by its days, and
// nothing is judged against a baseline that is refused for it.
func TestFaultsInTheBaseline(t *testing.T) {
	between := func(i, from, to int) bool { return i >= from && i < to }
	for name, c := range map[string]struct {
		change              func(i int, d *baseline.Day)
		eligible, judgeable bool
		reason              string
	}{
		"stuck": {func(i int, d *baseline.Day) {
			if i < 120 {
				d.KWh = 150
			}
		}, false, false, "broken series: 120 days of 150 kWh each from 2024-01-01 on"},
		"stuck for two weeks": {func(i int, d *baseline.Day) {
			if between(i, 100, 115) {
				d.KWh = 212.5
			}
		}, true, true, "15 days of 212.5 kWh each from 2024-04-10 on"},
		"cubic metres first": {func(i int, d *baseline.Day) {
			if i < 100 {
				d.KWh /= 11
			}
		}, false, false, "2024-04-10 on: another unit or factor, or works"},
		"a renovation": {func(i int, d *baseline.Day) {
			if i > 200 {
				d.KWh *= .6
			}
		}, false, false, "broken series: the level changes by -"},
		"a smaller one": {func(i int, d *baseline.Day) {
			if i > 200 {
				d.KWh *= .76
			}
		}, true, true, "the level changes by -2"},
		"one day that cannot be": {func(i int, d *baseline.Day) {
			if i == 136 {
				d.KWh = 250_000
			}
		}, true, true, "far above all others and left out: 250000 kWh on 2024-05-16"},
		"three days that cannot be": {func(i int, d *baseline.Day) {
			if i == 30 || i == 136 || i == 200 {
				d.KWh = 250_000 + float64(i)
			}
		}, false, false, "above all 250200 kWh on 2024-07-19, 250136 kWh on 2024-05-16"},
	} {
		t.Run(name, func(t *testing.T) {
			days := energytest.MadeUp(366, 15, 20, 1)
			for i := range days {
				c.change(i, &days[i])
			}
			b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas})
			require.NoError(t, err)
			require.Contains(t, b.Reason, c.reason)
			require.Equal(t, c.eligible, b.Eligible, b.Reason)
			require.Equal(t, c.judgeable, b.Judgeable, b.Reason)
		})
	}
}

// TestProcessStaysJudged: a steady use that does not follow the weather, or
// does so by season only, is watched.
func TestProcessStaysJudged(t *testing.T) {
	days := energytest.MadeUp(366, -40, 8, 1)
	for i := range days {
		if m := days[i].Date.Month(); m >= 6 && m <= 8 {
			days[i].KWh *= .75 // less hot water in summer
		}
	}
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierHeat})
	require.NoError(t, err)
	require.True(t, b.Judgeable, b.Reason)
	constant := days
	for i := range constant {
		constant[i].KWh = 80
	}
	b, err = baseline.Fit(constant, baseline.FitOptions{Carrier: gtc.CarrierGas})
	require.NoError(t, err)
	require.True(t, b.Judgeable, b.Reason)
	require.Contains(t, b.Reason, "not weather-driven")
}

// TestWholeYear: enough days are not enough: they must be nine tenths of the
// period and, where the weather drives the use, have seen each month.
func TestWholeYear(t *testing.T) {
	month := func(d baseline.Day) int { return int(d.Date.Month()) }
	for name, c := range map[string]struct {
		days                int
		keep                func(i int, d baseline.Day) bool
		eligible, judgeable bool
		reason              string
	}{
		"a year":             {366, func(int, baseline.Day) bool { return true }, true, true, ""},
		"five weeks missing": {366, func(i int, _ baseline.Day) bool { return i < 194 || i >= 229 }, true, true, ""},
		"two winters":        {731, func(_ int, d baseline.Day) bool { return month(d) >= 10 || month(d) <= 4 }, false, false, "too few days: 425 of the 731 from 2024-01-01 to 2025-12-31, 90 % needed"},
		"every second day":   {731, func(i int, _ baseline.Day) bool { return i%2 == 0 }, false, false, "too few days: 366 of the 731"},
		"no August":          {366, func(_ int, d baseline.Day) bool { return month(d) != 8 }, false, true, "no whole year: fewer than 10 days of August"},
	} {
		t.Run(name, func(t *testing.T) {
			var days []baseline.Day
			for i, d := range energytest.MadeUp(c.days, 15, 20, 1) {
				if c.keep(i, d) {
					days = append(days, d)
				}
			}
			for _, mode := range []baseline.Mode{baseline.Native, baseline.CalTRACK} {
				b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, Mode: mode})
				require.NoError(t, err)
				if mode == baseline.CalTRACK && name == "no August" {
					require.True(t, b.Eligible, "CalTRACK asks for nine tenths of the days only")
					continue
				}
				require.Equal(t, c.eligible, b.Eligible, b.Reason)
				require.Equal(t, c.judgeable, b.Judgeable, b.Reason)
				require.Contains(t, b.Reason, c.reason)
			}
		})
	}
}
