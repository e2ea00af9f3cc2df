package carbon

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// How a consumption was brought to normal climate.
const (
	// ByDegreeDays is base + (kwh − base) · normal/observed degree-days.
	ByDegreeDays = "degree_days"
	// ByModel is kwh · what the meter's own model expects of the same days at
	// normal climate / of their own weather.
	ByModel = "model"
	// ByBoth is that some meters of a sum were corrected in one way and some in
	// the other.
	ByBoth = "both"
)

// ModelNormal is what a meter's own model expects of a span of days.
type ModelNormal struct {
	// ObservedKWh is expected of the weather that the days had, NormalKWh in the
	// mean of Years whole years of the station, which Period names.
	ObservedKWh, NormalKWh float64
	Years                  int
	Period                 string
}

// ModelUsed is a meter that was brought to normal climate by its own model.
type ModelUsed struct {
	Site     gtc.SiteID      `json:"site"`
	Meter    gtc.EquipmentID `json:"meter"`
	Station  string          `json:"station"`
	OwnYears int             `json:"own_years"`
	Period   string          `json:"period"`
}

// leastYears is how many own years of a station make a normal of their own.
const leastYears = 10

// byModel brings the consumption of the days [from,to) to normal climate by
// the meter's own model. Where the station has a normal of degree-days it needs
// ten own years: the mean of a few is further from the climate than a published
// normal.
func (b *book) byModel(u Use, kwh float64, from, to time.Time) (float64, bool) {
	if u.Model == nil {
		return 0, false
	}
	n, ok := u.Model(from, to)
	if !ok || !(n.ObservedKWh > 0) || !(n.NormalKWh > 0) {
		return 0, false
	}
	if _, has := NormalOf(b.plan.Normals.DJ15, b.years15[u.Station], u.Station); has && n.Years < leastYears {
		return 0, false
	}
	b.models[modelKey{u.Site, u.Meter}] = ModelUsed{Site: u.Site, Meter: u.Meter, Station: u.Station, OwnYears: n.Years, Period: n.Period}
	return kwh * n.NormalKWh / n.ObservedKWh, true
}

type modelKey struct {
	site  gtc.SiteID
	meter gtc.EquipmentID
}

func (b *book) modelsUsed() []ModelUsed {
	var out []ModelUsed
	for _, m := range b.models {
		out = append(out, m)
	}
	slices.SortFunc(out, func(x, y ModelUsed) int { return cmp.Or(cmp.Compare(x.Site, y.Site), cmp.Compare(x.Meter, y.Meter)) })
	return out
}

// both joins how two parts of a sum were corrected.
func both(a, b string) string {
	if a == "" || a == b {
		return b
	}
	return ByBoth
}
