package config

import (
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// meterRef is a meter and its direction, as virtual meters write them.
type meterRef struct {
	id        gtc.EquipmentID
	direction gtc.Direction
}

// parseRef reads meter or meter/direction.
func parseRef(text string) meterRef {
	id, direction, ok := strings.Cut(text, "/")
	if !ok {
		direction = string(gtc.DirectionImport)
	}
	return meterRef{gtc.EquipmentID(id), gtc.Direction(direction)}
}

func (m *Meter) ref() meterRef { return meterRef{m.key(), m.Direction} }

// meterAt returns a meter of the site.
func (s *Site) meterAt(r meterRef) (*Meter, bool) {
	for i := range s.Meters {
		if s.Meters[i].ref() == r {
			return &s.Meters[i], true
		}
	}
	return nil, false
}

// given is a key of a meter and whether it is there.
type given struct {
	key string
	is  bool
}

// dialKeys are the keys that only a meter with a dial has.
func dialKeys(m Meter) []given {
	return []given{
		{"point", m.Point != ""},
		{"gas", m.Gas != nil},
		{"rollover_at", m.RolloverAt != 0},
		{"max_per_hour", m.MaxPerHour != 0},
		{"subscribed_kw", m.SubscribedKW != 0},
		{"swaps", len(m.Swaps) > 0},
		{"ean", m.EAN != ""},
	}
}

// none refuses keys that a meter of this kind does not have.
func (c *siteChecker) none(at, why string, keys []given) {
	for _, k := range keys {
		if k.is {
			c.add(at+"."+k.key, "%s.%s: %s", at, k.key, why)
		}
	}
}

// virtual checks a meter that is made of others.
func (c *siteChecker) virtual(at string, m Meter) {
	c.id(at+".id", string(m.ID))
	if _, ok := c.site.find(m.ID); ok {
		c.add(at+".id", "%s.id: %s is an equipment: a virtual meter has an id of its own", at, m.ID)
	}
	c.none(at, "a virtual meter has none: it is made of others", append(
		dialKeys(m), given{"equipment", m.Equipment != ""}, given{"kwh_per_unit", m.KWhPerUnit != 0}, given{"tank", m.Tank != nil}))
	if m.Carrier == gtc.CarrierWater {
		c.add(at+".carrier", "%s.carrier: water is not energy", at)
	}
	if len(m.Virtual.Add) == 0 {
		c.add(at+".virtual.add", "%s.virtual.add is missing: the meters that are summed", at)
	}
	c.terms(at, m)
}

// terms checks the meters that a virtual one is made of.
func (c *siteChecker) terms(at string, m Meter) {
	seen := map[meterRef]bool{}
	added := map[gtc.EquipmentID]bool{}
	for _, list := range []struct {
		key   string
		items []string
	}{{"add", m.Virtual.Add}, {"subtract", m.Virtual.Subtract}} {
		for i, text := range list.items {
			path := index(at+".virtual."+list.key, i)
			r := parseRef(text)
			other, ok := c.meterReference(path, r)
			if !ok {
				continue
			}
			switch {
			case seen[r]:
				c.add(path, "%s: %s is there twice", path, text)
			case other.Carrier != m.Carrier && m.Carrier != "":
				c.add(path, "%s: %s counts %s, the virtual meter %s", path, r.id, other.Carrier, m.Carrier)
			case list.key == "subtract" && added[other.SubmeterOf] && m.SubmeterOf == "":
				c.add(path, "%s: what sub-meters leave is itself a sub-meter: give submeter_of: %s, or the site's total would lack %s", path, other.SubmeterOf, r.id)
			case c.reaches(r, m.ref(), map[meterRef]bool{}):
				c.add(path, "%s: %s is made of %s itself", path, r.id, m.ID)
			}
			seen[r] = true
			if list.key == "add" {
				added[r.id] = true
			}
		}
	}
}

// meterReference checks that a meter of the site exists in that direction.
func (c *siteChecker) meterReference(at string, r meterRef) (*Meter, bool) {
	if m, ok := c.site.meterAt(r); ok {
		return m, true
	}
	var known []string
	for i := range c.site.Meters {
		m := &c.site.Meters[i]
		known = append(known, string(m.key())+"/"+string(m.Direction))
		if m.Direction == gtc.DirectionImport {
			known = append(known, string(m.key()))
		}
		if m.key() == r.id {
			c.add(at, "%s: meter %s does not count %s: write meter/direction, for example %s/%s", at, r.id, r.direction, r.id, m.Direction)
			return nil, false
		}
	}
	c.addHint(at, strict.Near(string(r.id), known), "%s: there is no meter %q", at, r.id)
	return nil, false
}

// reaches reports whether a meter is made of another, or is it.
func (c *siteChecker) reaches(from, to meterRef, seen map[meterRef]bool) bool {
	if from == to {
		return true
	}
	m, ok := c.site.meterAt(from)
	if !ok || m.Virtual == nil || seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(slices.Concat(m.Virtual.Add, m.Virtual.Subtract), func(t string) bool {
		return c.reaches(parseRef(t), to, seen)
	})
}

// submeter checks the meter that already counts what this one does.
func (c *siteChecker) submeter(at string, m Meter) {
	c.between(at+".balance_max_pct", m.BalanceMaxPct, 0, 100)
	if m.SubmeterOf == "" {
		return
	}
	if m.SubmeterOf == m.key() {
		c.add(at+".submeter_of", "%s.submeter_of: a meter is not its own sub-meter", at)
		return
	}
	main, ok := c.meterReference(at+".submeter_of", meterRef{m.SubmeterOf, gtc.DirectionImport})
	for steps := 0; ok && main.SubmeterOf != ""; steps++ {
		if main.SubmeterOf == m.key() || steps > len(c.site.Meters) {
			c.add(at+".submeter_of", "%s.submeter_of: %s and %s are each other's sub-meters", at, m.key(), m.SubmeterOf)
			return
		}
		main, ok = c.site.meterAt(meterRef{main.SubmeterOf, gtc.DirectionImport})
	}
}

// The fuels of a tank, and the methods by which shares are found.
func fuels() []string { return []string{fuelOil, fuelPropane, fuelPellets} }

const fuelOil, fuelPropane, fuelPellets = "heating_oil", "propane", "pellets"

// fuelCarrier returns the carrier of a fuel.
func fuelCarrier(fuel string) gtc.Carrier {
	return map[string]gtc.Carrier{fuelOil: gtc.CarrierOil, fuelPropane: gtc.CarrierPropane, fuelPellets: gtc.CarrierPellets}[fuel]
}

// netOfGross is the net calorific value in parts of the gross one (Energie+ and
// the annexes of the Walloon energy performance decree).
func netOfGross(fuel string) float64 {
	return map[string]float64{fuelOil: 0.94, fuelPropane: 0.92, fuelPellets: 0.91}[fuel]
}

// The bases of a calorific value: net and gross.
const basisNet, basisGross = "pci", "pcs"

// tank checks a store of fuel.
func (c *siteChecker) tank(at string, m Meter) {
	t := *m.Tank
	e, ok := c.reference(at+".equipment", m.Equipment)
	if ok && e.Kind != gtc.KindTank {
		c.add(at+".equipment", "%s.equipment: %s is of kind %s, not a tank", at, e.ID, e.Kind)
	}
	c.none(at, "a tank has none: its use is known by levels and deliveries", dialKeys(m))
	c.word(at+".tank.fuel", t.Fuel, fuels())
	if want := fuelCarrier(t.Fuel); want != "" && m.Carrier != want && m.Carrier != "" {
		c.add(at+".carrier", "%s.carrier: a tank of %s counts %s, not %s", at, t.Fuel, want, m.Carrier)
	}
	if m.Direction != gtc.DirectionImport {
		c.add(at+".direction", "%s.direction: what a tank gives is import", at)
	}
	c.word(at+".tank.unit", t.Unit, []string{"l", "kg"})
	c.word(at+".tank.basis", t.Basis, []string{basisNet, basisGross})
	if m.KWhPerUnit == 0 {
		c.add(at+".kwh_per_unit", "%s.kwh_per_unit is missing: the kWh in one litre or kg, on the basis of tank.basis", at)
	}
	c.notNegative(at+".tank.dipstick_error", t.DipstickError)
	if t.Capacity <= 0 {
		c.add(at+".tank.capacity", "%s.tank.capacity is missing: what the tank holds, in its unit", at)
	}
}
