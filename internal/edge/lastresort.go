package edge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// hubSilent is how long the hub is not there before the site speaks for
	// itself.
	hubSilent = 5 * time.Minute
	// againAfter is how long a message that could not be sent waits.
	againAfter = 30 * time.Second
	// resortKept bounds the messages that wait for the modem's network.
	resortKept = 100
	// resortTick is how often the site's own alarms are told the time.
	resortTick = time.Second
)

// lossOfHeating are the classes that the site itself tells of beside life
// safety.
func lossOfHeating() []string { return []string{"boiler_lockout", "room_cold", "frost_risk"} }

// lastResort tells of life safety and loss of heating by the site's own modem
// while the hub is silent. It judges all the time, so that it knows what stands
// when the hub falls silent; while the hub is there it says nothing.
type lastResort struct {
	site   *config.Site
	line   channel.Line
	linked func() bool
	log    zerolog.Logger

	mu     sync.Mutex
	engine *alarm.Engine
	// gone is since when the hub is silent, zero while it is there.
	gone time.Time
	// told are the occurrences of which somebody was told, by alarm.
	told map[string]int
	// waiting are the messages that are to be sent.
	waiting []resortMessage
}

// resortMessage is one SMS to one number.
type resortMessage struct{ number, text string }

// newLastResort makes the site's own alarms of the shipped classes.
func newLastResort(site *config.Site, classes []alarm.Class, line channel.Line, linked func() bool, now time.Time, log zerolog.Logger) *lastResort {
	own := slices.DeleteFunc(slices.Clone(classes), func(c alarm.Class) bool {
		return c.When.Watch != "" || !c.LifeSafety && !slices.Contains(lossOfHeating(), c.ID)
	})
	for i := range own {
		// What would explain them is judged at the hub only.
		own[i].SuppressedBy = nil
	}
	r := &lastResort{site: site, line: line, linked: linked, log: log, told: map[string]int{}}
	r.engine = alarm.New(own, []gtc.Site{site.Domain()}, nil)
	r.engine.Tick(now)
	return r
}

// Observe judges samples as they are read. It never waits for the modem.
func (r *lastResort) Observe(samples ...gtc.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.engine.Observe(samples)
}

// tick tells what time it is: after five minutes without the hub, whatever
// stands and was not told yet is told.
func (r *lastResort) tick(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.engine.Tick(now)
	if r.linked() {
		r.gone = time.Time{}
		// The hub tells of it; should the hub go again, only what is new or
		// still stands is told.
		clear(r.told)
		return
	}
	if r.gone.IsZero() {
		r.gone = now
	}
	if now.Sub(r.gone) < hubSilent {
		return
	}
	for _, a := range r.engine.Alarms() {
		fresh := a.Active() || a.LifeSafety && a.State == gtc.AlarmReturned && !a.Changed.Before(r.gone)
		if !fresh || r.told[a.ID] >= a.Occurrence {
			continue
		}
		r.told[a.ID] = a.Occurrence
		r.say(a, now)
	}
}

// say writes the messages of an alarm, life safety before what waits.
func (r *lastResort) say(a gtc.Alarm, now time.Time) {
	lang := r.site.Modem.Language
	m := notify.Message{
		Why: notify.Raised, To: notify.Person{Language: lang}, Channel: notify.SMS, At: now, Alarms: []gtc.Alarm{a}, BySite: true,
	}
	text := channel.Render(m, r.places, "", r.site.Domain().Location).Short
	for _, number := range r.site.Modem.Recipients {
		one := resortMessage{number, text}
		if a.LifeSafety {
			r.waiting = slices.Insert(r.waiting, 0, one)
			continue
		}
		r.waiting = append(r.waiting, one)
	}
	if over := len(r.waiting) - resortKept; over > 0 {
		r.log.Error().Int("messages", over).Msg("too many messages wait for the site's modem; the last ones are given up")
		r.waiting = r.waiting[:resortKept]
	}
	r.log.Warn().Str("alarm", a.ID).Msg("the hub is silent; the site tells of the alarm itself")
}

func (r *lastResort) places(_ gtc.SiteID, eq gtc.EquipmentID) (site, equipment gtc.Label) {
	for _, e := range r.site.Equipment {
		if e.ID == eq {
			return r.site.Label, e.Label
		}
	}
	return r.site.Label, nil
}

// Run watches the hub and sends, until ctx ends.
func (r *lastResort) Run(ctx context.Context) error {
	t := time.NewTicker(resortTick)
	defer t.Stop()
	sender := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() { // a modem may take a minute: judging must not wait for it
		defer close(done)
		r.sendAll(ctx, sender)
	}()
	defer func() { <-done }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-t.C:
			r.tick(now.UTC())
			select {
			case sender <- struct{}{}:
			default: // it is at work
			}
		}
	}
}

func (r *lastResort) sendAll(ctx context.Context, wake <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
		if err := r.send(ctx); err != nil && ctx.Err() == nil {
			r.log.Error().Err(err).Msg("message of the site waits for the modem")
			select {
			case <-ctx.Done():
				return
			case <-time.After(againAfter):
			}
		}
	}
}

// send sends what waits. What the modem does not take goes behind the others,
// so that one bad number does not hold them back.
func (r *lastResort) send(ctx context.Context) error {
	r.mu.Lock()
	n := len(r.waiting)
	r.mu.Unlock()
	var last error
	for range n {
		m, ok := r.pop()
		if !ok {
			break
		}
		if err := r.line.Send(ctx, m.number, m.text); err != nil {
			last = fmt.Errorf("send SMS of %s: %w", r.site.ID, err)
			r.mu.Lock()
			r.waiting = append(r.waiting, m)
			r.mu.Unlock()
		}
	}
	return last
}

func (r *lastResort) pop() (resortMessage, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return resortMessage{}, false
	}
	m := r.waiting[0]
	r.waiting = r.waiting[1:]
	return m, true
}

// openLastResort returns nil when the site has no modem.
func openLastResort(o Options, linked func() bool) (*lastResort, *modem.Line, error) {
	device := o.Site.Modem.Device
	if device == "" {
		return nil, nil, nil //nolint:nilnil // no modem is a choice
	}
	classes, err := alarm.Library(o.Catalogue)
	if err != nil {
		return nil, nil, fmt.Errorf("start last resort of %s: %w", o.Site.ID, err)
	}
	line := modem.NewLine(func(ctx context.Context) (*modem.Modem, error) { return modem.Open(ctx, device) })
	return newLastResort(o.Site, classes, line, linked, o.Clock.Now().UTC(), o.Log), line, nil
}
