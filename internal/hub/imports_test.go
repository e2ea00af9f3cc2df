package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// take imports a file into the gas meter.
func (h *heated) take(t *testing.T, text string) importer.Report {
	t.Helper()
	o := importer.Options{
		Oldest: h.start.AddDate(0, -1, 0),
		Store: importer.Store{DB: h.db, Database: influx.Raw, Target: importer.Target{
			Site: "s1", Meter: h.site.Meters[0], Location: h.site.Location, Unit: "m³", Now: time.Now().UTC(),
		}},
	}
	r, err := importer.Import(t.Context(), "f.csv", []byte(text), o)
	require.NoError(t, err)
	require.Empty(t, r.Mistakes)
	return r
}

// TestImportsAreTakenOver imports while the rules run: a year before the first
// sample as days, a gap as days of the operator, and an invoice over all.
func TestImportsAreTakenOver(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(0, 3, 0)
	gap := h.start.AddDate(0, 2, 0)
	h.write(t, h.start, gap, time.Time{}, 0)
	h.write(t, gap.AddDate(0, 0, 5), end, time.Time{}, 0)
	pass := func() {
		t.Helper()
		require.NoError(t, h.rules.takeImports(t.Context(), time.Now()))
		_, err := h.rules.pass(t.Context(), end)
		require.NoError(t, err)
	}
	require.NoError(t, h.rules.restore(t.Context()))
	pass()
	require.True(t, h.dayAt(t, gap.AddDate(0, 0, 2)).Estimated)
	before := h.state().days.Len()

	var days strings.Builder
	days.WriteString("Date;kWh\n")
	for d := h.start.AddDate(-1, 0, 0); d.Before(end); d = d.AddDate(0, 0, 1) {
		fmt.Fprintf(&days, "%s;%.3f\n", d.Format("02/01/2006"), h.daily(d))
	}
	r := h.take(t, days.String())
	require.Greater(t, r.Days.Kept, 80, "days that the site measured")
	h.take(t, fmt.Sprintf("Du;Au;kWh\n%s;%s;300000\n", h.start.AddDate(-2, 0, 0).Format("02/01/2006"), h.start.AddDate(0, 1, 0).Format("02/01/2006")))
	pass()
	ms := h.state()
	require.Greater(t, ms.days.Len(), before+700, "a year of days, and a year of an invoice")
	filled := h.dayAt(t, gap.AddDate(0, 0, 2))
	require.InDelta(t, 1, filled.Coverage, 0, "the operator's day takes the place of the spread gap")
	require.InDelta(t, h.daily(gap.AddDate(0, 0, 2)), filled.KWh, 0.01)

	// Only what was measured can be fitted on.
	for _, d := range energy.Join(ms.days.All(), nil) {
		if d.Date.Before(h.start.AddDate(-1, 0, 0)) {
			require.Zero(t, d.Coverage, "%s is a part of an invoice", d.Date)
		}
	}

	// The samples of the gap roll up again (a late one came): the days of the
	// operator stay, in memory and in InfluxDB, and after a restart.
	h.rules.observe([]gtc.Sample{{Series: gtc.Series{Site: "s1", Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}, At: gap.AddDate(0, 0, -1), Value: gtc.Float(1)}})
	pass()
	require.InDelta(t, 1, h.dayAt(t, gap.AddDate(0, 0, 2)).Coverage, 0)
	have := h.state().days
	h.fresh()
	require.NoError(t, h.rules.restore(t.Context()))
	require.Equal(t, have.Len(), h.state().days.Len())

	// The samples themselves come late: they take over.
	h.write(t, gap, gap.AddDate(0, 0, 5), time.Time{}, 0)
	h.rules.observe([]gtc.Sample{{Series: gtc.Series{Site: "s1", Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}, At: gap.AddDate(0, 0, -1), Value: gtc.Float(1)}})
	pass()
	for _, d := range h.state().days.All() {
		if d.Start.Equal(gap.AddDate(0, 0, 2)) {
			require.Empty(t, d.Source)
		}
	}
	require.Equal(t, 1, h.origins(t, "samples", gap.AddDate(0, 0, 2)))
	r = h.take(t, days.String())
	require.Zero(t, r.Days.New+r.Days.Changed, "nothing that the site measured is replaced: %+v", r.Days)
}

// origins counts the days at an instant of an origin.
func (h *heated) origins(t *testing.T, origin string, day time.Time) (n int) {
	t.Helper()
	require.NoError(t, h.db.Read(t.Context(), influx.Query{
		Database: influx.Rollup, Text: "SELECT origin FROM energy WHERE step='day' AND time = $at AND origin = $origin",
		Params: influx.Params{"at": day, "origin": origin},
	}, func(tb *influx.Table) error {
		n += len(tb.Values)
		return nil
	}))
	return n
}

// TestImportedReadingsAreRolledUp brings index readings of long ago.
func TestImportedReadingsAreRolledUp(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(0, 6, 0)
	h.write(t, h.start.AddDate(0, 3, 0), end, time.Time{}, 0)
	require.NoError(t, h.rules.restore(t.Context()))
	_, err := h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	before := h.state().days.Len()
	r := h.take(t, fmt.Sprintf("Date;Index (m3)\n%s;500\n%s;700\n", h.start.Format("02/01/2006"), h.start.AddDate(0, 1, 0).Format("02/01/2006")))
	require.Equal(t, 2, r.Readings.New)
	require.NoError(t, h.rules.takeImports(t.Context(), time.Now()))
	_, err = h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	require.Greater(t, h.state().days.Len(), before+80)
	require.Zero(t, h.dayAt(t, h.start.AddDate(0, 0, 10)).Coverage)
	require.InDelta(t, 2000/h.start.AddDate(0, 1, 0).Sub(h.start).Hours()*24, h.dayAt(t, h.start.AddDate(0, 0, 10)).KWh, 0.01)
}
