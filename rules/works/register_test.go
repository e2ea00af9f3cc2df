package works

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func at(n int) time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

func boiler() Entry {
	return Entry{
		ID: "w1", Site: "s", Meters: []gtc.EquipmentID{"gas"}, Kind: Works, From: "2026-01-10", To: "2026-01-31",
		Description: "chaudière remplacée", CostEUR: 48000, ExpectedPct: 15, By: "un", At: at(0),
	}
}

func TestEntryChecks(t *testing.T) {
	adjust := func(a Adjustment) *Adjustment { a.By, a.Reason = "un", "12 lits de plus"; return &a }
	for name, c := range map[string]struct {
		change func(*Entry)
		want   error
	}{
		"as it is":           {func(*Entry) {}, nil},
		"open":               {func(e *Entry) { e.To = "" }, nil},
		"one day":            {func(e *Entry) { e.To = e.From }, nil},
		"nobody":             {func(e *Entry) { e.By = "" }, ErrNobody},
		"no site":            {func(e *Entry) { e.Site = "" }, ErrUnknown},
		"strange kind":       {func(e *Entry) { e.Kind = "party" }, ErrKind},
		"no description":     {func(e *Entry) { e.Description = " " }, ErrNoReason},
		"no beginning":       {func(e *Entry) { e.From = "" }, ErrDays},
		"ends before":        {func(e *Entry) { e.To = "2026-01-09" }, ErrDays},
		"negative cost":      {func(e *Entry) { e.CostEUR = -1 }, ErrNumber},
		"saves more than it": {func(e *Entry) { e.ExpectedPct = 101 }, ErrNumber},
		"works adjusted":     {func(e *Entry) { e.Adjust = adjust(Adjustment{Pct: 5}) }, ErrAdjust},
		"adjusted":           {func(e *Entry) { e.Kind, e.Adjust = Occupancy, adjust(Adjustment{Pct: 5}) }, nil},
		"adjusted twice":     {func(e *Entry) { e.Kind, e.Adjust = Occupancy, adjust(Adjustment{Pct: 5, KWhPerDay: 3}) }, ErrAdjust},
		"adjusted by zero":   {func(e *Entry) { e.Kind, e.Adjust = Occupancy, adjust(Adjustment{}) }, ErrAdjust},
		"adjusted by nobody": {func(e *Entry) { e.Kind, e.Adjust = Occupancy, &Adjustment{Pct: 5, Reason: "x"} }, ErrNobody},
		"without a reason":   {func(e *Entry) { e.Kind, e.Adjust = Occupancy, &Adjustment{Pct: 5, By: "un"} }, ErrNoReason},
	} {
		e := boiler()
		c.change(&e)
		_, err := Register{}.Add(e)
		require.ErrorIs(t, err, c.want, name)
	}
}

func TestEffects(t *testing.T) {
	beds := Entry{
		ID: "w2", Site: "s", Kind: Occupancy, From: "2026-02-01", Description: "aile rouverte", By: "un",
		Adjust: &Adjustment{Pct: 10, By: "un", Reason: "12 lits"},
	}
	kitchen := Entry{
		ID: "w3", Site: "s", Meters: []gtc.EquipmentID{"elec"}, Kind: Equipment, From: "2026-02-10", To: "2026-02-11", Description: "four", By: "un",
		Adjust: &Adjustment{KWhPerDay: 24, By: "un", Reason: "four"},
	}
	var r Register
	for _, e := range []Entry{boiler(), beds, kitchen} {
		var err error
		r, err = r.Add(e)
		require.NoError(t, err)
	}
	for d, want := range map[Day]bool{"2026-01-09": false, "2026-01-10": true, "2026-01-31": true, "2026-02-01": false} {
		require.Equal(t, want, r.Excludes("gas", d), d)
		require.False(t, r.Excludes("elec", d))
	}
	kwh, share := r.Adjustment("elec", "2026-02-10")
	require.InDelta(t, 24, kwh, 0)
	require.InDelta(t, 0.1, share, 1e-12)
	kwh, share = r.Adjustment("gas", "2026-02-10")
	require.Zero(t, kwh)
	require.InDelta(t, 0.1, share, 1e-12)
	kwh, share = r.Adjustment("gas", "2026-01-31")
	require.Zero(t, kwh+share)

	struck, err := r.Strike("w2", "deux", "pas ce site", at(1))
	require.NoError(t, err)
	_, share = struck.Adjustment("gas", "2026-02-10")
	require.Zero(t, share)
	_, share = r.Adjustment("gas", "2026-02-10")
	require.InDelta(t, 0.1, share, 1e-12, "what is given is not changed")
	_, err = struck.Strike("w2", "deux", "encore", at(1))
	require.ErrorIs(t, err, ErrUnknown)
	_, err = r.Strike("w2", "deux", " ", at(1))
	require.ErrorIs(t, err, ErrNoReason)
}

func TestOpenEntryIsClosed(t *testing.T) {
	e := boiler()
	e.To = ""
	r, err := Register{}.Add(e)
	require.NoError(t, err)
	require.True(t, r.Excludes("gas", "2030-01-01"))
	_, err = r.Close("w1", "2026-01-09", "deux", at(2))
	require.ErrorIs(t, err, ErrDays)
	_, err = r.Close("w1", "", "deux", at(2))
	require.ErrorIs(t, err, ErrDays)
	r, err = r.Close("w1", "2026-01-20", "deux", at(2))
	require.NoError(t, err)
	require.False(t, r.Excludes("gas", "2026-01-21"))
	got, ok := r.Entry("w1")
	require.True(t, ok)
	require.Equal(t, "deux", got.By)
	require.False(t, got.Open())
	got.Site = "elsewhere"
	r, err = r.Replace(got)
	require.NoError(t, err)
	require.Equal(t, gtc.SiteID("s"), r.Entries[0].Site, "an entry stays with its site")
	_, err = r.Add(boiler())
	require.ErrorIs(t, err, ErrUnknown, "an id is used once")
}

func TestBaselineIsMovedBySomebodyWithAReason(t *testing.T) {
	ok := Move{Site: "s", Meter: "gas", From: "2025-01-01", To: "2025-12-31", By: "un", At: at(0), Reason: "toiture isolée", Was: &Model{From: "2023-01-01", To: "2023-12-31", Days: 360}}
	for name, c := range map[string]struct {
		change func(*Move)
		want   error
	}{
		"as it is":   {func(*Move) {}, nil},
		"nobody":     {func(m *Move) { m.By = "" }, ErrNobody},
		"no reason":  {func(m *Move) { m.Reason = "" }, ErrNoReason},
		"no meter":   {func(m *Move) { m.Meter = "" }, ErrUnknown},
		"too short":  {func(m *Move) { m.To = "2025-11-01" }, ErrDays},
		"backwards":  {func(m *Move) { m.To = "2024-11-01" }, ErrDays},
		"the future": {func(m *Move) { m.To = "2026-12-31" }, ErrDays},
	} {
		m := ok
		c.change(&m)
		_, err := Register{}.Move(m)
		require.ErrorIs(t, err, c.want, name)
	}
	r, err := Register{}.Move(ok)
	require.NoError(t, err)
	later := ok
	later.From, later.To = "2025-02-01", "2026-01-31"
	r, err = r.Move(later)
	require.NoError(t, err)
	got, moved := r.Moved("gas")
	require.True(t, moved)
	require.Equal(t, Day("2025-02-01"), got.From)
	require.Len(t, r.Moves, 2, "the former ones are kept")
	_, moved = r.Moved("elec")
	require.False(t, moved)
	require.Len(t, r.Of("s").Moves, 2)
	require.Empty(t, r.Of("other").Moves)
}

func TestDays(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	require.Equal(t, Day("2026-03-30"), Day("2026-03-29").Next(), "a day of 23 hours")
	require.Equal(t, Day(""), Day("").Next())
	require.Equal(t, 22, Day("2026-03-30").Time(brussels).UTC().Hour())
	require.True(t, Day("").Time(brussels).IsZero())
	var d Day
	require.Error(t, d.UnmarshalText([]byte("31/01/2026")))
	require.NoError(t, d.UnmarshalText([]byte("2026-01-31")))
	require.Equal(t, d, DayOf(d.Time(brussels)))
}

func TestMergeReplacesByIDAndLosesNothing(t *testing.T) {
	other := boiler()
	other.ID = "w2"
	r := Register{Entries: []Entry{boiler(), other}, Moves: []Move{{Site: "s", Meter: "gas", From: "2024-01-01", To: "2024-12-31", At: at(5)}}}
	changed, added := boiler(), boiler()
	changed.Description, added.ID = "vanne", "w3"
	earlier := r.Moves[0]
	earlier.At = at(1)
	got := r.Merge(Register{Entries: []Entry{changed, added}, Moves: []Move{r.Moves[0], earlier}})
	require.Equal(t, []Entry{changed, other, added}, got.Entries)
	require.Equal(t, []Move{earlier, r.Moves[0]}, got.Moves)
	require.Equal(t, "chaudière remplacée", r.Entries[0].Description, "what is given is not changed")
}
