package grafana

// The colours of the screens (light ground). Only the abnormal has one.
const (
	colorText    = "#1D2730"
	colorNormal  = "#5A6672" // normal value, plant
	colorGround  = "#C9CFD6" // a normal tile, the band of what is expected
	colorP1      = "#B3001B"
	colorP2      = "#B35000" // darker than elsewhere: Grafana writes nearly white on it
	colorP3      = "#8A6D00"
	colorP4      = "#5B3FA8" // drift
	colorSaving  = "#0B6E4F"
	colorUnknown = "#5A6672" // with the hatched sign ▨, never alone
	colorFocus   = "#0B5CAD"
	// colorObserved is Grafana's own text: nearly black by day, and light in the
	// dark theme that a wall has at night.
	colorObserved = "text"
	colorPale     = "#768390" // the lightest line that is seen well on a panel
	colorCurve    = "#3D4852" // curves of one kind: its shades, none of them too pale to be seen
	clockFormat   = "time:HH:mm:ss"
	instantFormat = "time:DD/MM/YYYY HH:mm"
	dayFormat     = "time:DD/MM/YYYY"
)

// plain numbers follow the language of the browser: 1 234,5 in French. The
// unit stands in the title or on the axis.
const plain = "locale"

func whole() *int { return new(0) }

// steps gives the colour of the normal below the first threshold, then each
// colour from its value on.
func steps(at ...Step) *Thresholds {
	return &Thresholds{Mode: "absolute", Steps: append([]Step{{Color: colorNormal}}, at...)}
}

func from(v float64, color string) Step { return Step{Value: new(v), Color: color} }

// anyIs colours a count as soon as it is not nought.
func anyIs(color string) *Thresholds { return steps(from(1, color)) }

func byThreshold() *Color { return &Color{Mode: "thresholds"} }

// shades tells several curves apart by how dark they are: colour is kept for
// what is abnormal.
func shades() *Color { return &Color{Mode: "shades", Fixed: colorCurve} }

func fixed(color string) *Color { return &Color{Mode: "fixed", Fixed: color} }

// word is the text and the colour of one value.
type word struct {
	value, text, color string
}

// words maps values to words, in the order given.
func words(list ...word) Mapping {
	options := map[string]any{}
	for i, w := range list {
		options[w.value] = map[string]any{"text": w.text, "color": w.color, "index": i}
	}
	return Mapping{Type: "value", Options: options}
}

// What a panel shows by itself. Grafana takes these words for an absent value
// and for a question that failed alike: none of them may say that there is
// nothing to see. What an empty answer means is in the answer (Query.None).
const (
	unknown = "▨ inconnu"
	// unknownBrief has room in the narrowest tile of a wall.
	unknownBrief = "▨ ?"
	unanswered   = "▨ pas de réponse"
	// unmeasured is for curves, of which an empty answer has no words.
	unmeasured = "▨ pas de réponse, ou pas de mesure"
)

// nothing says what the absence of a value means: never a number, never green.
func nothing(text string) Mapping {
	return Mapping{Type: "special", Options: map[string]any{
		"match": "null+nan", "result": map[string]any{"text": text, "color": colorUnknown, "index": 9},
	}}
}

// begins colours texts by their first sign.
func begins(sign, color string, index int) Mapping {
	return Mapping{Type: "regex", Options: map[string]any{
		"pattern": "^(" + sign + ".*)$", "result": map[string]any{"text": "$1", "color": color, "index": index},
	}}
}

// tiles colours what a tile says by the sign it begins with: a shape, a number
// and words carry the meaning, the colour only repeats it.
func tiles() []Mapping { return append(marked(), begins("[^■▲●◆▨]", colorGround, 5)) }

// marked are the colours of the signs.
func marked() []Mapping {
	return []Mapping{
		begins("■", colorP1, 0), begins("▲", colorP2, 1), begins("●", colorP3, 2), begins("◆", colorP4, 3), begins("▨", colorUnknown, 4),
	}
}

func priorities() Mapping {
	return words(
		word{"1", "■ 1", colorP1}, word{"2", "▲ 2", colorP2}, word{"3", "● 3", colorP3}, word{"4", "◆ 4", colorP4},
	)
}

func valueStates() Mapping {
	return words(
		word{"abnormal", "▲ Anormal", colorP2}, word{"stale", "▨ En retard", colorUnknown}, word{"doubtful", "▨ Douteux", colorUnknown},
		word{"unknown", "▨ Inconnu", colorUnknown}, word{"normal", "Normal", colorNormal},
	)
}

// qualityWords are the qualities of values.
func qualityWords() Mapping {
	return words(
		word{"good", "bonne", colorNormal}, word{"stale", "▨ en retard", colorUnknown}, word{"comm_lost", "▨ ne répond pas", colorUnknown},
		word{"out_of_range", "▲ hors limites", colorP2}, word{"sensor_fault", "▲ sonde en défaut", colorP2}, word{"refused", "▨ refusée", colorUnknown},
		word{"bad_clock", "▨ horloge douteuse", colorUnknown}, word{"substituted", "▨ remplacée", colorUnknown}, word{"manual", "à la main", colorNormal},
		word{"not_accepted", "non réceptionné", colorNormal}, word{"out_of_service", "hors service", colorNormal}, word{"", "▨ inconnue", colorUnknown},
	)
}

func deviceStates() Mapping {
	return words(
		word{"offline", "▲ Ne répond pas", colorP2}, word{"unknown", "▨ Inconnu", colorUnknown}, word{"online", "Répond", colorNormal},
	)
}

func linkStates() Mapping {
	return words(
		word{"lost", "▲ Perdue", colorP2}, word{"unknown", "▨ Inconnue", colorUnknown}, word{"linked", "Reliée", colorNormal},
	)
}

func findingKinds() Mapping {
	return words(
		word{"drift", "◆ Dérive", colorP4}, word{"saving", "▼ Économie", colorSaving}, word{"data", "▨ Données", colorUnknown},
	)
}

func findingStates() Mapping {
	return words(
		word{"new", "nouveau", colorText}, word{"accepted", "accepté", colorNormal}, word{"in_progress", "en cours", colorNormal},
		word{"corrected", "corrigé", colorNormal}, word{"verified", "vérifié", colorNormal}, word{"rejected", "rejeté", colorNormal},
	)
}

func alarmStates() Mapping {
	return words(
		word{"unacknowledged", "à prendre en charge", colorText}, word{"acknowledged", "prise en charge", colorNormal},
		word{"returned_unacknowledged", "revenue, à prendre en charge", colorText}, word{"latched", "mémorisée", colorText},
		word{"latched_unacknowledged", "mémorisée, à prendre en charge", colorText}, word{"shelved", "mise de côté", colorNormal},
		word{"suppressed", "inhibée par une cause", colorNormal}, word{"out_of_service", "hors service", colorNormal},
		word{"normal", "revenue à la normale", colorNormal},
	)
}
