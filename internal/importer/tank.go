package importer

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
)

// Entry is a delivery into a tank or a level read in it, in the tank's unit.
type Entry struct {
	At    time.Time
	Units float64
	line  int
}

// aboutTank reports whether a kind is about a tank.
func aboutTank(k Kind) bool { return k == KindDelivery || k == KindDipstick }

// checkTank refuses a file of the wrong kind for the meter.
func (r *rows) checkTank() error {
	tank := r.target.Meter.Tank
	switch {
	case aboutTank(r.kind) && tank == nil:
		return r.sheet.wrong(1, 1, "%s : le compteur %s n'est pas une citerne (meters.tank)", kindFR(r.kind), r.target.Meter.Equipment)
	case tank != nil && r.kind == KindReadings:
		return r.sheet.wrong(1, 1, "le compteur %s est une citerne : donnez --kind %s ou --kind %s", r.target.Meter.Equipment, KindDipstick, KindDelivery)
	}
	return nil
}

// tankUnit returns the factor that brings a quantity to the tank's unit.
func (r *rows) tankUnit(u unit) (float64, error) {
	tank := r.target.Meter.Tank
	switch {
	case u.medium == mediumShare && r.kind == KindDipstick:
		return tank.Capacity / 100, nil
	case u.medium == mediumLitre && tank.Unit == "l", u.medium == mediumMass && tank.Unit == "kg":
		return u.factor, nil
	case u.medium == mediumVolume && tank.Unit == "l":
		return 1000 * u.factor, nil
	}
	return 0, fmt.Errorf("le fichier est en %s, la citerne en %s", u.name, tank.Unit)
}

// entries reads deliveries or levels.
func (r *rows) entries() {
	tank := r.target.Meter.Tank
	for _, x := range r.raw {
		if !r.given(x.line, roleValue) {
			r.batch.Empty++
			continue
		}
		v, ok := r.value(x.line, roleValue)
		if !ok {
			continue
		}
		u, ok := r.unitOf(x.line)
		if !ok {
			continue
		}
		factor, err := r.tankUnit(u)
		if err != nil {
			r.bad(x.line, roleValue, "%v", err)
			continue
		}
		at, err := r.timeline("").resolve(x.start, false)
		switch units := v * factor; {
		case err != nil:
			r.bad(x.line, roleTime, "%v", err)
		case r.future(x.line, at):
		case units < 0:
			r.bad(x.line, roleValue, "une quantité n'est pas négative (%s)", r.text(x.line, roleValue))
		case units > tank.Capacity*1.05:
			r.bad(x.line, roleValue, "%s est plus que la citerne ne contient (%.0f %s)", r.text(x.line, roleValue), tank.Capacity, tank.Unit)
		default:
			r.keepEntry(Entry{At: at, Units: units, line: x.line.number}, x.line)
			if eur, ok := r.value(x.line, roleEUR); ok && r.has(roleEUR) {
				r.batch.EUR += eur
			}
		}
	}
}

// keepEntry adds an entry, unless its instant has one already.
func (r *rows) keepEntry(e Entry, x line) {
	first, twice := r.twice("", e.At, len(r.batch.Entries))
	switch {
	case !twice:
		r.batch.Entries = append(r.batch.Entries, e)
	case r.batch.Entries[first].Units == e.Units:
		r.batch.Duplicates++
	default:
		r.bad(x, roleTime, "%s est déjà à la ligne %d avec une autre quantité : donnez l'heure de chacune", e.At.In(r.loc).Format("02/01/2006 15:04"), r.batch.Entries[first].line)
	}
}

// tankField is the field in which a kind is kept.
func tankField(k Kind) string {
	if k == KindDelivery {
		return rollup.FieldDelivery
	}
	return rollup.FieldLevel
}

// planEntries compares deliveries or levels with what is there. What a person
// read or a supplier wrote is corrected by a later file.
func (s Store) planEntries(ctx context.Context, p *Plan, kind Kind, all []Entry) error {
	if len(all) == 0 {
		return nil
	}
	m, field := s.Target.Meter, tankField(kind)
	there, err := s.there(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     fmt.Sprintf("SELECT %s FROM %s WHERE site = $site AND meter = $meter AND time >= $from AND time <= $to", field, rollup.MeasurementTank),
		Params:   influx.Params{"site": string(s.Target.Site), "meter": string(m.Equipment), "from": all[0].At, "to": all[len(all)-1].At},
	})
	if err != nil {
		return err
	}
	for _, e := range all {
		old, ok := there[e.At.UnixMilli()]
		switch {
		case ok && old == e.Units:
			p.Readings.Unchanged++
			continue
		case ok:
			p.Readings.Changed++
		default:
			p.Readings.New++
		}
		p.touch(e.At)
		p.lines = append(p.lines, influx.NewLine(rollup.MeasurementTank).
			Tag(influx.TagMeter, string(m.Equipment)).Tag(influx.TagSite, string(s.Target.Site)).
			Float(field, e.Units).At(e.At).Append(nil))
	}
	return nil
}
