package console

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// worksView answers "did the works pay?".
type worksView struct {
	WorksBoard
	// Open counts the entries that go on, Proven the savings that are proven.
	Open, Proven int
	// Number and Unit are what proven savings are worth a year.
	Number, Unit string
	// Edit is the entry that the form changes, without an ID for a new one;
	// Place is its "site" or "site/meter,meter".
	Edit works.Entry
	// Moved are the moves of baselines with the names of their places.
	Moved  []moveRow
	Place  string
	Places []placeGroup
	Kinds  []works.Kind
	Today  string
	// Refused is why nothing was recorded; Typed is what was typed and Opened
	// which form it was in.
	Done, Refused, Opened string
	Typed                 url.Values
}

// moveRow is a move of a baseline with the name of its place.
type moveRow struct {
	works.Move
	Place string
}

// placeGroup is a site and its meters in a form.
type placeGroup struct {
	Label   string
	Choices []choice
}

// Field is what a form shows: what was typed, or the entry as it is.
func (v worksView) Field(name string) string {
	if v.Opened == "record" {
		return v.Typed.Get(name)
	}
	e := v.Edit
	number := func(x float64) string {
		if x == 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	adjust := works.Adjustment{}
	if e.Adjust != nil {
		adjust = *e.Adjust
	}
	switch name {
	case "from":
		return string(e.From)
	case "to":
		return string(e.To)
	case "kind":
		return string(cmp.Or(e.Kind, works.Works))
	case "description":
		return e.Description
	case "cost":
		return number(e.CostEUR)
	case "expected":
		return number(e.ExpectedPct)
	case "adjust_kwh":
		return number(adjust.KWhPerDay)
	case "adjust_pct":
		return number(adjust.Pct)
	case "adjust_reason":
		return adjust.Reason
	}
	return ""
}

func (s *server) worksPage(r *http.Request, t *tongue, _ Park) (content, error) {
	v, err := s.worksView(r, t)
	if err != nil {
		return content{}, err
	}
	if done := r.URL.Query().Get("done"); t.texts["works.done."+done] != "" {
		v.Done = t.must("works.done." + done)
	}
	return v.content(t, http.StatusOK), nil
}

func (v worksView) content(t *tongue, status int) content {
	return content{nav: "energy", title: t.must("register.title"), status: status, body: v}
}

func (s *server) worksView(r *http.Request, t *tongue) (worksView, error) {
	board, err := s.cases.Works(r.Context())
	if err != nil {
		return worksView{}, fmt.Errorf("read works register: %w", err)
	}
	v := worksView{WorksBoard: board, Kinds: works.Kinds(), Today: board.At.In(t.zone).Format("2006-01-02")}
	names := s.names(r.Context())
	v.Entries = slices.Clone(v.Entries)
	eur := 0.0
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Open() {
			v.Open++
		}
		for _, sv := range e.Savings {
			if sv.Told() && sv.Proven && sv.SavingKWh > 0 {
				v.Proven++
				if sv.YearEUR != nil {
					eur += *sv.YearEUR
				}
			}
		}
		if e.ID == r.URL.Query().Get("edit") && e.Struck == nil {
			v.Edit = e.Entry
		}
		signed(e, names)
		e.MeterLabels = nil
		for _, m := range e.Meters {
			e.MeterLabels = append(e.MeterLabels, meterLabel(board.metersOf(e.Site), m))
		}
	}
	for _, m := range v.Moves {
		m.By = cmp.Or(names[m.By], m.By)
		site := string(m.Site)
		for _, p := range board.Places {
			if p.Site == m.Site {
				site = cmp.Or(p.Label.In(t.Lang), site)
			}
		}
		v.Moved = append(v.Moved, moveRow{m, site + " · " + meterLabel(board.metersOf(m.Site), m.Meter).In(t.Lang)})
	}
	slices.SortStableFunc(v.Entries, func(a, b WorksEntry) int {
		return cmp.Or(cmp.Compare(entryRank(a), entryRank(b)), cmp.Compare(b.From, a.From), cmp.Compare(a.ID, b.ID))
	})
	v.Number, v.Unit = t.Number(eur, 0), t.must("unit.eur_year")
	v.Places = t.places(&v)
	return v, nil
}

// metersOf are the meters of a site, none for one that is not known.
func (b WorksBoard) metersOf(site gtc.SiteID) []MeterRef {
	for _, p := range b.Places {
		if p.Site == site {
			return p.Meters
		}
	}
	return nil
}

// signed writes who did something by name.
func signed(e *WorksEntry, names map[string]string) {
	e.By = cmp.Or(names[e.By], e.By)
	if e.Adjust != nil {
		a := *e.Adjust
		a.By = cmp.Or(names[a.By], a.By)
		e.Adjust = &a
	}
	if e.Struck != nil {
		s := *e.Struck
		s.By = cmp.Or(names[s.By], s.By)
		e.Struck = &s
	}
}

func entryRank(e WorksEntry) int {
	switch {
	case e.Struck != nil:
		return 2
	case e.Open():
		return 0
	}
	return 1
}

// places are the sites and meters of the form, that of the entry chosen.
func (t *tongue) places(v *worksView) []placeGroup {
	v.Place = string(v.Edit.Site)
	if len(v.Edit.Meters) > 0 {
		var ids []string
		for _, m := range v.Edit.Meters {
			ids = append(ids, string(m))
		}
		v.Place += "/" + strings.Join(ids, ",")
	}
	var out []placeGroup
	for _, p := range v.WorksBoard.Places {
		g := placeGroup{Label: cmp.Or(p.Label.In(t.Lang), string(p.Site))}
		if v.Edit.ID != "" && p.Site != v.Edit.Site {
			continue // an entry stays with its site
		}
		g.Choices = append(g.Choices, choice{Key: string(p.Site), Label: g.Label + " · " + t.must("register.whole_site")})
		for _, m := range p.Meters {
			g.Choices = append(g.Choices, choice{Key: string(p.Site) + "/" + string(m.ID), Label: g.Label + " · " + cmp.Or(m.Label.In(t.Lang), string(m.ID))})
		}
		if v.Edit.ID != "" && len(v.Edit.Meters) > 1 {
			g.Choices = append(g.Choices, choice{Key: v.Place, Label: v.Place})
		}
		for i := range g.Choices {
			g.Choices[i].Current = g.Choices[i].Key == v.Place
		}
		out = append(out, g)
	}
	return out
}

// actOnWorks does what a form of the register asks.
func (s *server) actOnWorks(w http.ResponseWriter, r *http.Request) {
	ctx, by, id, do := r.Context(), visitorOf(r).user.ID, r.PostFormValue("id"), r.PostFormValue("do")
	var err error
	switch do {
	case "record":
		var e works.Entry
		if e, err = s.entryOf(r); err == nil {
			id, err = s.handling.Record(ctx, e)
		}
	case "close":
		var last works.Day
		if last, err = civilDay(r.PostFormValue("to")); err == nil {
			err = s.handling.CloseWorks(ctx, id, last, by)
		}
	case "strike":
		err = s.handling.StrikeWorks(ctx, id, by, strings.TrimSpace(r.PostFormValue("reason")))
	default:
		err = errBadRequest{"do", do}
	}
	if err == nil {
		s.log.Info().Str("works", id).Str("what", do).Str("by", by).Msg("action")
		http.Redirect(w, r, "/travaux?"+url.Values{"done": {do}}.Encode()+"#w-"+url.PathEscape(id), http.StatusSeeOther)
		return
	}
	key := caseRefusal(err)
	if key == "" {
		s.fail(w, r, s.tongue(r), s.bare(), err)
		return
	}
	s.log.Warn().Err(err).Str("works", id).Str("what", do).Str("by", by).Msg("action refused")
	s.page("register", func(r *http.Request, t *tongue, _ Park) (content, error) {
		v, err := s.worksView(r, t)
		if err != nil {
			return content{}, err
		}
		v.Refused, v.Opened, v.Typed = key, do, r.PostForm
		for _, e := range v.Entries {
			if e.ID == id && do == "record" {
				v.Edit = e.Entry
			}
		}
		v.Places = t.places(&v)
		return v.content(t, http.StatusUnprocessableEntity), nil
	})(w, r)
}

// entryOf reads the entry that was typed.
func (s *server) entryOf(r *http.Request) (works.Entry, error) {
	by := visitorOf(r).user.ID
	e := works.Entry{
		ID: r.PostFormValue("id"), Kind: works.Kind(r.PostFormValue("kind")), Description: strings.TrimSpace(r.PostFormValue("description")), By: by, At: s.now().UTC(),
	}
	site, meters, some := strings.Cut(r.PostFormValue("place"), "/")
	e.Site = gtc.SiteID(site)
	if some {
		for m := range strings.SplitSeq(meters, ",") {
			e.Meters = append(e.Meters, gtc.EquipmentID(m))
		}
	}
	var err error
	if e.From, err = civilDay(r.PostFormValue("from")); err != nil {
		return e, err
	}
	if e.To, err = civilDay(r.PostFormValue("to")); err != nil {
		return e, err
	}
	a := works.Adjustment{Reason: strings.TrimSpace(r.PostFormValue("adjust_reason")), By: by, At: e.At}
	for name, into := range map[string]*float64{"cost": &e.CostEUR, "expected": &e.ExpectedPct, "adjust_kwh": &a.KWhPerDay, "adjust_pct": &a.Pct} {
		if *into, err = typedNumber(r.PostFormValue(name)); err != nil {
			return e, err
		}
	}
	if a.KWhPerDay != 0 || a.Pct != 0 || a.Reason != "" {
		e.Adjust = &a
	}
	return e, nil
}

// typedNumber reads a number with a point or a comma, 0 for none.
func typedNumber(text string) (float64, error) {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", ".").Replace(text)
	if text == "" {
		return 0, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, works.ErrNumber
	}
	return x, nil
}

func civilDay(text string) (works.Day, error) {
	var d works.Day
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return "", errRefused{"refused.date"}
	}
	return d, nil
}

// moveBaseline gives a meter another baseline period.
func (s *server) moveBaseline(w http.ResponseWriter, r *http.Request) {
	m := works.Move{
		Site: gtc.SiteID(r.PathValue("site")), Meter: gtc.EquipmentID(r.PathValue("meter")),
		By: visitorOf(r).user.ID, At: s.now().UTC(), Reason: strings.TrimSpace(r.PostFormValue("reason")),
	}
	var err error
	if m.From, err = civilDay(r.PostFormValue("from")); err == nil {
		m.To, err = civilDay(r.PostFormValue("to"))
	}
	if err == nil {
		err = s.handling.MoveBaseline(r.Context(), m)
	}
	page := fmt.Sprintf("/energy/%s/%s", m.Site, m.Meter)
	switch key := caseRefusal(err); {
	case err == nil:
		s.log.Info().Str("site", string(m.Site)).Str("meter", string(m.Meter)).Str("by", m.By).Msg("baseline moved")
		http.Redirect(w, r, page+"?"+url.Values{"done": {"moved"}}.Encode()+"#baseline", http.StatusSeeOther)
	case key != "":
		s.log.Warn().Err(err).Str("site", string(m.Site)).Str("meter", string(m.Meter)).Str("by", m.By).Msg("baseline not moved")
		http.Redirect(w, r, page+"?"+url.Values{"refused": {key}}.Encode()+"#baseline", http.StatusSeeOther)
	default:
		s.fail(w, r, s.tongue(r), s.bare(), err)
	}
}

// moves fills in what became of a meter's baseline.
func (s *server) moves(r *http.Request, t *tongue, v *meterView) error {
	if s.cases == nil {
		return nil
	}
	moves, err := s.cases.Baselines(r.Context(), v.Site, v.Meter.ID)
	if err != nil {
		return fmt.Errorf("read baselines of %s/%s: %w", v.Site, v.Meter.ID, err)
	}
	names := s.names(r.Context())
	v.Moves = slices.Clone(moves)
	for i := range v.Moves {
		v.Moves[i].By = cmp.Or(names[v.Moves[i].By], v.Moves[i].By)
	}
	v.Moved = r.URL.Query().Get("done") == "moved"
	if key := r.URL.Query().Get("refused"); t.texts[key] != "" && (strings.HasPrefix(key, "case.refused.") || strings.HasPrefix(key, "refused.")) {
		v.MoveRefused = key
	}
	return nil
}
