package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// testedWithin is how old the last test of a way may be: a day and some.
	testedWithin = 26 * time.Hour
	// waitsLong is how long a message may be on its way.
	waitsLong = 15 * time.Minute
	// reachDays is for how many days to come the routes are looked at.
	reachDays = 14
)

// status looks at what the running hub says of telling people.
func (d *doctor) status(st alert.Status) {
	if st.Fault != "" {
		d.fault("running hub", "%s", st.Fault)
	} else {
		d.sees("running hub", "judges alarms and tells people")
	}
	for _, w := range st.Ways {
		check := "test of " + w.Name
		switch {
		case w.Tested.IsZero():
			d.fault(check, "not tested yet")
		case w.Failed():
			d.fault(check, "failed at %s: %s", w.Tested.Local().Format(time.DateTime), w.Error)
		case d.now.Sub(w.Tested) > testedWithin:
			d.fault(check, "last at %s", w.Tested.Local().Format(time.DateTime))
		default:
			d.sees(check, "passed at %s", w.Tested.Local().Format(time.DateTime))
		}
	}
	for _, c := range notify.Channels() {
		if why, ok := st.Unsent[c]; ok {
			d.fault("messages by "+string(c), "the last one was given up or is late: %s", why)
		}
	}
	if len(st.Untold) > 0 {
		d.fault("alarms", "nobody can be told of %s", strings.Join(st.Untold, ", "))
	}
	if st.Waiting > 0 && d.now.Sub(st.Oldest) > waitsLong {
		d.fault("outbox", "%d messages wait, the oldest since %s", st.Waiting, st.Oldest.Local().Format(time.DateTime))
	} else {
		d.sees("outbox", "%d messages on their way", st.Waiting)
	}
	if d.cfg.Hub.Notify.Watchdog.URL == "" {
		return
	}
	switch {
	case st.WatchdogError != "":
		d.fault("sign of life", "%s", st.WatchdogError)
	case st.Watchdog.IsZero():
		d.fault("sign of life", "not taken yet")
	default:
		d.sees("sign of life", "taken at %s", st.Watchdog.Local().Format(time.DateTime))
	}
}

// bounces looks whether anybody learns of mails that did not arrive. Without a
// mailbox the refusals of one's own mail server are still faults.
func (d *doctor) bounces(e *config.NotifyEmail) {
	const check = "returned mail"
	if e.Bounces.Server == "" {
		d.sees(check, "warning: notify.email.bounces is missing: a mail that comes back later is not noticed")
		return
	}
	d.sees(check, "%s of %s is read every %s", e.Bounces.Folder, e.Bounces.Server, e.Bounces.Every)
}

// book looks whether what is urgent reaches somebody at every site and of the
// hub itself, in each hour of the days to come.
func (d *doctor) book(b *notify.Book) {
	if err := b.Check(); err != nil {
		d.fault("book", "%v", err)
		return
	}
	if err := checkBook(d.cfg, b); err != nil {
		d.fault("book", "%v", err)
	}
	d.sees("book", "%d people, %d rotas, %d routes", len(b.People), len(b.Rotas), len(b.Routes))
	r := reach{doctor: d, book: b, known: map[string]time.Time{}}
	for _, s := range d.cfg.Sites {
		loc := s.Domain().Location
		r.look(s.ID, gtc.PriorityCritical, []string{"fire", "safety"}, loc)
		r.look(s.ID, gtc.PriorityHigh, alarm.Disciplines(), loc)
		r.routes(s.ID)
	}
	// The hub's own: a database that refuses, a message not sent.
	r.look(gtc.HubSite, gtc.PriorityHigh, []string{"communication"}, time.Local)
	if !r.some {
		d.sees(checkRoutes, "P1 and P2 of every site reach somebody in each hour of %d days", reachDays)
	}
}

const checkRoutes = "routes"

// reach looks whom the routes of a book reach.
type reach struct {
	*doctor
	book *notify.Book
	// known are the first hours at which a route reaches nobody, zero where it
	// always reaches somebody.
	known map[string]time.Time
	// some tells that something reaches nobody.
	some bool
}

// look says of a site when an alarm of a priority reaches nobody, once for the
// disciplines of which it is at the same hour.
func (r *reach) look(site gtc.SiteID, p gtc.Priority, disciplines []string, loc *time.Location) {
	at := map[time.Time][]string{}
	var hours []time.Time
	for _, discipline := range disciplines {
		hour := r.unreached(site, discipline, p, loc)
		if hour.IsZero() {
			continue
		}
		if at[hour] == nil {
			hours = append(hours, hour)
		}
		at[hour] = append(at[hour], discipline)
	}
	for _, hour := range hours {
		r.some = true
		r.fault(checkRoutes, "P%d %s of %s reaches nobody at %s", p, strings.Join(at[hour], ", "), site, hour.In(loc).Format(time.DateTime))
	}
}

// unreached returns the first hour at which an alarm reaches nobody by a way
// that is there, zero when there is none. A program is somebody for what is not
// of priority 1.
func (r *reach) unreached(site gtc.SiteID, discipline string, p gtc.Priority, loc *time.Location) time.Time {
	key := fmt.Sprintf("%s %d %s", r.book.RouteOf(site, discipline, p), p, loc)
	if at, ok := r.known[key]; ok {
		return at
	}
	there := r.channels()
	there[notify.Webhook] = p > gtc.PriorityCritical
	r.known[key] = time.Time{}
	for h := range reachDays * 24 {
		at := r.now.Add(time.Duration(h) * time.Hour)
		told := r.book.Reached(site, discipline, p, at, loc)
		if !slices.ContainsFunc(told, func(t string) bool {
			_, by, _ := strings.Cut(t, " ")
			return there[notify.Channel(by)]
		}) {
			r.known[key] = at
			break
		}
	}
	return r.known[key]
}

// routes says which alarms of priority 3 of a site no route wants told: it may
// be meant so.
func (r *reach) routes(site gtc.SiteID) {
	var without []string
	for _, discipline := range alarm.Disciplines() {
		if r.book.RouteOf(site, discipline, gtc.PriorityMedium) == "" {
			without = append(without, discipline)
		}
	}
	if len(without) > 0 {
		r.sees(checkRoutes, "warning: P3 %s of %s has no route: the screen only", strings.Join(without, ", "), site)
	}
}

// channels are those that gtc.yaml gives a way.
func (d *doctor) channels() map[notify.Channel]bool {
	n := &d.cfg.Hub.Notify
	return map[notify.Channel]bool{
		notify.SMS:   n.SMS.Gateway.URL != "" || n.SMS.Modem.Device != "",
		notify.Email: n.Email.Server != "", notify.Push: n.Push.Contact != "",
	}
}
