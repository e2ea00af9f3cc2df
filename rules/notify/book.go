package notify

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Channel is a way to reach a person.
type Channel string

// The channels.
const (
	SMS   Channel = "sms"
	Email Channel = "email"
	Push  Channel = "push"
	// Webhook reaches a program, not a person.
	Webhook Channel = "webhook"
)

// Channels lists all channels.
func Channels() []Channel { return []Channel{SMS, Email, Push, Webhook} }

// Person is somebody who can be told.
type Person struct {
	// ID is the person's user id where there is one.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Phone is in the international form +32…, Email an address, "" for none.
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
	// Language is fr, nl or en; "" is fr.
	Language string `json:"language,omitempty"`
	// Push tells that the person's browser may be reached.
	Push bool `json:"push,omitempty"`
	// Quiet are the local hours in which only life safety and what the person
	// is on call for may ring.
	Quiet *Hours `json:"quiet,omitempty"`
}

// reaches reports whether a person can be told by a channel.
func (p Person) reaches(c Channel) bool {
	switch c {
	case SMS:
		return p.Phone != ""
	case Email:
		return p.Email != ""
	case Push:
		return p.Push
	case Webhook:
	}
	return false
}

// Hours are the minutes of the local day from From to To; To before From goes
// over midnight.
type Hours struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// covers reports whether the hours hold at an instant, local time.
func (h Hours) covers(at time.Time) bool {
	m := at.Hour()*60 + at.Minute()
	if h.From <= h.To {
		return m >= h.From && m < h.To
	}
	return m >= h.From || m < h.To
}

// Rota says who is on call. Members follow one another, each for Turn, from
// Start on; exceptions come before the turns.
type Rota struct {
	ID string `json:"id"`
	// Name is what screens call it, its id when empty.
	Name    string    `json:"name,omitempty"`
	Start   time.Time `json:"start"`
	TurnDay int       `json:"turn_days"`
	Members []string  `json:"members"`
	// Exceptions replace whoever has the turn.
	Exceptions []Shift `json:"exceptions,omitempty"`
}

// Shift is a person's time, of a rota's exception or of leave.
type Shift struct {
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
}

func (s Shift) covers(at time.Time) bool { return !at.Before(s.From) && at.Before(s.Until) }

// Route says who is told of what. The first route that matches an alarm is
// taken; an empty list matches everything.
type Route struct {
	ID          string         `json:"id"`
	Sites       []gtc.SiteID   `json:"sites,omitempty"`
	Disciplines []string       `json:"disciplines,omitempty"`
	Priorities  []gtc.Priority `json:"priorities,omitempty"`
	Steps       []Step         `json:"steps"`
}

// Step is one stage of the escalation.
type Step struct {
	// After is how long nobody has taken the alarm in charge.
	After time.Duration `json:"after"`
	// To are rotas ("rota:garde"), people ("person:x") or a webhook
	// ("webhook:name").
	To       []string  `json:"to"`
	Channels []Channel `json:"channels"`
	// OfficeHours holds the step back until the technical service is at work.
	OfficeHours bool `json:"office_hours,omitempty"`
}

// Book is everything that people set about who is told.
type Book struct {
	People []Person `json:"people"`
	Rotas  []Rota   `json:"rotas"`
	Leave  []Shift  `json:"leave"`
	Routes []Route  `json:"routes"`
}

var phone = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Check returns every mistake of a book at once, nil when there is none.
func (b *Book) Check() error {
	var all []error
	for _, m := range b.Mistakes() {
		all = append(all, errors.New(m.What))
	}
	return errors.Join(all...)
}

func (b *Book) person(id string) (Person, bool) {
	i := slices.IndexFunc(b.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return b.People[i], true
}

// named finds a person by id, or by a name that one person has.
func (b *Book) named(who string) (Person, bool) {
	if p, ok := b.person(who); ok {
		return p, true
	}
	var found []Person
	for _, p := range b.People {
		if p.Name != "" && strings.EqualFold(strings.TrimSpace(p.Name), strings.TrimSpace(who)) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return Person{}, false
	}
	return found[0], true
}

func (b *Book) rota(id string) (Rota, bool) {
	i := slices.IndexFunc(b.Rotas, func(r Rota) bool { return r.ID == id })
	if i < 0 {
		return Rota{}, false
	}
	return b.Rotas[i], true
}

// away reports whether a person is on leave.
func (b *Book) away(person string, at time.Time) bool {
	return slices.ContainsFunc(b.Leave, func(s Shift) bool { return s.Person == person && s.covers(at) })
}

// OnCall returns who of a rota is on call at an instant: the exception's
// person, else whose turn it is, else, when that one is on leave, the next
// member who is not. Turns change at the hour of Start on the calendar of
// loc, also over a change of the clock. False when there is nobody.
func (b *Book) OnCall(rota string, at time.Time, loc *time.Location) (Person, bool) {
	r, ok := b.rota(rota)
	if !ok || len(r.Members) == 0 {
		return Person{}, false
	}
	for _, x := range r.Exceptions {
		if x.covers(at) && !b.away(x.Person, at) {
			return b.person(x.Person)
		}
	}
	turn := turnOf(r, at.In(loc), loc)
	for i := range r.Members {
		m := r.Members[(turn+i)%len(r.Members)]
		if !b.away(m, at) {
			return b.person(m)
		}
	}
	return Person{}, false
}

// turnOf counts the turns since the rota's start, in civil days.
func turnOf(r Rota, at time.Time, loc *time.Location) int {
	start := r.Start.In(loc)
	days := civil(at) - civil(start)
	if at.Hour()*60+at.Minute() < start.Hour()*60+start.Minute() {
		days--
	}
	turn := days / max(r.TurnDay, 1)
	if days < 0 {
		turn = (days - r.TurnDay + 1) / max(r.TurnDay, 1)
	}
	n := len(r.Members)
	return ((turn % n) + n) % n
}

// civil numbers the days of a calendar.
func civil(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
