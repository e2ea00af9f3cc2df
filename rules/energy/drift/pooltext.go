package drift

import (
	"fmt"
	"strconv"

	"github.com/cpas-charleroi/gtc"
)

// explainPool fills the words and the working of a pool's finding.
func (t *track) explainPool(f *gtc.Finding, sign float64) {
	f.Text = poolText(*f, t.pool.Meters)
	f.Inputs = map[string]string{
		"meters": strconv.Itoa(t.pool.Meters),
		"common": fmt.Sprintf("%.2f", t.pool.Common),
		"limit":  t.scale.inputs(sign),
	}
	if t.opts.Shared != nil {
		f.Inputs["beside"] = "meters of other sites"
	}
}

// poolText says in words what a pool shows.
func poolText(f gtc.Finding, meters int) gtc.Label {
	size := sizeText(f, gtc.Label{"fr": "que la consommation attendue", "nl": "dan het verwachte verbruik", "en": "than expected"})
	out := gtc.Label{
		"fr": fmt.Sprintf("Écart commun à %d compteurs depuis le %s : %s. Météo que le modèle ne connaît pas (soleil, vent) ou cause commune (consigne générale, calendrier)", meters, dateFR(f.Onset), size["fr"]),
		"nl": fmt.Sprintf("Gemeenschappelijke afwijking van %d meters sinds %s: %s. Weer dat het model niet kent (zon, wind) of een gemeenschappelijke oorzaak (algemene regeling, kalender)", meters, dateNL(f.Onset), size["nl"]),
		"en": fmt.Sprintf("Deviation common to %d meters since %s: %s. Weather that the model does not know (sun, wind) or a common cause (a general set point, the calendar)", meters, dateEN(f.Onset), size["en"]),
	}
	if !f.End.IsZero() {
		out["fr"] += ". Terminé le " + dateFR(f.End)
		out["nl"] += ". Voorbij op " + dateNL(f.End)
		out["en"] += ". Over on " + dateEN(f.End)
	}
	for k := range out {
		out[k] += "."
	}
	return out
}
