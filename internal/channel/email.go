package channel

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// EmailOptions describe the mail server.
type EmailOptions struct {
	// Server is host:port; port 465 speaks TLS from the beginning, any other
	// must offer STARTTLS unless the server is on this machine.
	Server         string
	User, Password string
	// From is the sender's address, as "GTC <gtc@exemple.be>" or alone.
	From string
	// TLS, when set, replaces the usual settings (the authorities to trust).
	TLS *tls.Config
	// Timeout bounds one message; 0 means 30 s.
	Timeout time.Duration
}

// Email sends by SMTP.
type Email struct {
	o      EmailOptions
	domain string
}

// NewEmail returns a sender; the server is not asked yet.
func NewEmail(o EmailOptions) (*Email, error) {
	host, _, err := net.SplitHostPort(o.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", o.Server, err)
	}
	m := mail.NewMsg()
	if err := m.From(o.From); err != nil {
		return nil, fmt.Errorf("sender %q: %w", o.From, err)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	domain := host
	if _, after, ok := strings.Cut(o.From, "@"); ok {
		domain = strings.Trim(after, "> ")
	}
	return &Email{o: o, domain: domain}, nil
}

// Send hands one message to the server. What the server refuses for good (a
// 5xx answer: the address does not exist, the password is wrong) is final.
func (e *Email) Send(ctx context.Context, m notify.Message, t Text) error {
	msg, err := e.message(m, t)
	if err != nil {
		return refused(fmt.Errorf("write mail to %s: %w", m.To.ID, err))
	}
	c, err := e.client()
	if err != nil {
		return refused(fmt.Errorf("send mail to %s: %w", m.To.ID, err))
	}
	ctx, stop := context.WithTimeout(ctx, e.o.Timeout)
	defer stop()
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		err = fmt.Errorf("send mail to %s by %s: %w", m.To.ID, e.o.Server, err)
		if final(err) {
			return refused(err)
		}
		return err
	}
	return nil
}

// Check signs in at the server and asks it to do nothing.
func (e *Email) Check(ctx context.Context) error {
	c, err := e.client()
	if err != nil {
		return fmt.Errorf("check mail server: %w", err)
	}
	ctx, stop := context.WithTimeout(ctx, e.o.Timeout)
	defer stop()
	if err := c.DialWithContext(ctx); err != nil {
		return fmt.Errorf("check mail server %s: %w", e.o.Server, err)
	}
	if err := errors.Join(c.Reset(), c.Close()); err != nil {
		return fmt.Errorf("check mail server %s: %w", e.o.Server, err)
	}
	return nil
}

func (e *Email) message(m notify.Message, t Text) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(e.o.From), msg.To(m.To.Email)); err != nil {
		return nil, err
	}
	msg.Subject(t.Subject)
	// The same message again has the same id: whoever gets it twice sees it once.
	name := m.Mail
	if name == "" {
		sum := sha256.Sum256([]byte(m.ID))
		name = hex.EncodeToString(sum[:16])
	}
	msg.SetMessageIDWithValue(name + "@" + e.domain)
	msg.SetDateWithValue(m.At)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.LifeSafety() {
		msg.SetImportance(mail.ImportanceUrgent)
	}
	msg.SetBodyString(mail.TypeTextPlain, t.Body)
	return msg, nil
}

func (e *Email) client() (*mail.Client, error) {
	host, port, err := net.SplitHostPort(e.o.Server)
	if err != nil {
		return nil, err
	}
	var number int
	if _, err := fmt.Sscanf(port, "%d", &number); err != nil {
		return nil, fmt.Errorf("port %q: %w", port, err)
	}
	opts := []mail.Option{mail.WithPort(number), mail.WithTimeout(e.o.Timeout)}
	switch {
	case number == 465:
		opts = append(opts, mail.WithSSL())
	case local(host) && e.o.TLS == nil:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if e.o.TLS != nil {
		opts = append(opts, mail.WithTLSConfig(e.o.TLS))
	}
	if e.o.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(e.o.User), mail.WithPassword(e.o.Password))
	}
	return mail.NewClient(host, opts...)
}

// local reports whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// final reports whether the server said never (5xx), not later (4xx).
func final(err error) bool {
	var send *mail.SendError
	return errors.As(err, &send) && !send.IsTemp() && send.ErrorCode() >= 500
}
