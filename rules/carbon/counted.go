package carbon

import "github.com/cpas-charleroi/gtc"

// Counted returns the meters of a site that emissions are counted by: what is
// bought, and for final energy what is produced and given away. Not counted
// are water, sub-meters (SubmeterOf, or without an EAN beside a meter of the
// same carrier that has one), heat on a site that buys a fuel, and sums of
// meters that are counted themselves. The site's part of a shared meter counts
// in place of that meter.
func Counted(site *gtc.Site) []gtc.Meter {
	fuel, ean := false, map[gtc.Carrier]bool{}
	for _, m := range site.Meters {
		main := m.Direction == gtc.DirectionImport && m.SubmeterOf == ""
		fuel = fuel || main && heats(m.Carrier) && m.Carrier != gtc.CarrierHeat
		ean[m.Carrier] = ean[m.Carrier] || main && m.EAN != ""
	}
	var out []gtc.Meter
	for _, m := range site.Meters {
		virtual := len(m.Terms) > 0
		switch {
		case m.SubmeterOf != "", m.Carrier == gtc.CarrierWater, m.KWhPerUnit == 0 && !virtual && m.Gas == nil && m.Tank == nil:
		case m.Carrier == gtc.CarrierHeat && fuel:
		case virtual && !m.Allocated && mixed(m):
			// Import, export and production are counted each for itself.
		case replaced(site, m):
		case !virtual && m.Direction == gtc.DirectionImport && m.EAN == "" && ean[m.Carrier]:
		default:
			out = append(out, m)
		}
	}
	return out
}

// mixed reports whether a virtual meter is a consumption: bought, produced and
// given away in one.
func mixed(m gtc.Meter) bool {
	for _, t := range m.Terms {
		if t.Direction != gtc.DirectionImport {
			return true
		}
	}
	return false
}

// replaced reports whether a virtual meter of the site counts in place of m.
func replaced(site *gtc.Site, m gtc.Meter) bool {
	for _, v := range site.Meters {
		if v.SubmeterOf != "" || !v.Allocated && mixed(v) {
			continue
		}
		for _, t := range v.Terms {
			if t.Site == site.ID && t.Meter == m.Equipment && t.Direction == m.Direction {
				return true
			}
		}
	}
	return false
}
