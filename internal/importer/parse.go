package importer

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Target is the meter that a file is about.
type Target struct {
	Site  gtc.SiteID
	Meter gtc.Meter
	// Location is the time zone of the site.
	Location *time.Location
	// Unit of the meter's index as in the point catalogue, for example "kWh".
	Unit string
	// Now bounds what can have been read.
	Now time.Time
}

// Reading is an index as read at an instant, in the unit of the meter's point.
type Reading struct {
	At    time.Time
	Index float64
	line  int
}

// Consumption is what a meter counted from one instant to another.
type Consumption struct {
	From, To time.Time
	// KWh is the energy; HasKWh is false for water.
	KWh    float64
	HasKWh bool
	// Volume is in m³, or in litres for a meter that counts those.
	Volume    float64
	HasVolume bool
	// NormalVolume is the gas in m³(n) that KWh was computed from, 0 when it was
	// not.
	NormalVolume float64
	// Estimated says that the operator did not measure it.
	Estimated bool
	// Source of what is not estimated: metered, manual or invoice.
	Source string
	// Quality is the operator's own code.
	Quality  string
	register string
	line     int
}

// Gap is a time of which a file says nothing between two of which it does.
type Gap struct{ From, To time.Time }

// Batch is a file understood.
type Batch struct {
	File string
	Kind Kind
	// Profile is how it was read: what was given and what was detected.
	Profile Profile
	// Readings or Consumptions are in order of time.
	Readings     []Reading
	Consumptions []Consumption
	// Entries are those of a tank.
	Entries []Entry
	// Mistakes are the rows not taken, Notes what was detected or is odd.
	Mistakes []Mistake
	Notes    []string
	// Rows counts the lines with content below the head; Empty those without a
	// value, Duplicates those said before, Others those of another meter or
	// direction.
	Rows, Empty, Duplicates, Others int
	// Codes counts the operator's quality codes.
	Codes map[string]int
	// EUR is the sum of the amounts; money is never stored.
	EUR  float64
	Gaps []Gap
	// Step is the usual length of an interval, 0 when there is none.
	Step time.Duration
}

// Parse understands the content of a file for a meter. The error is a
// [Mistake] when nothing of the file can be read; single rows that cannot are
// in the batch.
func Parse(file string, data []byte, p Profile, t Target) (Batch, error) {
	if what := p.Check(); what != "" {
		return Batch{}, Mistake{File: file, Line: 1, Col: 1, What: what}
	}
	all, err := sheets(file, data, p)
	if err != nil {
		return Batch{}, err
	}
	var first error
	for i := range all {
		l, err := detect(&all[i], p)
		if err != nil {
			if first == nil {
				first = err
			}
			continue // another sheet may hold the table
		}
		return parse(l, p, t)
	}
	if first == nil {
		first = Mistake{File: file, Line: 1, Col: 1, What: "le fichier est vide"}
	}
	return Batch{}, first
}

// rows is the state of reading the lines of a sheet.
type rows struct {
	*layout
	profile Profile
	target  Target
	loc     *time.Location
	batch   Batch
	raw     []raw
	seen    map[stampKey]int // what has this time, by its place in the batch
	lines   map[string]*timeline
	unknown map[string]int
	classes map[string]class // of the quality codes met
	noPCS   bool             // a date without a calorific value was noted
}

// raw is a line whose times are read and not yet placed.
type raw struct {
	line       line
	start, end wall
	hasEnd     bool
}

type stampKey struct {
	register string
	ms       int64
}

func parse(l *layout, p Profile, t Target) (Batch, error) {
	loc, err := parseZone(p.Zone, t.Location)
	if err != nil {
		return Batch{}, l.sheet.wrong(1, 1, "%v", err)
	}
	r := &rows{
		layout: l, profile: p, target: t, loc: loc,
		seen: map[stampKey]int{}, lines: map[string]*timeline{}, unknown: map[string]int{}, classes: map[string]class{},
		batch: Batch{File: l.sheet.file, Kind: l.kind, Codes: map[string]int{}},
	}
	if err := r.checkTank(); err != nil {
		return r.batch, err
	}
	if err := r.checkMedium(); err != nil {
		return r.batch, err
	}
	if err := r.scan(); err != nil {
		return r.batch, err
	}
	if r.batch.Rows == 0 {
		return r.batch, l.sheet.wrong(max(1, r.lineNumber(r.first-1)), 1, "aucune ligne sous l'en-tête")
	}
	switch l.kind {
	case KindReadings:
		r.readings()
	case KindInvoices:
		r.invoices()
	case KindIntervals:
		r.intervals()
	case KindDelivery, KindDipstick:
		r.entries()
	}
	r.finish()
	return r.batch, nil
}

// bad lists a row that is not taken.
func (r *rows) bad(x line, at role, format string, args ...any) {
	col := 1
	if i, ok := r.columns[at]; ok {
		col = i + 1
	}
	r.batch.Mistakes = append(r.batch.Mistakes, r.sheet.wrong(x.number, col, format, args...))
}

// scan reads the times of all lines and puts them in order.
func (r *rows) scan() error {
	ean := ""
	for _, x := range r.sheet.lines[min(r.first, len(r.sheet.lines)):] {
		if x.empty() {
			continue
		}
		r.batch.Rows++
		if other, err := r.otherMeter(x, &ean); err != nil {
			return err
		} else if other {
			r.batch.Others++
			continue
		}
		start, err := r.wallOf(x, roleTime, roleClock)
		if err != nil {
			r.bad(x, roleTime, "%v", err)
			continue
		}
		one := raw{line: x, start: start}
		if r.has(roleEnd) && r.kind != KindReadings && !aboutTank(r.kind) {
			if one.end, err = r.wallOf(x, roleEnd, roleEndClock); err != nil {
				r.bad(x, roleEnd, "%v", err)
				continue
			}
			one.hasEnd = true
		}
		r.raw = append(r.raw, one)
	}
	if n := len(r.raw); n > 1 && r.raw[n-1].start.at.Before(r.raw[0].start.at) {
		slices.Reverse(r.raw)
		r.note("fichier du plus récent au plus ancien : lu à l'envers")
	}
	return nil
}

func (r *rows) wallOf(x line, date, clock role) (wall, error) {
	text := r.text(x, date)
	w, err := parseWall(text, r.sheet)
	if err != nil || !r.has(clock) || r.text(x, clock) == "" {
		return w, err
	}
	at := r.text(x, clock)
	if r.sheet.excel {
		if f, err := number(at, "."); err == nil && f >= 0 && f <= 1 {
			w.at, w.day = w.at.Add(time.Duration(f*float64(24*time.Hour)).Round(time.Second)), false
			return w, nil
		}
	}
	rest, offset, ok := cutOffset(at)
	d, okClock := parseClock(rest)
	if !ok || !okClock {
		return w, fmt.Errorf("%q n'est pas une heure (14:15)", at)
	}
	w.at, w.day, w.offset = w.at.Add(d), false, offset
	return w, nil
}

// otherMeter reports whether a line is about another access point, or another
// direction, than the target. Without a number in the configuration a file of
// several access points is refused.
func (r *rows) otherMeter(x line, first *string) (bool, error) {
	if ean := onlyDigits(r.text(x, roleEAN)); ean != "" {
		if want := r.target.Meter.EAN; want != "" {
			if ean != want {
				return true, nil
			}
		} else if *first == "" {
			*first = ean
		} else if ean != *first {
			return false, r.sheet.wrong(x.number, r.columns[roleEAN]+1, "le fichier a plusieurs points d'accès (%s, %s) : donnez l'EAN du compteur dans la configuration (meters.ean)", *first, ean)
		}
	}
	side := sideOf(r.text(x, roleRegister))
	counts := sideImport
	if r.target.Meter.Direction != gtc.DirectionImport && r.target.Meter.Direction != "" {
		counts = sideExport
	}
	return side != "" && side != counts, nil
}

func onlyDigits(text string) string {
	out := []rune{}
	for _, c := range text {
		if c >= '0' && c <= '9' {
			out = append(out, c)
		}
	}
	return string(out)
}

// timeline returns that of a register.
func (r *rows) timeline(register string) *timeline {
	if r.lines[register] == nil {
		r.lines[register] = &timeline{loc: r.loc}
	}
	return r.lines[register]
}

// twice returns which reading or consumption has a time already; a new one
// will be number next.
func (r *rows) twice(register string, at time.Time, next int) (first int, twice bool) {
	key := stampKey{register, at.UnixMilli()}
	if first, twice = r.seen[key]; !twice {
		r.seen[key] = next
	}
	return first, twice
}

// future refuses what cannot have happened yet.
func (r *rows) future(x line, at time.Time) bool {
	if r.target.Now.IsZero() || !at.After(r.target.Now.Add(time.Hour)) {
		return false
	}
	r.bad(x, roleTime, "%s est dans le futur", at.In(r.loc).Format("02/01/2006 15:04"))
	return true
}

// value reads a number of a role; ok is false where there is none, or a
// mistake was listed.
func (r *rows) value(x line, at role) (v float64, ok bool) {
	text := r.text(x, at)
	if absent(text) {
		return 0, false
	}
	if r.sheet.excel {
		if v, err := number(text, "."); err == nil {
			return v, true
		}
	}
	if at == roleEUR {
		text = trimCurrency(text)
	}
	v, err := number(text, r.decimal[at])
	if err != nil {
		r.bad(x, at, "%v", err)
		return 0, false
	}
	return v, true
}

// given reports whether a line has something in a column.
func (r *rows) given(x line, at role) bool { return r.has(at) && !absent(r.text(x, at)) }

// finish sorts what was read and looks for gaps.
func (r *rows) finish() {
	b := &r.batch
	slices.SortStableFunc(b.Readings, func(x, y Reading) int { return x.At.Compare(y.At) })
	slices.SortStableFunc(b.Consumptions, func(x, y Consumption) int { return x.From.Compare(y.From) })
	slices.SortStableFunc(b.Entries, func(x, y Entry) int { return x.At.Compare(y.At) })
	r.impossible()
	slices.SortStableFunc(b.Mistakes, func(x, y Mistake) int { return x.Line - y.Line })
	if b.Kind != KindReadings {
		r.overlaps()
		b.Gaps = gaps(b.Consumptions)
	} else {
		r.falls()
	}
	b.Notes = r.notes
	b.Profile = r.effective()
}

func trimCurrency(text string) string {
	out := []rune{}
	for _, c := range text {
		if c != '€' && (c < 'A' || c > 'Z') {
			out = append(out, c)
		}
	}
	return string(out)
}

// effective is the profile with what was detected.
func (r *rows) effective() Profile {
	p := r.profile
	p.Kind, p.Sheet = r.kind, r.sheet.name
	p.Encoding, p.Delimiter = r.sheet.encoding, r.sheet.delimiter
	if p.Delimiter == "\t" {
		p.Delimiter = "tab"
	}
	p.Columns = map[string]string{}
	for role, i := range r.columns {
		p.Columns[string(role)] = fmt.Sprintf("#%d", i+1)
		if r.first > 0 && len(r.heads) > i {
			if name := r.sheet.lines[r.first-1].cell(i); name != "" {
				p.Columns[string(role)] = name
			}
		}
	}
	for _, at := range []role{roleIndex, roleValue, roleVolume} {
		if d := r.decimal[at]; d != "" && p.Decimal == "" && !r.sheet.excel {
			p.Decimal = d
		}
	}
	if p.Unit == "" && r.unit.name != "" {
		p.Unit = r.unit.name
	}
	return p
}
