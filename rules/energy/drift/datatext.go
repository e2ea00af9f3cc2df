package drift

import (
	"strconv"

	"github.com/cpas-charleroi/gtc"
)

// dataText says what is wrong with the data of the days from one to another.
func dataText(rule string, line []judged, from, to int) gtc.Label {
	since := line[from].date
	fr, nl, en := dateFR(since), dateNL(since), dateEN(since)
	switch rule {
	case RuleZero:
		return gtc.Label{
			"fr": "Compteur à zéro depuis le " + fr + " alors qu'une consommation est attendue : donnée absente ou compteur à l'arrêt.",
			"nl": "Meter staat op nul sinds " + nl + " hoewel verbruik verwacht wordt: ontbrekend gegeven of stilstaande meter.",
			"en": "Meter at zero since " + en + " although consumption is expected: absent data or a stopped meter.",
		}
	case RuleStuck:
		return gtc.Label{
			"fr": "Consommation identique jour après jour depuis le " + fr + " : compteur ou transmission figés.",
			"nl": "Elke dag hetzelfde verbruik sinds " + nl + ": meter of overdracht vastgelopen.",
			"en": "The same consumption day after day since " + en + ": meter or transmission stuck.",
		}
	case RuleSpike:
		return spikeText(line, from)
	}
	var y, e float64
	for _, d := range line[from : to+1] {
		y, e = y+d.y, e+d.e
	}
	factor := decimal(unitFactor(y/e, daySlack), 3)
	return gtc.Label{
		"fr": "Consommation multipliée par environ " + factor + " depuis le " + fr + " : erreur d'unité ou de facteur probable (m³ et kWh, Wh et kWh, facteur 10).",
		"nl": "Verbruik ongeveer maal " + factor + " sinds " + nl + ": waarschijnlijk een fout in eenheid of factor (m³ en kWh, Wh en kWh, factor 10).",
		"en": "Consumption about times " + factor + " since " + en + ": probably a wrong unit or factor (m³ and kWh, Wh and kWh, factor 10).",
	}
}

// spikeText says that one day has more than a day can have, and of which days
// it may be.
func spikeText(line []judged, k int) gtc.Label {
	d, zeros := line[k], 0
	for i := k - 1; i >= 0 && line[i].seen && line[i].y == 0; i-- {
		zeros++
	}
	y, e := grouped(d.y), grouped(d.e)
	fr := "Consommation de " + y + " kWh le " + dateFR(d.date) + " au lieu de " + e + " attendus"
	nl := "Verbruik van " + y + " kWh op " + dateNL(d.date) + " in plaats van de verwachte " + e
	en := "Consumption of " + y + " kWh on " + dateEN(d.date) + " instead of the expected " + e
	if zeros > 0 {
		n := strconv.Itoa(zeros)
		fr += ", après " + n + " jour(s) à zéro : rattrapage du comptage"
		nl += ", na " + n + " dag(en) op nul: ingehaalde telling"
		en += ", after " + n + " day(s) of zero: the count catching up"
	} else {
		fr += " : valeur aberrante ou comptage rattrapé"
		nl += ": onmogelijke waarde of ingehaalde telling"
		en += ": an impossible value, or a count catching up"
	}
	return gtc.Label{
		"fr": fr + ". Le jour n'est pas compté.",
		"nl": nl + ". De dag telt niet mee.",
		"en": en + ". The day is not counted.",
	}
}
