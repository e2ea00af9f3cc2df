package alert

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// readEvery is how often a modem is asked for what came in.
const readEvery = 10 * time.Second

// mostAnswers is how many confirmations one number gets in an hour: two
// machines that answer each other must come to an end.
const mostAnswers = 20

// answered counts the confirmations of the last hour.
type answered struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func newAnswered() *answered { return &answered{at: map[string][]time.Time{}} }

// more reports whether a number may have one more.
func (a *answered) more(number string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at[number] = slices.DeleteFunc(a.at[number], func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	if len(a.at[number]) >= mostAnswers {
		return false
	}
	a.at[number] = append(a.at[number], now)
	return true
}

// reply is what a person can answer to take case n in charge, "" where no
// answer would be read.
func (s *Service) reply(n int) string {
	if s.o.Answers != nil {
		return fmt.Sprintf("OK %d", n)
	}
	i := slices.IndexFunc(s.ways.all, func(w Way) bool { return w.Inbox != nil })
	if i < 0 {
		return ""
	}
	first := slices.IndexFunc(s.ways.all, func(w Way) bool { return w.Channel == notify.SMS })
	switch {
	case first == i:
		return fmt.Sprintf("OK %d", n)
	case s.o.ModemNumber != "":
		return fmt.Sprintf("OK %d (%s)", n, s.o.ModemNumber)
	}
	return ""
}

// readAnswers takes what comes in by a way, until ctx ends.
func (s *Service) readAnswers(ctx context.Context, w Way) error {
	t := time.NewTicker(readEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
		received, skipped, err := w.Inbox.Receive(ctx)
		s.metrics.answers.WithLabelValues("unreadable").Add(float64(skipped))
		for _, r := range received {
			s.takeAnswer(ctx, w.Inbox, r)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Debug().Err(err).Str("way", w.Name).Msg("answers not read")
		}
	}
}

// confirmer tells a person what became of an answer.
type confirmer interface {
	Send(ctx context.Context, number, text string) error
}

// takeAnswer does what an SMS asks and confirms it.
func (s *Service) takeAnswer(ctx context.Context, to confirmer, r modem.Received) {
	if c, ok := s.obeyed(ctx, r); ok {
		s.sayTaken(ctx, to, c)
	}
}

// obeyed does what an SMS asks and returns how to confirm it. Whoever is not in
// the book gets no answer.
func (s *Service) obeyed(ctx context.Context, r modem.Received) (confirmation, bool) {
	p, ok := s.byPhone(r.From)
	if !ok {
		s.metrics.answers.WithLabelValues("unknown_sender").Inc()
		s.log.Warn().Str("from", r.From).Msg("SMS from somebody who is not in the book")
		return confirmation{}, false
	}
	text, outcome := s.obey(ctx, p, r.Text)
	s.metrics.answers.WithLabelValues(outcome).Inc()
	s.log.Info().Str("person", p.ID).Str("outcome", outcome).Msg("answer by SMS")
	return confirmation{p.ID, r.From, text}, s.answered.more(r.From, s.o.Now())
}

func (s *Service) sayTaken(ctx context.Context, to confirmer, c confirmation) {
	send, stop := context.WithTimeout(ctx, sendWithin)
	defer stop()
	if err := to.Send(send, c.number, c.text); err != nil {
		s.log.Warn().Err(err).Str("person", c.person).Msg("answer not confirmed")
	}
}

func (s *Service) byPhone(number string) (notify.Person, bool) {
	people := s.Book().People
	i := slices.IndexFunc(people, func(p notify.Person) bool { return number != "" && p.Phone == number })
	if i < 0 {
		return notify.Person{}, false
	}
	return people[i], true
}

// asks is OK or « pris », with the number of a case or without, and nothing
// else: « Pris dans les embouteillages » takes nothing in charge.
var asks = regexp.MustCompile(`(?i)^(?:ok|prise?(?: en charge)?|genomen|taken)[\s.!:]*(?:(?:n[°o]|nr|#)?[\s.:]*([0-9]{1,3}))?[\s.!]*$`)

// obey does what a text asks and returns what to answer.
func (s *Service) obey(ctx context.Context, p notify.Person, text string) (answer, outcome string) {
	w := answersOf(p.Language)
	m := asks.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return w.unclear, "not_understood"
	}
	number := 0
	if m[1] != "" {
		number, _ = strconv.Atoi(m[1]) // three digits at most
	}
	meant, sure := s.meant(p.ID, m[1] != "", number)
	switch {
	case len(meant) == 0:
		return w.nothing, "nothing"
	case !sure:
		return w.which + " " + s.choices(p, meant), "which"
	}
	a := meant[0].Subject.Alarm
	if err := s.o.Acknowledge(ctx, a.ID, p.ID); err != nil {
		s.log.Error().Err(err).Str("person", p.ID).Str("alarm", a.ID).Msg("alarm not taken in charge")
		return w.failed, "failed"
	}
	return w.taken + " : " + s.nameFor(p, &a), "taken"
}

// mostChoices is how many alarms an answer lists.
const mostChoices = 3

// choices are what a person can answer, for each alarm that may be meant.
func (s *Service) choices(p notify.Person, meant []notify.Case) string {
	var all []string
	for i := range meant[:min(len(meant), mostChoices)] {
		all = append(all, fmt.Sprintf("OK %d = %s", meant[i].Number, s.nameFor(p, &meant[i].Subject.Alarm)))
	}
	if len(meant) > mostChoices {
		all = append(all, "…")
	}
	return strings.Join(all, "\n")
}

// nameFor is an alarm in a line, in the words of a person.
func (s *Service) nameFor(p notify.Person, a *gtc.Alarm) string {
	return channel.Render(notify.Message{
		Why: notify.Raised, To: p, Channel: notify.SMS, Alarms: []gtc.Alarm{*a},
	}, s.o.Places, "", s.o.Locate(a.Site)).Subject
}

// justNow is for how long an answer without a number may mean an alarm that is
// over or in charge meanwhile.
const justNow = 10 * time.Minute

// meant returns the open cases of which a person was told and which an answer
// may mean, the worst and newest first: the one of a number, or all. Sure says
// that the first one is meant. Without a number that takes that there is no
// other one, also none that is over since a moment ago, and that nobody's life
// is at stake: what came last may not have been read.
func (s *Service) meant(person string, numbered bool, number int) (open []notify.Case, sure bool) {
	s.turning.Lock()
	defer s.turning.Unlock()
	sure = true
	now := s.o.Now()
	for _, c := range s.engine.Cases() {
		a := &c.Subject.Alarm
		told := slices.ContainsFunc(c.Told, func(t string) bool { return strings.HasPrefix(t, person+" ") })
		switch {
		case !told || numbered && c.Number != number:
		case c.Stopped.IsZero():
			open = append(open, c)
			sure = sure && !a.LifeSafety && a.Priority > gtc.PriorityCritical
		case now.Sub(c.Stopped) < justNow:
			sure = false
		}
	}
	slices.SortFunc(open, func(a, b notify.Case) int {
		return cmp.Or(cmp.Compare(a.Subject.Alarm.Priority, b.Subject.Alarm.Priority), b.Opened.Compare(a.Opened), cmp.Compare(a.Number, b.Number))
	})
	return open, numbered || sure && len(open) == 1
}

// answers are the words of confirmations.
type answers struct{ taken, nothing, which, unclear, failed string }

func answersOf(lang string) answers {
	switch lang {
	case "nl":
		return answers{
			"In behandeling genomen", "Geen alarm dat u werd gemeld wacht nog op behandeling.", "Niets in behandeling genomen. Antwoord met het nummer:",
			"Niet begrepen. Antwoord alleen OK en het nummer, bijvoorbeeld OK 12.", "Niet gelukt. Gebruik de console.",
		}
	case "en":
		return answers{
			"Taken in charge", "No alarm that you were told of waits for anybody.", "Nothing taken in charge. Reply with the number:",
			"Not understood. Reply OK and the number only, for example OK 12.", "It did not work. Use the console.",
		}
	}
	return answers{
		"Pris en charge", "Aucune alarme qui vous a été signalée n'attend plus.", "Rien n'est pris en charge. Répondez avec le numéro :",
		"Pas compris. Répondez seulement OK et le numéro, par exemple OK 12.", "Cela n'a pas réussi. Utilisez la console.",
	}
}
