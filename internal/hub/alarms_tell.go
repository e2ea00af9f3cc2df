package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// BucketUsers holds those who sign in to the console, and service tokens.
const BucketUsers = "users"

// openUsers opens the directory of those who sign in.
func (h *Hub) openUsers(ctx context.Context) error {
	js, err := jetstream.New(h.bus.Conn())
	if err != nil {
		return fmt.Errorf("open users: %w", err)
	}
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: BucketUsers, Description: "users of the console, one-time links, sessions", Storage: jetstream.FileStorage,
	})
	if err != nil {
		return fmt.Errorf("open users: %w", err)
	}
	h.users, h.tokens = user.Open(kv), user.OpenTokens(kv)
	return nil
}

// FirstLink returns the path on the console at which the first user chooses a
// name and a password, "" when there are users.
func (h *Hub) FirstLink(ctx context.Context) (string, error) {
	secret, err := h.users.FirstLink(ctx, h.now())
	if err != nil || secret == "" {
		return "", err
	}
	return "/premier/" + secret, nil
}

// openAlert prepares telling people.
func (h *Hub) openAlert(ctx context.Context, o Options) error {
	n := &o.Config.Hub.Notify
	for _, s := range o.Config.Sites {
		h.fireLost[s.ID] = s.FireLostCall()
	}
	if w := n.Watchdog; w.URL != "" {
		h.watchdog = alert.NewWatchdog(w.URL, w.Every, h.Alive, h.now, h.log)
	}
	var err error
	h.alert, err = alert.New(ctx, alert.Options{
		Conn: h.bus.Conn(), Ways: o.Ways, PushContact: n.Push.Contact, Subject: h.subject, Standing: h.alarms.list, Locate: h.locate, Places: h.places,
		Journal: h.bus.PublishEvent, Acknowledge: h.acknowledge, PublicURL: n.PublicURL, Seed: o.Seed, Answers: o.Answers, TestPerson: n.SelfTest.Person, ModemNumber: n.SMS.Modem.Number,
		Watchdog: h.watchdog, Now: h.now, Log: h.log, Registry: o.Registry,
	})
	return err
}

// withAnswers lets a provider hand over the SMS that people answer with, beside
// the console.
func (h *Hub) withAnswers(rest http.Handler) http.Handler {
	answers := h.alert.AnswerHandler()
	if answers == nil {
		return rest
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == alert.AnswerPath {
			answers.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// aliveWithin is how long ago the alarms may last have been told the time.
const aliveWithin = 10 * time.Second

var errBusDown = errors.New("the bus is not connected")

// Alive returns nil while the hub does its whole work for alarms: they are
// judged, what is decided is published, and people are told.
func (h *Hub) Alive(context.Context) error {
	now := h.now()
	h.alarms.mu.Lock()
	ticked := h.alarms.ticked
	h.alarms.mu.Unlock()
	unsaid := len(h.alarms.pending())
	switch {
	case now.Sub(ticked) > aliveWithin:
		return fmt.Errorf("alarms not judged since %s", ticked.Format(time.RFC3339))
	case !h.bus.Conn().IsConnected():
		return errBusDown
	case unsaid > 0 && now.Sub(h.published()) > aliveWithin:
		return fmt.Errorf("%d alarm events wait to be published", unsaid)
	}
	return h.alert.Alive(now)
}

// published is when alarm events last were published without an error.
func (h *Hub) published() time.Time {
	h.publishedMu.Lock()
	defer h.publishedMu.Unlock()
	return h.publishedAt
}

func (h *Hub) notePublished(now time.Time) {
	h.publishedMu.Lock()
	defer h.publishedMu.Unlock()
	h.publishedAt = now
}

// subject is what is to be known to tell people of an event; false when the
// event is not about an alarm.
func (h *Hub) subject(ctx context.Context, ev gtc.Event) (notify.Subject, bool) {
	if ev.Kind != gtc.EventAlarm {
		return notify.Subject{}, false
	}
	a, ok := h.alarms.alarm(ev.Subject)
	if !ok { // of another hub, or no longer configured
		if a, ok = h.keptByOthers(ctx, ev.Subject); !ok {
			return notify.Subject{}, false
		}
	}
	if ev.To == string(gtc.AlarmUnacknowledged) && ev.Inhibited == "" && !a.Active() && !h.others.leave(a.Site) {
		// The hub that speaks for the site said it before this one judged it.
		a.State, a.Under, a.Since, a.Changed, a.Priority, a.InTest = gtc.AlarmUnacknowledged, "", ev.At, ev.At, ev.Priority, ev.InTest
	}
	s := notify.Subject{Alarm: a}
	c := h.classes[a.Class]
	if c == nil {
		return s, true
	}
	s.Discipline, s.OfficeHours, s.Avoid = c.Discipline, c.OfficeHours, h.alert.Avoid(a, c.When.Watch)
	if c.When.Watch == alarm.WatchEdge {
		s.Delay = h.fireLost[a.Site]
	}
	for _, w := range h.alarms.works() {
		if w.Kind == alarm.WorkTest && w.Begun && w.Site == a.Site && w.Equipment == a.Equipment {
			s.Holder = w.By
		}
	}
	return s, true
}

func (h *Hub) keptByOthers(ctx context.Context, id string) (gtc.Alarm, bool) {
	e, err := h.bus.State().Get(ctx, keyAlarm+id)
	if err != nil {
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			h.log.Warn().Err(err).Str("subject", id).Msg("alarm not read; it is told without its present state")
		}
		return gtc.Alarm{}, false
	}
	var a gtc.Alarm
	return a, json.Unmarshal(e.Value(), &a) == nil
}

// consoleOptions are those with which people act from the console.
func (h *Hub) consoleOptions(o Options) console.Options {
	c := console.Options{
		Model: h, Language: o.Config.Hub.Console.Language, Version: o.Version, Log: o.Log, Registry: o.Registry, Health: h.Health,
		Alarms: h, Carbon: h, Portfolio: h, Cold: h, Data: h, Records: h, Tokens: h.tokens, Journal: h.bus.PublishEvent, Users: h.users, Actions: h, Findings: h, Handling: h, OpenRead: o.Config.Hub.OpenRead(onLoopback(h.listener)), Proxies: o.Config.Hub.Console.Proxies(), Now: h.now,
		Secure: strings.HasPrefix(o.Config.Hub.Notify.PublicURL, "https://"),
		Link: func(token string, now time.Time) (console.Grant, error) {
			g, err := h.alert.Link(token, now)
			return console.Grant{Person: g.Person, Alarm: g.Alarm, Occurrence: g.Occurrence, Expires: g.Expires}, err
		},
		Try: h.tryPerson,
	}
	if o.Config.Hub.Notify.Push.Contact != "" {
		c.Pushes, c.PushKey = h.alert.Browsers(), h.alert.Browsers().PublicKey()
	}
	return c
}

// tryPerson sends a person of the book a test message by each way.
func (h *Hub) tryPerson(ctx context.Context, person string) error {
	outcomes, err := h.alert.Try(ctx, person, "")
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range outcomes {
		if o.Error != "" {
			failed = append(failed, fmt.Errorf("%s %s: %s", o.Channel, o.Way, o.Error))
		}
	}
	return errors.Join(failed...)
}

func onLoopback(l net.Listener) bool {
	addr, ok := l.Addr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// series are the points that the configuration promises.
func (h *Hub) series() []gtc.Series {
	var out []gtc.Series
	for _, s := range h.sites {
		for i := range s.points {
			if !s.points[i].optional {
				out = append(out, s.points[i].Series)
			}
		}
	}
	return out
}

// classesByID is for looking a class up.
func classesByID(classes []alarm.Class) map[string]*alarm.Class {
	out := make(map[string]*alarm.Class, len(classes))
	for i := range classes {
		out[classes[i].ID] = &classes[i]
	}
	return out
}
