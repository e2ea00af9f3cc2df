package datasource

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// current is up to what age the newest value of a site is called current.
const current = 3 * time.Minute

// tile is what a wall says of a site: a sign and a number for the priority, a
// few words, an age. The sign carries the meaning without any colour.
func (d *Datasource) tile(s *hubapi.Site, now time.Time) string {
	switch s.State {
	case "alarm":
		return d.alarmTile(s, now)
	case "stale":
		return d.lateTile(s, now)
	case "drift":
		return d.driftTile(s)
	case "normal":
		return d.say.f("state.normal") + " · " + d.say.span(now.Sub(s.LastSample))
	}
	if s.LastSample.IsZero() {
		return "▨ " + in("Inconnu, rien reçu", "Onbekend, niets ontvangen", "Unknown, nothing received").In(d.say.lang)
	}
	return "▨ " + in("Inconnu depuis ", "Onbekend sinds ", "Unknown for ").In(d.say.lang) + d.say.span(now.Sub(s.LastSample))
}

func (d *Datasource) alarmTile(s *hubapi.Site, now time.Time) string {
	if s.Worst == nil {
		return "▨ " + d.say.f("state.alarm") // the hub knows of one and does not say which
	}
	text := sign(s.Worst.Priority) + " " + strconv.Itoa(int(s.Worst.Priority)) + " " + d.say.label(s.Worst.Label, s.Worst.Class)
	if !s.Worst.Since.IsZero() {
		text += " · " + d.say.span(now.Sub(s.Worst.Since))
	}
	return text
}

// lateTile tells a site that is silent from one of which some points are.
func (d *Datasource) lateTile(s *hubapi.Site, now time.Time) string {
	if silent := now.Sub(s.LastSample); s.LastSample.IsZero() || silent > current || s.StalePoints == 0 {
		return "▨ " + d.say.f("state.stale") + " · " + d.say.span(silent)
	}
	format := in("▨ %d points en retard sur %d", "▨ %d van %d punten laat", "▨ %d of %d points late")
	if s.StalePoints == 1 {
		format = in("▨ %d point en retard sur %d", "▨ %d van %d punten laat", "▨ %d of %d points late")
	}
	return d.say.with(format, s.StalePoints, s.Points)
}

func (d *Datasource) driftTile(s *hubapi.Site) string {
	switch {
	case s.EURPerWeek != nil && *s.EURPerWeek > 0:
		return d.say.with(in("◆ Dérive %s €/sem.", "◆ Afwijking %s €/week", "◆ Drift €%s/week"), d.say.grouped(*s.EURPerWeek))
	case s.KWhPerWeek > 0:
		return d.say.with(in("◆ Dérive %s kWh/sem.", "◆ Afwijking %s kWh/week", "◆ Drift %s kWh/week"), d.say.grouped(s.KWhPerWeek))
	}
	return d.say.with(in("◆ %d constat(s)", "◆ %d vaststelling(en)", "◆ %d finding(s)"), s.Findings)
}

// sign is the shape of a priority.
func sign(p gtc.Priority) string {
	switch p {
	case gtc.PriorityCritical:
		return "■"
	case gtc.PriorityHigh:
		return "▲"
	case gtc.PriorityMedium:
		return "●"
	case gtc.PriorityDrift:
	}
	return "◆"
}

// span is a duration in two units at most: 12 s, 14 min, 2 h 14, 3 j 4 h.
func (t texts) span(d time.Duration) string {
	seconds := int(max(0, d).Seconds())
	day := in(" j", " d", " d").In(t.lang)
	switch {
	case seconds < 60:
		return strconv.Itoa(seconds) + " s"
	case seconds < 3600:
		return strconv.Itoa(seconds/60) + " min"
	case seconds < 24*3600:
		if m := seconds / 60 % 60; m > 0 {
			return strconv.Itoa(seconds/3600) + " h " + strconv.Itoa(m/10) + strconv.Itoa(m%10)
		}
		return strconv.Itoa(seconds/3600) + " h"
	}
	if h := seconds / 3600 % 24; h > 0 && seconds < 10*24*3600 {
		return strconv.Itoa(seconds/86400) + day + " " + strconv.Itoa(h) + " h"
	}
	return strconv.Itoa(seconds/86400) + day
}

// grouped is a whole number with its thousands apart: by a narrow space, in
// English by a comma.
func (t texts) grouped(v float64) string {
	apart := "\u202f"
	if t.lang == "en" {
		apart = ","
	}
	text := strconv.FormatFloat(math.Round(math.Abs(v)), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + apart + text[i:]
	}
	if v < 0 {
		text = "-" + text
	}
	return strings.TrimPrefix(text, apart)
}

// with formats a text that is given in every language.
func (t texts) with(l gtc.Label, args ...any) string { return fmt.Sprintf(l.In(t.lang), args...) }
