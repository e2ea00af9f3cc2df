package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The kinds of what a step is directed to.
const (
	toRota    = "rota:"
	toPerson  = "person:"
	toWebhook = "webhook:"
)

func (b *Book) knows(to string) bool {
	switch {
	case strings.HasPrefix(to, toRota):
		_, ok := b.rota(strings.TrimPrefix(to, toRota))
		return ok
	case strings.HasPrefix(to, toPerson):
		_, ok := b.person(strings.TrimPrefix(to, toPerson))
		return ok
	}
	return strings.HasPrefix(to, toWebhook) && to != toWebhook
}

// matches reports whether a route is for an alarm.
func (r Route) matches(site gtc.SiteID, discipline string, p gtc.Priority) bool {
	return (len(r.Sites) == 0 || slices.Contains(r.Sites, site)) &&
		(len(r.Disciplines) == 0 || slices.Contains(r.Disciplines, discipline)) &&
		(len(r.Priorities) == 0 || slices.Contains(r.Priorities, p))
}

// route returns the first that matches.
func (b *Book) route(site gtc.SiteID, discipline string, p gtc.Priority) (Route, bool) {
	for _, r := range b.Routes {
		if r.matches(site, discipline, p) {
			return r, true
		}
	}
	return Route{}, false
}

// RouteOf returns the id of the route that such an alarm takes, "" for none.
func (b *Book) RouteOf(site gtc.SiteID, discipline string, p gtc.Priority) string {
	r, _ := b.route(site, discipline, p)
	return r.ID
}

// Reached returns who is told of such an alarm at an instant, each as "person
// channel" or "webhook:name webhook", over all steps of its route, as if nobody
// took it in charge; steps that wait for office hours count, who sleeps by then
// does not.
func (b *Book) Reached(site gtc.SiteID, discipline string, p gtc.Priority, at time.Time, loc *time.Location) []string {
	r, ok := b.route(site, discipline, p)
	if !ok {
		return nil
	}
	var out []string
	for _, s := range r.Steps {
		for _, who := range b.recipients(s, at.Add(s.After), loc) {
			if told := who.told(); !slices.Contains(out, told) && (p <= gtc.PriorityCritical || !who.sleeps(at.Add(s.After).In(loc))) {
				out = append(out, told)
			}
		}
	}
	return out
}

// Person returns one person of the book.
func (b *Book) Person(id string) (Person, bool) { return b.person(id) }

// Reaches reports whether a person can be told by a channel.
func (p Person) Reaches(c Channel) bool { return p.reaches(c) }

// recipient is one person, or a webhook, by one channel.
type recipient struct {
	id      string
	person  Person
	channel Channel
	// onCall: quiet hours do not hold for who is on call.
	onCall bool
}

// told names who is told and how: "person channel".
func (r recipient) told() string { return r.id + " " + string(r.channel) }

// whom takes a name that told gives apart.
func whom(told string) (id string, by Channel) {
	id, channel, _ := strings.Cut(told, " ")
	return id, Channel(channel)
}

// recipients are those whom a step reaches at an instant, each once a channel.
func (b *Book) recipients(s Step, at time.Time, loc *time.Location) []recipient {
	var out []recipient
	add := func(p Person, onCall bool) {
		for _, c := range s.Channels {
			r := recipient{id: p.ID, person: p, channel: c, onCall: onCall}
			if p.reaches(c) && !slices.ContainsFunc(out, func(o recipient) bool { return o.id == r.id && o.channel == c }) {
				out = append(out, r)
			}
		}
	}
	for _, to := range s.To {
		switch {
		case strings.HasPrefix(to, toRota):
			if p, ok := b.OnCall(strings.TrimPrefix(to, toRota), at, loc); ok {
				add(p, true)
			}
		case strings.HasPrefix(to, toPerson):
			if p, ok := b.person(strings.TrimPrefix(to, toPerson)); ok && !b.away(p.ID, at) {
				add(p, false)
			}
		case strings.HasPrefix(to, toWebhook) && slices.Contains(s.Channels, Webhook):
			out = append(out, recipient{id: to, channel: Webhook})
		}
	}
	return out
}
