package edge

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/channel/modem/modemtest"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// site is a rest home with a modem whose hub comes and goes.
type site struct {
	*lastResort
	t      *testing.T
	radio  *modemtest.Radio
	linked bool
	at     time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	classes, err := alarm.Library(cat)
	require.NoError(t, err)
	cfg := &config.Site{
		ID: "home", Label: gtc.Label{"fr": "Home Test"}, Category: gtc.CategoryRestHome, TimeZone: "Europe/Brussels",
		Equipment: []config.Equipment{
			{ID: "incendie", Kind: gtc.KindFirePanel, Label: gtc.Label{"fr": "Centrale incendie"}},
			{ID: "chaudiere", Kind: "boiler", Label: gtc.Label{"fr": "Chaudière"}},
		},
		Modem: config.SiteModem{Device: "simulated", Recipients: []string{"+32475000001", "+32475000002"}},
	}
	s := &site{t: t, radio: modemtest.New(), linked: true, at: time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)}
	line := modem.NewLine(func(ctx context.Context) (*modem.Modem, error) { return modem.New(ctx, s.radio.Dial()) })
	t.Cleanup(func() { require.NoError(t, line.Close()) })
	s.lastResort = newLastResort(cfg, classes, line, func() bool { return s.linked }, s.at, zerolog.Nop())
	return s
}

// pass lets time pass in which the points are read each ten seconds.
func (s *site) pass(d time.Duration, fire, lockout, low bool) {
	for end := s.at.Add(d); s.at.Before(end); {
		s.at = s.at.Add(10 * time.Second)
		value := func(eq gtc.EquipmentID, k gtc.Kind, p gtc.PointID, on bool) gtc.Sample {
			return gtc.Sample{Series: gtc.Series{Site: "home", Kind: k, Equipment: eq, Point: p}, At: s.at, Value: gtc.Bool(on), Quality: gtc.QualityGood}
		}
		s.Observe(value("incendie", gtc.KindFirePanel, "fire_alarm", fire), value("chaudiere", "boiler", "lockout", lockout), value("chaudiere", "boiler", "pressure_low", low))
		s.tick(s.at)
	}
}

func (s *site) sent() []modemtest.SMS {
	s.t.Helper()
	before := len(s.radio.Sent())
	require.NoError(s.t, s.send(s.t.Context()))
	return s.radio.Sent()[before:]
}

func TestTheSiteSpeaksForItselfWhenTheHubIsSilent(t *testing.T) {
	s := newSite(t)
	s.pass(10*time.Minute, true, true, true)
	require.Empty(t, s.sent(), "the hub tells of it")

	s.linked = false
	s.pass(4*time.Minute, true, true, true)
	require.Empty(t, s.sent(), "a short absence")
	s.pass(2*time.Minute, true, true, true)
	got := s.sent()
	require.Len(t, got, 4, "two numbers, the fire and the boiler; pressure is not for the last resort")
	require.Contains(t, got[0].Text, "P1 · Home Test · Centrale incendie · Alarme incendie")
	require.Contains(t, got[0].Text, "(envoyé par le site)")
	require.Contains(t, got[0].Text, "Info GTC – procédure du site et 112")
	require.Contains(t, got[2].Text, "Chaudière en sécurité")
	require.ElementsMatch(t, []string{"+32475000001", "+32475000002"}, []string{got[0].Number, got[1].Number})
	s.pass(time.Hour, true, true, true)
	require.Empty(t, s.sent(), "said once")

	// A new occurrence is said, and life safety that came and went as well.
	s.pass(time.Minute, false, true, true)
	s.pass(20*time.Second, true, true, true)
	s.pass(time.Minute, false, true, true)
	require.Len(t, s.sent(), 2)

	// The hub is back, and goes again: what still stands is told anew.
	s.linked = true
	s.pass(time.Minute, false, true, true)
	s.linked = false
	s.pass(6*time.Minute, false, true, true)
	got = s.sent()
	require.Len(t, got, 2)
	require.Contains(t, got[0].Text, "Chaudière en sécurité")
}

func TestWhatTheModemDoesNotTakeWaits(t *testing.T) {
	s := newSite(t)
	s.linked = false
	s.radio.Refuse(true)
	s.pass(6*time.Minute, true, false, false)
	require.ErrorIs(t, s.send(t.Context()), modem.ErrModem)
	require.Empty(t, s.radio.Sent())
	s.radio.Refuse(false)
	require.Len(t, s.sent(), 2)
	require.Empty(t, s.sent())
}
