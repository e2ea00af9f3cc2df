package alert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/channel/bounce"
	"github.com/cpas-charleroi/gtc/internal/channel/modem"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// SeedFile is where a configuration folder may give the book to begin with.
const SeedFile = "rules/notify.yaml"

// LoadSeed reads the book that a configuration folder gives; nil when it gives
// none. The error is of type [strict.Mistakes] when the file is wrong.
func LoadSeed(dir string) (*notify.Book, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(SeedFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no seed is a choice
	}
	if err != nil {
		return nil, strict.Mistakes{{File: SeedFile, What: fmt.Sprintf("cannot be read: %v", err)}}
	}
	return ParseBook(SeedFile, data)
}

// Ways makes the ways to people that gtc.yaml describes. Secrets come from the
// environment or their files; nothing is opened or asked yet.
func Ways(n *config.Notify, getenv func(string) string, now func() time.Time) ([]Way, error) {
	var out []Way
	for _, add := range []func() (*Way, error){
		func() (*Way, error) { return emailWay(&n.Email, getenv) },
		func() (*Way, error) { return gatewayWay(&n.SMS.Gateway, getenv) },
		func() (*Way, error) { return modemWay(n.SMS.Modem.Device), nil },
	} {
		w, err := add()
		if err != nil {
			return nil, err
		}
		if w != nil {
			out = append(out, *w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.Webhooks)) {
		secret, err := config.Secret(getenv, "", n.Webhooks[name].SecretFile)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", name, err)
		}
		hook, err := channel.NewWebhook(n.Webhooks[name].URL, []byte(secret), now)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", name, err)
		}
		out = append(out, Way{Name: "webhook-" + name, Channel: notify.Webhook, Webhook: name, Sender: hook, Check: hook.Check})
	}
	return out, nil
}

func emailWay(e *config.NotifyEmail, getenv func(string) string) (*Way, error) {
	if e.Server == "" {
		return nil, nil //nolint:nilnil // no e-mail is a choice
	}
	password, err := config.Secret(getenv, "GTC_SMTP_PASSWORD", e.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	o := channel.EmailOptions{Server: e.Server, User: e.User, Password: password, From: e.From}
	if e.CAFile != "" {
		host, _, _ := strings.Cut(e.Server, ":")
		if o.TLS, err = trusting(e.CAFile, host); err != nil {
			return nil, fmt.Errorf("mail server: %w", err)
		}
	}
	sender, err := channel.NewEmail(o)
	if err != nil {
		return nil, err
	}
	w := &Way{Name: "email", Channel: notify.Email, Sender: sender, Check: sender.Check}
	if e.Bounces.Server != "" {
		box, err := mailbox(&e.Bounces, getenv)
		if err != nil {
			return nil, fmt.Errorf("mailbox of reports: %w", err)
		}
		w.Bounces = box
		// A mailbox that is not read hides that mails do not arrive.
		w.Check = func(ctx context.Context) error { return errors.Join(sender.Check(ctx), box.Check(ctx)) }
	}
	return w, nil
}

// mailbox makes the watch of the mailbox where servers tell what did not arrive.
func mailbox(b *config.NotifyBounces, getenv func(string) string) (*bounce.Watch, error) {
	password, err := config.Secret(getenv, "GTC_IMAP_PASSWORD", b.PasswordFile)
	if err != nil {
		return nil, err
	}
	o := bounce.Options{Server: b.Server, User: b.User, Password: password, Folder: b.Folder, Every: b.Every}
	if b.CAFile != "" {
		u, err := url.Parse(b.Server)
		if err != nil {
			return nil, err
		}
		if o.TLS, err = trusting(b.CAFile, u.Hostname()); err != nil {
			return nil, err
		}
	}
	return bounce.New(o)
}

// trusting returns the settings that trust an authority for a host.
func trusting(caFile, host string) (*tls.Config, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it", caFile)
	}
	return &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}

func gatewayWay(g *config.NotifyGateway, getenv func(string) string) (*Way, error) {
	if g.URL == "" {
		return nil, nil //nolint:nilnil // no gateway is a choice
	}
	text, err := config.Secret(getenv, "GTC_SMS_HEADER", g.HeaderFile)
	if err != nil {
		return nil, fmt.Errorf("SMS gateway: %w", err)
	}
	header := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case ok:
			header[name] = strings.TrimSpace(value)
		case strings.TrimSpace(line) != "":
			return nil, fmt.Errorf("SMS gateway: %s: a line is not of the form Name: value", g.HeaderFile)
		}
	}
	sender, err := channel.NewGateway(channel.GatewayOptions{URL: g.URL, Form: g.Form, Fields: g.Fields, Header: header, CheckURL: g.CheckURL})
	if err != nil {
		return nil, err
	}
	return &Way{Name: "gateway", Channel: notify.SMS, Sender: sender, Check: sender.Check}, nil
}

func modemWay(device string) *Way {
	if device == "" {
		return nil
	}
	w := ModemWay(modem.NewLine(func(ctx context.Context) (*modem.Modem, error) { return modem.Open(ctx, device) }))
	return &w
}

// errNotRegistered says that a modem has no network.
var errNotRegistered = errors.New("modem is not in a network")

// ModemWay is the way to people over a modem.
func ModemWay(line *modem.Line) Way {
	return Way{
		Name: "modem", Channel: notify.SMS, Sender: channel.NewModem(line), Inbox: line, Close: line.Close,
		Check: func(ctx context.Context) error {
			s, err := line.State(ctx)
			if err != nil {
				return err
			}
			if !s.Registered {
				return fmt.Errorf("%w (signal %d dBm)", errNotRegistered, s.SignalDBm)
			}
			return nil
		},
	}
}
