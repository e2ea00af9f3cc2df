package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// Mistake is one thing that is wrong in a book. Path says where, written as in
// routes[1].steps[0].to, with the names of the JSON form.
type Mistake struct{ Path, What string }

var ids = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,39}$`)

// checker collects the mistakes of a book.
type checker struct {
	book *Book
	all  []Mistake
}

func (c *checker) add(path, format string, args ...any) {
	c.all = append(c.all, Mistake{path, fmt.Sprintf(format, args...)})
}

// Mistakes returns everything that is wrong in a book, none when it can be
// used.
func (b *Book) Mistakes() []Mistake {
	c := &checker{book: b}
	seen := map[string]bool{}
	id := func(what, path, id string) {
		switch {
		case id == "":
			c.add(path, "%s without an id", what)
		case !ids.MatchString(id):
			c.add(path+".id", "%s: %q is not an id: 1 to 40 of a-z, 0-9, . and -", what, id)
		case seen[what+id]:
			c.add(path+".id", "%s %s is given twice", what, id)
		}
		seen[what+id] = true
	}
	for i := range b.People {
		path := at("people", i)
		id("person", path, b.People[i].ID)
		c.person(path, &b.People[i])
	}
	for i := range b.Rotas {
		path := at("rotas", i)
		id("rota", path, b.Rotas[i].ID)
		c.rota(path, &b.Rotas[i])
	}
	for i, s := range b.Leave {
		c.shift("leave", at("leave", i), s)
	}
	for i := range b.Routes {
		path := at("routes", i)
		id("route", path, b.Routes[i].ID)
		c.route(path, &b.Routes[i])
	}
	return c.all
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func (c *checker) person(path string, p *Person) {
	if p.Phone != "" && !phone.MatchString(p.Phone) {
		c.add(path+".phone", "person %s: phone %q is not of the form +32475000000", p.ID, p.Phone)
	}
	if p.Email != "" && !strings.Contains(p.Email, "@") {
		c.add(path+".email", "person %s: %q is not an address", p.ID, p.Email)
	}
	if l := p.Language; l != "" && l != "fr" && l != "nl" && l != "en" {
		c.add(path+".language", "person %s: language %q is not one of fr, nl, en", p.ID, l)
	}
	if p.Phone == "" && p.Email == "" && !p.Push {
		c.add(path, "person %s: has neither phone, email nor push: cannot be reached", p.ID)
	}
	if q := p.Quiet; q != nil && (q.From < 0 || q.From > 24*60 || q.To < 0 || q.To > 24*60 || q.From == q.To) {
		c.add(path+".quiet", "person %s: quiet hours are two different times of the day", p.ID)
	}
}

func (c *checker) rota(path string, r *Rota) {
	if len(r.Members) == 0 || r.TurnDay < 1 {
		c.add(path, "rota %s: needs members and turns of at least a day", r.ID)
	}
	if r.Start.IsZero() {
		c.add(path+".start", "rota %s: start is missing: when the first member's turn began", r.ID)
	}
	for i, m := range r.Members {
		if _, ok := c.book.person(m); !ok {
			c.add(at(path+".members", i), "rota %s: there is no person %q", r.ID, m)
		}
	}
	for i, x := range r.Exceptions {
		c.shift("rota "+r.ID+": exception", at(path+".exceptions", i), x)
	}
}

func (c *checker) shift(what, path string, s Shift) {
	if _, ok := c.book.person(s.Person); !ok {
		c.add(path+".person", "%s: there is no person %q", what, s.Person)
	}
	if !s.Until.After(s.From) {
		c.add(path+".until", "%s of %s: ends before it begins", what, s.Person)
	}
}

func (c *checker) route(path string, r *Route) {
	if len(r.Steps) == 0 {
		c.add(path, "route %s: no step: nobody would be told", r.ID)
	}
	for i, p := range r.Priorities {
		if p < gtc.PriorityCritical || p > gtc.PriorityDrift {
			c.add(at(path+".priorities", i), "route %s: priority %d is not 1 to 4", r.ID, p)
		}
	}
	for i, s := range r.Steps {
		c.step(at(path+".steps", i), r, i, s)
	}
}

func (c *checker) step(path string, r *Route, i int, s Step) {
	add := func(key, format string, args ...any) {
		c.add(path+key, "route %s: step %d"+format, append([]any{r.ID, i + 1}, args...)...)
	}
	if i == 0 && s.After < 0 || i > 0 && s.After <= r.Steps[i-1].After {
		add(".after", " does not come after the one before")
	}
	if len(s.To) == 0 || len(s.Channels) == 0 {
		add("", " reaches nobody")
	}
	if s.OfficeHours && slices.Contains(r.Priorities, gtc.PriorityCritical) {
		add(".office_hours", ": life safety does not wait for office hours")
	}
	for k, to := range s.To {
		if !c.book.knows(to) {
			add(at(".to", k), ": there is no %q: rota:ID, person:ID or webhook:NAME", to)
		}
	}
	for k, ch := range s.Channels {
		if !slices.Contains(Channels(), ch) {
			add(at(".channels", k), ": channel %q is unknown: sms, email, push or webhook", ch)
		}
	}
}
