package carbon

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// Set is a named set of factors of one origin.
type Set struct {
	ID      string
	Name    gtc.Label
	Note    string
	Factors []gtc.Factor
}

// Ratios are the net over the gross calorific value (PCI/PCS) of fuels.
type Ratios map[gtc.Carrier]float64

// Choice says which factors count: those of a set, of another set for some
// carriers, and one's own before those of the set.
type Choice struct {
	Set      string
	Carriers map[gtc.Carrier]string
	Own      []gtc.Factor
}

// Convert fills in the factor for one kWh on the meter's basis:
// kg/kWh PCS = kg/kWh PCI × PCI/PCS. A factor without a basis is one on the
// meter's basis already. It fails for a fuel on PCI whose ratio is not known.
func (r Ratios) Convert(f gtc.Factor) (gtc.Factor, error) {
	switch f.Basis {
	case "", gtc.BasisPCS, gtc.BasisFinal:
		f.KgCO2PerKWh = f.Published
		return f, nil
	case gtc.BasisPCI:
		ratio := r[f.Carrier]
		if ratio <= 0 || ratio > 1 {
			return f, fmt.Errorf("convert factor of %s to PCS: its ratio PCI/PCS is not known", f.Carrier)
		}
		f.KgCO2PerKWh = f.Published * ratio
		return f, nil
	}
	return f, fmt.Errorf("convert factor of %s to PCS: basis %q is not pcs, pci or final", f.Carrier, f.Basis)
}

// Choose returns the factors that count, converted to the meters' basis. It
// fails when a set is not there or has nothing for the carrier it is chosen
// for, and when a factor cannot be converted.
func Choose(sets []Set, ratios Ratios, c Choice) ([]gtc.Factor, error) {
	own := map[gtc.Carrier]bool{}
	for _, f := range c.Own {
		own[f.Carrier] = true
	}
	var out []gtc.Factor
	take := func(id string, want func(gtc.Factor) bool) (int, error) {
		i := slices.IndexFunc(sets, func(s Set) bool { return s.ID == id })
		if i < 0 {
			return 0, fmt.Errorf("choose factors: no set %q", id)
		}
		n := 0
		for _, f := range sets[i].Factors {
			if want(f) {
				f.Set = sets[i].Name.In("fr")
				out = append(out, f)
				n++
			}
		}
		return n, nil
	}
	if c.Set != "" {
		if _, err := take(c.Set, func(f gtc.Factor) bool { return !own[f.Carrier] && c.Carriers[f.Carrier] == "" }); err != nil {
			return nil, err
		}
	}
	for _, carrier := range sortedKeys(c.Carriers) {
		n, err := take(c.Carriers[carrier], func(f gtc.Factor) bool { return f.Carrier == carrier })
		if err == nil && n == 0 {
			err = fmt.Errorf("choose factors: set %q has none of %s", c.Carriers[carrier], carrier)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, f := range c.Own {
		if c.Carriers[f.Carrier] == "" {
			out = append(out, f)
		}
	}
	for i := range out {
		f, err := ratios.Convert(out[i])
		if err != nil {
			return nil, err
		}
		out[i] = f
	}
	return out, nil
}

// Statement says what a factor is: set, year, scope, basis and, where it was
// converted, the figure as published. lang is fr, nl or en.
func Statement(f gtc.Factor, lang string) string {
	w := wordsOf(lang)
	out := f.Set
	if y := strconv.Itoa(f.Year); f.Year != 0 && !strings.Contains(out, y) {
		out += " " + y
	}
	if scope := w.scope[f.Scope]; scope != "" {
		out += ", " + scope
	} else {
		out += ", " + w.noScope
	}
	switch f.Basis {
	case gtc.BasisPCI:
		out += ", kg/kWh PCS (" + w.from + " PCI)"
	case gtc.BasisPCS:
		out += ", kg/kWh PCS"
	case gtc.BasisFinal:
		out += ", kg/kWh"
	default:
		if !strings.Contains(out, "PCS") {
			out += ", " + w.noBasis
		}
	}
	return out
}

func compareFactors(a, b gtc.Factor) int {
	return cmp.Or(cmp.Compare(a.Carrier, b.Carrier), a.From.Compare(b.From), a.Recorded.Compare(b.Recorded))
}

type words struct {
	scope                  map[gtc.Scope]string
	noScope, noBasis, from string
}

func wordsOf(lang string) words {
	switch lang {
	case "nl":
		return words{map[gtc.Scope]string{gtc.ScopeDirect: "directe uitstoot", gtc.ScopeLifeCycle: "levenscyclus", gtc.ScopeMarket: "marktgebaseerd"}, "reikwijdte niet vermeld", "basis van de meter", "omgerekend van"}
	case "en":
		return words{map[gtc.Scope]string{gtc.ScopeDirect: "direct emissions", gtc.ScopeLifeCycle: "life cycle", gtc.ScopeMarket: "market-based"}, "scope not stated", "basis of the meter", "converted from"}
	}
	return words{map[gtc.Scope]string{gtc.ScopeDirect: "émissions directes", gtc.ScopeLifeCycle: "cycle de vie", gtc.ScopeMarket: "fondé sur le marché"}, "périmètre non précisé", "base du compteur", "converti du"}
}
