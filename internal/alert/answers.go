package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// AnswerPath is where a provider hands over the SMS that people answer with.
const AnswerPath = "/notify/sms-answer"

const (
	// headerSignature may carry sha256=HEX of the body, keyed by the secret.
	headerSignature = "X-Gtc-Signature"
	// mostAnswer bounds the body of one answer.
	mostAnswer = 16 << 10
	// sameAnswer is how long an answer that is handed over again is known:
	// providers repeat what was not confirmed in time.
	sameAnswer = 10 * time.Minute
	// mostKnown bounds how many are known at a time.
	mostKnown = 1000
	// shortestSecret is how many bytes the secret has at least.
	shortestSecret = 16
)

// AnswerOptions say how a provider hands answers over.
type AnswerOptions struct {
	// Secret is what the provider shows, at least 16 bytes: as a bearer token,
	// as the password of basic authentication, or as the key of a signature.
	Secret []byte
	// From and Text name the fields of the number and the text; a dot goes into
	// an object.
	From, Text string
}

// Answers makes the options that gtc.yaml describes, nil when answers do not
// come through a provider.
func Answers(n *config.Notify, getenv func(string) string) (*AnswerOptions, error) {
	a := &n.SMS.Answers
	secret, err := config.Secret(getenv, "GTC_SMS_ANSWER_SECRET", a.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("answers by SMS: %w", err)
	}
	if secret == "" {
		return nil, nil //nolint:nilnil // no answers by the provider is a choice
	}
	if len(secret) < shortestSecret {
		return nil, fmt.Errorf("answers by SMS: the secret has fewer than %d bytes", shortestSecret)
	}
	return &AnswerOptions{Secret: []byte(secret), From: orElse(a.From, "from"), Text: orElse(a.Text, "text")}, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// knownAnswers are those of the last minutes.
type knownAnswers struct {
	mu sync.Mutex
	at map[[sha256.Size]byte]time.Time
}

// again reports whether an answer was handed over already, and notes it.
func (k *knownAnswers) again(body []byte, now time.Time) bool {
	sum := sha256.Sum256(body)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at == nil {
		k.at = map[[sha256.Size]byte]time.Time{}
	}
	for old, at := range k.at {
		if now.Sub(at) >= sameAnswer {
			delete(k.at, old)
		}
	}
	if _, known := k.at[sum]; known {
		return true
	}
	if len(k.at) < mostKnown {
		k.at[sum] = now
	}
	return false
}

var errAnswer = errors.New("neither JSON nor a form")

// AnswerHandler takes what a provider hands over on [AnswerPath] and does what
// an answer to the modem does; nil when there are no options for it. It says
// nothing about who is in the book: every answer that can be read is accepted.
func (s *Service) AnswerHandler() http.Handler {
	o := s.o.Answers
	if o == nil {
		return nil
	}
	refuse := func(w http.ResponseWriter, outcome string, code int) {
		s.metrics.answers.WithLabelValues(outcome).Inc()
		http.Error(w, http.StatusText(code), code)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostAnswer))
		if err != nil {
			refuse(w, "unreadable", http.StatusRequestEntityTooLarge)
			return
		}
		if !o.trusts(r, body) {
			s.log.Warn().Str("from", r.RemoteAddr).Msg("answer by SMS from somebody who does not know the secret")
			refuse(w, "unauthorised", http.StatusUnauthorized)
			return
		}
		got, err := o.read(r.Header.Get("Content-Type"), body)
		if err != nil {
			s.log.Warn().Err(err).Msg("answer by SMS not understood")
			refuse(w, "unreadable", http.StatusBadRequest)
			return
		}
		if s.known.again(body, s.o.Now()) {
			s.metrics.answers.WithLabelValues("again").Inc()
		} else {
			s.takeHanded(r.Context(), got)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// trusts reports whether a request shows the secret.
func (o *AnswerOptions) trusts(r *http.Request, body []byte) bool {
	same := func(got string) bool { return subtle.ConstantTimeCompare([]byte(got), o.Secret) == 1 }
	if hexed, ok := strings.CutPrefix(r.Header.Get(headerSignature), "sha256="); ok {
		got, err := hex.DecodeString(hexed)
		mac := hmac.New(sha256.New, o.Secret)
		mac.Write(body) // never fails
		return err == nil && hmac.Equal(got, mac.Sum(nil))
	}
	if _, password, ok := r.BasicAuth(); ok {
		return same(password)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && same(token)
}

// read finds the number and the text in a body.
func (o *AnswerOptions) read(kind string, body []byte) (modem.Received, error) {
	media, _, _ := mime.ParseMediaType(kind) // what it is not is found below
	var field func(name string) string
	switch media {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return modem.Received{}, fmt.Errorf("read form: %w", err)
		}
		field = form.Get
	case "application/json":
		var doc map[string]any
		if err := json.Unmarshal(body, &doc); err != nil {
			return modem.Received{}, fmt.Errorf("read JSON: %w", err)
		}
		field = func(path string) string { return textAt(doc, path) }
	default:
		return modem.Received{}, fmt.Errorf("%q: %w", kind, errAnswer)
	}
	out := modem.Received{From: international(field(o.From)), Text: field(o.Text)}
	if out.From == "" || out.Text == "" {
		return out, fmt.Errorf("no %s or no %s in it", o.From, o.Text)
	}
	return out, nil
}

// textAt returns a text of a document, "" where there is none.
func textAt(doc map[string]any, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	switch v := doc[name].(type) {
	case map[string]any:
		if deeper {
			return textAt(v, rest)
		}
	case string:
		if !deeper {
			return v
		}
	case float64:
		if !deeper {
			return fmt.Sprintf("%.0f", v)
		}
	}
	return ""
}

// international is a number as the book writes it; providers leave the plus out
// or write 00.
func international(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	digits = strings.TrimPrefix(digits, "00")
	if digits == "" {
		return ""
	}
	return "+" + digits
}

// confirmation is what a person is told of an answer.
type confirmation struct{ person, number, text string }

// takeHanded does what an answer asks, and leaves confirming it to Run: the
// provider waits.
func (s *Service) takeHanded(ctx context.Context, r modem.Received) {
	c, ok := s.obeyed(ctx, r)
	if !ok {
		return
	}
	select {
	case s.confirms <- c:
	default:
		s.log.Warn().Str("person", c.person).Msg("answer not confirmed: too many wait")
	}
}

// confirm confirms answers that a provider handed over, until ctx ends.
func (s *Service) confirm(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-s.confirms:
			s.sayTaken(ctx, smsOut{s.ways}, c)
		}
	}
}

// smsOut sends texts by the ways of SMS.
type smsOut struct{ ways *ways }

// Send sends a text by the first way that takes it.
func (o smsOut) Send(ctx context.Context, number, text string) error {
	m := notify.Message{ID: "answer/" + number, To: notify.Person{ID: number, Phone: number}, Channel: notify.SMS}
	err := errNoWay
	for _, w := range o.ways.all {
		if w.Channel != notify.SMS {
			continue
		}
		if err = w.Sender.Send(ctx, m, channel.Text{Short: text}); err == nil {
			return nil
		}
	}
	return err
}
