package carbon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

// spanDays is what a building is ranked by: the last year, ending yesterday.
const spanDays = 365

// leastPeers is how many buildings of a category make a quartile of it.
const leastPeers = 4

// Building is a site as the cadastre sees it.
type Building struct {
	Site     gtc.SiteID
	Label    gtc.Label
	Category gtc.Category
	// AreaM2 is the heated surface, 0 if unknown.
	AreaM2 float64
	// Uses are those that the site's total counts.
	Uses []Use
}

// Standing is the place of a building in the energy cadastre: heating and hot
// water by fuels and heat, in kWh PCS, of the last 365 days.
type Standing struct {
	Site     gtc.SiteID    `json:"site"`
	Label    gtc.Label     `json:"label"`
	Category gtc.Category  `json:"category"`
	AreaM2   float64       `json:"area_m2,omitempty"`
	Carriers []gtc.Carrier `json:"carriers"`
	From     string        `json:"from"`
	To       string        `json:"to"`
	// KWh is as metered; NormKWh at normal degree-days 15/15, nil with Gaps
	// saying why.
	KWh     float64  `json:"kwh"`
	NormKWh *float64 `json:"normal_kwh"`
	// NormBy is how: by degree_days, model or both.
	NormBy string `json:"normal_by,omitempty"`
	// IE is NormKWh per m² and year, nil without a surface.
	IE *float64 `json:"kwh_per_m2"`
	// Reference is what IE is held against, in kWh/m²: that of the category as
	// configured or, with OwnStock, the lower quartile of one's own buildings.
	Reference *float64 `json:"reference_kwh_per_m2"`
	OwnStock  bool     `json:"reference_of_own_stock,omitempty"`
	// Potential is (NormKWh − Reference × area)⁺ in kWh a year.
	Potential *float64 `json:"potential_kwh"`
	Gaps      []Gap    `json:"gaps,omitempty"`
}

// Ranking ranks buildings by what they could save, those that cannot be
// ranked last with the reason. Buildings without fuel or heat are left out.
func (p Plan) Ranking(buildings []Building, weather Weather, now time.Time) []Standing {
	b := newBook(p, nil, weather, now)
	out := []Standing{}
	for _, x := range buildings {
		if s, ok := b.standing(x, now); ok {
			out = append(out, s)
		}
	}
	Rank(out, p.Cadastre)
	return out
}

// Rank fills in reference and potential of standings that have IE and NormKWh
// and sorts them: highest potential first, then highest IE, unknown last.
func Rank(standings []Standing, references map[gtc.Category]float64) {
	all := map[gtc.Category][]float64{}
	for _, s := range standings {
		if s.IE != nil {
			all[s.Category] = append(all[s.Category], *s.IE)
			all[""] = append(all[""], *s.IE)
		}
	}
	for i := range standings {
		s := &standings[i]
		if s.IE == nil || s.NormKWh == nil {
			continue
		}
		ref, ok := references[s.Category]
		if !ok {
			peers := all[s.Category]
			if len(peers) < leastPeers {
				peers = all[""]
			}
			ref, s.OwnStock = quartile(peers), true
		}
		s.Reference, s.Potential = new(ref), new(math.Max(0, *s.NormKWh-ref*s.AreaM2))
	}
	slices.SortStableFunc(standings, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(orLess(b.Potential), orLess(a.Potential)), cmp.Compare(orLess(b.IE), orLess(a.IE)), cmp.Compare(b.KWh, a.KWh))
	})
}

func orLess(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

// quartile is the lower quartile, between the two values around it.
func quartile(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	at := 0.25 * float64(len(v)-1)
	i := int(at)
	if i+1 >= len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

func (b *book) standing(x Building, now time.Time) (Standing, bool) {
	to := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	from := to.AddDate(0, 0, -spanDays)
	s := Standing{
		Site: x.Site, Label: x.Label, Category: x.Category, AreaM2: x.AreaM2, Carriers: []gtc.Carrier{},
		From: from.Format(time.DateOnly), To: to.AddDate(0, 0, -1).Format(time.DateOnly),
	}
	norm, known := 0.0, true
	for _, u := range x.Uses {
		if !heats(u.Carrier) || u.Direction != gtc.DirectionImport {
			continue
		}
		if !slices.Contains(s.Carriers, u.Carrier) {
			s.Carriers = append(s.Carriers, u.Carrier)
		}
		m := meterYear{of: spanDays}
		for _, d := range between(u.Days, from.Year(), to.Year()+1) {
			if day := civil(d.Date); !day.Before(civil(from)) && day.Before(civil(to)) {
				m.add(d, day, b.cold[u.Station])
			}
		}
		s.KWh += m.kwh
		v, by, gap := b.correctSpan(u, m, from, to)
		if gap != nil {
			known = false
			s.Gaps = append(s.Gaps, *gap)
			continue
		}
		norm += v
		s.NormBy = both(s.NormBy, by)
	}
	if len(s.Carriers) == 0 {
		return s, false
	}
	if known {
		s.NormKWh = &norm
	} else {
		s.NormBy = ""
	}
	switch {
	case x.AreaM2 <= 0:
		s.Gaps = append(s.Gaps, Gap{Code: GapNoArea, Site: x.Site})
	case known:
		s.IE = new(norm / x.AreaM2)
	}
	return s, true
}

// correctSpan brings the days of [from,to) to a normal year.
func (b *book) correctSpan(u Use, m meterYear, from, to time.Time) (float64, string, *Gap) {
	gap := Gap{Carrier: u.Carrier, Site: u.Site, Meter: u.Meter, Station: u.Station, Known: m.known, Of: m.of}
	base, ok := m.base()
	if float64(m.known) < wholeShare*float64(m.of) {
		gap.Code = GapPartial
		return 0, "", &gap
	}
	if v, ok := b.byModel(u, m.kwh, from, to); ok {
		return v, ByModel, nil
	}
	if !ok {
		gap.Code = GapNoBase
		return 0, "", &gap
	}
	observed := degreeday.Sum[degreeday.DJ15]{Station: u.Station, Of: spanDays}
	for d := civil(from); d.Before(civil(to)); d = d.AddDate(0, 0, 1) {
		if v, ok := b.cold[u.Station][d]; ok {
			observed.Value += v
			observed.Known++
		}
	}
	v, missing := b.correct(m.kwh, base, observed, gap)
	return v, ByDegreeDays, missing
}
