package kiosk

import (
	"fmt"
	"time"
)

const (
	// settle is what a page is given to load or to ask again after it was hidden.
	settle = 12 * time.Second
	// stale is the age of the picture from which it is called dead.
	stale = 60 * time.Second
	// again is how long a page that shows nothing waits before it is loaded anew.
	again = 20 * time.Second
)

// Sight is what was found on the page that is shown.
type Sight struct {
	// Pulse is the hub's clock as the page shows it, "14:03:07"; "" when the
	// page shows none: a login page, an error, a picture that is not there.
	Pulse string
	// Trouble says in words what is on the page instead, "" when unknown.
	Trouble string
}

// Order is what to do now.
type Order struct {
	// Page is the page to show.
	Page int
	// Load tells to load it anew.
	Load bool
	// Banner covers the top of the screen, "" when the picture is true.
	Banner string
	// Footer says which page this is and when the next one comes.
	Footer string
}

// Wall decides which page is shown and what is said over it.
type Wall struct {
	pages int
	every time.Duration
	zone  *time.Location

	started bool
	page    int
	shown   time.Time // since when the page is shown
	loaded  time.Time // when it was last loaded
	alive   time.Time // when the picture was last known to be true
}

// NewWall returns a wall of so many pages, each shown for a time. The pages
// show the hub's clock in the given zone.
func NewWall(pages int, every time.Duration, zone *time.Location) *Wall {
	return &Wall{pages: pages, every: every, zone: zone}
}

// Next takes what is seen at an instant and returns what to do. Urgent tells
// that an alarm of priority 1 or 2 waits for somebody: the first page is shown
// and held.
func (w *Wall) Next(now time.Time, seen Sight, urgent bool) Order {
	if !w.started {
		w.started, w.shown, w.loaded, w.alive = true, now, now, now
		return Order{Load: true, Footer: w.footer(now, urgent)}
	}
	w.turn(now, urgent)
	age, told := Age(seen.Pulse, now, w.zone)
	settled := now.Sub(w.shown) >= settle && now.Sub(w.loaded) >= settle
	switch {
	case told && age < stale:
		w.alive = now
	case !settled:
		// What was hidden until now shows its last picture for a moment.
	case now.Sub(w.loaded) >= again:
		w.loaded = now
		return Order{Page: w.page, Load: true, Banner: w.banner(now, age, told, seen.Trouble), Footer: w.footer(now, urgent)}
	}
	o := Order{Page: w.page, Footer: w.footer(now, urgent)}
	if settled && w.alive != now {
		o.Banner = w.banner(now, age, told, seen.Trouble)
	}
	return o
}

// turn goes on to the next page when its time has come.
func (w *Wall) turn(now time.Time, urgent bool) {
	switch {
	case urgent && w.page != 0:
		w.page, w.shown = 0, now
	case !urgent && now.Sub(w.shown) >= w.every:
		w.page, w.shown = (w.page+1)%w.pages, now
	}
}

func (w *Wall) banner(now time.Time, age time.Duration, told bool, trouble string) string {
	since := w.alive
	if told {
		since = now.Add(-age)
	}
	text := "AFFICHAGE NON À JOUR depuis " + since.In(w.zone).Format("15:04:05")
	if trouble != "" {
		text += " – " + trouble
	}
	return text
}

func (w *Wall) footer(now time.Time, urgent bool) string {
	if urgent {
		return fmt.Sprintf("%d/%d · alarme à prendre en charge", w.page+1, w.pages)
	}
	left := max(0, w.every-now.Sub(w.shown)).Round(time.Second)
	return fmt.Sprintf("%d/%d · suite dans %d s", w.page+1, w.pages, int(left.Seconds()))
}

// Age returns how far the clock on a page, "15:04:05", lies behind now. A page
// shows no day: a clock of before midnight is of yesterday, and one that is up
// to half a day ahead counts as true, since the hub's clock may lead.
func Age(pulse string, now time.Time, zone *time.Location) (time.Duration, bool) {
	at, err := time.Parse("15:04:05", pulse)
	if err != nil {
		return 0, false
	}
	day := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	}
	age := day(now.In(zone)) - day(at)
	if age < 0 {
		age += 24 * time.Hour
	}
	if age > 12*time.Hour {
		return 0, true
	}
	return age, true
}
