package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// sameWithin is how long another occurrence of the same alarm is counted
	// with the first instead of calling anew, and sameUrgent that of an alarm
	// of priority 2: a heating that fails again in the night is not old news.
	sameWithin = 8 * time.Hour
	sameUrgent = time.Hour
	// lateAfter is how long after its beginning an alarm is late.
	lateAfter = 2 * time.Minute
)

// Subject is what the engine needs to know of an alarm beside the alarm.
type Subject struct {
	Alarm      gtc.Alarm
	Discipline string
	// OfficeHours holds the first call back until the technical service is at
	// work; never for life safety.
	OfficeHours bool
	// Delay is a time that the screen already shows it before anybody is
	// called: a lost edge of a site with a fire panel.
	Delay time.Duration
	// Avoid is a channel that cannot be used for this alarm, because it is what
	// the alarm is about: whoever is to be told is told by the others.
	Avoid Channel
	// Holder narrows the recipients to one person while a panel is under a
	// planned test.
	Holder string
}

// Case is one alarm of which people are told. It is kept by whoever runs the
// engine and given back at the next start.
type Case struct {
	Subject Subject `json:"subject"`
	// Number names the case in a few digits, 1 to 999, so that a person can
	// say in an SMS which alarm is meant.
	Number int `json:"number"`
	// Event is the id of the event that opened it.
	Event string `json:"event"`
	// Opened is when the hub heard of the alarm.
	Opened time.Time `json:"opened"`
	// Stopped is when it was taken in charge, set aside or over, zero before.
	Stopped time.Time `json:"stopped,omitzero"`
	// Next is the step that comes next, Told whom it was said to.
	Next int      `json:"next"`
	Told []string `json:"told,omitempty"`
	// Again counts the occurrences since Opened that were not called anew.
	Again int `json:"again,omitempty"`
	// Failed are those of Told that the message did not reach; Hurried is how
	// many steps do not wait for their time because nobody was reached.
	Failed  []string `json:"failed,omitempty"`
	Hurried int      `json:"hurried,omitempty"`
}

// Engine is a state machine without clock, goroutine or lock.
type Engine struct {
	book   *Book
	locate func(gtc.SiteID) *time.Location
	cases  map[string]*Case
	// last is the number given last.
	last int
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

// Cases returns all cases in order of alarm; they have to be stored.
func (e *Engine) Cases() []Case {
	out := make([]Case, 0, len(e.cases))
	for _, c := range e.cases {
		out = append(out, *c)
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
	case c == nil || !c.Stopped.IsZero():
		return nil
	}
	c.Subject.Alarm = s.Alarm
	unseen := to == gtc.AlarmReturned || to == gtc.AlarmLatchedUnacknowledged
	if s.Alarm.LifeSafety && unseen {
		return nil // over, but nobody knows of it yet: go on calling
	}
	c.Stopped = now
	if to == gtc.AlarmAcknowledged || to.Inhibits() {
		return nil
	}
	return e.over(c, now)
}

// Stands opens a case for an alarm that stands, with the event of its beginning,
// unless there is one; it reports whether it did.
func (e *Engine) Stands(s Subject, ev gtc.Event, now time.Time) bool {
	if e.cases[s.Alarm.ID] != nil {
		return false
	}
	e.open(s, ev, now)
	return true
}

// open opens a case, or counts an occurrence of one that is known.
func (e *Engine) open(s Subject, ev gtc.Event, now time.Time) {
	if c := e.cases[s.Alarm.ID]; c != nil && c.knows(s, now) {
		c.Subject = s
		c.Again++
		return
	}
	e.cases[s.Alarm.ID] = &Case{Subject: s, Number: e.number(), Event: ev.ID, Opened: now}
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

// knows reports whether another occurrence is part of the case.
func (c *Case) knows(s Subject, now time.Time) bool {
	was := c.Subject.Alarm
	within := sameWithin
	if s.Alarm.Priority <= gtc.PriorityHigh {
		within = sameUrgent
	}
	return !s.Alarm.LifeSafety && c.Next > 0 && now.Sub(c.Opened) < within &&
		s.Alarm.Occurrence > was.Occurrence && s.Alarm.Priority >= was.Priority
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
	id, channel, _ := strings.Cut(told, " ")
	if strings.HasPrefix(id, toWebhook) {
		return recipient{id: id, channel: Webhook}, true
	}
	p, ok := e.book.person(id)
	return recipient{id: id, person: p, channel: Channel(channel)}, ok && p.reaches(Channel(channel))
}

// Tick returns the messages that are due, the most urgent first. Those of one
// person and channel that come at the same time are one message when there are
// many of them; life safety and webhooks stay alone.
func (e *Engine) Tick(now time.Time) []Message {
	var out []Message
	for id, c := range e.cases {
		if !c.Stopped.IsZero() && now.Sub(c.Opened) >= sameWithin {
			delete(e.cases, id)
			continue
		}
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
	r, ok := e.book.route(s.Alarm.Site, s.Discipline, s.Alarm.Priority)
	if !ok {
		return nil // the console says that nobody is told
	}
	var out []Message
	for c.Next < len(r.Steps) {
		step := r.Steps[c.Next]
		early := now.Sub(c.Opened) < step.After+s.delay() && c.Next >= c.Hurried
		if early || e.waits(s, step, now) {
			break
		}
		out = append(out, e.take(c, step, now)...)
		c.Next++
	}
	return out
}

func (s *Subject) delay() time.Duration {
	if s.Alarm.LifeSafety {
		return 0
	}
	return s.Delay
}

// waits reports whether a step is held back until the service is at work.
func (e *Engine) waits(s *Subject, step Step, now time.Time) bool {
	return !s.Alarm.LifeSafety && (step.OfficeHours || s.OfficeHours) && !gtc.Staffed(now, e.locate(s.Alarm.Site))
}

// take makes the messages of a step.
func (e *Engine) take(c *Case, step Step, now time.Time) []Message {
	loc := e.locate(c.Subject.Alarm.Site)
	if h := c.Subject.Holder; h != "" && c.Subject.Alarm.InTest {
		if p, ok := e.book.person(h); ok {
			step.To = []string{toPerson + p.ID}
		}
	}
	if avoid := c.Subject.Avoid; avoid != "" {
		step.Channels = slices.DeleteFunc(Channels(), func(o Channel) bool { return o == avoid })
	}
	var out []Message
	for _, r := range e.book.recipients(step, now, loc) {
		if c.quiet(r, now.In(loc)) {
			continue
		}
		out = append(out, c.message(Raised, r, c.Next, now))
		if told := r.id + " " + string(r.channel); !slices.Contains(c.Told, told) {
			c.Told = append(c.Told, told)
		}
	}
	return out
}

// quiet reports whether a person is not to be disturbed at a local time.
func (c *Case) quiet(r recipient, local time.Time) bool {
	if c.Subject.Alarm.LifeSafety || r.onCall || r.person.Quiet == nil || r.channel == Email {
		return false
	}
	return r.person.Quiet.covers(local)
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
	if c.Opened.Sub(a.Since) > lateAfter {
		m.Late = c.Opened
	}
	return m
}
