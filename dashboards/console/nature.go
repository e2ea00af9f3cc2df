package console

import (
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// sources is how the sources of days are told, the best proven first.
func sources() []string {
	return []string{"metered", "manual", "invoice", "estimated", "allocated"}
}

// natureView says in words where the figures of a meter come from.
type natureView struct {
	// Made, Formula and Place are sentences, "" for none.
	Made, Formula, Place string
	// Shares, Sources and Notes are one line each.
	Shares, Sources, Notes []string
	Balance                string
	Beyond                 bool
}

// nature puts where the figures of a meter come from into words.
func (t *tongue) nature(e Energy) natureView {
	v := natureView{Made: t.must("nature.made." + e.Nature.Made), Formula: t.formula(e)}
	switch {
	case e.Nature.SubmeterOf != "":
		v.Place = t.must("nature.submeter", t.meterName(e, e.Nature.SubmeterOf))
	case e.Nature.InTotal:
		v.Place = t.must("nature.in_total")
	case e.Meter.Direction == gtc.DirectionImport:
		v.Place = t.must("nature.not_in_total")
	}
	for _, s := range e.Nature.Serves {
		v.Shares = append(v.Shares, t.must("nature.serves", s.Building, t.Number(100*s.Share, 1), t.Named("share", s.Method), t.Day(s.From)))
	}
	n := map[string]int{}
	for _, d := range e.Days {
		n[d.Source]++
	}
	for _, s := range sources() {
		if n[s] > 0 {
			v.Sources = append(v.Sources, t.must("nature.source", t.Named("source", s), t.Number(float64(n[s]), 0)))
		}
	}
	for _, note := range e.Notes {
		v.Notes = append(v.Notes, t.Named("note", note))
	}
	if b := e.Balance; b != nil && b.Days > 0 {
		v.Balance = t.must("nature.balance", t.Number(float64(b.Days), 0), t.Energy(b.KWh), t.Energy(b.SubKWh), t.Energy(b.RestKWh), t.Number(b.RestPct, 1))
		v.Beyond = b.Beyond
	}
	return v
}

// formula writes what a meter is made of: a + b (production) − c (injection).
func (t *tongue) formula(e Energy) string {
	var b strings.Builder
	for i, term := range e.Nature.Terms {
		w := term.Weight
		switch {
		case w < 0:
			b.WriteString(" − ")
			w = -w
		case i > 0:
			b.WriteString(" + ")
		}
		if w != 1 {
			b.WriteString(t.Number(100*w, 1) + "\u00a0% × ")
		}
		if term.Site != e.Site {
			b.WriteString(string(term.Site) + "/")
		}
		b.WriteString(t.meterName(e, term.Meter))
		if term.Direction != gtc.DirectionImport {
			b.WriteString(" (" + t.Named("direction", term.Direction) + ")")
		}
	}
	return b.String()
}

// meterName is how people call a meter of the site.
func (t *tongue) meterName(e Energy, id gtc.EquipmentID) string {
	if s := meterLabel(e.Meters, id).In(t.Lang); s != "" {
		return s
	}
	return string(id)
}
