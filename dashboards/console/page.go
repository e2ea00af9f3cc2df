package console

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
)

//go:embed templates/*.html
var templates embed.FS

// page is one parsed page in one language.
type page = *template.Template

// view is what every page shows around its own content.
type view struct {
	Lang, Nav, Title, Version string
	// Now is the instant the page tells; every age on it counts from there.
	Now   time.Time
	Store StoreState
	// Standing counts the park's standing alarms by priority, Worst is the
	// worst of them, 0 without one.
	Standing, Worst int
	// Silent is the silence in seconds after which the page is frozen.
	Silent int
	// Stream is where changes come from; "" on a page that shows nothing live.
	Stream    string
	Assets    assets
	Languages []languageLink
	// Units are the age words for the script.
	Units map[string]string
	// Visitor is who looks; Users tells that people can sign in at all.
	Visitor visitor
	Users   bool
	// Closed leaves out everything about the park: the page is for somebody
	// who is not signed in.
	Closed bool
	// Here is the page's own address, Token what its forms must carry.
	Here, Token string
	// CanAct and CanManage say what the visitor's forms may do.
	CanAct, CanManage bool
	// Programs tells that programs can be let in by a token.
	Programs bool
	// Details tells that alarms have a page of their own.
	Details bool
	// Cold tells that there are cold rooms with a record.
	Cold bool
	// Cases tells that findings have pages of their own.
	Cases bool
	// Months are the short names of the months, separated by spaces.
	Months string
	Body   any
}

type languageLink struct {
	Lang, Href string
	Current    bool
}

// pageNames lists the pages that have a template of their own.
func pageNames() []string {
	return []string{"park", "site", "energy", "carbon", "portfolio", "meter", "alarms", "more", "lost", "alarm", "measures", "token", "signin", "invitation", "users", "tokens", "account", "findings", "finding", "register", "coldrooms", "cold"}
}

// loadPages returns the pages of each language. Each file is parsed once; a
// language gives its own words to what was parsed.
func loadPages(tongues map[string]*tongue) (map[string]map[string]page, error) {
	parsed, err := parsePages((&tongue{}).funcs())
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]page{}
	for lang, t := range tongues {
		out[lang] = map[string]page{}
		funcs := t.funcs()
		for name, p := range parsed {
			own, err := p.Clone()
			if err != nil {
				return nil, fmt.Errorf("page %s in %s: %w", name, lang, err)
			}
			out[lang][name] = own.Funcs(funcs)
		}
	}
	return out, nil
}

// parsePages parses what pages share once and each page behind it.
func parsePages(funcs template.FuncMap) (map[string]*template.Template, error) {
	shared, err := template.New("layout.html").Funcs(funcs).
		ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/casesparts.html")
	if err != nil {
		return nil, fmt.Errorf("parse what pages share: %w", err)
	}
	out := map[string]*template.Template{}
	for _, name := range pageNames() {
		p, err := shared.Clone()
		if err == nil {
			p, err = p.ParseFS(templates, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		out[name] = p
	}
	return out, nil
}

func (t *tongue) funcs() template.FuncMap {
	return template.FuncMap{
		"t": t.Text, "th": t.Markup, "count": t.Count, "named": t.Named, "remark": t.Remark,
		"tonnes": t.Tonnes, "signedtonnes": t.SignedTonnes, "mwh": t.MWh, "gaps": t.whats,
		"lastshared": lastShared, "num": t.Number, "signed": t.Signed, "kwh": t.Energy, "eur": t.Money,
		"day": t.Day, "moment": t.Moment, "ticking": t.Ticking, "ago": t.Ago, "since": t.Since,
		"label":        func(l gtc.Label) string { return l.In(t.Lang) },
		"sign":         sign,
		"icon":         icon,
		"priority":     func(p int) gtc.Priority { return gtc.Priority(p) },
		"pct":          func(v float64) float64 { return v * 100 },
		"civil":        func(day any) string { return t.civil(fmt.Sprint(day)) },
		"findingPath":  findingPath,
		"int":          func(n any) (string, error) { return t.whole(n) },
		"alarmItem":    func(v view, a SiteAlarm, here bool) alarmItem { return alarmItem{a, v, here} },
		"workItem":     func(v view, w workRow) workItem { return workItem{w, v} },
		"alarmPath":    alarmPath,
		"text":         func(key string) (string, error) { return t.Text(key) },
		"when":         t.When,
		"duration":     t.Age,
		"firstLine":    firstLine,
		"deliveryItem": func(now time.Time, d Delivery) deliveryItem { return deliveryItem{d, now} },
		"rowItem":      func(now time.Time, r valueRow) rowItem { return rowItem{r, now} },
		"iso":          func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
	}
}

// Back is where a form of a list leads back to.
func (v view) Back() string { return v.Here }

// deliveryItem is a site's delivery on a page.
type deliveryItem struct {
	Delivery Delivery
	Now      time.Time
}

// alarmItem is an alarm on a page; Here leaves out the site's name on the
// site's own page.
type alarmItem struct {
	Alarm SiteAlarm
	View  view
	Here  bool
}

// Now is the instant the page tells.
func (i alarmItem) Now() time.Time { return i.View.Now }

// Takes reports whether the visitor can take the alarm in charge here.
func (i alarmItem) Takes() bool { return i.View.CanAct && i.View.Details && waits(i.Alarm.Alarm) }

// workItem is a work on a page.
type workItem struct {
	Work workRow
	View view
}

// UnderWay reports whether the work has begun.
func (i workItem) UnderWay() bool { return i.Work.UnderWay(i.View.Now) }

// Ends is the alarm on whose page the visitor can end the work, "" elsewhere.
func (i workItem) Ends() string {
	if a, ok := i.View.Body.(alarmView); ok && i.View.CanAct {
		return a.ID
	}
	return ""
}

// firstLine is the first step of a consigne.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// rowItem is a value on a page.
type rowItem struct {
	Row valueRow
	Now time.Time
}

// content builds one page: its own part and whether it follows live changes.
type content struct {
	nav, title string
	stream     string
	status     int
	// closed is the page of somebody who is not signed in.
	closed bool
	// token is what the forms of a closed page carry.
	token string
	body  any
}

// builder makes the content of a page for a visitor.
type builder func(r *http.Request, t *tongue, park Park) (content, error)

// page serves a page whose content build makes. What the model cannot answer
// becomes a page that says so.
func (s *server) page(name string, build builder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := s.tongue(r)
		s.keepLanguage(w, r)
		park, err := s.model.Park(r.Context())
		if err != nil {
			s.fail(w, r, t, park, err)
			return
		}
		c, err := build(r, t, park)
		if err != nil {
			s.fail(w, r, t, park, err)
			return
		}
		s.render(w, r, t, name, park, c)
	}
}

// fail shows why a page cannot be shown.
func (s *server) fail(w http.ResponseWriter, r *http.Request, t *tongue, park Park, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	p := s.explain(err)
	if p.Status >= http.StatusInternalServerError {
		s.log.Warn().Err(err).Str("path", r.URL.Path).Msg("page not shown")
	}
	s.render(w, r, t, "lost", park, content{
		title: t.must("problem." + p.kind + ".title"), status: p.Status,
		body: lost{Title: t.must("problem." + p.kind + ".title"), Detail: t.must("problem."+p.kind+".detail", p.args...)},
	})
}

// lost is a page that is not there or cannot be shown.
type lost struct{ Title, Detail string }

func (s *server) lostPage(_ *http.Request, t *tongue, _ Park) (content, error) {
	title := t.must("problem.page.title")
	return content{title: title, status: http.StatusNotFound, body: lost{title, t.must("problem.page.detail")}}, nil
}

// bare is a park about which nothing is told.
func (s *server) bare() Park { return Park{At: s.now(), Store: StoreState{Up: true}} }

func (s *server) morePage(_ *http.Request, t *tongue, _ Park) (content, error) {
	return content{nav: "more", title: t.must("more.title")}, nil
}

func (s *server) render(w http.ResponseWriter, r *http.Request, t *tongue, name string, park Park, c content) {
	v := view{
		Lang: t.Lang, Nav: c.nav, Title: c.title, Version: s.version, Now: park.At, Store: park.Store,
		Silent: int(s.silent / time.Second), Stream: c.stream, Assets: s.assets, Languages: languageLinks(r.URL, t.Lang),
		Units:  map[string]string{"s": t.texts["unit.s"], "min": t.texts["unit.min"], "h": t.texts["unit.h"], "d": t.texts["unit.d"]},
		Months: strings.Join(t.locale.Months[:], " "), Body: c.body,
		Users: s.users != nil, Programs: s.tokens != nil, Visitor: visitorOf(r), Closed: c.closed, Here: here(r.URL), Token: c.token, Details: s.alarms != nil, Cold: s.cold != nil, Cases: s.cases != nil,
	}
	if v.Visitor.signedIn() && v.Token == "" {
		v.Token = user.FormToken(v.Visitor.secret)
	}
	v.CanAct = s.actions != nil && v.Visitor.may(user.Act)
	v.CanManage = v.Visitor.may(user.Manage)
	v.Standing, v.Worst = standing(park)
	var buf bytes.Buffer
	if err := s.pages[t.Lang][name].Execute(&buf, v); err != nil {
		s.log.Error().Err(err).Str("page", name).Msg("page not rendered")
		s.problem(w, r, problem{Status: http.StatusInternalServerError, kind: "internal"})
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", t.Lang)
	h.Set("Cache-Control", "no-store")
	if c.closed {
		h.Set("Referrer-Policy", "no-referrer") // the address may be a secret
	}
	h.Set("Vary", "Accept-Language, Cookie")
	if c.status != 0 {
		w.WriteHeader(c.status)
	}
	s.write(w, buf.Bytes())
}

// here is a page's address without what belongs to one look at it only.
func here(u *url.URL) string {
	q := u.Query()
	for _, name := range []string{"part", "again", "done", "work", "over", "lang"} {
		q.Del(name)
	}
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}

// standing counts the standing alarms of the park and finds the worst priority.
func standing(park Park) (n, worst int) {
	for _, site := range park.Sites {
		for p := 1; p <= 4; p++ {
			n += site.Alarms[p]
			if site.Alarms[p] > 0 && (worst == 0 || p < worst) {
				worst = p
			}
		}
	}
	return n, worst
}

// languageLinks are links to the same page in every language.
func languageLinks(u *url.URL, current string) []languageLink {
	var out []languageLink
	for _, lang := range languages() {
		q := u.Query()
		q.Set("lang", lang)
		q.Del("part")
		out = append(out, languageLink{Lang: lang, Href: u.Path + "?" + q.Encode(), Current: lang == current})
	}
	return out
}
