package importer

import (
	"slices"
	"time"
)

// A day and the length from which an interval is spread over days.
const (
	day      = 24 * time.Hour
	longFrom = 36 * time.Hour
)

// intervals reads consumption by interval.
func (r *rows) intervals() {
	step := r.step()
	end := r.stampEnd(step)
	r.batch.Step = step
	if step == 0 && len(r.raw) > 0 && !r.raw[0].hasEnd {
		r.bad(r.raw[0].line, roleTime, "une seule date : la durée de l'intervalle n'est pas connue (donnez une colonne de fin)")
		return
	}
	if end {
		r.profile.Stamp = stampEnd
	}
	for i, x := range r.raw {
		if !r.given(x.line, roleValue) && !r.given(x.line, roleVolume) {
			r.batch.Empty++
			continue
		}
		register := fold(r.text(x.line, roleRegister))
		from, to, ok := r.place(i, step, end, register)
		if !ok || r.future(x.line, from) {
			continue
		}
		c := Consumption{From: from, To: to, Source: r.source(to.Sub(from)), register: register, line: x.line.number}
		c.Quality, c.Estimated = r.quality(x.line)
		if !r.amounts(x.line, &c, to.Sub(from).Hours()) {
			continue
		}
		if first, twice := r.twice(register, from, len(r.batch.Consumptions)); twice {
			if old := r.batch.Consumptions[first]; same(old, c) {
				r.batch.Duplicates++
			} else {
				r.bad(x.line, roleTime, "%s est déjà à la ligne %d avec une autre valeur", from.In(r.loc).Format("02/01/2006 15:04"), old.line)
			}
			continue
		}
		r.batch.Consumptions = append(r.batch.Consumptions, c)
	}
	r.noteUnknown()
	r.batch.Consumptions = sumRegisters(r.batch.Consumptions)
}

// source of an interval: what is longer than a day was written down.
func (r *rows) source(length time.Duration) string {
	switch {
	case r.profile.Source != "":
		return r.profile.Source
	case length >= longFrom:
		return SourceManual
	}
	return SourceMetered
}

// step returns the usual distance of two lines of one register by the clock on
// the wall, 0 when there are not two.
func (r *rows) step() time.Duration {
	var steps []time.Duration
	last := map[string]time.Time{}
	for _, x := range r.raw {
		reg := fold(r.text(x.line, roleRegister))
		if before, ok := last[reg]; ok && x.start.at.After(before) {
			steps = append(steps, x.start.at.Sub(before))
		}
		last[reg] = x.start.at
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// stampEnd tells whether a time names the end of its interval: where days
// begin with their first step and end with midnight.
func (r *rows) stampEnd(step time.Duration) bool {
	if r.profile.Stamp != "" || len(r.raw) == 0 || r.raw[0].hasEnd {
		return r.profile.Stamp == stampEnd
	}
	first, last := r.raw[0].start, r.raw[len(r.raw)-1].start
	if step <= 0 || step >= day || first.day {
		return false
	}
	end := sinceMidnight(first.at) == step && sinceMidnight(last.at) == 0
	if end {
		r.note("heure prise pour la fin de l'intervalle, de %s à minuit (--stamp dit autre chose)", first.at.Format("15:04"))
	} else {
		r.note("heure prise pour le début de l'intervalle (--stamp dit autre chose)")
	}
	return end
}

func sinceMidnight(t time.Time) time.Duration { return t.Sub(t.Truncate(day)) }

// place finds when the interval of line i begins and ends.
func (r *rows) place(i int, step time.Duration, end bool, register string) (from, to time.Time, ok bool) {
	x := r.raw[i]
	at, err := r.timeline(register).resolve(x.start, end)
	if err != nil {
		r.bad(x.line, roleTime, "%v", err)
		return from, to, false
	}
	if !x.hasEnd {
		from, to = r.bounds(i, at, step, end)
		return from, to, true
	}
	if x.end.day && x.start.day && x.end.at.Equal(x.start.at) { // from and to the same day
		from = dayOf(x.start, r.loc)
		return from, from.AddDate(0, 0, 1), true
	}
	// The end is the first instant at that time of the wall after the start.
	line := timeline{loc: r.loc, last: at}
	to, err = line.resolve(x.end, true)
	switch {
	case err != nil:
		r.bad(x.line, roleEnd, "%v", err)
		return from, to, false
	case !to.After(at):
		r.bad(x.line, roleEnd, "l'intervalle finit (%s) avant de commencer", r.text(x.line, roleEnd))
		return from, to, false
	}
	return at, to, true
}

// bounds returns the interval of a line that has one time only. A day is a
// calendar day, whatever its hours; a longer interval lasts to the next line.
func (r *rows) bounds(i int, at time.Time, step time.Duration, end bool) (from, to time.Time) {
	local := at.In(r.loc)
	switch {
	case step < day-2*time.Hour:
		if end {
			return at.Add(-step), at
		}
		return at, at.Add(step)
	case step < longFrom:
		if end {
			return local.AddDate(0, 0, -1), at
		}
		return at, local.AddDate(0, 0, 1)
	case end:
		if i > 0 {
			return r.next(i-1, at, local.Add(-step)), at
		}
		return r.stepFrom(local, step, -1), at
	}
	if i+1 < len(r.raw) {
		return at, r.next(i+1, at, local.Add(step))
	}
	return at, r.stepFrom(local, step, 1)
}

// next returns the instant of line i, or otherwise when it has none.
func (r *rows) next(i int, at, otherwise time.Time) time.Time {
	all := instants(r.raw[i].start.at, r.loc)
	if len(all) == 0 || all[0].Equal(at) {
		return otherwise
	}
	return all[0]
}

// stepFrom goes one step on: a month where the steps are months.
func (r *rows) stepFrom(local time.Time, step time.Duration, sign int) time.Time {
	if step >= 28*day && step <= 31*day {
		return local.AddDate(0, sign, 0)
	}
	return local.AddDate(0, 0, sign*int((step+day/2)/day))
}

// sumRegisters adds what the registers (day, night) counted in one interval.
func sumRegisters(all []Consumption) []Consumption {
	type span struct{ from, to int64 }
	at := map[span]int{}
	out := all[:0]
	for _, c := range all {
		key := span{c.From.UnixMilli(), c.To.UnixMilli()}
		i, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, c)
			continue
		}
		o := &out[i]
		o.KWh, o.HasKWh = o.KWh+c.KWh, o.HasKWh || c.HasKWh
		o.Volume, o.HasVolume = o.Volume+c.Volume, o.HasVolume || c.HasVolume
		o.NormalVolume += c.NormalVolume
		if c.Estimated && !o.Estimated {
			o.Estimated, o.Quality = true, c.Quality
		}
	}
	return out
}

// overlaps takes out what counts a time twice: a billing period that begins
// before the last ended, an interval in another.
func (r *rows) overlaps() {
	b := &r.batch
	kept := b.Consumptions[:0]
	for _, c := range b.Consumptions {
		if n := len(kept); n > 0 && c.From.Before(kept[n-1].To) {
			r.batch.Mistakes = append(r.batch.Mistakes, r.sheet.wrong(c.line, r.columns[roleTime]+1, "%s – %s chevauche la ligne %d",
				c.From.In(r.loc).Format("02/01/2006 15:04"), c.To.In(r.loc).Format("02/01/2006 15:04"), kept[n-1].line))
			continue
		}
		kept = append(kept, c)
	}
	b.Consumptions = kept
	slices.SortStableFunc(b.Mistakes, func(x, y Mistake) int { return x.Line - y.Line })
}

// gaps returns the times between two consumptions of which nothing is known.
func gaps(all []Consumption) []Gap {
	var out []Gap
	for i := 1; i < len(all); i++ {
		if all[i-1].To.Before(all[i].From) {
			out = append(out, Gap{all[i-1].To, all[i].From})
		}
	}
	return out
}
