package carbon

import (
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Path is the emissions of every year against the straight path, with all that
// was assumed.
type Path struct {
	At time.Time `json:"at"`
	// Known is the state of knowledge that was asked for, zero for the present.
	Known time.Time `json:"known_at,omitzero"`

	// The perimeter: sites and carriers counted, Meters of them.
	Sites    []gtc.SiteID  `json:"sites"`
	Carriers []gtc.Carrier `json:"carriers"`
	Meters   int           `json:"meters"`

	Reference    int     `json:"reference_year"`
	Target       int     `json:"target_year"`
	ReductionPct float64 `json:"reduction_pct"`
	EED          int     `json:"eed_year"`
	EEDPct       float64 `json:"eed_pct_per_year"`
	// ReferenceKg is the emissions of the reference year, nil with Missing
	// saying why; ReferenceNormKg the same at normal climate.
	ReferenceKg     *float64 `json:"reference_kgco2"`
	ReferenceNormKg *float64 `json:"reference_normal_kgco2"`
	// EEDKWh is the final energy of the EED year, nil when it is not known.
	EEDKWh *float64 `json:"eed_kwh"`

	Factors []FactorUsed `json:"factors"`
	Normals []NormalUsed `json:"normals"`
	// Models are the meters that were corrected by their own model instead.
	Models []ModelUsed `json:"normal_models,omitempty"`
	// Years are those of which something is known, the oldest first.
	Years []Year `json:"years"`
	// Targets is the path, a year each, empty without a reference.
	Targets []TargetYear `json:"targets"`
	// Missing is why there is no path, EEDMissing why there is no EED line.
	Missing    []Gap `json:"missing"`
	EEDMissing []Gap `json:"eed_missing"`
}

// FactorUsed is a factor that a figure of the path was made with.
type FactorUsed struct {
	Carrier     gtc.Carrier `json:"carrier"`
	From        string      `json:"from"`
	KgCO2PerKWh float64     `json:"kgco2_per_kwh"`
	// Published is the figure as published, on Basis.
	Published float64   `json:"published_kgco2_per_kwh"`
	Basis     gtc.Basis `json:"basis,omitempty"`
	Scope     gtc.Scope `json:"scope,omitempty"`
	Year      int       `json:"year,omitempty"`
	Set       string    `json:"set"`
	Source    string    `json:"source,omitempty"`
	Recorded  string    `json:"recorded,omitempty"`
	factor    gtc.Factor
}

// Statement names set, year, scope and basis; lang is fr, nl or en.
func (f FactorUsed) Statement(lang string) string { return Statement(f.factor, lang) }

// NormalUsed is a normal year that a figure was corrected to.
type NormalUsed struct {
	Station string  `json:"station"`
	Base    string  `json:"base"`
	Value   float64 `json:"value"`
	Period  string  `json:"period"`
	Source  string  `json:"source,omitempty"`
	// OwnYears is how many years of the station it is the mean of, 0 for a
	// published one.
	OwnYears int `json:"own_years,omitempty"`
}

// Year is one calendar year of the perimeter.
type Year struct {
	Year int `json:"year"`
	// Partial says that not all of the year is known of every meter; the sums
	// are then those of the days that are, up to Through.
	Partial bool   `json:"partial"`
	Through string `json:"through,omitempty"`
	// KgCO2 is nil when a carrier has no factor; NormKgCO2, at normal climate,
	// also when the year is partial.
	KgCO2     *float64 `json:"kgco2"`
	NormKgCO2 *float64 `json:"normal_kgco2"`
	// TargetKgCO2 is the path's, nil outside it; a partial year has nothing to
	// be compared with it.
	TargetKgCO2 *float64 `json:"target_kgco2"`
	// FinalKWh is final energy: what was bought, plus what was produced, less
	// what was given away. EEDKWh is its target.
	FinalKWh *float64      `json:"final_kwh"`
	EEDKWh   *float64      `json:"eed_kwh"`
	Carriers []CarrierYear `json:"carriers"`
	Gaps     []Gap         `json:"gaps,omitempty"`
}

// CarrierYear is one carrier of a year: what was bought of it.
type CarrierYear struct {
	Carrier   gtc.Carrier `json:"carrier"`
	KWh       float64     `json:"kwh"`
	KgCO2     *float64    `json:"kgco2"`
	NormKWh   *float64    `json:"normal_kwh"`
	NormKgCO2 *float64    `json:"normal_kgco2"`
	// NormBy is how it was brought to normal climate: by degree_days, model or
	// both; "" where it was not, or needs not be.
	NormBy string `json:"normal_by,omitempty"`
	// Source is metered, or where the figures of the year come from.
	Source string `json:"source"`
	// Known counts the days known of all meters, Of all of them; 0 for figures.
	Known int `json:"known_days,omitempty"`
	Of    int `json:"days,omitempty"`

	partial bool
}

// Metered is the source of what was metered.
const Metered = "metered"

// TargetYear is one year of the path.
type TargetYear struct {
	Year   int      `json:"year"`
	KgCO2  float64  `json:"kgco2"`
	EEDKWh *float64 `json:"eed_kwh"`
}

// Path computes the path from the metered days of all uses; of those that are
// outside the perimeter nothing is taken. The year of now is partial.
func (p Plan) Path(uses []Use, weather Weather, now time.Time) Path {
	p = p.withDefaults()
	b := newBook(p, uses, weather, now)
	out := Path{
		At: now, Known: p.Known, Sites: b.sites(), Carriers: b.carriers, Meters: len(b.uses),
		Reference: p.Reference, Target: p.Target, ReductionPct: p.ReductionPct, EED: p.EED, EEDPct: EEDPct,
		Targets: []TargetYear{}, Missing: []Gap{}, EEDMissing: []Gap{}, Years: []Year{},
	}
	for _, y := range b.years() {
		if year, ok := b.year(y); ok {
			out.Years = append(out.Years, year)
		}
	}
	out.Factors, out.Normals, out.Models = b.factorsUsed(), b.normalsUsed(), b.modelsUsed()
	out.reference(b)
	out.eed(b)
	out.targets()
	return out
}

// find returns a year, a gap that says so when nothing is known of it.
func (p *Path) find(year int) (Year, bool) {
	i := slices.IndexFunc(p.Years, func(y Year) bool { return y.Year == year })
	if i < 0 {
		return Year{}, false
	}
	return p.Years[i], true
}

func (p *Path) reference(b *book) {
	if p.Reference == 0 {
		p.Missing = append(p.Missing, Gap{Code: GapNoReference})
		return
	}
	y, ok := p.find(p.Reference)
	if !ok || y.Partial || y.KgCO2 == nil {
		p.Missing = append(p.Missing, b.missing(p.Reference, y, ok)...)
		return
	}
	p.ReferenceKg, p.ReferenceNormKg = y.KgCO2, y.NormKgCO2
}

func (p *Path) eed(b *book) {
	y, ok := p.find(p.EED)
	if !ok || y.Partial || y.FinalKWh == nil {
		p.EEDMissing = append(p.EEDMissing, b.missing(p.EED, y, ok)...)
		return
	}
	p.EEDKWh = y.FinalKWh
}

func (p *Path) targets() {
	for i := range p.Years {
		p.Years[i].TargetKgCO2, p.Years[i].EEDKWh = p.TargetOf(p.Years[i].Year), p.EEDOf(p.Years[i].Year)
	}
	if p.ReferenceKg == nil {
		return
	}
	for y := p.Reference; y <= p.Target; y++ {
		p.Targets = append(p.Targets, TargetYear{Year: y, KgCO2: *p.TargetOf(y), EEDKWh: p.EEDOf(y)})
	}
}

// TargetOf is the straight path in a year, nil outside it.
func (p *Path) TargetOf(year int) *float64 { return p.straight(p.ReferenceKg, year) }

// NormTargetOf is the path of a reference at normal climate, which years at
// normal climate are held against; nil where the reference has none.
func (p *Path) NormTargetOf(year int) *float64 { return p.straight(p.ReferenceNormKg, year) }

func (p *Path) straight(reference *float64, year int) *float64 {
	if reference == nil || year < p.Reference || year > p.Target || p.Target <= p.Reference {
		return nil
	}
	return new(*reference * (1 - p.ReductionPct/100*float64(year-p.Reference)/float64(p.Target-p.Reference)))
}

// EEDOf is the final energy that EED asks for in a year, nil before its year
// and without one.
func (p *Path) EEDOf(year int) *float64 {
	if p.EEDKWh == nil || year < p.EED {
		return nil
	}
	return new(max(0, *p.EEDKWh*(1-p.EEDPct/100*float64(year-p.EED))))
}

// Last is the newest whole year with emissions, false without one.
func (p *Path) Last() (Year, bool) {
	for _, y := range slices.Backward(p.Years) {
		if !y.Partial && y.KgCO2 != nil {
			return y, true
		}
	}
	return Year{}, false
}
