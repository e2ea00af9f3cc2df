package register

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/works"
)

func entry(id string) works.Entry {
	return works.Entry{
		ID: id, Site: "site-a", Meters: []gtc.EquipmentID{"gas"}, Kind: works.Occupancy, From: "2026-01-10", Description: "aile: « rouverte »", By: "un",
		At:     time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		Adjust: &works.Adjustment{Pct: 10.5, By: "un", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Reason: "12 lits"},
	}
}

func open(t *testing.T, h *bus.Hub) *Store {
	t.Helper()
	js, err := jetstream.New(h.Conn())
	require.NoError(t, err)
	s, err := Open(t.Context(), js)
	require.NoError(t, err)
	return s
}

// Two hubs write at once, a third reads: nothing is lost, and it survives a
// restart of the bus.
func TestRegisterIsKeptByCompareAndSet(t *testing.T) {
	dir := t.TempDir()
	start := func() *bus.Hub {
		h, err := bus.StartHub(t.Context(), bus.HubOptions{Dir: dir, NoSync: true, Log: zerolog.Nop()})
		require.NoError(t, err)
		return h
	}
	h := start()
	one, two := open(t, h), open(t, h)
	add := func(id string) func(works.Register) (works.Register, error) {
		return func(r works.Register) (works.Register, error) { return r.Add(entry(id)) }
	}
	require.NoError(t, one.Change(t.Context(), "site-a", add("a")))
	require.NoError(t, two.Change(t.Context(), "site-a", add("b")), "it had not seen the first")
	require.Len(t, two.Of("site-a").Entries, 2)
	require.ErrorIs(t, two.Change(t.Context(), "site-a", add("b")), works.ErrUnknown)

	ctx, stop := context.WithCancel(t.Context())
	told := make(chan gtc.SiteID, 8)
	done := make(chan error, 1)
	go func() {
		done <- one.Follow(ctx, func(s gtc.SiteID) { told <- s }, func(err error) { t.Error(err) })
	}()
	require.Equal(t, gtc.SiteID("site-a"), <-told)
	require.Len(t, one.Of("site-a").Entries, 2)
	stop()
	require.ErrorIs(t, <-done, context.Canceled)

	h.Close()
	h = start()
	t.Cleanup(h.Close)
	require.Equal(t, two.All(), open(t, h).All())
}

func TestFile(t *testing.T) {
	r := works.Register{Entries: []works.Entry{entry("a")}, Moves: []works.Move{{
		Site: "site-a", Meter: "gas", From: "2025-01-01", To: "2025-12-31", By: "un", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Reason: "toiture",
		Was: &works.Model{From: "2023-01-01", To: "2023-12-31", Form: "hdd_only", Intercept: 207.5, Slope: 190.25, BalanceC: 15.5, R2: 0.94, CVRMSE: 0.16, Days: 360, KWhPerDay: 900},
	}}}
	text, err := Format(r)
	require.NoError(t, err)
	got, err := Parse("works.yaml", text)
	require.NoError(t, err, string(text))
	require.Equal(t, r, got)

	_, err = Parse("works.yaml", []byte("works:\n  - {id: a, site: s, kind: party, from: 2026-13-01, description: x, by: un, colour: red}\nbaselines:\n  - {site: s, meter: m, from: 2025-01-01, to: 2025-02-01, by: un, reason: x}\n"))
	require.ErrorContains(t, err, "works.yaml:2:")
	require.ErrorContains(t, err, "kind of entry unknown")
	require.ErrorContains(t, err, "works[0].from: expected a text")
	require.ErrorContains(t, err, `unknown key "colour"`)
	require.ErrorContains(t, err, "period not possible")
}

func FuzzParse(f *testing.F) {
	text, err := Format(works.Register{Entries: []works.Entry{entry("a")}})
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("works: [{id: a}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse("works.yaml", data)
		if err != nil {
			return
		}
		again, err := Format(r)
		require.NoError(t, err)
		_, err = Parse("again.yaml", again)
		require.NoError(t, err, string(again))
	})
}
