package importer

import (
	"slices"
	"strings"
)

// impossible takes out what the meter cannot have counted in the time, by the
// limit that its configuration gives; without one nothing is.
func (r *rows) impossible() {
	limit := r.target.Meter.MaxPerHour
	if limit <= 0 {
		return
	}
	b := &r.batch
	b.Consumptions = slices.DeleteFunc(b.Consumptions, func(c Consumption) bool {
		return r.tooMuch(c.line, r.unitsOf(c), c.To.Sub(c.From).Hours())
	})
	kept := b.Readings[:0]
	for _, x := range b.Readings {
		if n := len(kept); n > 0 {
			if before := kept[n-1]; r.tooMuch(x.line, x.Index-before.Index, x.At.Sub(before.At).Hours()) {
				continue
			}
		}
		kept = append(kept, x)
	}
	b.Readings = kept
}

// unitsOf is a consumption in the unit of the meter's index.
func (r *rows) unitsOf(c Consumption) float64 {
	if c.HasVolume || r.target.Meter.KWhPerUnit == 0 {
		return c.Volume
	}
	return c.KWh / r.target.Meter.KWhPerUnit
}

// tooMuch refuses a row that counted more than the meter can in so many hours.
func (r *rows) tooMuch(line int, units, hours float64) bool {
	most := r.target.Meter.MaxPerHour * max(1, hours)
	if units <= most {
		return false
	}
	r.batch.Mistakes = append(r.batch.Mistakes, r.sheet.wrong(line, 1,
		"%g %s en %g h : le compteur n'en compte pas plus de %g (max_per_hour)", units, r.target.Unit, hours, most))
	return true
}

// thousandfold reports whether a column may as well be read with the other
// sign, with values a thousand times as large or as small: each sign in it
// stands once, before three digits and behind at most three.
func thousandfold(values []string) (example string, doubtful bool) {
	for _, v := range values {
		sign := strings.IndexAny(v, ",.")
		if sign < 0 {
			continue
		}
		head := strings.TrimLeft(v[:sign], "+-")
		if strings.ContainsAny(v[sign+1:], ",.") || len(v)-sign != 4 || len(head) > 3 || strings.HasPrefix(head, "0") {
			return "", false
		}
		example = v
	}
	return example, example != ""
}
