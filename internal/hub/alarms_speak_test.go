package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// spoken is an alarm engine of two contacts of one site, for which this hub
// speaks or does not.
func spoken(t *testing.T, speaks *bool) (a *alarms, at time.Time) {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Library(cat)
	require.NoError(t, err)
	site := gtc.Site{ID: "site", Location: time.UTC, Equipment: []gtc.Equipment{{ID: "c1", Kind: "contact"}, {ID: "cold", Kind: "cold_room"}}}
	a = newAlarms(classes, []gtc.Site{site}, nil, nil)
	a.mine = func(gtc.SiteID) bool { return *speaks }
	at = time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	a.pass(at)
	return a, at
}

func ofContact(p gtc.PointID, at time.Time, on bool) []gtc.Sample {
	return []gtc.Sample{{Series: gtc.Series{Site: "site", Kind: "contact", Equipment: "c1", Point: p}, At: at, Value: gtc.Bool(on), Quality: gtc.QualityGood}}
}

// hears keeps an edge heard, so that its loss is no alarm here.
func hears(a *alarms, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.say(a.engine.Health(alarm.Health{Site: "site", At: at}))
}

func TestWhoDoesNotSpeakKeepsBackExceptLifeSafety(t *testing.T) {
	speaks := false
	a, at := spoken(t, &speaks)
	hears(a, at)
	require.True(t, a.observe(ofContact("gas_alarm", at, true), true), "life safety is said by whoever sees it")
	require.Len(t, a.pending(), 1)
	a.said(a.pending()[0].ID)
	require.False(t, a.observe(ofContact("gas_alarm", at.Add(time.Second), false), true), "its end is said by the one who speaks")
	require.Empty(t, a.pending())

	// That one is gone: what it did not say is said now.
	speaks = true
	require.Len(t, a.pending(), 1)
	speaks = false

	// It said it, a moment earlier by its clock: nothing is left to say.
	al, _ := a.alarm("site/c1/gas_alarm")
	al.Changed = al.Changed.Add(-time.Millisecond)
	a.theirs(al)
	speaks = true
	require.Empty(t, a.pending())
}

func TestWhatTheOtherNeverSaysIsForgotten(t *testing.T) {
	speaks := false
	a, at := spoken(t, &speaks)
	a.pass(at.Add(6 * time.Minute)) // this hub alone hears no edge
	require.NotEmpty(t, a.pendingOf("site/edge/edge_lost"))
	require.Empty(t, a.pending())
	a.pass(at.Add(6*time.Minute + othersSay))
	require.Empty(t, a.pendingOf("site/edge/edge_lost"))
	require.Positive(t, a.leftOut())
	speaks = true
	require.Empty(t, a.pending(), "it is not said when this hub takes over")
}

func TestWhatAPersonDecidesIsSaidAtOnce(t *testing.T) {
	speaks := false
	a, at := spoken(t, &speaks)
	hears(a, at)
	a.observe(ofContact("gas_alarm", at, true), true)
	a.said(a.pending()[0].ID)
	require.NoError(t, a.decide(at.Add(time.Second), func(e *alarm.Engine, now time.Time) ([]gtc.Event, error) {
		return e.Acknowledge("site/c1/gas_alarm", "un", now)
	}))
	require.Len(t, a.pending(), 1)
	changed, _, _ := a.changed(nil)
	require.Len(t, changed, 1, "and kept")
	require.NoError(t, a.decide(at.Add(time.Second), func(e *alarm.Engine, now time.Time) ([]gtc.Event, error) {
		return e.Plan(alarm.Work{Kind: alarm.WorkMaintenance, Site: "site", Equipment: "cold", By: "un", Reason: "dégivrage", From: now, Until: now.Add(time.Hour)}, now)
	}))
	var kinds []gtc.EventKind
	for _, ev := range a.pending() {
		kinds = append(kinds, ev.Kind)
	}
	require.Contains(t, kinds, gtc.EventWork)

	// The hub that speaks takes the works over, without saying it again.
	speaks = true
	b, _ := spoken(t, &speaks)
	a.mu.Lock()
	works := a.engine.Works()
	a.mu.Unlock()
	b.planned(works)
	require.Empty(t, b.pending())
	out, ok := b.alarm("site/cold/cold_room_warm")
	require.True(t, ok)
	require.Equal(t, gtc.AlarmOutOfService, out.State)
	b.planned(nil)
	out, _ = b.alarm("site/cold/cold_room_warm")
	require.Equal(t, gtc.AlarmNormal, out.State)
}

func TestAClaimEndsWhenItIsNotRepeated(t *testing.T) {
	now := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	o := newOthers(func() time.Time { return now })
	require.True(t, o.leave("site"))
	o.take(claim{Hub: "second", Sites: []gtc.SiteID{"site"}})
	require.False(t, o.leave("site"))
	require.True(t, o.leave("other"))
	now = now.Add(claimLife)
	require.True(t, o.leave("site"), "nothing was heard of it")
	o.take(claim{Hub: "second", Sites: []gtc.SiteID{"site"}})
	o.take(claim{Hub: "second"})
	require.True(t, o.leave("site"), "it said so itself")
}
