package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// findingView is one finding: what it says, what it costs, what to look at,
// what became of it.
type findingView struct {
	FindingDetail
	OwnerName    string
	Late         bool
	Number, Unit string
	// Sentence is the finding in words, also the alternative text of its chart.
	Sentence string
	History  []caseStep
	// Look are what to look at first.
	Look  []string
	Chart figure
	// Smooth tells that the chart is drawn as means of seven days.
	Smooth bool
	// CSV leads to the days, "" without a meter.
	CSV string
	// Main is the action under the thumb, "" for none.
	Main finding.InputKind
	// Proof of the last action, and what was refused.
	Done, Refused, Opened string
	Typed                 url.Values
	People                []choice
	Classes               []finding.Class
	Today, First          string
}

// caseStep is one thing that became of a finding.
type caseStep struct {
	At               time.Time
	What, By, Reason string
	Proof            *finding.Proof
}

// May reports whether a person can do something now.
func (v findingView) Allows(k string) bool {
	return slices.Contains(v.May, finding.InputKind(k))
}

func (s *server) findingPage(r *http.Request, t *tongue, _ Park) (content, error) {
	v, t, err := s.findingView(r, t, r.PathValue("id"))
	if err != nil {
		return content{}, err
	}
	v.Done = t.caseProof(v, r.URL.Query().Get("done"))
	return v.content(t, http.StatusOK), nil
}

func (v findingView) content(t *tongue, status int) content {
	return content{
		nav: "energy", title: v.SiteLabel.In(t.Lang) + " · " + t.must("finding.title"), status: status,
		stream: "/api/v1/events?site=" + url.QueryEscape(string(v.Site)), body: v,
	}
}

func (s *server) findingView(r *http.Request, t *tongue, id string) (findingView, *tongue, error) {
	ctx := r.Context()
	d, err := s.cases.Finding(ctx, id)
	if err != nil {
		return findingView{}, t, fmt.Errorf("read finding %s: %w", id, err)
	}
	t = t.at(d.TimeZone)
	names := s.names(ctx)
	v := findingView{
		FindingDetail: d, OwnerName: cmp.Or(names[d.Owner], d.Owner), Late: overdue(d.FindingCase, d.At), Classes: finding.Classes(),
		Today: d.At.In(t.zone).Format(time.DateOnly), First: d.Onset.In(t.zone).Format(time.DateOnly), People: s.people(ctx),
	}
	v.Number, v.Unit = t.perWeek(d.EURPerWeek, d.KWhPerWeek)
	v.Sentence = t.caseSentence(d)
	v.Look = t.look(d)
	v.Main = mainAct(d)
	for _, st := range d.Steps {
		row := caseStep{At: st.At, What: t.stepText(st, names), By: cmp.Or(names[st.By], st.By), Reason: st.Reason, Proof: st.Proof}
		if machine(st.By) {
			row.By = ""
		}
		if st.What == finding.DidWithdraw {
			row.Reason = t.Named("case.gone", st.Reason)
		}
		v.History = append(v.History, row)
	}
	if d.Metered {
		if err := s.findingChart(ctx, t, &v); err != nil {
			return v, t, err
		}
	}
	return v, t, nil
}

// mainAct is what most people do next.
func mainAct(d FindingDetail) finding.InputKind {
	for _, k := range []finding.InputKind{finding.Verify, finding.Accept, finding.Take} {
		if slices.Contains(d.May, k) && (k != finding.Take || d.State == gtc.FindingAccepted) {
			return k
		}
	}
	return ""
}

const (
	// chartBefore is how many days before the onset the chart begins.
	chartBefore = 60
	// chartAfter is how many days after its end it goes on.
	chartAfter = 60
)

// findingChart draws the days from before the onset on.
func (s *server) findingChart(ctx context.Context, t *tongue, v *findingView) error {
	from, to := v.Onset.AddDate(0, 0, -chartBefore), v.At
	if !v.End.IsZero() && v.End.AddDate(0, 0, chartAfter).Before(to) {
		to = v.End.AddDate(0, 0, chartAfter)
	}
	e, err := s.model.Energy(ctx, v.Site, v.Meter, from, to)
	if errors.Is(err, ErrUnknown) {
		return nil // the meter was taken out of the configuration
	}
	if err != nil {
		return fmt.Errorf("read energy of %s/%s: %w", v.Site, v.Meter, err)
	}
	e.Findings = []PricedFinding{v.PricedFinding}
	m := meterView{Energy: e, Answer: v.Sentence, Worst: &e.Findings[0]}
	t.energyFigures(&m)
	v.Smooth = m.Smooth
	v.Chart, v.CSV = m.Consumption, fmt.Sprintf("/energy/%s/%s/days.csv?span=1y", v.Site, v.Meter)
	v.Query = cmp.Or(v.Query, e.Query)
	return nil
}

// caseSentence says the finding in one sentence.
func (t *tongue) caseSentence(d FindingDetail) string {
	if text := d.Text.In(t.Lang); text != "" {
		return text
	}
	since := t.Day(d.Onset)
	switch d.Kind {
	case gtc.FindingData:
		return t.must("finding.text.data", since)
	case gtc.FindingSaving, gtc.FindingDrift:
	}
	return t.Signed(d.ExcessPct, 0) + "\u00a0% " + t.must("finding.since", since)
}

// look says what to look at: what the causes ask for, or the kind of finding.
func (t *tongue) look(d FindingDetail) []string {
	var out []string
	for _, c := range d.Causes {
		if text, ok := t.texts["look."+c.ID]; ok && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		out = append(out, t.Named("look.kind", d.Kind))
	}
	return out
}

// stepText says what a step did.
func (t *tongue) stepText(s finding.Step, names map[string]string) string {
	text := t.Named("case.step", s.What)
	switch {
	case s.What == finding.DidPlan && s.Owner != "":
		text += " " + t.must("case.step.owner", cmp.Or(names[s.Owner], s.Owner))
	case s.What == string(gtc.FindingRejected):
		text += " · " + t.Named("case.class", s.Class)
	case s.What == string(gtc.FindingInProgress) && s.From == gtc.FindingCorrected:
		text = t.must("case.step.again")
	}
	if !s.Due.IsZero() {
		text += " " + t.must("case.step.due", t.Day(s.Due))
	}
	return text
}

// caseProof says what came of an action: the step that proves it.
func (t *tongue) caseProof(v findingView, done string) string {
	if !slices.Contains(finding.Acts(), finding.InputKind(done)) {
		return ""
	}
	for i, st := range v.Steps { // newest first
		if machine(st.By) {
			continue
		}
		return t.must("case.proof", v.History[i].What, v.History[i].By, t.When(v.At, st.At))
	}
	return t.must("proof.nothing")
}

// actOnFinding does what a form of a finding's page asks.
func (s *server) actOnFinding(w http.ResponseWriter, r *http.Request) {
	t := s.tongue(r)
	id, do := r.PathValue("id"), r.PostFormValue("do")
	d, err := s.cases.Finding(r.Context(), id)
	if err == nil {
		err = s.handle(r, t.at(d.TimeZone), d, do)
	}
	if err == nil {
		s.log.Info().Str("finding", id).Str("what", do).Str("by", visitorOf(r).user.ID).Msg("action")
		http.Redirect(w, r, findingPath(id)+"?"+url.Values{"done": {do}}.Encode(), http.StatusSeeOther)
		return
	}
	key := caseRefusal(err)
	if key == "" {
		s.fail(w, r, t, s.bare(), err)
		return
	}
	s.log.Warn().Err(err).Str("finding", id).Str("what", do).Str("by", visitorOf(r).user.ID).Msg("action refused")
	s.page("finding", func(r *http.Request, t *tongue, _ Park) (content, error) {
		v, t, err := s.findingView(r, t, id)
		if err != nil {
			return content{}, err
		}
		v.Refused, v.Opened, v.Typed = key, do, r.PostForm
		return v.content(t, http.StatusUnprocessableEntity), nil
	})(w, r)
}

// handle reads one action and does it. The rules check it again.
func (s *server) handle(r *http.Request, t *tongue, d FindingDetail, do string) error {
	kind := finding.InputKind(do)
	if !slices.Contains(finding.Acts(), kind) {
		return errBadRequest{"do", do}
	}
	in := finding.Input{Kind: kind, At: s.now().In(t.zone), By: visitorOf(r).user.ID, Reason: strings.TrimSpace(r.PostFormValue("reason"))}
	if len([]rune(in.Reason)) > 1000 {
		return errRefused{"refused.long"}
	}
	var err error
	switch kind {
	case finding.Reject:
		in.Class = finding.Class(r.PostFormValue("class"))
	case finding.Plan:
		in.Owner = r.PostFormValue("owner")
		if in.Owner != "" && in.Owner != d.Owner && !slices.ContainsFunc(s.people(r.Context()), func(c choice) bool { return c.Key == in.Owner }) {
			return finding.ErrNobody
		}
		in.Due, err = t.dayField(r, "due")
	case finding.Correct:
		in.Day, err = t.dayField(r, "day")
	case finding.Accept, finding.Take, finding.Verify:
		in.Reason = ""
	case finding.Comment, finding.Reopen, finding.See, finding.Lose, finding.Prove:
	}
	if err != nil {
		return err
	}
	return s.handling.ActOnFinding(r.Context(), d.ID, in)
}

// dayField reads a date of a form, zero for none.
func (t *tongue) dayField(r *http.Request, name string) (time.Time, error) {
	text := r.PostFormValue(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, text, t.zone)
	if err != nil {
		return at, errRefused{"refused.date"}
	}
	return at, nil
}

// caseRefusal is the text that says why an action was refused, "" for an error
// that is not the visitor's.
func caseRefusal(err error) string {
	if refused, ok := errors.AsType[errRefused](err); ok {
		return refused.key
	}
	for key, is := range map[string][]error{
		"case.refused.state": {finding.ErrState}, "case.refused.gone": {finding.ErrGone}, "case.refused.proof": {finding.ErrNoProof},
		"case.refused.day": {finding.ErrDay, works.ErrDays}, "case.refused.class": {finding.ErrClass, works.ErrKind},
		"refused.no_reason": {finding.ErrNoReason, works.ErrNoReason}, "refused.nobody": {finding.ErrNobody, works.ErrNobody},
		"case.refused.unknown": {finding.ErrUnknown, works.ErrUnknown}, "case.refused.adjust": {works.ErrAdjust}, "case.refused.number": {works.ErrNumber},
	} {
		for _, e := range is {
			if errors.Is(err, e) {
				return key
			}
		}
	}
	return ""
}
