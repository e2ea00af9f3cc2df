package config

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// points checks what the site says about single points.
func (c *siteChecker) points() {
	for i, e := range c.site.Equipment {
		if !c.cat.HasKind(e.Kind) {
			continue // reported
		}
		for _, id := range sortedKeys(e.Points) {
			at := index("equipment", i) + ".points." + string(id)
			point, ok := c.cat.Point(e.Kind, id)
			if !ok {
				c.unknownPoint(at, e, id)
				continue
			}
			c.settings(at, e, point, e.Points[id])
		}
	}
}

// unknownPoint reports a point that the kind does not have.
func (c *siteChecker) unknownPoint(at string, e Equipment, id gtc.PointID) {
	known := make([]string, 0, 40)
	for _, p := range c.cat.Points(e.Kind) {
		known = append(known, string(p.ID))
	}
	m := c.doc.AtKey(at, "%s: kind %s has no point %q", strings.TrimSuffix(at, "."+string(id)), e.Kind, id)
	m.Hint = strict.Near(string(id), known)
	c.mistakes = append(c.mistakes, m)
}

func (c *siteChecker) settings(at string, e Equipment, point catalogue.Point, p PointSettings) {
	owners := []string{string(gtc.OwnerGTC), string(gtc.OwnerIncumbent), string(gtc.OwnerLocal)}
	if p.Owner != "" {
		c.word(at+".owner", string(p.Owner), owners)
	}
	c.pointPrivacy(at, e, point, p)
	c.damping(at, point, p)
	config := Config{Profiles: c.profiles}
	target, err := config.Target(c.cat, c.site, e.ID, point.ID)
	if err != nil {
		c.notGiven(at, e, point.ID)
		return
	}
	if p.Owner != "" && !slices.Contains(owners, string(p.Owner)) {
		return
	}
	if p.Limits != nil {
		c.writable(at, target, *p.Limits)
	} else if p.Owner == gtc.OwnerGTC && point.Class == catalogue.ClassX {
		c.add(at+".owner", "%s.owner: %s of a %s is never written", at, point.ID, e.Kind)
	}
}

// notGiven reports a point that no device of the site gives.
func (c *siteChecker) notGiven(at string, e Equipment, id gtc.PointID) {
	var given []string
	for name := range c.given {
		if point, ok := strings.CutPrefix(name, string(e.ID)+"/"); ok {
			given = append(given, point)
		}
	}
	slices.Sort(given)
	m := c.doc.AtKey(at, "%s: no device gives %s of %s", at, id, e.ID)
	m.Hint = strict.Near(string(id), given)
	c.mistakes = append(c.mistakes, m)
}

func (c *siteChecker) pointPrivacy(at string, e Equipment, point catalogue.Point, p PointSettings) {
	if p.Privacy == nil {
		return
	}
	least := max(e.Privacy, point.Privacy)
	switch {
	case *p.Privacy < 0 || *p.Privacy > 3:
		c.add(at+".privacy", "%s.privacy: %d is not between 0 and 3", at, *p.Privacy)
	case *p.Privacy < least:
		c.add(at+".privacy", "%s.privacy: %d is below the %d that the point has anyway", at, *p.Privacy, least)
	}
}

// damping checks deadband and heartbeat.
func (c *siteChecker) damping(at string, point catalogue.Point, p PointSettings) {
	switch {
	case p.Deadband == nil:
		if p.Heartbeat != 0 {
			c.add(at+".heartbeat", "%s.heartbeat: is for a point with a deadband", at)
		}
		return
	case point.Type != gtc.TypeFloat:
		c.add(at+".deadband", "%s.deadband: is for a number, %s is none", at, point.ID)
	case point.Counter:
		c.add(at+".deadband", "%s.deadband: %s is an index: it is kept as read", at, point.ID)
	case *p.Deadband < 0:
		c.add(at+".deadband", "%s.deadband: %v is negative", at, *p.Deadband)
	}
	if p.Heartbeat != 0 && (p.Heartbeat < 10*time.Second || p.Heartbeat > 24*time.Hour) {
		c.add(at+".heartbeat", "%s.heartbeat: %v is not between 10s and 24h", at, p.Heartbeat)
	}
}

// writable checks a point with limits: that it may be written at all, and
// that its limits are within the profile's.
func (c *siteChecker) writable(at string, t Target, l profile.Limits) {
	if t.Settings.Owner == "" {
		c.add(at, "%s.owner is missing: limits are for a point that gtc writes", at)
		return
	}
	if why := t.Refuse(); why != "" {
		c.add(at+".limits", "%s: %s", at, why)
		return
	}
	at += ".limits"
	if t.Point.Type == gtc.TypeFloat {
		c.within(at, t, l)
		return
	}
	if l.Min != nil || l.Max != nil || l.Step != nil {
		c.add(at, "%s: min, max and step are for numbers, %s is none", at, t.Point.ID)
	}
	if t.Point.Type != gtc.TypeEnum {
		if len(l.States) > 0 {
			c.add(at+".states", "%s.states: %s has two states", at, t.Point.ID)
		}
		return
	}
	if len(l.States) == 0 {
		c.add(at+".states", "%s.states is missing: the states that may be written", at)
	}
	for i, state := range l.States {
		if why := t.Register.Accepts(gtc.Enum(state)); why != "" {
			c.add(index(at+".states", i), "%s: %s (profile %s)", index(at+".states", i), why, t.Profile.ID)
		}
	}
}

// within compares the limits of a number with the profile's.
func (c *siteChecker) within(at string, t Target, l profile.Limits) {
	w := t.Register.Write
	if l.Min == nil && c.doc.Has(at+".min") || l.Max == nil && c.doc.Has(at+".max") {
		return // not a number, which has been reported
	}
	if l.Min == nil || l.Max == nil {
		c.add(at, "%s: min and max are missing: a number is written within limits only", at)
		return
	}
	switch {
	case *l.Min > *l.Max:
		c.add(at+".min", "%s.min: %v is above max %v", at, *l.Min, *l.Max)
	case *l.Min < *w.Min:
		c.add(at+".min", "%s.min: %v is below %v, the limit of profile %s", at, *l.Min, *w.Min, t.Profile.ID)
	}
	if *l.Max > *w.Max {
		c.add(at+".max", "%s.max: %v is above %v, the limit of profile %s", at, *l.Max, *w.Max, t.Profile.ID)
	}
	if l.Step == nil {
		return
	}
	times := math.NaN()
	if w.Step != nil {
		times = *l.Step / *w.Step
	}
	switch {
	case *l.Step <= 0:
		c.add(at+".step", "%s.step: %v is not above 0", at, *l.Step)
	case w.Step != nil && (times < 1-1e-6 || math.Abs(times-math.Round(times)) > 1e-6):
		c.add(at+".step", "%s.step: %v is not a multiple of %v, the step of profile %s", at, *l.Step, *w.Step, t.Profile.ID)
	}
}
