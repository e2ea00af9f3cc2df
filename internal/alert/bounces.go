package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/internal/channel/bounce"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

const (
	// bucketMails holds which e-mails were handed over, by the name that they
	// have for mail servers.
	bucketMails = "mails"
	// mailsFor is how long one is known. Servers try for four to five days
	// before they give up (RFC 5321, 4.5.4.1), and their report takes its time.
	mailsFor = 8 * 24 * time.Hour
	// trustedAfter is how long after a mail that did not come back an address is
	// taken for good again.
	trustedAfter = 24 * time.Hour
	// keyAddress is under what the faults of addresses are kept.
	keyAddress = "address/"
)

// What becomes of a mail in the mailbox of reports.
const (
	bounceTaken     = "taken"
	bounceDelayed   = "delayed"
	bounceAgain     = "again"
	bounceUnknown   = "unknown"
	bounceFailed    = "failed"
	bounceNoReport  = "no_report"
	bounceAutoReply = "auto_reply"
	bounceBroken    = "unreadable"
	bounceAway      = "mailbox_away"
)

// Mailbox is where mail servers tell of mails that did not arrive.
type Mailbox interface {
	Run(ctx context.Context, to bounce.Taker) error
}

// mailed is an e-mail that was handed over.
type mailed struct {
	Message string    `json:"message"`
	Why     string    `json:"why"`
	Person  string    `json:"person"`
	Email   string    `json:"email"`
	At      time.Time `json:"at"`
	Alarms  []string  `json:"alarms,omitempty"`
	// Back is when it came back, zero when it did not.
	Back time.Time `json:"back,omitzero"`
}

// badAddress is an address at which a mail did not arrive.
type badAddress struct {
	Person string    `json:"person"`
	Email  string    `json:"email"`
	Since  time.Time `json:"since"`
	Why    string    `json:"why"`
	// Retried is when the first mail after that was handed over, zero before.
	Retried time.Time `json:"retried,omitzero"`
}

// bad reports whether the address is not to be trusted at now.
func (a *badAddress) bad(now time.Time) bool {
	return a.Retried.IsZero() || now.Sub(a.Retried) < trustedAfter
}

// openMails opens the bucket of mails, where some way reads reports.
func (s *Service) openMails(ctx context.Context, key []byte) error {
	for _, w := range s.ways.all {
		if w.Bounces == nil {
			continue
		}
		var err error
		s.mails, err = s.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucketMails, Description: "e-mails that were handed over", TTL: mailsFor, Storage: jetstream.FileStorage,
		})
		if err != nil {
			return fmt.Errorf("make bucket %s: %w", bucketMails, err)
		}
		mac := hmac.New(sha256.New, key) // a key of its own: names are shown to strangers
		mac.Write([]byte("names of mails"))
		s.mailKey = mac.Sum(nil)
		return nil
	}
	return nil
}

// nameMail gives an e-mail its name for mail servers and keeps what it is. The
// name follows from the id, so that the same message sent again is the same
// mail, and from a secret, so that nobody who did not get it can name it. That
// it could not be kept is no reason to tell nobody.
func (s *Service) nameMail(ctx context.Context, m *notify.Message) {
	if s.mails == nil || m.Channel != notify.Email {
		return
	}
	mac := hmac.New(sha256.New, s.mailKey)
	mac.Write([]byte(m.ID))
	m.Mail = hex.EncodeToString(mac.Sum(nil)[:16])
	rec := mailed{Message: m.ID, Why: m.Why, Person: m.To.ID, Email: m.To.Email, At: m.At}
	for i := range m.Alarms {
		rec.Alarms = append(rec.Alarms, m.Alarms[i].ID)
	}
	data, err := json.Marshal(rec)
	if err == nil {
		_, err = s.mails.Create(ctx, m.Mail, data)
	}
	if err != nil && !errors.Is(err, jetstream.ErrKeyExists) { // it is, when it is tried again
		s.log.Warn().Err(err).Str("message", m.ID).Msg("mail not kept: it would not be known if it came back")
	}
}

// mailName is the form of the names that nameMail gives.
var mailName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Take takes a report. Its error says that it has to come again.
func (s *Service) takeBounce(ctx context.Context, r bounce.Report) (outcome string, err error) {
	name, _, _ := strings.Cut(r.MessageID, "@")
	if !mailName.MatchString(name) {
		return bounceUnknown, nil
	}
	e, err := s.mails.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return bounceUnknown, nil
	}
	if err != nil {
		return bounceFailed, fmt.Errorf("look for mail %s: %w", name, err)
	}
	var m mailed
	if err := json.Unmarshal(e.Value(), &m); err != nil {
		return bounceBroken, nil //nolint:nilerr // it does not become better; it is counted
	}
	log := s.log.With().Str("message", m.Message).Str("person", m.Person).Logger()
	to, failed := r.Failed()
	switch {
	case !failed:
		late, _ := r.Delayed()
		log.Warn().Str("report", late.String()).Msg("mail is late")
		return bounceDelayed, nil
	case !m.Back.IsZero():
		return bounceAgain, nil
	}
	now := s.o.Now()
	if err := s.ways.cameBack(ctx, badAddress{Person: m.Person, Email: m.Email, Since: now, Why: to.String()}); err != nil {
		return bounceFailed, err
	}
	if err := s.undelivered(ctx, m.Why, m.Person, notify.Email, m.At, m.Alarms); err != nil {
		return bounceFailed, err
	}
	// Last: until here all may be done twice.
	m.Back = now
	data, err := json.Marshal(m)
	if err == nil {
		_, err = s.mails.Update(ctx, name, data, e.Revision())
	}
	if err != nil {
		return bounceFailed, fmt.Errorf("keep that mail %s came back: %w", name, err)
	}
	s.metrics.outcome(string(notify.Email), outcomeBounced)
	log.Error().Str("report", to.String()).Str("server", r.Server).Msg("mail came back")
	return bounceTaken, nil
}

// undelivered lets the escalation know that a message did not arrive.
func (s *Service) undelivered(ctx context.Context, why, person string, by notify.Channel, made time.Time, alarms []string) error {
	if why != notify.Raised {
		return nil
	}
	return s.turn(ctx, func(now time.Time) []notify.Message {
		return s.engine.Undelivered(alarms, person, by, made, now)
	})
}

// refused lets the escalation know that a message was given up.
func (s *Service) refused(ctx context.Context, m *notify.Message) {
	alarms := make([]string, len(m.Alarms))
	for i := range m.Alarms {
		alarms[i] = m.Alarms[i].ID
	}
	if err := s.undelivered(ctx, m.Why, m.To.ID, m.Channel, m.At, alarms); err != nil && ctx.Err() == nil {
		// What follows is with the engine; the next turn puts it into the outbox.
		s.metrics.unstored.Inc()
		s.log.Error().Err(err).Msg("messages wait for the outbox")
	}
}

// bounceTaker is what a mailbox tells.
type bounceTaker struct{ s *Service }

// Take takes a report.
func (t bounceTaker) Take(ctx context.Context, r bounce.Report) error {
	outcome, err := t.s.takeBounce(ctx, r)
	t.s.metrics.bounces.WithLabelValues(outcome).Inc()
	switch {
	case err != nil && ctx.Err() == nil:
		t.s.log.Error().Err(err).Msg("report of a mail waits")
	case outcome == bounceUnknown:
		t.s.log.Warn().Str("mail", r.MessageID).Str("server", r.Server).Msg("report of a mail that is not known")
	}
	return err
}

// Ignored counts a mail that is no report.
func (t bounceTaker) Ignored(err error) {
	outcome := bounceBroken
	switch {
	case errors.Is(err, bounce.ErrAutoReply):
		outcome = bounceAutoReply
	case errors.Is(err, bounce.ErrNoReport):
		outcome = bounceNoReport
	}
	t.s.metrics.bounces.WithLabelValues(outcome).Inc()
	t.s.log.Debug().Err(err).Msg("mail in the mailbox of reports ignored")
}

// Away counts that the mailbox could not be looked at.
func (t bounceTaker) Away(err error) {
	t.s.metrics.bounces.WithLabelValues(bounceAway).Inc()
	t.s.log.Warn().Err(err).Msg("mailbox of reports not read")
}
