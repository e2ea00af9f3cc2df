package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

func shareMethods() []string {
	return []string{"area", "people", "submeter", "agreement", "estimate"}
}

// buildings checks the buildings of a site.
func (c *siteChecker) buildings() {
	seen := map[string]bool{}
	for i, b := range c.site.Buildings {
		at := index("buildings", i)
		c.id(at+".id", b.ID)
		c.label(at+".label", b.Label, true)
		c.notNegative(at+".area_m2", b.AreaM2)
		if seen[b.ID] || b.ID == string(c.site.ID) {
			c.add(at+".id", "%s.id: %s is the id of another building or of the site", at, b.ID)
		}
		seen[b.ID] = true
	}
}

// shares checks the buildings that a meter serves.
func (c *siteChecker) shares(at string, m Meter) {
	seen := map[string]bool{}
	for i, s := range m.Serves {
		path := index(at+".serves", i)
		c.between(path+".share", s.Share, 0, 1)
		c.word(path+".method", s.Method, shareMethods())
		switch {
		case s.Building == "":
			c.add(path+".building", "%s.building is missing: another site, or one of buildings", path)
		case s.Building == string(c.site.ID):
			c.add(path+".building", "%s.building: what is given to no other building stays with %s; it has no share of its own", path, s.Building)
		}
		if s.From.IsZero() {
			if !c.doc.Has(path + ".from") {
				c.add(path+".from", "%s.from is missing: the first day of the share", path)
			}
			continue
		}
		key := s.Building + " " + s.From.String()
		if seen[key] {
			c.add(path+".from", "%s.from: %s has a share from %s already", path, s.Building, s.From)
		}
		seen[key] = true
	}
	for i, s := range m.Serves {
		if sum := sharesAt(m.Serves, s.From); sum > 1+1e-9 {
			c.add(index(at+".serves", i), "%s: the shares of %s sum to %s, more than the whole", index(at+".serves", i), s.From, fmt.Sprintf("%.4g", sum))
			return
		}
	}
}

// sharesAt sums what holds on a day: of each building its latest share.
func sharesAt(all []Share, day Date) float64 {
	latest := map[string]Share{}
	for _, s := range all {
		old, ok := latest[s.Building]
		if !day.Before(s.From) && (!ok || old.From.Before(s.From)) {
			latest[s.Building] = s
		}
	}
	sum := 0.0
	for _, s := range latest {
		sum += s.Share
	}
	return sum
}

// served checks that the buildings of all shares exist.
func (c *siteChecker) served(s *Site, all []*Site) {
	var known []string
	for _, b := range s.Buildings {
		known = append(known, b.ID)
	}
	for _, other := range all {
		if other != s {
			known = append(known, string(other.ID))
		}
	}
	for i, m := range s.Meters {
		for k, share := range m.Serves {
			path := index(index("meters", i)+".serves", k) + ".building"
			if share.Building != "" && share.Building != string(s.ID) && !slices.Contains(known, share.Building) {
				c.addHint(path, strict.Near(share.Building, known), "%s: there is neither a site nor a building %q", path, share.Building)
			}
		}
	}
}

// share adds, for every meter with shares, the meters of what each building
// has of it and, when other sites are served, of what is left to its own.
func share(sites []*Site) {
	for _, s := range sites {
		for _, m := range slices.Clone(s.Meters) {
			if len(m.Serves) == 0 || m.terms != nil {
				continue
			}
			own := m.partOf(s, string(m.key())+"-part", s.ID, m.rest(s))
			for _, building := range m.served() {
				i := slices.IndexFunc(sites, func(x *Site) bool { return string(x.ID) == building })
				if i < 0 || sites[i] == s {
					part := m.partOf(s, string(m.key())+"-"+building, s.ID, m.weights(s, building))
					part.SubmeterOf = m.key()
					s.Meters = append(s.Meters, part)
					continue
				}
				sites[i].Meters = append(sites[i].Meters, m.partOf(sites[i], string(s.ID)+"-"+string(m.key()), s.ID, m.weights(s, building)))
			}
			if slices.ContainsFunc(own.terms[0].Weights, func(w gtc.Weight) bool { return w.Value < 1 }) {
				s.Meters = append(s.Meters, own)
			}
		}
	}
}

// served returns the buildings of a meter, each once.
func (m *Meter) served() []string {
	var out []string
	for _, s := range m.Serves {
		if !slices.Contains(out, s.Building) {
			out = append(out, s.Building)
		}
	}
	return out
}

// partOf is the meter of a part of m that site to has.
func (m *Meter) partOf(to *Site, id string, owner gtc.SiteID, weights []gtc.Weight) Meter {
	for to.taken(gtc.EquipmentID(id)) {
		id += "-part"
	}
	return Meter{
		ID: gtc.EquipmentID(id), Carrier: m.Carrier, Direction: m.Direction, Label: m.Label,
		terms: []gtc.MeterTerm{{Site: owner, Meter: m.key(), Direction: m.Direction, Weights: weights}},
	}
}

// taken reports whether an id is that of a meter or an equipment.
func (s *Site) taken(id gtc.EquipmentID) bool {
	_, equipment := s.find(id)
	return equipment || slices.ContainsFunc(s.Meters, func(m Meter) bool { return m.key() == id })
}

// weights are the shares of one building, oldest first.
func (m *Meter) weights(s *Site, building string) []gtc.Weight {
	var out []gtc.Weight
	for _, x := range m.Serves {
		if x.Building == building {
			out = append(out, gtc.Weight{From: x.From.In(s.location()), Value: x.Share})
		}
	}
	slices.SortFunc(out, func(a, b gtc.Weight) int { return a.From.Compare(b.From) })
	return out
}

// rest is what other sites leave of a meter: all before the first share.
func (m *Meter) rest(s *Site) []gtc.Weight {
	var others []Share
	for _, x := range m.Serves {
		if !slices.ContainsFunc(s.Buildings, func(b Building) bool { return b.ID == x.Building }) {
			others = append(others, x)
		}
	}
	slices.SortFunc(others, func(a, b Share) int { return cmp.Compare(a.From.String(), b.From.String()) })
	out := []gtc.Weight{{Value: 1}}
	for _, x := range others {
		out = append(out, gtc.Weight{From: x.From.In(s.location()), Value: max(0, 1-sharesAt(others, x.From))})
	}
	return out
}
