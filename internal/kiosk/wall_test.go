package kiosk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var zone = time.FixedZone("CET", 3600)

// noon is 12:00:00 on the wall's clock.
func noon() time.Time { return time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC) }

func pulse(t time.Time) Sight { return Sight{Pulse: t.In(zone).Format("15:04:05")} }

func started(t *testing.T) *Wall {
	t.Helper()
	w := NewWall(3, 25*time.Second, zone)
	o := w.Next(noon(), Sight{}, false)
	require.Equal(t, Order{Load: true, Footer: "1/3 · suite dans 25 s"}, o)
	return w
}

func TestPagesTakeTurns(t *testing.T) {
	w := started(t)
	pages := []int{}
	for s := 1; s <= 100; s++ {
		now := noon().Add(time.Duration(s) * time.Second)
		o := w.Next(now, pulse(now), false)
		require.Empty(t, o.Banner)
		require.False(t, o.Load)
		if len(pages) == 0 || pages[len(pages)-1] != o.Page {
			pages = append(pages, o.Page)
		}
	}
	assert.Equal(t, []int{0, 1, 2, 0, 1}, pages)
}

func TestUrgentHoldsTheFirstPage(t *testing.T) {
	w := started(t)
	at := func(s int, urgent bool) Order {
		now := noon().Add(time.Duration(s) * time.Second)
		return w.Next(now, pulse(now), urgent)
	}
	assert.Equal(t, 1, at(30, false).Page)
	o := at(31, true)
	assert.Equal(t, 0, o.Page)
	assert.Equal(t, "1/3 · alarme à prendre en charge", o.Footer)
	assert.Equal(t, 0, at(300, true).Page)
	assert.Equal(t, 1, at(301, false).Page, "taken in charge: the turn goes on")
}

func TestDeadPictureIsCalledDead(t *testing.T) {
	w := NewWall(1, time.Hour, zone)
	w.Next(noon(), Sight{}, false)
	loads, first := 0, 0
	for s := 1; s <= 180; s++ {
		// The hub's clock on the page stops at 12:00:30.
		now, shown := noon().Add(time.Duration(s)*time.Second), noon().Add(time.Duration(min(s, 30))*time.Second)
		o := w.Next(now, pulse(shown), false)
		if o.Load {
			loads++
		}
		if o.Banner != "" {
			if first == 0 {
				first = s
			}
			assert.Equal(t, "AFFICHAGE NON À JOUR depuis 12:00:30", o.Banner)
		}
	}
	assert.Equal(t, 90, first, "60 s after it stopped")
	assert.Equal(t, 5, loads, "at once, then every 20 s")
}

func TestPageWithoutAPulse(t *testing.T) {
	w := started(t)
	var banner string
	loads := 0
	for s := 1; s <= 24; s++ {
		o := w.Next(noon().Add(time.Duration(s)*time.Second), Sight{Trouble: "Grafana demande de se connecter"}, false)
		if o.Load {
			loads++
		}
		if s < 12 {
			require.Empty(t, o.Banner, "it may still be loading")
		}
		banner = o.Banner
	}
	assert.Equal(t, 1, loads)
	assert.Empty(t, banner, "loaded a moment ago")
	for s := 25; s <= 40; s++ {
		banner = w.Next(noon().Add(time.Duration(s)*time.Second), Sight{Trouble: "Grafana demande de se connecter"}, false).Banner
	}
	assert.Equal(t, "AFFICHAGE NON À JOUR depuis 12:00:00 – Grafana demande de se connecter", banner)
}

func TestAge(t *testing.T) {
	at := func(clock string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-22 "+clock, zone)
		require.NoError(t, err)
		return when
	}
	for _, c := range []struct {
		pulse, now string
		age        time.Duration
		told       bool
	}{
		{"12:00:00", "12:00:10", 10 * time.Second, true},
		{"23:59:50", "00:00:20", 30 * time.Second, true},
		{"12:00:05", "12:00:00", 0, true},
		{"06:00:00", "12:00:00", 6 * time.Hour, true},
		{"", "12:00:00", 0, false},
		{"▨ inconnu", "12:00:00", 0, false},
		{"25:00:00", "12:00:00", 0, false},
	} {
		age, told := Age(c.pulse, at(c.now), zone)
		assert.Equal(t, c.age, age, c.pulse)
		assert.Equal(t, c.told, told, c.pulse)
	}
}

// Whatever happens, a settled page that shows no fresh clock carries a banner,
// and one that does carries none.
func TestBannerTellsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := NewWall(rapid.IntRange(1, 4).Draw(t, "pages"), time.Duration(rapid.IntRange(15, 60).Draw(t, "every"))*time.Second, zone)
		now := noon()
		w.Next(now, Sight{}, false)
		shown, loaded, page := now, now, 0
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 10).Draw(t, "wait")) * time.Second)
			seen := Sight{}
			age := rapid.IntRange(-1, 120).Draw(t, "age")
			if age >= 0 {
				seen = pulse(now.Add(-time.Duration(age) * time.Second))
			}
			o := w.Next(now, seen, rapid.Bool().Draw(t, "urgent"))
			fresh := age >= 0 && age < 60
			if o.Page != page {
				page, shown = o.Page, now
			}
			settled := now.Sub(shown) >= settle && now.Sub(loaded) >= settle
			if o.Load {
				loaded = now
			}
			if fresh && o.Banner != "" {
				t.Fatalf("banner %q over a fresh picture", o.Banner)
			}
			if settled && !fresh && w.shown.Equal(shown) && o.Banner == "" {
				t.Fatalf("no banner over a dead picture")
			}
		}
	})
}
