package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// lateAfter is how long after its beginning an alarm is late.
const lateAfter = 2 * time.Minute

// Engine is a state machine without clock, goroutine or lock.
type Engine struct {
	book   *Book
	locate func(gtc.SiteID) *time.Location
	cases  map[string]*Case
	// last is the number given last.
	last int
	// slow is what Slow returns next.
	slow []Slow
}

// New returns an engine with the cases of an earlier one. Locate gives the
// calendar of a site.
func New(book *Book, locate func(gtc.SiteID) *time.Location, cases []Case) *Engine {
	e := &Engine{book: book, locate: locate, cases: map[string]*Case{}}
	var newest time.Time
	for i := range cases {
		c := &cases[i]
		e.cases[c.Subject.Alarm.ID] = c
		if newest.IsZero() || c.Opened.After(newest) {
			newest, e.last = c.Opened, c.Number
		}
	}
	return e
}

// SetBook replaces the book; running cases go on with the new one.
func (e *Engine) SetBook(b *Book) { e.book = b }

// Cases returns copies of all cases in order of alarm; they have to be stored.
func (e *Engine) Cases() []Case {
	out := make([]Case, 0, len(e.cases))
	for _, c := range e.cases {
		one := *c
		one.Told, one.Failed, one.Unsent = slices.Clone(c.Told), slices.Clone(c.Failed), maps.Clone(c.Unsent)
		if c.Held != nil {
			held := *c.Held
			one.Held = &held
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Case) int { return cmp.Compare(a.Subject.Alarm.ID, b.Subject.Alarm.ID) })
	return out
}

// Observe takes a change of an alarm that the hub heard of at now. It returns
// what is to be said at once to those who were called before.
func (e *Engine) Observe(s Subject, ev gtc.Event, now time.Time) []Message {
	to := gtc.AlarmState(ev.To)
	c := e.cases[s.Alarm.ID]
	switch {
	case c != nil && c.Event == ev.ID:
		return nil // the same event again
	case ev.Inhibited != "":
		return nil // recorded only: nobody was called
	case to == gtc.AlarmUnacknowledged:
		e.open(s, ev, now)
		return nil
	case c == nil:
		return nil
	}
	unseen := s.Waits(to) // over, but nobody knows of it yet: go on calling
	if !unseen {
		c.Held = nil
	}
	if !c.Stopped.IsZero() && c.Held == nil {
		return nil
	}
	c.Subject.Alarm = s.Alarm
	if unseen {
		return nil
	}
	c.Stopped, c.Nobody = now, time.Time{}
	if to == gtc.AlarmAcknowledged || to == gtc.AlarmLatched || to.Inhibits() {
		return nil
	}
	return e.over(c, now)
}

// Stands opens a case for an alarm that stands, with the event of its beginning,
// unless people are called for it or it is told already; it reports whether it
// did.
func (e *Engine) Stands(s Subject, ev gtc.Event, now time.Time) bool {
	if c := e.cases[s.Alarm.ID]; c != nil && (c.Stopped.IsZero() || c.Held != nil || c.Event == ev.ID) {
		return false
	}
	e.open(s, ev, now)
	return true
}

// numbers is how many cases are told apart by a number.
const numbers = 999

// number returns one that no open case has; with more of them than numbers it
// is one that another has too.
func (e *Engine) number() int {
	used := make(map[int]bool, len(e.cases))
	for _, c := range e.cases {
		used[c.Number] = c.Stopped.IsZero()
	}
	for range numbers {
		e.last = e.last%numbers + 1
		if !used[e.last] {
			break
		}
	}
	return e.last
}

// over tells those who were called that it is over; by SMS only where it was
// urgent.
func (e *Engine) over(c *Case, now time.Time) []Message {
	var out []Message
	for _, told := range c.Told {
		r, ok := e.recipientOf(told)
		if ok && (r.channel != SMS || c.Subject.Alarm.Priority <= gtc.PriorityHigh) {
			out = append(out, c.message(Over, r, c.Next, now))
		}
	}
	return out
}

// recipientOf finds whom a case was told to, if still in the book.
func (e *Engine) recipientOf(told string) (recipient, bool) {
	id, by := whom(told)
	if ofProgram(told) {
		return recipient{id: id, channel: Webhook}, true
	}
	p, ok := e.book.person(id)
	return recipient{id: id, person: p, channel: by}, ok && p.reaches(by)
}

// Tick returns the messages that are due, the most urgent first. Those of one
// person and channel that come at the same time are one message when there are
// many of them; life safety and webhooks stay alone.
func (e *Engine) Tick(now time.Time) []Message {
	var out []Message
	for id, c := range e.cases {
		c = e.resume(c, now)
		if !c.Stopped.IsZero() && c.Held == nil && now.Sub(c.first()) >= sameWithin {
			delete(e.cases, id)
			continue
		}
		out = append(out, e.overdue(c, now)...)
		out = append(out, e.due(c, now)...)
	}
	slices.SortFunc(out, func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.Alarms[0].Priority, b.Alarms[0].Priority), a.Alarms[0].Since.Compare(b.Alarms[0].Since), cmp.Compare(a.ID, b.ID))
	})
	return gather(out)
}

// due returns the messages of the steps whose time has come.
func (e *Engine) due(c *Case, now time.Time) []Message {
	if !c.Stopped.IsZero() {
		return nil
	}
	s := &c.Subject
	r, _ := e.book.route(s.Alarm.Site, s.Discipline, s.Alarm.Priority)
	var out []Message
	for c.Next < len(r.Steps) {
		step := r.Steps[c.Next]
		if now.Sub(c.Opened) < step.After+s.delay() && c.Next >= c.Hurried {
			return append(out, e.settle(c, r, false, now)...)
		}
		if e.waits(s, step, now) { // who is told first may wait, not whoever stands in
			return append(out, e.settle(c, r, c.Next > 0, now)...)
		}
		made := e.take(c, step, now)
		out = append(out, made...)
		c.Next++
		if len(made) == 0 {
			c.Hurried = c.Next + 1
		}
	}
	return append(out, e.settle(c, r, now.Sub(c.Opened) >= s.delay(), now)...)
}

// waits reports whether a step is held back until the service is at work.
func (e *Engine) waits(s *Subject, step Step, now time.Time) bool {
	return !s.Alarm.LifeSafety && (step.OfficeHours || s.OfficeHours) && !gtc.Staffed(now, e.locate(s.Alarm.Site))
}

// take makes the messages of a step.
func (e *Engine) take(c *Case, step Step, now time.Time) []Message {
	var out []Message
	for _, r := range e.calledBy(c, step, now) {
		out = append(out, c.message(Raised, r, c.Next, now))
		c.tell(r.told(), now)
	}
	return out
}

// calledBy are those whom a step calls now. A planned test narrows them to its
// holder, if that leaves anybody.
func (e *Engine) calledBy(c *Case, step Step, now time.Time) []recipient {
	if avoid := c.Subject.Avoid; avoid != "" {
		step.Channels = slices.DeleteFunc(Channels(), func(o Channel) bool { return o == avoid })
	}
	loc := e.locate(c.Subject.Alarm.Site)
	awake := func(s Step) []recipient {
		return slices.DeleteFunc(e.book.recipients(s, now, loc), func(r recipient) bool { return c.quiet(r, now.In(loc)) })
	}
	if c.Subject.Alarm.InTest && c.Subject.Holder != "" {
		if p, ok := e.book.named(c.Subject.Holder); ok {
			narrow := step
			narrow.To = []string{toPerson + p.ID}
			if holder := awake(narrow); len(holder) > 0 {
				return holder
			}
		}
	}
	return awake(step)
}

// quiet reports whether a person is not to be disturbed at a local time.
func (c *Case) quiet(r recipient, local time.Time) bool {
	return !c.Subject.Alarm.LifeSafety && r.sleeps(local)
}

// sleeps reports whether quiet hours hold for a recipient at a local time.
func (r recipient) sleeps(local time.Time) bool {
	return !r.onCall && r.person.Quiet != nil && r.channel != Email && r.person.Quiet.covers(local)
}

func (c *Case) message(why string, r recipient, step int, now time.Time) Message {
	a := c.Subject.Alarm
	m := Message{
		ID:  fmt.Sprintf("%s/%s/%d/%s/%s", c.Event, why, step, r.id, r.channel),
		Why: why, To: r.person, Channel: r.channel, At: now, Step: step, Alarms: []gtc.Alarm{a}, Numbers: []int{c.Number}, Again: c.Again,
	}
	if r.channel == Webhook {
		m.Webhook = strings.TrimPrefix(r.id, toWebhook)
	}
	if heard := c.heard(); heard.Sub(a.Since) > lateAfter {
		m.Late = heard
	}
	return m
}
