package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A sign that may separate thousands as well as decimals is said: the values
// would be a thousand times as large.
func TestDoubtfulDecimalSignIsSaid(t *testing.T) {
	for text, doubtful := range map[string]bool{
		"1,234|2,345|13,456": true,
		"1.234|-2.345|3":     true,
		"1,234|2,3":          false,
		"0,250|1,234":        false,
		"1.234,5|1,234":      false,
		"1234,567":           false,
		"12|13":              false,
	} {
		_, got := thousandfold(strings.Split(text, "|"))
		require.Equal(t, doubtful, got, text)
	}
	b, err := Parse("f.csv", []byte("Date;kWh\n01/01/2025;1,234\n02/01/2025;2,345\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Contains(t, strings.Join(b.Notes, "\n"), "signe décimal douteux : « 2,345 »")
	b, err = Parse("f.csv", []byte("Date;kWh\n01/01/2025;1,234\n02/01/2025;2,345\n"), Profile{Decimal: ","}, electricity(t))
	require.NoError(t, err)
	require.NotContains(t, strings.Join(b.Notes, "\n"), "douteux")
}

// What a meter cannot have counted is refused by its line, and what comes
// after is set against what is right.
func TestImpossibleConsumptionIsRefused(t *testing.T) {
	meter := electricity(t)
	meter.Meter.MaxPerHour = 100
	b, err := Parse("f.csv", []byte("Date;Index (kWh)\n01/01/2025;1000\n02/01/2025;1e12\n03/01/2025;1200\n"), Profile{}, meter)
	require.NoError(t, err)
	require.Len(t, b.Mistakes, 1)
	require.Contains(t, b.Mistakes[0].Error(), "f.csv:3:1: 9.99999999e+11 kWh en 24 h : le compteur n'en compte pas plus de 2400 (max_per_hour)")
	require.Len(t, b.Readings, 2)
	require.InDelta(t, 200, b.Readings[1].Index-b.Readings[0].Index, 1e-9)

	b, err = Parse("f.csv", []byte("Date;kWh\n01/01/2025;1000\n02/01/2025;2400\n03/01/2025;2401\n"), Profile{}, meter)
	require.NoError(t, err)
	require.Len(t, b.Consumptions, 2)
	require.Equal(t, 4, b.Mistakes[0].Line)

	cubic := gas(t)
	cubic.Meter.MaxPerHour = 100
	b, err = Parse("f.csv", []byte("Date;m3\n01/01/2025;2400\n02/01/2025;2500\n"), Profile{}, cubic)
	require.NoError(t, err)
	require.Len(t, b.Consumptions, 1, "the limit is in m³, not in the kWh of it")
}

func TestHeadWithoutRowsIsRefused(t *testing.T) {
	_, err := Parse("f.csv", []byte("Date;kWh\n\n"), Profile{}, electricity(t))
	require.ErrorContains(t, err, "f.csv:1:1: aucune ligne sous l'en-tête")
}
