package importer

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// layout is a sheet understood: where each role stands and how to read it.
type layout struct {
	sheet *sheet
	// columns gives the column of each role, from 0.
	columns map[role]int
	// heads are the heads by column.
	heads []head
	// first is the index of the first line of data.
	first   int
	decimal map[role]string
	unit    unit
	// volume is the unit of roleVolume.
	volume unit
	kind   Kind
	notes  []string
}

// has reports whether a role has a column.
func (l *layout) has(r role) bool { _, ok := l.columns[r]; return ok }

// text returns the cell of a role in a line.
func (l *layout) text(x line, r role) string {
	i, ok := l.columns[r]
	if !ok {
		return ""
	}
	return x.cell(i)
}

func (l *layout) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

// headLines is how far down the head may stand: exports begin with addresses.
const headLines = 40

// detect understands a sheet, by the profile where that says something.
func detect(s *sheet, p Profile) (*layout, error) {
	l := &layout{sheet: s, columns: map[role]int{}, decimal: map[role]string{}}
	if err := l.findHead(p); err != nil {
		return nil, err
	}
	if err := l.findKind(p); err != nil {
		return nil, err
	}
	for _, r := range []role{roleIndex, roleValue, roleVolume, roleEUR} {
		if l.has(r) {
			l.decimal[r] = p.Decimal
			if p.Decimal == "" {
				l.decimal[r] = l.decimalOf(r)
			}
		}
	}
	return l, l.findUnit(p)
}

// decimalOf detects the decimal sign of a column, and says when it may be the
// other one.
func (l *layout) decimalOf(r role) string {
	values := l.sample(r)
	sign := guessDecimal(values)
	if example, doubtful := thousandfold(values); doubtful && !l.sheet.excel {
		l.note("signe décimal douteux : « %s » lu avec « %s » comme signe décimal ; sinon c'est mille fois plus (--decimal dit lequel)", example, sign)
	}
	return sign
}

// wrong places a mistake at a line of the sheet.
func (s *sheet) wrong(number, col int, format string, args ...any) Mistake {
	name := s.file
	if s.name != "" {
		name += "[" + s.name + "]"
	}
	return Mistake{File: name, Line: number, Col: col, What: fmt.Sprintf(format, args...)}
}

// findHead looks for the line that heads the columns.
func (l *layout) findHead(p Profile) error {
	numbered, named, err := splitColumns(p.Columns)
	if err != nil {
		return l.sheet.wrong(1, 1, "%v", err)
	}
	if len(numbered) > 0 && len(named) == 0 {
		l.columns = numbered
		l.first = l.firstData()
		if l.first > 0 {
			l.readHeads(l.sheet.lines[l.first-1])
		}
		return nil
	}
	best, bestAt := map[role]int{}, -1
	for i, x := range l.sheet.lines[:min(headLines, len(l.sheet.lines))] {
		if got := matchHead(x, named); len(got) > len(best) && hasAll(got, named) {
			best, bestAt = got, i
		}
	}
	if bestAt < 0 || len(best) < 2 {
		return l.sheet.wrong(1, 1, "aucune ligne d'en-tête reconnue (une date et une valeur au moins) : nommez les colonnes, par exemple --map time=Horodatage,value=Consommation, ou --map time=#1,value=#2 sans en-tête")
	}
	l.columns, l.first = best, bestAt+1
	maps.Copy(l.columns, numbered)
	l.readHeads(l.sheet.lines[bestAt])
	return nil
}

func (l *layout) readHeads(x line) {
	for i := range x.cells {
		l.heads = append(l.heads, parseHead(x.cell(i)))
	}
}

// firstData returns the first line whose time can be read.
func (l *layout) firstData() int {
	for i, x := range l.sheet.lines {
		if _, err := parseWall(l.text(x, roleTime), l.sheet); err == nil {
			return i
		}
	}
	return 0
}

// splitColumns parts the columns of a profile in those given by number and
// those given by their head.
func splitColumns(columns map[string]string) (numbered map[role]int, named map[role]string, err error) {
	numbered, named = map[role]int{}, map[role]string{}
	for r, c := range columns {
		if n, ok := strings.CutPrefix(c, "#"); ok {
			i, err := strconv.Atoi(n)
			if err != nil || i < 1 || i > 16_384 {
				return nil, nil, fmt.Errorf("colonne %s=%s : un numéro tel que #3", r, c)
			}
			numbered[role(r)] = i - 1
			continue
		}
		named[role(r)] = c
	}
	return numbered, named, nil
}

func hasAll(got map[role]int, named map[role]string) bool {
	for r := range named {
		if _, ok := got[r]; !ok {
			return false
		}
	}
	return true
}

// matchHead returns the roles that the cells of a line head. A role that is
// named takes no other column; each column has one role.
func matchHead(x line, named map[role]string) map[role]int {
	got, taken := map[role]int{}, map[int]bool{}
	for r, name := range named {
		for i := range x.cells {
			if !taken[i] && (x.cell(i) == name || fold(x.cell(i)) == fold(name) && fold(name) != "") {
				got[r], taken[i] = i, true
				break
			}
		}
	}
	for _, r := range roles() {
		if _, ok := named[r]; ok {
			continue
		}
		for _, want := range heads(r) {
			i, ok := findHeadCell(x, want, r, taken)
			if ok {
				got[r], taken[i] = i, true
				break
			}
		}
	}
	return got
}

func findHeadCell(x line, want string, r role, taken map[int]bool) (int, bool) {
	for i := range x.cells {
		if taken[i] || x.cell(i) == "" {
			continue
		}
		h := parseHead(x.cell(i))
		u, isUnit := parseUnit(h.unit)
		volume := isUnit && (u.medium == mediumVolume || u.medium == mediumLitre)
		switch {
		case h.words == want || h.words == fold(want+" "+h.unit):
		case h.unit != "" && h.words == "" && want == fold(h.unit):
		default:
			continue
		}
		// "Volume (m³)" beside "Énergie (kWh)" is the volume beside an energy;
		// alone it is the value.
		if r == roleValue && volume && hasEnergyColumn(x, i) {
			continue
		}
		return i, true
	}
	if r == roleVolume {
		for i := range x.cells {
			h := parseHead(x.cell(i))
			if u, ok := parseUnit(h.unit); !taken[i] && ok && u.medium == mediumVolume {
				return i, true
			}
		}
	}
	return 0, false
}

// hasEnergyColumn reports whether another column counts energy.
func hasEnergyColumn(x line, but int) bool {
	for i := range x.cells {
		if u, ok := parseUnit(parseHead(x.cell(i)).unit); i != but && ok && u.medium == mediumEnergy {
			return true
		}
	}
	return false
}

// findKind tells what the file holds.
func (l *layout) findKind(p Profile) error {
	l.kind = p.Kind
	if l.kind == "" {
		switch {
		case l.has(roleIndex) && !l.has(roleValue):
			l.kind = KindReadings
		case l.has(roleEnd) && (l.has(roleEUR) || l.longPeriods()):
			l.kind = KindInvoices
		default:
			l.kind = KindIntervals
		}
		l.note("contenu reconnu : %s", kindFR(l.kind))
	}
	need := []role{roleTime, roleValue}
	switch l.kind {
	case KindReadings:
		need = []role{roleTime, roleIndex}
		if !l.has(roleIndex) && l.has(roleValue) {
			l.columns[roleIndex] = l.columns[roleValue]
			delete(l.columns, roleValue)
		}
	case KindInvoices:
		need = []role{roleTime, roleEnd}
		if !l.has(roleValue) && !l.has(roleVolume) {
			need = append(need, roleValue)
		}
	case KindDelivery, KindDipstick:
		for _, r := range []role{roleIndex, roleVolume} {
			if !l.has(roleValue) && l.has(r) {
				l.columns[roleValue] = l.columns[r]
				delete(l.columns, r)
			}
		}
	case KindIntervals:
		if !l.has(roleValue) && l.has(roleVolume) {
			l.columns[roleValue] = l.columns[roleVolume]
			delete(l.columns, roleVolume)
		}
	}
	for _, r := range need {
		if !l.has(r) {
			return l.sheet.wrong(max(1, l.lineNumber(l.first-1)), 1, "%s : aucune colonne %q reconnue : donnez-la avec --map %s=En-tête", kindFR(l.kind), r, r)
		}
	}
	return nil
}

func (l *layout) lineNumber(i int) int {
	if i < 0 || i >= len(l.sheet.lines) {
		return 1
	}
	return l.sheet.lines[i].number
}

func kindFR(k Kind) string {
	switch k {
	case KindReadings:
		return "relevés d'index"
	case KindInvoices:
		return "factures"
	case KindDelivery:
		return "livraisons"
	case KindDipstick:
		return "jaugeages"
	case KindIntervals:
	}
	return "consommations par intervalle"
}

// longPeriods reports whether most lines last two days or more.
func (l *layout) longPeriods() bool {
	long, all := 0, 0
	for _, x := range l.sheet.lines[l.first:min(l.first+200, len(l.sheet.lines))] {
		a, errA := parseWall(l.text(x, roleTime), l.sheet)
		b, errB := parseWall(l.text(x, roleEnd), l.sheet)
		if errA != nil || errB != nil {
			continue
		}
		all++
		if b.at.Sub(a.at).Hours() >= 47 {
			long++
		}
	}
	return all > 0 && 2*long > all
}

// sample returns some cells of a column.
func (l *layout) sample(r role) []string {
	var out []string
	for _, x := range l.sheet.lines[l.first:] {
		if v := l.text(x, r); !absent(v) {
			out = append(out, v)
		}
		if len(out) == 2000 {
			break
		}
	}
	return out
}

// findUnit finds what the values count in: a flag, the head, or the unit
// column, which rows are read by.
func (l *layout) findUnit(p Profile) error {
	value := roleValue
	if l.kind == KindReadings {
		value = roleIndex
	}
	for _, text := range []string{p.Unit, l.headUnit(value)} {
		if u, ok := parseUnit(text); ok {
			l.unit = u
			break
		}
	}
	l.volume, _ = parseUnit("m3")
	if u, ok := parseUnit(l.headUnit(roleVolume)); ok {
		l.volume = u
	}
	if l.unit.medium == nothing && l.has(value) && !l.has(roleUnit) {
		return l.sheet.wrong(l.lineNumber(l.first-1), l.columns[value]+1, "unité inconnue : donnez --unit kWh (ou MWh, kW, m3…)")
	}
	return nil
}

func (l *layout) headUnit(r role) string {
	i, ok := l.columns[r]
	if !ok || i >= len(l.heads) {
		return ""
	}
	return l.heads[i].unit
}
