package drift

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

const hour = time.Hour

// rulesFound returns the data rules that speak of days whose baseline's year and
// the days after it were changed.
func rulesFound(t *testing.T, carrier gtc.Carrier, change func(i int, d *baseline.Day)) []string {
	t.Helper()
	days := energytest.MadeUp(730, 15, 20, quiet)
	for i := range days {
		change(i, &days[i])
	}
	b, err := baseline.Fit(days, baseline.FitOptions{Carrier: carrier, To: days[365].Date})
	require.NoError(t, err)
	var out []string
	for _, f := range New(b).Detect(days, Options{}) {
		if f.Kind == gtc.FindingData {
			out = append(out, f.Rule)
		}
	}
	return out
}

// TestOneBadStretchIsNoHabit: a fault that was in the baseline once does not
// silence the rule, what recurs there does, and a far longer run speaks
// anyway.
func TestOneBadStretchIsNoHabit(t *testing.T) {
	in := func(i, from, days int) bool { return i >= from && i < from+days }
	gas, power := gtc.CarrierGas, gtc.CarrierElectricity
	for name, c := range map[string]struct {
		carrier gtc.Carrier
		value   float64
		// runs begin on these days and last so long.
		runs map[int]int
		want []string
	}{
		"stuck once before":            {gas, 222, map[int]int{60: 5, 500: 80}, []string{RuleStuck}},
		"zero once before":             {power, 0, map[int]int{60: 3, 500: 80}, []string{RuleZero}},
		"stuck again and again":        {gas, 222, map[int]int{20: 6, 60: 6, 320: 6, 400: 6}, nil},
		"stuck far longer":             {gas, 222, map[int]int{20: 6, 60: 6, 320: 6, 400: 30}, []string{RuleStuck}},
		"closed at the same time":      {power, 0, map[int]int{355: 9, 720: 9}, nil},
		"closed far longer":            {power, 0, map[int]int{300: 9, 665: 30}, []string{RuleZero}},
		"closed at another time":       {power, 0, map[int]int{355: 9, 500: 9}, []string{RuleZero}},
		"closed every fortnight":       {power, 0, fortnights(4), nil},
		"closed every fortnight, long": {power, 0, fortnights(40), []string{RuleZero}},
	} {
		t.Run(name, func(t *testing.T) {
			got := rulesFound(t, c.carrier, func(i int, d *baseline.Day) {
				for from, days := range c.runs {
					if in(i, from, days) {
						d.KWh = c.value
					}
				}
			})
			require.Equal(t, c.want, slices.Compact(got))
		})
	}
}

// fortnights closes a building for three days every two weeks, and once after
// the baseline for so many.
func fortnights(last int) map[int]int {
	out := map[int]int{400: last}
	for from := 5; from < 360; from += 14 {
		out[from] = 3
	}
	return out
}
