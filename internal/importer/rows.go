package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// checkMedium refuses a file that counts something else than the meter.
func (r *rows) checkMedium() error {
	u := r.unit
	if u.medium == nothing {
		return nil // by row
	}
	if what := r.mismatch(u); what != "" {
		return r.sheet.wrong(max(1, r.lineNumber(r.first-1)), 1, "%s", what)
	}
	return nil
}

func (r *rows) mismatch(u unit) string {
	m := r.target.Meter
	if aboutTank(r.kind) {
		if _, err := r.tankUnit(u); err != nil {
			return err.Error()
		}
		return ""
	}
	energy := u.medium == mediumEnergy || u.medium == mediumPower
	switch {
	case energy && m.KWhPerUnit == 0:
		return fmt.Sprintf("le fichier est en %s, le compteur %s ne compte pas d'énergie", u.name, m.Equipment)
	case !energy && (m.Carrier == gtc.CarrierElectricity || m.Carrier == gtc.CarrierHeat && r.target.Unit == "kWh"):
		return fmt.Sprintf("le fichier est en %s, le compteur %s compte des kWh", u.name, m.Equipment)
	case u.medium == mediumPower && r.kind != KindIntervals:
		return fmt.Sprintf("une puissance (%s) n'est ni un index ni une facture", u.name)
	case u.medium == mediumShare, u.medium == mediumMass && r.target.Unit != "kg":
		return fmt.Sprintf("le fichier est en %s, le compteur %s en %s", u.name, m.Equipment, r.target.Unit)
	case u.medium == mediumLitre && r.target.Unit != "l" && r.target.Unit != "L":
		return fmt.Sprintf("le fichier est en litres, le compteur %s en %s", m.Equipment, r.target.Unit)
	}
	return ""
}

// unitOf returns the unit of a line.
func (r *rows) unitOf(x line) (unit, bool) {
	if r.profile.Unit != "" || !r.given(x, roleUnit) {
		if r.unit.medium == nothing {
			r.bad(x, roleUnit, "unité absente")
			return unit{}, false
		}
		return r.unit, true
	}
	u, ok := parseUnit(r.text(x, roleUnit))
	if !ok {
		r.bad(x, roleUnit, "unité %q inconnue : Wh, kWh, MWh, GJ, W, kW, MW, m3, dm3, litre, kg, t ou %%", r.text(x, roleUnit))
		return unit{}, false
	}
	if what := r.mismatch(u); what != "" {
		r.bad(x, roleUnit, "%s", what)
		return unit{}, false
	}
	return u, true
}

// quality reads the operator's code of a line and what it means. A code that
// is not known is taken for an estimate: what may be one must not enter a
// baseline.
func (r *rows) quality(x line) (code string, estimated bool) {
	code = r.text(x, roleQuality)
	if code == "" {
		return "", false
	}
	r.batch.Codes[code]++
	known, ok := r.classes[code]
	if !ok {
		known = classOf(code, r.profile)
		r.classes[code] = known
	}
	switch known {
	case classMeasured:
		return code, false
	case classEstimated:
		return code, true
	case classUnknown:
	}
	r.unknown[code]++
	return code, true
}

// noteUnknown names the codes that were not understood.
func (r *rows) noteUnknown() {
	for _, code := range slices.Sorted(maps.Keys(r.unknown)) {
		r.note("code de qualité %q inconnu (%d lignes), pris pour une estimation : dites --measured %q s'il est mesuré", code, r.unknown[code], code)
	}
}

// readings reads index readings.
func (r *rows) readings() {
	for _, x := range r.raw {
		v, ok := r.value(x.line, roleIndex)
		if !ok {
			if !r.given(x.line, roleIndex) {
				r.batch.Empty++
			}
			continue
		}
		u, ok := r.unitOf(x.line)
		if !ok {
			continue
		}
		if _, estimated := r.quality(x.line); estimated {
			r.batch.Others++ // an index that nobody read proves nothing
			continue
		}
		register := fold(r.text(x.line, roleRegister))
		at, err := r.timeline(register).resolve(x.start, false)
		if err != nil {
			r.bad(x.line, roleTime, "%v", err)
			continue
		}
		index, err := r.toIndex(v, u)
		switch {
		case err != nil:
			r.bad(x.line, roleIndex, "%v", err)
			continue
		case r.future(x.line, at):
			continue
		case v < 0:
			r.bad(x.line, roleIndex, "un index n'est pas négatif (%s)", r.text(x.line, roleIndex))
			continue
		}
		r.keepReading(register, Reading{At: at, Index: index, line: x.line.number}, x.line)
	}
	if len(r.lines) > 1 {
		r.bad(r.sheet.lines[r.first], roleRegister, "plusieurs cadrans (%s) : un fichier d'index par cadran", strings.Join(slices.Sorted(maps.Keys(r.lines)), ", "))
		r.batch.Readings = nil
	}
	r.noteUnknown()
}

// keepReading adds a reading, unless its instant has one already.
func (r *rows) keepReading(register string, one Reading, x line) {
	first, twice := r.twice(register, one.At, len(r.batch.Readings))
	switch {
	case !twice:
		r.batch.Readings = append(r.batch.Readings, one)
	case r.batch.Readings[first].Index == one.Index:
		r.batch.Duplicates++
	default:
		r.bad(x, roleTime, "%s est déjà à la ligne %d avec un autre index", one.At.In(r.loc).Format("02/01/2006 15:04"), r.batch.Readings[first].line)
	}
}

// toIndex brings an index to the unit of the meter's point.
func (r *rows) toIndex(v float64, u unit) (float64, error) {
	want, ok := parseUnit(r.target.Unit)
	if !ok || want.medium != u.medium {
		return 0, fmt.Errorf("l'index est en %s, le compteur en %s", u.name, r.target.Unit)
	}
	return v * u.factor / want.factor, nil
}

// falls notes an index that goes down: a swap or a reset, which the rollup
// settles, or a mistake, which a person must see.
func (r *rows) falls() {
	for i := 1; i < len(r.batch.Readings); i++ {
		a, b := r.batch.Readings[i-1], r.batch.Readings[i]
		if b.Index < a.Index {
			r.note("ligne %d : l'index descend de %g à %g le %s : compteur remplacé (à déclarer dans meters.swaps) ou erreur", b.line, a.Index, b.Index, b.At.In(r.loc).Format("02/01/2006"))
		}
	}
}

// invoices reads invoices: periods of whole days.
func (r *rows) invoices() {
	included := r.lastIncluded()
	for _, x := range r.raw {
		if !r.given(x.line, roleValue) && !r.given(x.line, roleVolume) {
			r.batch.Empty++
			continue
		}
		from, to := dayOf(x.start, r.loc), dayOf(x.end, r.loc)
		if included {
			to = to.AddDate(0, 0, 1)
		}
		if !from.Before(to) {
			r.bad(x.line, roleEnd, "la période finit (%s) avant de commencer", r.text(x.line, roleEnd))
			continue
		}
		if r.future(x.line, to.AddDate(0, 0, -1)) {
			continue
		}
		c := Consumption{From: from, To: to, Source: SourceInvoice, line: x.line.number}
		c.Quality, c.Estimated = r.quality(x.line)
		if !r.amounts(x.line, &c, 0) {
			continue
		}
		if i := slices.IndexFunc(r.batch.Consumptions, func(o Consumption) bool { return o.From.Equal(from) && o.To.Equal(to) }); i >= 0 && same(r.batch.Consumptions[i], c) {
			r.batch.Duplicates++
			continue
		}
		if v, ok := r.value(x.line, roleEUR); ok {
			r.batch.EUR += v
		}
		r.batch.Consumptions = append(r.batch.Consumptions, c)
	}
	r.noteUnknown()
}

func dayOf(w wall, loc *time.Location) time.Time {
	at := w.at
	if w.offset != nil {
		at = at.Add(-time.Duration(*w.offset) * time.Second).In(loc)
	}
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

func same(a, b Consumption) bool {
	return a.KWh == b.KWh && a.Volume == b.Volume && a.HasKWh == b.HasKWh && a.HasVolume == b.HasVolume
}

// lastIncluded tells whether the end of a period is its last day: where one
// begins on the day after the last ended, or on the same.
func (r *rows) lastIncluded() bool {
	if r.profile.LastDay != "" {
		return r.profile.LastDay == lastIncluded
	}
	after, sameDay := 0, 0
	starts := map[string]bool{}
	for _, x := range r.raw {
		starts[x.start.at.Format(time.DateOnly)] = true
	}
	for _, x := range r.raw {
		if starts[x.end.at.AddDate(0, 0, 1).Format(time.DateOnly)] {
			after++
		}
		if starts[x.end.at.Format(time.DateOnly)] {
			sameDay++
		}
	}
	included := after >= sameDay
	r.profile.LastDay = lastExcluded
	if included {
		r.profile.LastDay = lastIncluded
	}
	r.note("fin de période prise pour %s (--last-day dit autre chose)", map[bool]string{true: "le dernier jour compris", false: "le jour d'après"}[included])
	return included
}

// amounts fills in what a line counts; hours is the length of the interval,
// for a power. It is false where a mistake was listed.
func (r *rows) amounts(x line, c *Consumption, hours float64) bool {
	if r.given(x, roleValue) {
		v, ok := r.value(x, roleValue)
		if !ok {
			return false
		}
		u, ok := r.unitOf(x)
		if !ok {
			return false
		}
		v *= u.factor
		switch u.medium {
		case mediumPower:
			c.KWh, c.HasKWh = v*hours, true
		case mediumEnergy:
			c.KWh, c.HasKWh = v, true
		case mediumVolume, mediumLitre, mediumMass:
			c.Volume, c.HasVolume = v, true
		case nothing, mediumShare:
		}
	}
	if r.given(x, roleVolume) {
		v, ok := r.value(x, roleVolume)
		if !ok {
			return false
		}
		c.Volume, c.HasVolume = v*r.volume.factor, true
	}
	if !c.HasKWh && r.target.Meter.KWhPerUnit > 0 {
		r.convert(c)
	}
	if c.KWh < 0 || c.Volume < 0 {
		r.bad(x, roleValue, "une consommation n'est pas négative (%s)", r.text(x, roleValue))
		return false
	}
	return true
}
