package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// Options say what a service works with.
type Options struct {
	// Conn is the hub's own connection to its bus.
	Conn *nats.Conn
	// Ways are the ways to people, in the order in which they are tried where
	// a channel has several.
	Ways []Way
	// PushContact is at what a push service reaches us; "" for no web push.
	PushContact string
	// Subject returns what is to be known of the alarm that an event is about;
	// false when nobody is told of such an event.
	Subject func(ctx context.Context, ev gtc.Event) (notify.Subject, bool)
	// Standing returns the alarms as they stand, nil for none: those of which
	// nobody was told are told of when the service starts.
	Standing func() []gtc.Alarm
	// Locate gives the calendar of a site, Places names what is there.
	Locate func(gtc.SiteID) *time.Location
	Places channel.Places
	// Journal records an event beside an alarm, nil for nowhere.
	Journal func(ctx context.Context, ev gtc.Event) error
	// Acknowledge takes an alarm in charge in the name of a person.
	Acknowledge func(ctx context.Context, alarm, by string) error
	// PublicURL is the console's address as people open it, "" for no links.
	PublicURL string
	// Seed is the book to begin with when none is kept, nil for none.
	Seed *notify.Book
	// TestPerson gets the daily test message; "" lets the ways be asked only.
	TestPerson string
	// ModemNumber is where answers go when a message left by the gateway.
	ModemNumber string
	// Answers say how a provider hands over what people answer, nil when it does
	// not.
	Answers *AnswerOptions
	// Watchdog tells an outside watcher, nil for none. The hub runs it.
	Watchdog *Watchdog
	Now      func() time.Time
	Log      zerolog.Logger
	Registry prometheus.Registerer
}

// Service tells people of alarms. It may be used by several goroutines.
type Service struct {
	o        Options
	log      zerolog.Logger
	js       jetstream.JetStream
	people   jetstream.KeyValue
	kept     jetstream.KeyValue
	outbox   *outbox
	ways     *ways
	signer   channel.Signer
	browsers *Browsers
	metrics  *metrics
	answered *answered
	known    knownAnswers
	confirms chan confirmation
	// mails are those handed over, nil when nobody tells of what came back.
	mails   jetstream.KeyValue
	mailKey []byte

	// turning is held while the engine moves and what it said is stored.
	turning sync.Mutex
	engine  *notify.Engine
	stored  map[string]mark
	// unsaid are messages that are not in the outbox yet.
	unsaid []notify.Message
	bookMu sync.RWMutex
	book   *notify.Book
	// ticked is when the engine last was told the time.
	ticked time.Time
	// recorded are the calls of which it is recorded that nobody could be told.
	recorded map[string]bool
	untold   untold
	// retest lets the ways be tested that did not take a message.
	retest chan struct{}
}

// New opens the outbox and takes over the cases and the book that are kept.
// The caller must Run the service.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{o: o, log: o.Log, stored: map[string]mark{}, answered: newAnswered(), confirms: make(chan confirmation, 64), recorded: map[string]bool{}, retest: make(chan struct{}, 1)}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("start telling people: %w", err)
	}
	return s, nil
}

func (s *Service) open(ctx context.Context) error {
	s.ticked = s.o.Now()
	var err error
	if s.js, err = jetstream.New(s.o.Conn); err != nil {
		return err
	}
	if s.people, err = OpenPeople(ctx, s.js); err != nil {
		return err
	}
	if s.kept, err = openBucket(ctx, s.js, bucketNotify, "cases of alarms, and how the ways to people are", 1); err != nil {
		return err
	}
	keys, err := loadKeys(ctx, s.people)
	if err != nil {
		return err
	}
	if s.signer, err = channel.NewSigner(keys.Link); err != nil {
		return err
	}
	s.browsers = &Browsers{kv: s.people, keys: keys.Push}
	all := slices.Clone(s.o.Ways)
	if s.o.PushContact != "" {
		push := channel.NewPush(keys.Push, s.o.PushContact, s.browsers)
		all = append(all, Way{Name: "push", Channel: notify.Push, Sender: push, Check: s.browsers.check})
	}
	if s.ways, err = newWays(ctx, s.kept, all); err != nil {
		return err
	}
	if err := s.openMails(ctx, keys.Link); err != nil {
		return err
	}
	if s.outbox, err = openOutbox(ctx, s.js); err != nil {
		return err
	}
	if err := s.openBook(ctx); err != nil {
		return err
	}
	cases, err := s.loadCases(ctx)
	if err != nil {
		return err
	}
	s.engine = notify.New(s.book, s.o.Locate, cases)
	s.metrics, err = newMetrics(s.o.Registry, s)
	if err != nil {
		return err
	}
	return s.openEvents(ctx)
}

// Run tells people until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.followEvents(ctx) })
	g.Go(func() error { return s.tick(ctx) })
	g.Go(func() error { return s.followBook(ctx) })
	g.Go(func() error { return s.test(ctx) })
	g.Go(func() error { return s.answer(ctx) })
	g.Go(func() error { return s.confirm(ctx) })
	s.startSenders(ctx, g)
	for _, w := range s.ways.all {
		if w.Inbox != nil {
			g.Go(func() error { return s.readAnswers(ctx, w) })
		}
		if w.Bounces != nil {
			g.Go(func() error { return w.Bounces.Run(ctx, bounceTaker{s}) })
		}
	}
	err := g.Wait()
	for _, w := range s.ways.all {
		if w.Close != nil {
			err = errors.Join(err, w.Close())
		}
	}
	return err
}

// Alive returns nil while the service does its work at now.
func (s *Service) Alive(now time.Time) error {
	s.turning.Lock()
	defer s.turning.Unlock()
	switch {
	case now.Sub(s.ticked) > aliveWithin:
		return fmt.Errorf("nobody has been told anything new since %s", s.ticked.Format(time.RFC3339))
	case len(s.unsaid) > 0:
		return fmt.Errorf("%d messages are not in the outbox", len(s.unsaid))
	}
	if c, since, silent := s.engine.Unheard(now); silent {
		return fmt.Errorf("nobody knows of %s, which calls since %s", c.Subject.Alarm.ID, since.Format(time.RFC3339))
	}
	return nil
}

// aliveWithin is how old the last turn may be.
const aliveWithin = 30 * time.Second

// tick tells the engine the time, each second.
func (s *Service) tick(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
		if err := s.turn(ctx, nil); err != nil && ctx.Err() == nil {
			s.metrics.unstored.Inc()
			s.log.Error().Err(err).Msg("messages wait for the outbox")
		}
	}
}

// turn lets the engine see changes and the time, puts what it says into the
// outbox and keeps its cases. What cannot be put stays for the next turn, and
// no case is kept before.
func (s *Service) turn(ctx context.Context, see func(now time.Time) []notify.Message) error {
	s.turning.Lock()
	defer s.turning.Unlock()
	now := s.o.Now()
	if see != nil {
		s.unsaid = append(s.unsaid, see(now)...)
	}
	s.unsaid = append(s.unsaid, s.engine.Tick(now)...)
	cases := s.engine.Cases()
	s.noteSlow(ctx, now)
	s.untold.see(cases)
	for len(s.unsaid) > 0 {
		if err := s.outbox.put(ctx, s.unsaid[0]); err != nil {
			return err
		}
		s.unsaid = s.unsaid[1:]
	}
	if err := s.storeCases(ctx, cases); err != nil {
		return err
	}
	s.recordUntold(ctx, cases, now)
	s.ticked = now
	return nil
}
