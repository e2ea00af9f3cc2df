package why

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// recent is the number of days by which the weekly excess is told.
const recent = 28

// finding makes the finding of a stretch of a course that begins with a day of
// the book.
func (b *Book) finding(r *Rule, k key, first int, s stretch) gtc.Finding {
	f := gtc.Finding{
		Site: b.site.ID, Meter: k.meter, Equipment: k.equipment, Rule: r.ID, Kind: r.Kind, State: gtc.FindingNew,
		Onset: b.date(first + s.onset), Detected: b.date(first + s.detected), Through: b.date(first + s.end - 1),
	}
	if s.over && first+s.end < b.days {
		f.End = b.date(first + s.end)
	}
	for i := range b.site.Meters {
		if m := &b.site.Meters[i]; m.Equipment == k.meter {
			f.Carrier = m.Carrier
		}
	}
	if f.Meter == "" { // nothing pays: the equipment stands for itself
		f.Meter = k.equipment
	}
	f.ID = id(f)
	b.size(&f, r, s)
	b.words(&f, r, k, s)
	b.tellWorks(&f, r, k)
	return f
}

// id returns site/meter/rule/onset, with the equipment before the onset.
func id(f gtc.Finding) string {
	parts := []string{string(f.Site), string(f.Meter), f.Rule}
	if f.Equipment != "" {
		parts = append(parts, string(f.Equipment))
	}
	return strings.Join(append(parts, f.Onset.Format(time.DateOnly)), "/")
}

// size sums what the days of a finding say. The confidence is the share of
// the known days that were bad.
func (b *Book) size(f *gtc.Finding, r *Rule, s stretch) {
	sums := s.earlier.add(s.readings, r.Param(paramThreshold))
	f.ExcessKWh, f.Confidence = sums.kwh, float64(sums.bad)/float64(max(sums.known, 1))
	last := s.readings[max(0, len(s.readings)-recent):]
	sum := 0.0
	for _, v := range last {
		sum += v.kwh
	}
	f.KWhPerWeek = 7 * sum / float64(len(last))
	if r.Cause != "" && f.ExcessKWh > 0 {
		f.Causes = []gtc.Cause{{ID: r.Cause, KWh: math.Round(f.ExcessKWh), Label: r.Name}}
	}
}

// words fills in what is said and shown.
func (b *Book) words(f *gtc.Finding, r *Rule, k key, s stretch) {
	typical := make([]float64, 0, len(s.readings))
	for _, v := range s.readings {
		if v.known {
			typical = append(typical, v.value)
		}
	}
	v := quantile(typical, 0.5)
	name := b.name(k)
	f.Text = gtc.Label{}
	for _, lang := range []string{"fr", "nl", "en"} {
		pairs := []string{
			"{value}", number(v, lang), "{percent}", number(math.Round(100*v), lang), "{duration}", duration(v, r.Params[paramThreshold].Unit, lang),
			"{since}", dated(f.Onset, lang), "{days}", strconv.Itoa(s.earlier.days + len(s.readings)),
			"{kwh}", number(math.Round(f.ExcessKWh), lang), "{equipment}", name.In(lang),
		}
		for p := range r.Params {
			pairs = append(pairs, "{"+p+"}", number(r.Param(p), lang))
		}
		f.Text[lang] = strings.NewReplacer(pairs...).Replace(r.Text[lang] + " " + r.Check[lang])
	}
	f.Inputs = map[string]string{
		"version": Version, "sensitivity": string(r.Sensitivity), "value": strconv.FormatFloat(v, 'g', 4, 64),
		"open": fmt.Sprintf("%d of %d d", r.Open, r.Within), "clear": fmt.Sprintf("%d d", r.Clear), "query": b.query(r, k, f.Onset),
	}
	for _, p := range r.ParamNames() {
		f.Inputs[p] = strings.TrimSpace(strconv.FormatFloat(r.Param(p), 'g', 6, 64) + " " + r.Params[p].Unit)
	}
}

// name is what people call what was looked at.
func (b *Book) name(k key) gtc.Label {
	eq := k.equipment
	for i := range b.site.Meters {
		if m := &b.site.Meters[i]; eq == "" && m.Equipment == k.meter && len(m.Label) > 0 {
			return m.Label
		}
	}
	if eq == "" {
		eq = k.meter
	}
	for _, q := range b.site.Equipment {
		if q.ID == eq && len(q.Label) > 0 {
			return q.Label
		}
	}
	return gtc.Label{"fr": string(eq)}
}

// query is what shows the evidence, from a week before the onset on: the points
// of the equipment looked at, else those of the meter that the rule needs, else
// the meter's hours.
func (b *Book) query(r *Rule, k key, onset time.Time) string {
	from := onset.AddDate(0, 0, -7).UTC().UnixMilli()
	eq, kind := k.equipment, gtc.Kind("")
	if eq == "" {
		eq = k.meter
	}
	for i := range b.site.Meters {
		if m := &b.site.Meters[i]; m.Equipment == eq {
			kind = m.Kind
		}
	}
	for _, q := range b.site.Equipment {
		if q.ID == eq {
			kind = q.Kind
		}
	}
	for _, n := range r.Needs {
		if kind == "" || n.Kind != kind {
			continue
		}
		var fields []string
		for _, p := range slices.Concat(n.Points, n.Optional) {
			fields = append(fields, `"`+string(p)+`"`)
		}
		return fmt.Sprintf(`SELECT %s FROM "%s" WHERE site='%s' AND equipment='%s' AND time >= %dms`,
			strings.Join(fields, ", "), kind, b.site.ID, eq, from)
	}
	return fmt.Sprintf("SELECT kwh, coverage FROM energy WHERE site='%s' AND meter='%s' AND step='hour' AND time >= %dms", b.site.ID, k.meter, from)
}

// number writes a value with the digits that matter.
func number(v float64, lang string) string {
	prec := 0
	if math.Abs(v) < 10 && v != math.Trunc(v) {
		prec = 1
		if math.Abs(v) < 1 {
			prec = 2
		}
	}
	s := strconv.FormatFloat(v, 'f', prec, 64)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// duration writes a measure in minutes or hours as people say it: minutes up
// to an hour and a half, hours beyond, days from two on.
func duration(v float64, unit, lang string) string {
	if unit == "h" {
		v *= 60
	}
	word := map[string][3]string{
		"fr": {"minutes", "heures", "jours"}, "nl": {"minuten", "uur", "dagen"}, "en": {"minutes", "hours", "days"},
	}[lang]
	const hour, day = 60, 24 * 60
	switch {
	case v < 1.5*hour:
		return number(math.Round(v), lang) + " " + word[0]
	case v < 2*day:
		return number(math.Round(2*v/hour)/2, lang) + " " + word[1]
	}
	return number(math.Round(2*v/day)/2, lang) + " " + word[2]
}

// dated writes a date as people of a language do.
func dated(t time.Time, lang string) string {
	months := map[string][12]string{
		"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		"nl": {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	}
	if m, ok := months[lang]; ok {
		return fmt.Sprintf("%d %s %d", t.Day(), m[t.Month()-1], t.Year())
	}
	return t.Format("2 January 2006")
}
