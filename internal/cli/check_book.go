package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// bookMistake is something that a book says of a configuration and that is not
// so. Hint is the word that was probably meant.
type bookMistake struct {
	notify.Mistake
	Hint string
}

// bookChecker holds a book against a configuration.
type bookChecker struct {
	cfg      *config.Config
	book     *notify.Book
	mistakes []bookMistake
	// warnings are of what works, but perhaps not as it was meant.
	warnings []notify.Mistake
}

// checkBook finds what a book says of a configuration that is not so.
func checkBook(cfg *config.Config, book *notify.Book) error {
	c := heldAgainst(cfg, book)
	var all []error
	for _, m := range c.mistakes {
		all = append(all, errors.New(m.What))
	}
	return errors.Join(all...)
}

func heldAgainst(cfg *config.Config, book *notify.Book) *bookChecker {
	c := &bookChecker{cfg: cfg, book: book}
	for i := range book.Routes {
		c.route(fmt.Sprintf("routes[%d]", i), &book.Routes[i])
	}
	return c
}

func (c *bookChecker) add(path, hint, format string, args ...any) {
	c.mistakes = append(c.mistakes, bookMistake{notify.Mistake{Path: path, What: fmt.Sprintf(format, args...)}, hint})
}

func (c *bookChecker) warn(path, format string, args ...any) {
	c.warnings = append(c.warnings, notify.Mistake{Path: path, What: fmt.Sprintf(format, args...)})
}

// sites are those that a route may name.
func (c *bookChecker) sites() []string {
	out := []string{string(gtc.HubSite)}
	for _, s := range c.cfg.Sites {
		out = append(out, string(s.ID))
	}
	return out
}

func (c *bookChecker) route(path string, r *notify.Route) {
	for i, s := range r.Sites {
		if sites := c.sites(); !slices.Contains(sites, string(s)) {
			c.add(fmt.Sprintf("%s.sites[%d]", path, i), strict.Near(string(s), sites), "route %s: there is no site %q", r.ID, s)
		}
	}
	for i, d := range r.Disciplines {
		if !slices.Contains(alarm.Disciplines(), d) {
			c.add(fmt.Sprintf("%s.disciplines[%d]", path, i), strict.Near(d, alarm.Disciplines()), "route %s: there is no discipline %q", r.ID, d)
		}
	}
	for i := range r.Steps {
		for k, to := range r.Steps[i].To {
			c.reach(fmt.Sprintf("%s.steps[%d].to[%d]", path, i, k), fmt.Sprintf("route %s: step %d", r.ID, i+1), to, r.Steps[i].Channels)
		}
	}
}

// reach checks that whoever a step is directed to can be told by its channels.
func (c *bookChecker) reach(path, step, to string, by []notify.Channel) {
	kind, name, _ := strings.Cut(to, ":")
	switch kind {
	case "webhook":
		if _, ok := c.cfg.Hub.Notify.Webhooks[name]; !ok {
			c.add(path, "", "%s: there is no webhook %q in gtc.yaml", step, name)
		} else if !slices.Contains(by, notify.Webhook) {
			c.add(path, "", "%s: %s is not told: webhook is not among the step's channels", step, to)
		}
	case "person":
		c.person(path, step, name, by)
	case "rota":
		for _, r := range c.book.Rotas {
			if r.ID != name {
				continue
			}
			for _, member := range r.Members {
				c.person(path, step+": rota "+name, member, by)
			}
		}
	}
}

// person checks that a person can be told by at least one channel, and warns of
// each by which not.
func (c *bookChecker) person(path, where, id string, by []notify.Channel) {
	p, ok := c.book.Person(id)
	if !ok {
		return // said of the book itself
	}
	var without []string
	reached := false
	for _, ch := range by {
		switch {
		case p.Reaches(ch):
			reached = true
		case ch != notify.Webhook:
			without = append(without, string(ch))
		}
	}
	switch list := strings.Join(without, ", "); {
	case !reached:
		c.add(path, "", "%s: person %s is not told: has no %s", where, id, cmp.Or(list, "channel of a person"))
	case len(without) > 0:
		c.warn(path, "%s: person %s is not told by %s", where, id, list)
	}
}

// unrouted warns of what classes raise at priority 2 and 3 and no route takes.
func (c *bookChecker) unrouted(classes []alarm.Class) {
	for _, p := range []gtc.Priority{gtc.PriorityHigh, gtc.PriorityHigh + 1} {
		missing := map[string][]string{}
		for _, site := range c.sites() {
			var without []string
			for _, d := range alarm.Disciplines() {
				if raises(classes, d, p, site == string(gtc.HubSite)) && !c.routed(gtc.SiteID(site), d, p) {
					without = append(without, d)
				}
			}
			if len(without) > 0 {
				key := strings.Join(without, ", ")
				missing[key] = append(missing[key], site)
			}
		}
		for key, sites := range missing {
			c.warn("routes", "no route for P%d of %s at %s: nobody is told", p, key, strings.Join(sites, ", "))
		}
	}
	slices.SortFunc(c.warnings, func(a, b notify.Mistake) int { return cmp.Compare(a.Path+a.What, b.Path+b.What) })
}

// raises reports whether a class of a discipline may have a priority; ofHub asks
// for those of the hub itself.
func raises(classes []alarm.Class, discipline string, p gtc.Priority, ofHub bool) bool {
	return slices.ContainsFunc(classes, func(c alarm.Class) bool {
		is := slices.Contains([]alarm.Watch{alarm.WatchStoreAway, alarm.WatchStoreRefused, alarm.WatchUnsent, alarm.WatchChannel, alarm.WatchUntold}, c.When.Watch)
		return is == ofHub && c.Discipline == discipline && (c.Priority == p || c.PriorityFire == p || c.Rise.Priority == p)
	})
}

// routed reports whether a route takes such an alarm.
func (c *bookChecker) routed(site gtc.SiteID, discipline string, p gtc.Priority) bool {
	return slices.ContainsFunc(c.book.Routes, func(r notify.Route) bool {
		return (len(r.Sites) == 0 || slices.Contains(r.Sites, site)) &&
			(len(r.Disciplines) == 0 || slices.Contains(r.Disciplines, discipline)) &&
			(len(r.Priorities) == 0 || slices.Contains(r.Priorities, p))
	})
}
