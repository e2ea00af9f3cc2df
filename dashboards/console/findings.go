package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/finding"
)

// findingPath is the address of a finding's own page.
func findingPath(id string) string { return (&url.URL{Path: "/constats/" + id}).String() }

func (s *server) findingRoutes(pages *http.ServeMux) {
	if s.cases == nil {
		return
	}
	pages.HandleFunc("GET /constats", s.page("findings", s.findingsPage))
	pages.HandleFunc("GET /constats/{id...}", s.page("finding", s.findingPage))
	pages.HandleFunc("GET /travaux", s.page("register", s.worksPage))
	pages.HandleFunc("GET /api/v1/findings/{id...}", s.answer(s.findingAPI))
	pages.HandleFunc("GET /api/v1/works", s.answer(s.worksAPI))
	if s.users != nil && s.handling != nil {
		pages.HandleFunc("POST /constats/{id...}", s.form(user.Act, s.actOnFinding))
		pages.HandleFunc("POST /travaux", s.form(user.Act, s.actOnWorks))
		pages.HandleFunc("POST /energy/{site}/{meter}/baseline", s.form(user.Act, s.moveBaseline))
	}
}

// The lists of the findings page.
const (
	casesWaiting = "waiting"
	casesVerify  = "verify"
	casesClosed  = "closed"
	casesAll     = "all"
)

// caseFilter is what the address asks for; "" asks for all.
type caseFilter struct{ State, Kind, Site, Owner, Rule, Course string }

func caseFilterOf(q url.Values) caseFilter {
	return caseFilter{q.Get("state"), q.Get("kind"), q.Get("site"), q.Get("owner"), q.Get("rule"), q.Get("course")}
}

// Empty reports whether everything is shown.
func (f caseFilter) Empty() bool { return f == caseFilter{} }

// anyState asks the API for findings in every state, closed and withdrawn too.
const anyState = "any"

// nobody asks for findings that have no owner.
const nobody = "-"

func (f caseFilter) fits(c FindingCase) bool {
	return (f.State == "" || f.State == anyState || f.State == string(c.State)) &&
		(f.Kind == "" || f.Kind == string(c.Kind)) &&
		(f.Site == "" || f.Site == string(c.Site)) &&
		(f.Owner == "" || f.Owner == c.Owner || f.Owner == nobody && c.Owner == "") &&
		(f.Rule == "" || f.Rule == c.Rule) &&
		(f.Course == "" || f.Course == string(c.Course))
}

// inCases reports whether a finding is on one of the page's lists.
func inCases(list string, c FindingCase) bool {
	switch list {
	case casesWaiting:
		return c.Waiting
	case casesVerify:
		return c.State == gtc.FindingCorrected && c.Course != finding.Withdrawn
	case casesClosed:
		return !c.Waiting
	}
	return true
}

// findingsView answers "what do we do first, and what is it worth?".
type findingsView struct {
	// Count is how many wait for somebody; Number and Unit are what those that
	// last cost a week.
	Count        int
	Number, Unit string
	List         string
	Lists        []listLink
	Filter       caseFilter
	States, Kinds, Sites, Owners, Rules,
	Courses []choice
	Findings []caseRow
	Rates    []finding.Rate
}

// caseRow is a finding on the list.
type caseRow struct {
	FindingCase
	// OwnerName is how the owner is called; Late tells that the day is past.
	OwnerName string
	Late      bool
}

func (s *server) findingsPage(r *http.Request, t *tongue, park Park) (content, error) {
	board, err := s.cases.Findings(r.Context())
	if err != nil {
		return content{}, fmt.Errorf("read findings: %w", err)
	}
	q := r.URL.Query()
	v := findingsView{List: q.Get("list"), Filter: caseFilterOf(q), Rates: judgedRates(board.Rates)}
	if !slices.Contains([]string{casesVerify, casesClosed, casesAll}, v.List) {
		v.List = casesWaiting
	}
	names := s.names(r.Context())
	counts := map[string]int{}
	var eur, kwh float64
	priced := false
	var shown []FindingCase
	for _, c := range board.Findings {
		for _, list := range []string{casesWaiting, casesVerify, casesClosed, casesAll} {
			if inCases(list, c) {
				counts[list]++
			}
		}
		if c.Waiting && c.Kind == gtc.FindingDrift && c.Course == finding.Lasting {
			kwh += c.KWhPerWeek
			if c.EURPerWeek != nil {
				eur, priced = eur+*c.EURPerWeek, true
			}
		}
		if inCases(v.List, c) {
			shown = append(shown, c)
		}
	}
	v.Count = counts[casesWaiting]
	v.Number, v.Unit = t.perWeek(nil, kwh)
	if priced || kwh == 0 {
		v.Number, v.Unit = t.perWeek(&eur, kwh)
	}
	t.caseChoices(&v, shown, names)
	v.Lists = caseLists(v.List, v.Filter, counts)
	for _, c := range worstCases(shown) {
		if v.Filter.fits(c) {
			v.Findings = append(v.Findings, caseRow{c, cmp.Or(names[c.Owner], c.Owner), overdue(c, park.At)})
		}
	}
	return content{nav: "energy", title: t.must("cases.title"), stream: "/api/v1/events", body: v}, nil
}

// overdue reports whether the day for a finding is past.
func overdue(c FindingCase, now time.Time) bool {
	return c.Waiting && !c.Due.IsZero() && c.State != gtc.FindingCorrected && now.After(c.Due.AddDate(0, 0, 1))
}

// judgedRates leaves out rules of which nobody has judged a finding.
func judgedRates(rates []finding.Rate) []finding.Rate {
	return slices.DeleteFunc(slices.Clone(rates), func(r finding.Rate) bool { return r.Decided == 0 })
}

func caseLists(current string, f caseFilter, counts map[string]int) []listLink {
	var out []listLink
	for _, key := range []string{casesWaiting, casesVerify, casesClosed, casesAll} {
		q := url.Values{}
		if key != casesWaiting {
			q.Set("list", key)
		}
		for name, value := range map[string]string{"kind": f.Kind, "site": f.Site, "owner": f.Owner, "rule": f.Rule} {
			if value != "" {
				q.Set(name, value)
			}
		}
		l := listLink{Key: key, Count: counts[key], Current: key == current, Href: "/constats"}
		if len(q) > 0 {
			l.Href += "?" + q.Encode()
		}
		out = append(out, l)
	}
	return out
}

// caseChoices are the filters' entries: what there is, and what was asked for.
func (t *tongue) caseChoices(v *findingsView, shown []FindingCase, names map[string]string) {
	states, kinds, sites, owners, rules, courses := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for _, c := range shown {
		states[string(c.State)] = t.Named("case.state", c.State)
		kinds[string(c.Kind)] = t.Named("finding.kind", c.Kind)
		sites[string(c.Site)] = cmp.Or(c.SiteLabel.In(t.Lang), string(c.Site))
		courses[string(c.Course)] = t.Named("case.course", c.Course)
		rules[c.Rule] = c.Rule
		if c.Owner == "" {
			owners[nobody] = t.must("cases.nobody")
		} else {
			owners[c.Owner] = cmp.Or(names[c.Owner], c.Owner)
		}
	}
	f := v.Filter
	v.States, v.Kinds, v.Sites = sorted(states, f.State), sorted(kinds, f.Kind), sorted(sites, f.Site)
	v.Owners, v.Rules, v.Courses = sorted(owners, f.Owner), sorted(rules, f.Rule), sorted(courses, f.Course)
}

// worstCases puts what costs most a week first: what lasts before what is over,
// what wastes before what saves.
func worstCases(cases []FindingCase) []FindingCase {
	out := slices.Clone(cases)
	rank := func(c FindingCase) int {
		return slices.Index([]finding.Course{finding.Lasting, finding.Ended, finding.Withdrawn}, c.Course)
	}
	slices.SortStableFunc(out, func(a, b FindingCase) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)), cmp.Compare(kindRank(a.PricedFinding), kindRank(b.PricedFinding)),
			cmp.Compare(eurOf(b.PricedFinding), eurOf(a.PricedFinding)), cmp.Compare(b.KWhPerWeek, a.KWhPerWeek),
			b.Onset.Compare(a.Onset), cmp.Compare(a.ID, b.ID),
		)
	})
	return out
}

// CaseList answers the API: the findings that fit, worst first, and how the
// rules did in the field.
type CaseList struct {
	At       time.Time      `json:"at"`
	Findings []FindingCase  `json:"findings"`
	Rates    []finding.Rate `json:"rates"`
}

// casesAPI lists the findings that last and that nobody has closed, or those
// that a filter asks for.
func (s *server) casesAPI(r *http.Request) (any, error) {
	f := caseFilterOf(r.URL.Query())
	if f.State != "" && f.State != anyState && !slices.Contains(finding.States(), gtc.FindingState(f.State)) {
		return nil, errBadRequest{"state", f.State}
	}
	if f.Course != "" && !slices.Contains([]string{string(finding.Lasting), string(finding.Ended), string(finding.Withdrawn)}, f.Course) {
		return nil, errBadRequest{"course", f.Course}
	}
	board, err := s.cases.Findings(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	out := CaseList{At: board.At, Findings: []FindingCase{}, Rates: list(board.Rates)}
	for _, c := range worstCases(board.Findings) {
		open := c.Course == finding.Lasting && !finding.Closed(c.State)
		if f.fits(c) && (open || f.State != "" || f.Course != "") {
			out.Findings = append(out.Findings, c)
		}
	}
	return out, nil
}

func (s *server) findingAPI(r *http.Request) (any, error) {
	d, err := s.cases.Finding(r.Context(), r.PathValue("id"))
	d.Steps, d.May = list(d.Steps), list(d.May)
	return d, err
}

func (s *server) worksAPI(r *http.Request) (any, error) {
	b, err := s.cases.Works(r.Context())
	b.Entries, b.Moves = list(b.Entries), list(b.Moves)
	if site := gtc.SiteID(r.URL.Query().Get("site")); site != "" {
		b.Entries = slices.DeleteFunc(slices.Clone(b.Entries), func(e WorksEntry) bool { return e.Site != site })
	}
	return b, err
}

// people are those who may own a finding.
func (s *server) people(ctx context.Context) []choice {
	if s.users == nil {
		return nil
	}
	users, err := s.users.Users(ctx)
	if err != nil {
		s.log.Warn().Err(err).Msg("users not read")
		return nil
	}
	labels := map[string]string{}
	for _, u := range users {
		if u.Blocked.IsZero() && u.Right.Includes(user.Act) {
			labels[u.ID] = cmp.Or(u.Name, u.ID)
		}
	}
	return sorted(labels, "")
}
