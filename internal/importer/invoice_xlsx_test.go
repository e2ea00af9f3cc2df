package importer_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
)

// TestInvoicesFromAWorkbook reads date cells and numbers as a supplier's
// workbook has them, below an address, with an estimate among them.
func TestInvoicesFromAWorkbook(t *testing.T) {
	f := excelize.NewFile()
	date := func(m time.Month, d int) time.Time { return time.Date(2025, m, d, 0, 0, 0, 0, time.UTC) }
	for i, row := range [][]any{
		{"Fournisseur d'exemple"},
		{},
		{"Du", "Au", "Consommation (kWh)", "Montant TVAC", "Type de relevé"},
		{date(1, 1), date(1, 31), 9300.5, 620.1, "Relevé"},
		{date(2, 1), date(2, 28), 8400, 560, "Estimé"},
		{date(3, 1), date(3, 31), "neuf mille", 1, "Relevé"},
	} {
		require.NoError(t, f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row))
	}
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	target := importer.Target{Site: "s", Location: loc, Unit: "kWh", Meter: gtc.Meter{Equipment: "c", KWhPerUnit: 1, Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport}}
	b, err := importer.Parse("factures.xlsx", out.Bytes(), importer.Profile{}, target)
	require.NoError(t, err)
	require.Equal(t, importer.KindInvoices, b.Kind)
	require.Len(t, b.Consumptions, 2)
	require.InDelta(t, 9300.5, b.Consumptions[0].KWh, 1e-9)
	require.Equal(t, time.Date(2025, 2, 1, 0, 0, 0, 0, loc).Unix(), b.Consumptions[0].To.Unix(), "the last day is part of it")
	require.True(t, b.Consumptions[1].Estimated)
	require.Equal(t, map[string]int{"Relevé": 2, "Estimé": 1}, b.Codes, "of all lines, the one not taken too")
	require.InDelta(t, 1180.1, b.EUR, 1e-9)
	require.Len(t, b.Mistakes, 1)
	require.Contains(t, b.Mistakes[0].Error(), "factures.xlsx[Sheet1]:6:3")
}
