package drift

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// findingText says in words what a finding found; worse says that it lies on
// top of an earlier one.
func findingText(f gtc.Finding, sudden, worse bool) gtc.Label {
	size := fmt.Sprintf("%s %% (± %s points), %s kWh", decimal(abs64(f.ExcessPct), 2), decimal(f.BandPct, 2), grouped(abs64(f.ExcessKWh)))
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
	more, meer, above := "de plus", "meer", "more"
	if f.ExcessKWh < 0 {
		more, meer, above = "de moins", "minder", "less"
	}
	thanFR, thanNL, thanEN := "que la consommation attendue", "dan het verwachte verbruik", "than expected"
	if worse {
		thanFR, thanNL, thanEN = "que le niveau déjà constaté", "dan het reeds vastgestelde niveau", "than the level found before"
	}
	label := gtc.Label{
		"fr": fmt.Sprintf("%s depuis le %s : %s %s %s", fr, dateFR(f.Onset), size, more, thanFR),
		"nl": fmt.Sprintf("%s sinds %s: %s %s %s", nl, dateNL(f.Onset), size, meer, thanNL),
		"en": fmt.Sprintf("%s since %s: %s %s %s", en, dateEN(f.Onset), strings.ReplaceAll(size, ",", "."), above, thanEN),
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
