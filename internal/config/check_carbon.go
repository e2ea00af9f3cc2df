package config

import (
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// The years that a figure can be of.
const firstYear, lastYear = 1990, 2100

// money checks factors and tariffs.
func (c *checker) money(h *Hub) {
	seen := map[string]bool{}
	for i, f := range h.Factors {
		path := index("factors", i)
		c.factor(path, f, seen)
		if f.Set == "" {
			c.add(path+".set", "%s.set is missing: the factor set, its year and its basis", path)
		}
	}
	seen = map[string]bool{}
	for i, t := range h.Tariffs {
		path := index("tariffs", i)
		c.dated(path, t.Carrier, t.From, t.Recorded, seen)
		c.notNegative(path+".eur_per_kwh", t.EURPerKWh)
		if t.Source == "" {
			c.add(path+".source", "%s.source is missing: where the price comes from", path)
		}
	}
}

// dated checks what factors and tariffs have in common.
func (c *checker) dated(path string, carrier gtc.Carrier, from, recorded Date, seen map[string]bool) {
	c.word(path+".carrier", string(carrier), carriers())
	if from.IsZero() {
		if !c.doc.Has(path + ".from") {
			c.add(path+".from", "%s.from is missing: the first day on which it holds", path)
		}
		return
	}
	key := string(carrier) + from.String() + recorded.String()
	if seen[key] {
		c.add(path+".from", "%s.from: %s has a value from %s already; a correction has another recorded", path, carrier, from)
	}
	seen[key] = true
}

func (c *checker) factor(path string, f Factor, seen map[string]bool) {
	c.dated(path, f.Carrier, f.From, f.Recorded, seen)
	c.notNegative(path+".kgco2_per_kwh", f.KgCO2PerKWh)
	if f.Year != 0 {
		c.year(path+".year", f.Year)
	}
	if f.Basis != "" {
		c.word(path+".basis", string(f.Basis), []string{string(gtc.BasisPCS), string(gtc.BasisPCI), string(gtc.BasisFinal)})
	}
	if f.Scope != "" {
		c.word(path+".scope", string(f.Scope), []string{string(gtc.ScopeDirect), string(gtc.ScopeLifeCycle), string(gtc.ScopeMarket)})
	}
}

func (c *checker) year(path string, year int) {
	if year < firstYear || year > lastYear {
		c.add(path, "%s: %d is not a year from %d to %d", path, year, firstYear, lastYear)
	}
}

// carbon checks how emissions are counted.
func (c *checker) carbon(h *Hub) {
	k := &h.Carbon
	c.sets(k.Sets)
	for i, r := range k.Ratios {
		path := index("carbon.ratios", i)
		c.word(path+".carrier", string(r.Carrier), carriers())
		if r.PCIPerPCS <= 0 || r.PCIPerPCS > 1 {
			c.add(path+".pci_per_pcs", "%s.pci_per_pcs: %v is not above 0 and at most 1", path, r.PCIPerPCS)
		}
		if r.Source == "" {
			c.add(path+".source", "%s.source is missing: where the ratio comes from", path)
		}
	}
	c.chosen(h)
	for i, carrier := range k.Perimeter.Carriers {
		c.word(index("carbon.perimeter.carriers", i), string(carrier), carriers())
	}
	c.figures("carbon.reference", k.Reference, false)
	c.figures("carbon.eed", k.EED, false)
	seen := map[int]bool{}
	for i, y := range k.Years {
		path := index("carbon.years", i)
		c.figures(path, y, true)
		if seen[y.Year] || y.Year != 0 && (y.Year == k.Reference.Year && len(k.Reference.KWh) > 0) {
			c.add(path+".year", "%s.year: %d has figures already", path, y.Year)
		}
		seen[y.Year] = true
	}
	c.target(k)
	for i, n := range k.Normals {
		c.normal(index("carbon.normals", i), n)
	}
	for _, category := range sortedKeys(k.Cadastre) {
		path := "carbon.cadastre_kwh_per_m2." + string(category)
		if !slices.Contains(categories(), string(category)) {
			c.addKey(path, "carbon.cadastre_kwh_per_m2: %q is not one of %s", category, strings.Join(categories(), ", "))
		}
		c.notNegative(path, k.Cadastre[category])
	}
}

func (c *checker) sets(sets []FactorSet) {
	ids := map[string]bool{}
	for i, s := range sets {
		path := index("carbon.sets", i)
		c.id(path+".set", s.Set)
		if ids[s.Set] {
			c.add(path+".set", "%s.set: %q is given twice", path, s.Set)
		}
		ids[s.Set] = true
		c.label(path+".name", s.Name, false)
		if len(s.Factors) == 0 {
			c.add(path+".factors", "%s.factors is missing", path)
		}
		seen := map[string]bool{}
		for j, f := range s.Factors {
			at := index(path+".factors", j)
			c.factor(at, f, seen)
			for _, m := range []struct{ key, value, what string }{
				{"basis", string(f.Basis), "pcs, pci or final"},
				{"scope", string(f.Scope), "direct, life_cycle or market"},
				{"source", f.Source, "where it was published"},
			} {
				if m.value == "" {
					c.add(at+"."+m.key, "%s.%s is missing: %s", at, m.key, m.what)
				}
			}
		}
	}
}

// chosen checks that the sets chosen are there and can be converted.
func (c *checker) chosen(h *Hub) {
	k := &h.Carbon
	sets, _, err := k.sets()
	if err != nil {
		c.add("carbon.set", "carbon.set: the shipped factor sets cannot be read: %v", err)
		return
	}
	ids := make([]string, len(sets))
	for i, s := range sets {
		ids[i] = s.ID
	}
	set := func(path, id string) {
		if !slices.Contains(ids, id) {
			c.addHint(path, strict.Near(id, ids), "%s: no factor set %q: one of %s", path, id, strings.Join(ids, ", "))
		}
	}
	if k.Set != "" {
		set("carbon.set", k.Set)
	}
	before := len(c.mistakes)
	for _, carrier := range sortedKeys(k.Carriers) {
		path := "carbon.carriers." + string(carrier)
		if !slices.Contains(carriers(), string(carrier)) {
			c.addKey(path, "carbon.carriers: %q is not one of %s", carrier, strings.Join(carriers(), ", "))
			continue
		}
		set(path, k.Carriers[carrier])
	}
	if before != len(c.mistakes) || len(c.mistakes) > 0 {
		return
	}
	if _, err := h.factors(); err != nil {
		c.add("carbon", "carbon: %v", err)
	}
}

func (c *checker) figures(path string, y YearFigures, required bool) {
	switch {
	case y.Year != 0:
		c.year(path+".year", y.Year)
	case required || len(y.KWh) > 0:
		c.add(path+".year", "%s.year is missing", path)
	}
	if required && len(y.KWh) == 0 {
		c.add(path+".kwh", "%s.kwh is missing: kWh (PCS) of the year, by carrier", path)
	}
	if len(y.KWh) > 0 && y.Source == "" {
		c.add(path+".source", "%s.source is missing: where the figures come from", path)
	}
	for _, carrier := range sortedKeys(y.KWh) {
		at := path + ".kwh." + string(carrier)
		if !slices.Contains(carriers(), string(carrier)) {
			c.addKey(at, "%s.kwh: %q is not one of %s", path, carrier, strings.Join(carriers(), ", "))
		}
		c.notNegative(at, y.KWh[carrier])
	}
	for _, carrier := range sortedKeys(y.BaseKWh) {
		if v := y.BaseKWh[carrier]; v < 0 || v > y.KWh[carrier] {
			at := path + ".base_kwh." + string(carrier)
			c.add(at, "%s: %v is not from 0 to the %v of kwh", at, v, y.KWh[carrier])
		}
	}
	c.notNegative(path+".dj15", y.DJ15)
	if y.DJ15 > 0 && y.Station == "" {
		c.add(path+".station", "%s.station is missing: where the degree-days were measured", path)
	}
}

func (c *checker) target(k *Carbon) {
	if k.Target.Year != 0 {
		c.year("carbon.target.year", k.Target.Year)
		if k.Target.Year <= k.Reference.Year {
			c.add("carbon.target.year", "carbon.target.year: %d is not after the reference year %d", k.Target.Year, k.Reference.Year)
		}
	}
	if k.Target.ReductionPct < 0 || k.Target.ReductionPct > 100 {
		c.add("carbon.target.reduction_pct", "carbon.target.reduction_pct: %v is not from 0 to 100", k.Target.ReductionPct)
	}
}

func (c *checker) normal(path string, n StationNormal) {
	if n.Station == "" {
		c.add(path+".station", "%s.station is missing", path)
	}
	c.word(path+".base", n.Base, []string{carbon.Base15, carbon.Base165, carbon.Base165Eq})
	if n.Value <= 0 {
		c.add(path+".value", "%s.value: %v is not above 0", path, n.Value)
	}
	if n.Period == "" {
		c.add(path+".period", "%s.period is missing: the years it is the mean of, such as 1991-2020", path)
	}
}

// perimeter checks that the sites counted are there.
func (c *checker) perimeter(all *Config) {
	for i, id := range all.Hub.Carbon.Perimeter.Sites {
		if _, ok := all.Site(id); !ok {
			path := index("carbon.perimeter.sites", i)
			c.add(path, "%s: no site %q", path, id)
		}
	}
}
