package carbon

import (
	"fmt"
	"strconv"

	"github.com/cpas-charleroi/gtc"
)

// GapCode says what kind of thing is not known.
type GapCode string

// The gaps.
const (
	// GapNoReference: no reference year is chosen.
	GapNoReference GapCode = "no_reference"
	// GapNoData: nothing is known of a carrier in a year.
	GapNoData GapCode = "no_data"
	// GapPartial: a meter is known on Known of Of days.
	GapPartial GapCode = "partial"
	// GapNoFactor: no factor of the carrier holds in the year (from Date on).
	GapNoFactor GapCode = "no_factor"
	// GapNoNormal: the station has no normal year.
	GapNoNormal GapCode = "no_normal"
	// GapNoDegreeDays: the station's degree-days of the span are not known.
	GapNoDegreeDays GapCode = "no_degree_days"
	// GapNoBase: the part that does not follow the cold is not known.
	GapNoBase GapCode = "no_base"
	// GapNoArea: the heated surface of the site is not known.
	GapNoArea GapCode = "no_area"
)

// Gap is one thing that is not known and what hangs on it.
type Gap struct {
	Code    GapCode         `json:"code"`
	Year    int             `json:"year,omitempty"`
	Carrier gtc.Carrier     `json:"carrier,omitempty"`
	Site    gtc.SiteID      `json:"site,omitempty"`
	Meter   gtc.EquipmentID `json:"meter,omitempty"`
	Station string          `json:"station,omitempty"`
	Known   int             `json:"known,omitempty"`
	Of      int             `json:"of,omitempty"`
	Date    string          `json:"date,omitempty"`
}

// In says the gap to people; lang is fr, nl or en, carrier the carrier's name
// in that language.
func (g Gap) In(lang, carrier string) string {
	place := carrier
	if g.Meter != "" {
		place = fmt.Sprintf("%s/%s", g.Site, g.Meter)
	} else if g.Site != "" {
		place = string(g.Site)
	}
	if g.Year != 0 {
		place = strconv.Itoa(g.Year) + " · " + place
	}
	if g.Code == GapNoReference {
		return g.What(lang, carrier)
	}
	return place + " : " + g.What(lang, carrier)
}

// What says the gap without its place.
func (g Gap) What(lang, carrier string) string {
	texts, ok := gapTexts()[lang]
	if !ok {
		texts = gapTexts()["fr"]
	}
	switch g.Code {
	case GapPartial:
		return fmt.Sprintf(texts[g.Code], g.Known, g.Of)
	case GapNoFactor:
		return fmt.Sprintf(texts[g.Code], carrier, g.Date)
	case GapNoNormal, GapNoDegreeDays:
		return fmt.Sprintf(texts[g.Code], g.Station)
	default:
		return texts[g.Code]
	}
}

func gapTexts() map[string]map[GapCode]string {
	return map[string]map[GapCode]string{
		"fr": {
			GapNoReference: "aucune année de référence n'est choisie (carbon.reference)", GapNoData: "aucune donnée : ni relevé, ni chiffre importé",
			GapPartial: "%d jours connus sur %d", GapNoFactor: "aucun facteur CO₂ pour %s au %s", GapNoNormal: "la station %s n'a pas de degrés-jours normaux",
			GapNoDegreeDays: "les degrés-jours 15/15 de la station %s ne sont pas connus", GapNoBase: "la part indépendante du froid n'est pas connue", GapNoArea: "surface chauffée absente",
		},
		"nl": {
			GapNoReference: "geen referentiejaar gekozen (carbon.reference)", GapNoData: "geen gegevens: geen meting en geen ingevoerd cijfer",
			GapPartial: "%d van %d dagen bekend", GapNoFactor: "geen CO₂-factor voor %s op %s", GapNoNormal: "station %s heeft geen normale graaddagen",
			GapNoDegreeDays: "de graaddagen 15/15 van station %s zijn niet bekend", GapNoBase: "het deel dat de koude niet volgt, is niet bekend", GapNoArea: "verwarmde oppervlakte ontbreekt",
		},
		"en": {
			GapNoReference: "no reference year is chosen (carbon.reference)", GapNoData: "no data: neither metered nor imported",
			GapPartial: "%d of %d days known", GapNoFactor: "no CO₂ factor for %s on %s", GapNoNormal: "station %s has no normal degree-days",
			GapNoDegreeDays: "the degree-days 15/15 of station %s are not known", GapNoBase: "the part that does not follow the cold is not known", GapNoArea: "heated area missing",
		},
	}
}
