package config

import (
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

func (c *siteChecker) meters() {
	seen := map[meterRef]bool{}
	c.calorific(c.site.CalorificValues)
	c.buildings()
	for i, m := range c.site.Meters {
		at := index("meters", i)
		c.meter(at, m)
		switch {
		case m.Virtual != nil:
			c.virtual(at, m)
		case m.Tank != nil:
			c.tank(at, m)
		default:
			c.indexed(at, m)
		}
		if key := m.ref(); m.key() != "" {
			if seen[key] {
				c.add(at+".equipment", "%s.equipment: %s already counts as %s", at, key.id, key.direction)
			}
			seen[key] = true
		}
	}
}

// meter checks what all meters have in common.
func (c *siteChecker) meter(at string, m Meter) {
	c.word(at+".carrier", string(m.Carrier), carriers())
	c.word(at+".direction", string(m.Direction), []string{
		string(gtc.DirectionImport), string(gtc.DirectionExport), string(gtc.DirectionProduction),
	})
	c.label(at+".label", m.Label, false)
	for key, v := range map[string]float64{"kwh_per_unit": m.KWhPerUnit, "rollover_at": m.RolloverAt, "max_per_hour": m.MaxPerHour, "subscribed_kw": m.SubscribedKW} {
		c.notNegative(at+"."+key, v)
	}
	if _, _, err := parseBaseline(m.Baseline); err != nil {
		c.add(at+".baseline", "%s.baseline: %v", at, err)
	}
	c.submeter(at, m)
	c.shares(at, m)
	if m.ID != "" && m.Virtual == nil {
		c.add(at+".id", "%s.id: only a virtual meter has an id; this one is named by its equipment", at)
	}
}

// indexed checks a meter that reads an index.
func (c *siteChecker) indexed(at string, m Meter) {
	if m.EAN != "" && (len(m.EAN) != 18 || strings.Trim(m.EAN, "0123456789") != "") {
		c.add(at+".ean", "%s.ean: %q does not have 18 digits", at, m.EAN)
	}
	c.swaps(at, m.Swaps)
	e, ok := c.reference(at+".equipment", m.Equipment)
	if !ok {
		return
	}
	if p, ok := c.point(at+".point", e.Kind, m.Point); ok {
		c.counts(at, m, e, p)
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
	if m.SubscribedKW != 0 && m.Carrier != gtc.CarrierElectricity {
		c.add(at+".subscribed_kw", "%s.subscribed_kw: only electricity has a subscribed power", at)
	}
	switch {
	case m.Carrier == gtc.CarrierWater && m.KWhPerUnit != 0:
		c.add(at+".kwh_per_unit", "%s.kwh_per_unit: water is not energy", at)
	case m.Carrier != gtc.CarrierWater && m.Carrier != "" && m.KWhPerUnit == 0 && m.Gas == nil && p.Unit != "kWh":
		c.add(at+".kwh_per_unit", "%s.kwh_per_unit is missing: the kWh in one %s", at, p.Unit)
	}
	c.gas(at, m, p)
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
	if s.WeatherStation == "" && len(s.WeatherFallbacks) > 0 {
		c.add("weather_fallbacks", "weather_fallbacks: there is no weather_station whose days they fill")
	}
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
