package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/config"
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
			d.fault("messages by "+string(c), "the last one was given up: %s", why)
		}
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

// book looks whether life safety reaches somebody at every site, in each hour
// of the days to come.
func (d *doctor) book(b *notify.Book) {
	const check = "routes"
	if err := b.Check(); err != nil {
		d.fault("book", "%v", err)
		return
	}
	if err := checkBook(d.cfg, b); err != nil {
		d.fault("book", "%v", err)
	}
	d.sees("book", "%d people, %d rotas, %d routes", len(b.People), len(b.Rotas), len(b.Routes))
	fault := false
	for _, s := range d.cfg.Sites {
		loc := s.Domain().Location
		for _, discipline := range []string{"fire", "safety"} {
			if at, ok := d.unreached(b, s.ID, discipline, loc); ok {
				d.fault(check, "P1 %s of %s reaches nobody at %s", discipline, s.ID, at.In(loc).Format(time.DateTime))
				fault = true
			}
		}
	}
	// The hub's own: a database that refuses, a message not sent.
	if len(b.Reached(gtc.HubSite, "communication", gtc.PriorityHigh, d.now, time.Local)) == 0 {
		d.fault(check, "P2 communication of the hub itself (site hub) reaches nobody")
		fault = true
	}
	if !fault {
		d.sees(check, "P1 of every site reaches somebody in each hour of %d days", reachDays)
	}
}

// unreached returns the first hour at which an alarm of priority 1 reaches
// nobody by a way that is there.
func (d *doctor) unreached(b *notify.Book, site gtc.SiteID, discipline string, loc *time.Location) (time.Time, bool) {
	there := d.channels()
	for h := range reachDays * 24 {
		at := d.now.Add(time.Duration(h) * time.Hour)
		told := b.Reached(site, discipline, gtc.PriorityCritical, at, loc)
		reached := slices.ContainsFunc(told, func(t string) bool {
			_, by, _ := strings.Cut(t, " ")
			return by != string(notify.Webhook) && there[notify.Channel(by)]
		})
		if !reached {
			return at, true
		}
	}
	return time.Time{}, false
}

// channels are those that gtc.yaml gives a way.
func (d *doctor) channels() map[notify.Channel]bool {
	n := &d.cfg.Hub.Notify
	return map[notify.Channel]bool{
		notify.SMS:   n.SMS.Gateway.URL != "" || n.SMS.Modem.Device != "",
		notify.Email: n.Email.Server != "", notify.Push: n.Push.Contact != "",
	}
}
