package carbon

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

// The bases of degree-days as written in files.
const (
	Base15    = "15/15"
	Base165   = "16.5/16.5"
	Base165Eq = "16.5/16.5 equivalent"
)

// What holds where a plan does not say otherwise.
const (
	// DefaultTarget and DefaultReductionPct are those of the Covenant of Mayors
	// in Wallonia (POLLEC).
	DefaultTarget       = 2030
	DefaultReductionPct = 40.0
	// DefaultEED and EEDPct: directive 2023/1791, article 5: public bodies use
	// at least 1.9 % less final energy each year than in 2021. Read as 1.9 % of
	// 2021 a year.
	DefaultEED = 2021
	EEDPct     = 1.9
)

// wholeShare is the share of a meter's days that makes its year a whole one.
const wholeShare = 0.97

// leastWarm is how many days without degree-days tell the base load.
const leastWarm = 14

// Plan is what a path is drawn from. The zero value of each field that has a
// default means that default.
type Plan struct {
	// Factors are for one kWh on the meters' basis (PCS).
	Factors []gtc.Factor
	// Known limits what is used to what was recorded by that instant; zero for
	// all.
	Known time.Time
	// Sites and Carriers are the perimeter; all of an empty list.
	Sites    []gtc.SiteID
	Carriers []gtc.Carrier
	// Reference is the year that the path starts from, 0 when none is chosen.
	Reference, Target int
	ReductionPct      float64
	EED               int
	// Figures are years that were not metered.
	Figures []Figures
	Normals Normals
	// Published are yearly degree-days of stations, for years not measured.
	Published []degreeday.Sum[degreeday.DJ15]
	// Cadastre is the reference of a category in kWh/m² a year; the lower
	// quartile of one's own stock where there is none.
	Cadastre map[gtc.Category]float64
}

// Figures are the consumption of one year of the whole perimeter in kWh PCS,
// from invoices or an inventory.
type Figures struct {
	Year int
	KWh  map[gtc.Carrier]float64
	// BaseKWh is the part that does not follow the cold.
	BaseKWh map[gtc.Carrier]float64
	// Station is where degree-days are taken, DJ15 their sum, 0 for what is
	// published or measured there.
	Station string
	DJ15    float64
	Source  string
}

// Normals are normal years by base; the first of a station counts.
type Normals struct {
	DJ15    []degreeday.Normal[degreeday.DJ15]
	DJ165   []degreeday.Normal[degreeday.DJ165]
	DJ165Eq []degreeday.Normal[degreeday.DJ165Eq]
}

// Add adds a published normal; a base that is not one is left out.
func (n *Normals) Add(base, station string, value float64, period, source string) {
	switch base {
	case Base15:
		n.DJ15 = append(n.DJ15, degreeday.Normal[degreeday.DJ15]{Station: station, Value: value, Period: period, Source: source})
	case Base165:
		n.DJ165 = append(n.DJ165, degreeday.Normal[degreeday.DJ165]{Station: station, Value: value, Period: period, Source: source})
	case Base165Eq:
		n.DJ165Eq = append(n.DJ165Eq, degreeday.Normal[degreeday.DJ165Eq]{Station: station, Value: value, Period: period, Source: source})
	}
}

// NormalOf returns the normal of a station: a published one, or the mean of
// its own years when ten are known.
func NormalOf[B degreeday.Base](published []degreeday.Normal[B], years []degreeday.Sum[B], station string) (degreeday.Normal[B], bool) {
	for _, n := range published {
		if n.Station == station {
			return n, true
		}
	}
	return degreeday.Mean(slices.DeleteFunc(slices.Clone(years), func(y degreeday.Sum[B]) bool { return y.Station != station }))
}

// Use is one metered direction of a site: meters that the site's total counts,
// no sub-meter and no heat behind a boiler.
type Use struct {
	Site      gtc.SiteID
	Meter     gtc.EquipmentID
	Carrier   gtc.Carrier
	Direction gtc.Direction
	// Station gives its degree-days.
	Station string
	// Days are the known calendar days, in order.
	Days []Day
	// Model, when not nil, tells what the meter's own baseline expects of the
	// days [from,to) at midnights of the site; false where it does not know.
	Model func(from, to time.Time) (ModelNormal, bool)
}

// Day is the energy of one calendar day, which starts at the site's midnight.
type Day struct {
	Date time.Time
	KWh  float64
}

// Weather are the days of stations, in order.
type Weather map[string][]degreeday.Day

// civil is a calendar day as factors count them.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// factor returns what holds on a [civil] day.
func (p Plan) factor(c gtc.Carrier, day time.Time) (gtc.Factor, bool) {
	return gtc.FactorAsOf(p.Factors, c, day, p.Known)
}

// counts reports whether the perimeter has a use.
func (p Plan) counts(u Use) bool {
	return (len(p.Sites) == 0 || slices.Contains(p.Sites, u.Site)) && (len(p.Carriers) == 0 || slices.Contains(p.Carriers, u.Carrier))
}

// withDefaults fills in what is not said.
func (p Plan) withDefaults() Plan {
	p.Target = cmp.Or(p.Target, DefaultTarget)
	p.ReductionPct = cmp.Or(p.ReductionPct, DefaultReductionPct)
	p.EED = cmp.Or(p.EED, DefaultEED)
	return p
}

// heats reports whether a carrier follows the cold.
func heats(c gtc.Carrier) bool {
	switch c {
	case gtc.CarrierGas, gtc.CarrierOil, gtc.CarrierPropane, gtc.CarrierPellets, gtc.CarrierHeat:
		return true
	default:
		return false
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
