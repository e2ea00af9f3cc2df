package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// valueRow is one point on the site's page.
type valueRow struct {
	LiveValue
	// Key is equipment/point.
	Key string
	// Class is "", abnormal, stale or unknown.
	Class string
	// Priority of the standing alarm of the equipment, for an abnormal value.
	Priority gtc.Priority
	Shown    string
	Decimals int
	// Trend is the address of the value's curve, "" for a private value.
	Trend  string
	Secret bool
	// Doubt says why the value is not to be trusted, "" when it is.
	Doubt string
}

// equipmentCard is one equipment: first what is worth reading, then the states
// that are at rest.
type equipmentCard struct {
	EquipmentDetail
	Newest        time.Time
	Rows, Resting []valueRow
	Abnormal      int
	Doubtful      int
	Fire          bool
}

// cards builds the equipment of a site, the abnormal first.
func (t *tongue) cards(d SiteDetail, span string) []equipmentCard {
	worst := map[gtc.EquipmentID]gtc.Priority{}
	for _, a := range d.Standing {
		if p, ok := worst[a.Equipment]; a.Active() && (!ok || a.Priority < p) {
			worst[a.Equipment] = a.Priority
		}
	}
	out := make([]equipmentCard, 0, len(d.Equipment))
	for _, e := range d.Equipment {
		c := equipmentCard{EquipmentDetail: e, Fire: e.Kind == gtc.KindFirePanel}
		for _, v := range e.Values {
			row := t.row(d.ID, v, span)
			switch row.Class {
			case "abnormal":
				row.Priority = worst[e.ID]
				c.Abnormal++
			case "stale", "unknown":
				c.Doubtful++
			}
			if v.At.After(c.Newest) {
				c.Newest = v.At
			}
			if row.resting() {
				c.Resting = append(c.Resting, row)
			} else {
				c.Rows = append(c.Rows, row)
			}
		}
		slices.SortStableFunc(c.Rows, func(a, b valueRow) int { return cmp.Compare(rowRank(a), rowRank(b)) })
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b equipmentCard) int {
		return cmp.Or(
			cmp.Compare(cardRank(a, worst), cardRank(b, worst)),
			cmp.Compare(min(b.Doubtful, 1), min(a.Doubtful, 1)),
		)
	})
	return out
}

// cardRank is the priority of the card's alarm, or a rank after all alarms.
func cardRank(c equipmentCard, worst map[gtc.EquipmentID]gtc.Priority) int {
	if p, ok := worst[c.ID]; ok {
		return int(p)
	}
	if c.Abnormal > 0 {
		return 5
	}
	return 6
}

func rowRank(r valueRow) int {
	return max(0, slices.Index([]string{"abnormal", "unknown", "stale", ""}, r.Class))
}

// resting tells a two-state point that is known, trusted and not so.
func (r valueRow) resting() bool {
	return r.Type == "bool" && r.Class == "" && r.Value != nil && *r.Value == 0
}

func (t *tongue) row(site gtc.SiteID, v LiveValue, span string) valueRow {
	r := valueRow{
		LiveValue: v, Key: string(v.Equipment) + "/" + string(v.Point),
		Decimals: decimalsOf(v.Unit), Secret: private(v),
	}
	switch {
	case v.Value == nil:
		r.Class = "unknown"
	case v.Stale || v.Quality != gtc.QualityGood.String():
		r.Class = "stale"
	case v.Abnormal:
		r.Class = "abnormal"
	}
	if r.Class == "unknown" || r.Class == "stale" {
		r.Doubt = t.doubt(v)
	}
	r.Shown = t.shown(v, r.Decimals)
	if !r.Secret && (v.Type == "float" || v.Type == "bool") {
		r.Trend = "/site/" + string(site) + "?s=" + r.Key + "&span=" + span + "#trend"
	}
	return r
}

// doubt says why a value is not to be trusted.
func (t *tongue) doubt(v LiveValue) string {
	if v.Quality != "" && v.Quality != gtc.QualityGood.String() {
		return t.Named("quality", v.Quality)
	}
	if v.Value == nil {
		return t.must("value.never")
	}
	return t.must("quality.stale")
}

// shown is the value as text: number, yes or no, the label of a state, or an
// en dash when none is known.
func (t *tongue) shown(v LiveValue, decimals int) string {
	switch {
	case v.Value == nil:
		return "–"
	case v.Type == "bool" && *v.Value != 0:
		return t.must("value.true")
	case v.Type == "bool":
		return t.must("value.false")
	case v.Type == "enum":
		if s := v.Text.In(t.Lang); s != "" {
			return s
		}
		return t.Number(*v.Value, 0)
	}
	if v.Unit == "" {
		s := t.Number(*v.Value, decimals)
		if strings.Contains(s, t.locale.Decimal) {
			s = strings.TrimRight(strings.TrimRight(s, "0"), t.locale.Decimal)
		}
		return s
	}
	return t.Number(*v.Value, decimals)
}
