package config

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // an edge box may have no time zone files

	"github.com/cpas-charleroi/gtc"
)

// Site returns the site with that id.
func (c *Config) Site(id gtc.SiteID) (*Site, bool) {
	for _, s := range c.Sites {
		if s.ID == id {
			return s, true
		}
	}
	return nil, false
}

// Domain returns the site in the words of the program: time zone loaded,
// meters with the kind of their equipment, baselines as periods of the site.
func (s *Site) Domain() gtc.Site {
	loc := s.location()
	out := gtc.Site{
		ID: s.ID, Label: s.Label, Category: s.Category, Address: s.Address,
		Location: loc, AreaM2: s.AreaM2, WeatherStation: s.WeatherStation,
		WeatherFallbacks: s.WeatherFallbacks,
		Calendar:         s.calendar(loc), StaticFactors: s.staticFactors(loc),
	}
	for _, e := range s.Equipment {
		out.Equipment = append(out.Equipment, gtc.Equipment{ID: e.ID, Kind: e.Kind, Label: e.Label, Privacy: e.Privacy, Condensing: e.Condensing})
	}
	for _, m := range s.Meters {
		out.Meters = append(out.Meters, s.meter(m, loc))
	}
	return out
}

// location is the time zone of the site.
func (s *Site) location() *time.Location {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil { // Load has refused such a site
		return time.UTC
	}
	return loc
}

func (s *Site) meter(m Meter, loc *time.Location) gtc.Meter {
	out := gtc.Meter{
		Equipment: m.key(), Point: m.Point, Carrier: m.Carrier, Direction: m.Direction,
		Label: m.Label, EAN: m.EAN, KWhPerUnit: m.KWhPerUnit,
		RolloverAt: m.RolloverAt, MaxPerHour: m.MaxPerHour, SubscribedKW: m.SubscribedKW,
		SubmeterOf: m.SubmeterOf, BalanceMaxPct: m.BalanceMaxPct, Terms: m.terms, Allocated: m.terms != nil,
	}
	s.composed(m, loc, &out)
	if e, ok := s.find(m.Equipment); ok {
		out.Kind = e.Kind
		if len(out.Label) == 0 {
			out.Label = e.Label
		}
	}
	for _, swap := range m.Swaps {
		out.Swaps = append(out.Swaps, gtc.MeterSwap{At: swap.At.UTC(), OldIndex: swap.OldIndex, NewIndex: swap.NewIndex})
	}
	if from, to, err := parseBaseline(m.Baseline); err == nil && !from.IsZero() {
		out.Baseline = gtc.Period{From: from.In(loc), To: to.Next().In(loc)}
	}
	return out
}

// find returns an equipment of the site.
func (s *Site) find(id gtc.EquipmentID) (Equipment, bool) {
	for _, e := range s.Equipment {
		if e.ID == id {
			return e, true
		}
	}
	return Equipment{}, false
}

// parseBaseline reads "FROM..TO", both days included; "" gives zero dates.
func parseBaseline(text string) (from, to Date, err error) {
	if text == "" {
		return Date{}, Date{}, nil
	}
	first, last, ok := strings.Cut(text, "..")
	if !ok {
		return Date{}, Date{}, fmt.Errorf("%q is not a period such as 2024-01-01..2024-12-31", text)
	}
	if from, err = ParseDate(strings.TrimSpace(first)); err != nil {
		return Date{}, Date{}, err
	}
	if to, err = ParseDate(strings.TrimSpace(last)); err != nil {
		return Date{}, Date{}, err
	}
	if to.Before(from) {
		return Date{}, Date{}, fmt.Errorf("%q ends before it begins", text)
	}
	return from, to, nil
}
