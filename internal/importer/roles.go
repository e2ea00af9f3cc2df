package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// role is what a column is for.
type role string

// The roles of columns.
const (
	// roleTime is when an interval or an invoice begins, or when an index was
	// read; with roleClock its time of day stands apart. roleEnd is when it
	// ends.
	roleTime     role = "time"
	roleClock    role = "clock"
	roleEnd      role = "end"
	roleEndClock role = "end_clock"
	// roleIndex is what the meter's dial shows, roleValue what was consumed.
	roleIndex role = "index"
	roleValue role = "value"
	// roleVolume is the volume beside an energy, roleEUR the amount.
	roleVolume   role = "volume"
	roleEUR      role = "eur"
	roleUnit     role = "unit"
	roleQuality  role = "quality"
	roleRegister role = "register"
	roleEAN      role = "ean"
)

func roles() []role {
	return []role{
		roleTime, roleClock, roleEnd, roleEndClock, roleIndex, roleValue, roleVolume, roleEUR,
		roleUnit, roleQuality, roleRegister, roleEAN,
	}
}

// Roles returns the names that --map and a profile's columns know.
func Roles() []string {
	var out []string
	for _, r := range roles() {
		out = append(out, string(r))
	}
	return out
}

// heads returns how the columns of a role are headed, folded as [fold] does:
// what the exports of Belgian grid operators and suppliers use, in French,
// Dutch and English.
func heads(r role) []string {
	switch r {
	case roleTime:
		return []string{
			"time", "timestamp", "datetime", "date time", "horodatage", "horodate", "date heure", "date et heure", "date", "datum", "jour", "dag",
			"van datum", "van", "vanaf", "from", "start", "start date", "begin", "begindatum", "du", "de", "debut", "date debut", "date de debut", "debut de periode", "debut periode",
			"date de releve", "date releve", "date du releve", "releve le", "opnamedatum", "meetdatum", "reading date",
		}
	case roleClock:
		return []string{"heure", "uur", "tijd", "tijdstip", "van tijdstip", "van uur", "heure debut", "heure de debut", "clock", "time of day"}
	case roleEnd:
		return []string{"tot datum", "tot", "tot en met", "to", "until", "end", "end date", "einde", "einddatum", "au", "a", "fin", "date fin", "date de fin", "fin de periode", "fin periode", "jusqu au"}
	case roleEndClock:
		return []string{"tot tijdstip", "tot uur", "heure fin", "heure de fin"}
	case roleIndex:
		return []string{"index", "releve", "index releve", "stand", "meterstand", "indexstand", "reading", "meter reading", "dial"}
	case roleValue:
		return []string{
			"value", "valeur", "volume", "waarde", "consommation", "consumption", "verbruik", "usage", "quantite", "quantity", "hoeveelheid", "energie", "energy",
			"energie active", "consommation active", "consommation totale", "actief verbruik", "puissance", "puissance active", "power", "vermogen", "kwh", "mwh", "prelevement", "afname", "energy kwh", "consommation kwh",
			"quantite livree", "livraison", "litres livres", "litres", "niveau", "jauge", "hoeveelheid geleverd", "geleverd", "peil", "level", "delivered",
		}
	case roleVolume:
		return []string{"m3", "m³", "volume m3", "volume gaz", "consommation m3", "gasvolume"}
	case roleEUR:
		return []string{"eur", "euro", "montant", "montant tvac", "total tvac", "montant total", "prix", "cout", "bedrag", "totaalbedrag", "bedrag incl btw", "amount", "cost"}
	case roleUnit:
		return []string{"unite", "unit", "eenheid"}
	case roleQuality:
		return []string{"qualite", "quality", "kwaliteit", "statut", "status", "validatiestatus", "statut de validation", "validation", "code qualite", "etat", "type de releve", "validite"}
	case roleRegister:
		return []string{"register", "registre", "cadran", "telwerk", "type de registre", "sens", "flux"}
	case roleEAN:
		return []string{"ean", "ean code", "code ean", "ean gsrn", "numero ean", "point de fourniture", "point d acces", "toegangspunt"}
	}
	return nil
}

// head is a column's head, taken apart: the words folded, and the unit that
// stood in brackets or at the end.
type head struct {
	words string
	unit  string
}

// parseHead takes a head apart: "Consommation (kWh)" is consommation in kWh.
func parseHead(text string) head {
	h := head{}
	text = strings.TrimSpace(text)
	for _, pair := range []string{"()", "[]"} {
		i, j := strings.LastIndex(text, pair[:1]), strings.LastIndex(text, pair[1:])
		if i < 0 || j < i {
			continue
		}
		if _, ok := parseUnit(text[i+1 : j]); ok {
			h.unit = strings.TrimSpace(text[i+1 : j])
			text = text[:i] + " " + text[j+1:]
		}
	}
	h.words = fold(text)
	if h.unit == "" {
		fields := strings.Fields(h.words)
		for i := range fields {
			if _, ok := parseUnit(fields[i]); ok && len(fields[i]) > 1 {
				h.unit = fields[i]
			}
		}
	}
	return h
}

// fold returns a text in small letters without accents and signs, its words
// separated by one space.
func fold(text string) string {
	plain := text
	if strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		plain = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(text))
	}
	words := strings.FieldsFunc(strings.ToLower(plain), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	return strings.Join(words, " ")
}

// class is what a quality code says.
type class int

const (
	classUnknown class = iota
	classMeasured
	classEstimated
)

// classOf tells what a quality code of an operator means.
func classOf(code string, p Profile) class {
	c := fold(code)
	for _, known := range p.Measured {
		if fold(known) == c {
			return classMeasured
		}
	}
	for _, known := range p.Estimated {
		if fold(known) == c {
			return classEstimated
		}
	}
	switch c {
	case "", "v", "m", "r", "ok", "a", "val", "valide", "validee", "validated", "valid", "gevalideerd", "mesure", "mesuree", "measured", "gemeten", "metered",
		"reel", "reelle", "real", "actual", "releve", "relevee", "uitgelezen", "uitgelezen en gevalideerd", "lu", "client", "good", "bon":
		return classMeasured
	case "e", "est", "estime", "estimee", "estimation", "estimated", "geschat", "gecorrigeerd geschat", "s", "sub", "substitue", "substituee", "substituted", "vervangen",
		"remplace", "remplacee", "calcule", "calculee", "berekend", "interpole", "interpolee", "interpolated", "provisoire", "voorlopig", "non valide", "niet gevalideerd":
		return classEstimated
	}
	return classUnknown
}

// sides of a register.
const (
	sideImport = "import"
	sideExport = "export"
)

// sideOf tells which way a register counts, "" when it does not say.
func sideOf(register string) string {
	r := fold(register)
	for _, word := range []string{"injectie", "injection", "export", "teruglevering", "restitution"} {
		if strings.Contains(r, word) {
			return sideExport
		}
	}
	for _, word := range []string{"afname", "prelevement", "consommation", "import", "offtake", "soutirage", "verbruik"} {
		if strings.Contains(r, word) {
			return sideImport
		}
	}
	return ""
}
