package drift

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/energytest"
)

// TestFaultsOfTheDataInSummer: a fault shows also when the whole day's use is
// below a third of the year's mean, from its first day on, and neither a drift
// nor a saving is told of it, however long it lasts.
func TestFaultsOfTheDataInSummer(t *testing.T) {
	factor := func(f float64) func(*baseline.Day) { return func(d *baseline.Day) { d.KWh *= f } }
	for name, c := range map[string]struct {
		rule   string
		days   int
		change func(*baseline.Day)
		late   int // most days after the first one to be told
	}{
		"m³ for kWh":            {RuleUnit, 200, factor(1 / 11.), unitDaysLow - 1},
		"Wh for kWh":            {RuleUnit, 200, factor(1000), unitDays - 1},
		"kWh for m³, 40 days":   {RuleUnit, 40, factor(11), unitDays - 1},
		"dead":                  {RuleZero, 80, factor(0), zeroDays - 1},
		"dead until the winter": {RuleZero, 200, factor(0), zeroDays - 1},
	} {
		t.Run(name, func(t *testing.T) {
			days := energytest.MadeUp(730, 15, 15, quiet)
			b, err := baseline.Fit(days, baseline.FitOptions{Carrier: gtc.CarrierGas, To: days[365].Date})
			require.NoError(t, err)
			const at = 365 + 155
			for i := at; i < min(len(days), at+c.days); i++ {
				c.change(&days[i])
			}
			found := New(b).Detect(days, Options{})
			require.NotEmpty(t, found)
			require.Equal(t, c.rule, found[0].Rule)
			require.WithinDuration(t, days[at].Date, found[0].Onset, 24*hour)
			require.False(t, found[0].Detected.After(days[at+c.late].Date), found[0].Detected)
			if at+c.days < len(days) {
				require.Equal(t, days[at+c.days].Date, found[0].End)
			}
			require.Len(t, found, 1, "nothing else is told of it")
			require.Equal(t, gtc.FindingData, found[0].Kind)
		})
	}
}
