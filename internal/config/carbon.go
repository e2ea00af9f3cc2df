package config

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/carbon"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
	"github.com/cpas-charleroi/gtc/rules/library"
)

// factorFile is rules/library/factors.yaml.
type factorFile struct {
	Ratios []HeatRatio `yaml:"ratios"`
	Sets   []FactorSet `yaml:"sets"`
}

// degreeDayFile is rules/library/degree-days.yaml.
type degreeDayFile struct {
	Stations []struct {
		Station string          `yaml:"station"`
		Name    string          `yaml:"name"`
		Normals []StationNormal `yaml:"normals"`
		Years   []struct {
			Base   string          `yaml:"base"`
			Source string          `yaml:"source"`
			Values map[int]float64 `yaml:"values"`
		} `yaml:"years"`
	} `yaml:"stations"`
}

// shipped reads one file of the program's own data.
func shipped(open func() (library.File, error), v any) error {
	f, err := open()
	if err != nil {
		return err
	}
	if _, mistakes := strict.Decode(f.Name, f.Data, v); len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// sets returns the shipped factor sets and ratios with one's own beside and
// over them.
func (c Carbon) sets() ([]carbon.Set, carbon.Ratios, error) {
	var file factorFile
	if err := shipped(library.Factors, &file); err != nil {
		return nil, nil, err
	}
	ratios := carbon.Ratios{}
	for _, r := range append(file.Ratios, c.Ratios...) {
		ratios[r.Carrier] = r.PCIPerPCS
	}
	var out []carbon.Set
	for _, s := range append(c.Sets, file.Sets...) { // one's own is found first
		name := s.Name
		if len(name) == 0 {
			name = gtc.Label{"fr": s.Set}
		}
		out = append(out, carbon.Set{ID: s.Set, Name: name, Note: s.Note, Factors: factorsOf(s.Factors)})
	}
	return out, ratios, nil
}

// FactorSets returns the factor sets that a configuration can choose from.
func (h Hub) FactorSets() ([]carbon.Set, carbon.Ratios, error) { return h.Carbon.sets() }

func factorsOf(in []Factor) []gtc.Factor {
	out := make([]gtc.Factor, len(in))
	for i, f := range in {
		out[i] = gtc.Factor{
			Carrier: f.Carrier, From: f.From.In(time.UTC), KgCO2PerKWh: f.KgCO2PerKWh, Set: f.Set, Year: f.Year,
			Scope: f.Scope, Published: f.KgCO2PerKWh, Basis: f.Basis, Source: f.Source, Recorded: recorded(f.Recorded),
		}
	}
	return out
}

// recorded is a day from which something is known, zero for always.
func recorded(d Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.In(time.UTC)
}

// factors returns the factors that count.
func (h Hub) factors() ([]gtc.Factor, error) {
	sets, ratios, err := h.Carbon.sets()
	if err != nil {
		return nil, err
	}
	return carbon.Choose(sets, ratios, carbon.Choice{Set: h.Carbon.Set, Carriers: h.Carbon.Carriers, Own: factorsOf(h.Factors)})
}

// FactorList returns the CO2 factors that count, for one kWh on the meters'
// basis: those of carbon.set and carbon.carriers, and those of factors. Each
// holds from its day, 00:00 UTC.
func (h Hub) FactorList() []gtc.Factor {
	out, err := h.factors()
	if err != nil { // Load has refused such a configuration
		return nil
	}
	return out
}

// TariffList returns the tariffs; each holds from its day, 00:00 UTC.
func (h Hub) TariffList() []gtc.Tariff {
	out := make([]gtc.Tariff, len(h.Tariffs))
	for i, t := range h.Tariffs {
		out[i] = gtc.Tariff{Carrier: t.Carrier, From: t.From.In(time.UTC), EURPerKWh: t.EURPerKWh, Source: t.Source, Recorded: recorded(t.Recorded)}
	}
	return out
}

// PathPlan returns what the path of emissions is drawn from: the reference,
// the target, the perimeter, factors, and the degree-days that are known
// without a station of one's own.
func (c *Config) PathPlan() (carbon.Plan, error) {
	h := c.Hub
	out := carbon.Plan{
		Factors: h.FactorList(), Sites: h.Carbon.Perimeter.Sites, Carriers: h.Carbon.Perimeter.Carriers,
		Reference: h.Carbon.Reference.Year, Target: h.Carbon.Target.Year, ReductionPct: h.Carbon.Target.ReductionPct,
		EED: h.Carbon.EED.Year, Cadastre: h.Carbon.Cadastre,
	}
	for _, y := range append([]YearFigures{h.Carbon.Reference, h.Carbon.EED}, h.Carbon.Years...) {
		if len(y.KWh) > 0 {
			out.Figures = append(out.Figures, carbon.Figures{
				Year: y.Year, KWh: y.KWh, BaseKWh: y.BaseKWh, Station: y.Station, DJ15: y.DJ15, Source: y.Source,
			})
		}
	}
	var file degreeDayFile
	if err := shipped(library.DegreeDays, &file); err != nil {
		return carbon.Plan{}, err
	}
	for _, n := range h.Carbon.Normals {
		out.Normals.Add(n.Base, n.Station, n.Value, n.Period, n.Source)
	}
	for _, st := range file.Stations {
		for i := range st.Normals { // the newest is written last and comes first
			n := st.Normals[len(st.Normals)-1-i]
			out.Normals.Add(n.Base, st.Station, n.Value, n.Period, n.Source)
		}
		for _, ys := range st.Years {
			if ys.Base != carbon.Base15 {
				continue
			}
			for year, v := range ys.Values {
				out.Published = append(out.Published, degreeday.Published[degreeday.DJ15](st.Station, year, v, ys.Source))
			}
		}
	}
	return out, nil
}
