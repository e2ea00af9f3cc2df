package drift

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// findingText says in words what a finding found; worse says that it lies on
// top of an earlier one.
func findingText(f gtc.Finding, sudden, worse bool) gtc.Label {
	saving := f.Kind == gtc.FindingSaving
	fr, nl, en := "Dérive progressive", "Afwijking", "Drift"
	switch {
	case saving && worse:
		fr, nl, en = "Économie accrue", "Grotere besparing", "Greater saving"
	case saving:
		fr, nl, en = "Économie", "Besparing", "Saving"
	case worse:
		fr, nl, en = "Dérive aggravée", "Grotere afwijking", "Greater drift"
	case sudden:
		fr, nl, en = "Dérive subite", "Plotse afwijking", "Sudden drift"
	}
	than := gtc.Label{"fr": "que la consommation attendue", "nl": "dan het verwachte verbruik", "en": "than expected"}
	if worse {
		than = gtc.Label{"fr": "que le niveau déjà constaté", "nl": "dan het reeds vastgestelde niveau", "en": "than the level found before"}
	}
	size := sizeText(f, than)
	label := gtc.Label{
		"fr": fmt.Sprintf("%s depuis le %s : %s", fr, dateFR(f.Onset), size["fr"]),
		"nl": fmt.Sprintf("%s sinds %s: %s", nl, dateNL(f.Onset), size["nl"]),
		"en": fmt.Sprintf("%s since %s: %s", en, dateEN(f.Onset), size["en"]),
	}
	if len(f.Causes) > 0 {
		c := f.Causes[0].Label
		label["fr"] += ", surtout : " + c.In("fr")
		label["nl"] += ", vooral: " + c.In("nl")
		label["en"] += ", mainly: " + c.In("en")
	}
	if !f.End.IsZero() {
		label["fr"] += ". Terminé le " + dateFR(f.End)
		label["nl"] += ". Voorbij op " + dateNL(f.End)
		label["en"] += ". Over on " + dateEN(f.End)
	}
	for k := range label {
		label[k] += "."
	}
	return label
}

// sizeText says how much more or less it is than something, and when that is
// not sure.
func sizeText(f gtc.Finding, than gtc.Label) gtc.Label {
	if f.ExcessKWh == 0 {
		return gtc.Label{
			"fr": "incertain, les jours suivants ne le confirment pas",
			"nl": "onzeker, de volgende dagen bevestigen het niet",
			"en": "uncertain, the days after do not confirm it",
		}
	}
	more, meer, above := "de plus", "meer", "more"
	if f.ExcessKWh < 0 {
		more, meer, above = "de moins", "minder", "less"
	}
	size := fmt.Sprintf("%s %% (± %s points), %s kWh", decimal(abs64(f.ExcessPct), 2), decimal(f.BandPct, 2), grouped(abs64(f.ExcessKWh)))
	out := gtc.Label{
		"fr": size + " " + more + " " + than["fr"],
		"nl": size + " " + meer + " " + than["nl"],
		"en": strings.ReplaceAll(size, ",", ".") + " " + above + " " + than["en"],
	}
	if abs64(f.ExcessPct) < f.BandPct {
		out["fr"] += " (incertain : moins que la marge)"
		out["nl"] += " (onzeker: minder dan de marge)"
		out["en"] += " (uncertain: less than the margin)"
	}
	return out
}

// doubt adds that the baseline itself has two levels: what is found may be
// their difference.
func doubt(f *gtc.Finding, s baseline.Shift) {
	f.Inputs["baseline_shift"] = s.From.Format(time.DateOnly) + " " + strconv.FormatFloat(s.Ratio, 'f', 2, 64)
	size := strconv.FormatFloat(100*(s.Ratio-1), 'f', 0, 64)
	if s.Ratio > 1 {
		size = "+" + size
	}
	f.Text["fr"] += " À vérifier d'abord : la référence change elle-même de niveau (" + size + " %) le " + dateFR(s.From) + " ; l'écart peut en venir."
	f.Text["nl"] += " Eerst nagaan: het referentiejaar verandert zelf van niveau (" + size + " %) op " + dateNL(s.From) + "; de afwijking kan daarvan komen."
	f.Text["en"] += " Check first: the baseline itself changes its level (" + size + " %) on " + dateEN(s.From) + "; the difference may come from that."
}

func abs64(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

// decimal writes a number with so many significant digits and a decimal
// comma.
func decimal(x float64, digits int) string {
	prec := 0
	if x < 10 {
		prec = 1
	}
	if x < 0.1 {
		prec = digits + 1
	}
	return strings.Replace(strconv.FormatFloat(x, 'f', prec, 64), ".", ",", 1)
}

// grouped writes a whole number with narrow spaces between thousands.
func grouped(x float64) string {
	s := strconv.FormatFloat(x, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

func dateFR(t time.Time) string {
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year())
}

func dateNL(t time.Time) string {
	months := [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
	return fmt.Sprintf("%d %s %d", t.Day(), months[t.Month()-1], t.Year())
}

func dateEN(t time.Time) string { return t.Format("2 January 2006") }
