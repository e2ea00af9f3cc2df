package config

import (
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

func (c *siteChecker) meters() {
	seen := map[string]bool{}
	for i, m := range c.site.Meters {
		at := index("meters", i)
		c.word(at+".carrier", string(m.Carrier), carriers())
		c.word(at+".direction", string(m.Direction), []string{
			string(gtc.DirectionImport), string(gtc.DirectionExport), string(gtc.DirectionProduction),
		})
		c.label(at+".label", m.Label, false)
		if m.EAN != "" && (len(m.EAN) != 18 || strings.Trim(m.EAN, "0123456789") != "") {
			c.add(at+".ean", "%s.ean: %q does not have 18 digits", at, m.EAN)
		}
		for key, v := range map[string]float64{"kwh_per_unit": m.KWhPerUnit, "rollover_at": m.RolloverAt, "max_per_hour": m.MaxPerHour} {
			c.notNegative(at+"."+key, v)
		}
		c.swaps(at, m.Swaps)
		if _, _, err := parseBaseline(m.Baseline); err != nil {
			c.add(at+".baseline", "%s.baseline: %v", at, err)
		}
		e, ok := c.reference(at+".equipment", m.Equipment)
		if !ok {
			continue
		}
		key := string(e.ID) + "/" + string(m.Direction)
		if seen[key] {
			c.add(at+".equipment", "%s.equipment: %s already counts as %s", at, e.ID, m.Direction)
		}
		seen[key] = true
		if p, ok := c.point(at+".point", e.Kind, m.Point); ok {
			c.counts(at, m, e, p)
		}
	}
}

// counts checks that a point can be a meter of the carrier.
func (c *siteChecker) counts(at string, m Meter, e Equipment, p catalogue.Point) {
	if !p.Counter {
		c.add(at+".point", "%s.point: %s is not an index that can be differenced", at, p.ID)
		return
	}
	if want, ok := carrierOf(e.Kind); ok && m.Carrier != want && m.Carrier != "" {
		c.add(at+".carrier", "%s.carrier: kind %s counts %s, not %s", at, e.Kind, want, m.Carrier)
		return
	}
	switch {
	case m.Carrier == gtc.CarrierWater && m.KWhPerUnit != 0:
		c.add(at+".kwh_per_unit", "%s.kwh_per_unit: water is not energy", at)
	case m.Carrier != gtc.CarrierWater && m.Carrier != "" && m.KWhPerUnit == 0 && p.Unit != "kWh":
		c.add(at+".kwh_per_unit", "%s.kwh_per_unit is missing: the kWh in one %s", at, p.Unit)
	}
}

// carrierOf returns what a kind of meter counts.
func carrierOf(k gtc.Kind) (gtc.Carrier, bool) {
	switch k {
	case gtc.KindElectricityMeter, "pv_inverter":
		return gtc.CarrierElectricity, true
	case gtc.KindGasMeter:
		return gtc.CarrierGas, true
	case gtc.KindHeatMeter:
		return gtc.CarrierHeat, true
	case gtc.KindWaterMeter:
		return gtc.CarrierWater, true
	default:
		return "", false
	}
}

func (c *siteChecker) swaps(at string, swaps []Swap) {
	var last time.Time
	for i, s := range swaps {
		path := index(at+".swaps", i)
		switch {
		case s.At.IsZero():
			if !c.doc.Has(path + ".at") {
				c.add(path+".at", "%s.at is missing: the instant of the replacement", path)
			}
		case !s.At.After(last):
			c.add(path+".at", "%s.at: the oldest replacement comes first", path)
		}
		last = s.At
		c.notNegative(path+".old_index", s.OldIndex)
		c.notNegative(path+".new_index", s.NewIndex)
	}
}

// across checks what must be unique among all sites.
type across struct {
	sites    map[gtc.SiteID]string
	eans     map[string]string
	stations map[string]string
}

func newAcross() *across {
	return &across{sites: map[gtc.SiteID]string{}, eans: map[string]string{}, stations: map[string]string{}}
}

func (a *across) check(s *Site, doc *strict.Document) Mistakes {
	c := checker{doc: doc}
	if other, ok := a.sites[s.ID]; ok && s.ID != "" {
		c.add("site", "site: %s is already the id of %s", s.ID, other)
	}
	a.sites[s.ID] = s.File
	for i, m := range s.Meters {
		if m.EAN == "" {
			continue
		}
		// One access point may have an import and an export index.
		key := m.EAN + "/" + string(m.Direction)
		if other, ok := a.eans[key]; ok {
			at := index("meters", i)
			c.add(at+".ean", "%s.ean: %s is already the number of a meter in %s", at, m.EAN, other)
		}
		a.eans[key] = s.File
	}
	if s.WeatherEquipment != "" && s.WeatherStation != "" {
		if other, ok := a.stations[s.WeatherStation]; ok {
			c.add("weather_equipment", "weather_equipment: the days of station %s are already made in %s", s.WeatherStation, other)
		}
		a.stations[s.WeatherStation] = s.File
	}
	return c.mistakes
}
