package channel_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/internal/testcert"
)

// office is a mail server that knows one user and one address.
type office struct {
	mails chan string
	later bool
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &sitting{o}, nil }

type sitting struct{ *office }

func (*sitting) AuthMechanisms() []string { return []string{sasl.Plain} }

func (*sitting) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "gtc" || password != "juste" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (*sitting) Mail(string, *smtp.MailOptions) error { return nil }

func (s *sitting) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case s.later:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	case to != "un@exemple.be":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	return nil
}

func (s *sitting) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	s.mails <- string(body)
	return err
}

func (*sitting) Reset()        {}
func (*sitting) Logout() error { return nil }

// open starts the server; without a certificate it offers no TLS.
func (o *office) open(t *testing.T, certificate *tls.Certificate) string {
	t.Helper()
	s := smtp.NewServer(o)
	s.Domain, s.AllowInsecureAuth = "localhost", true
	s.ErrorLog = nothing{}
	if certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the server
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return l.Addr().String()
}

// nothing is a log that nobody reads.
type nothing struct{}

func (nothing) Printf(string, ...any) {}
func (nothing) Println(...any)        {}

func TestEmail(t *testing.T) {
	ca := testcert.New(t)
	certFile, keyFile := ca.Issue(t, "mail")
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(t, err)
	pem, err := os.ReadFile(ca.CAFile)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	trust := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	o := &office{mails: make(chan string, 8)}
	server := o.open(t, &certificate)
	text := channel.Text{Subject: "P1 · Dampremy · Alarme incendie", Body: "Détail à lire\n"}
	send := func(opts channel.EmailOptions, address string) error {
		opts.From = "GTC <gtc@exemple.be>"
		e, err := channel.NewEmail(opts)
		require.NoError(t, err)
		m := message()
		m.To.Email = address
		return e.Send(t.Context(), m, text)
	}
	right := channel.EmailOptions{Server: server, User: "gtc", Password: "juste", TLS: trust}
	require.NoError(t, send(right, "un@exemple.be"))
	require.NoError(t, send(right, "un@exemple.be"))
	first, second := <-o.mails, <-o.mails
	require.Contains(t, first, "Auto-Submitted: auto-generated")
	id := func(mail string) string {
		for _, line := range splitLines(mail) {
			if len(line) > 11 && line[:11] == "Message-ID:" {
				return line
			}
		}
		return ""
	}
	require.NotEmpty(t, id(first))
	require.Equal(t, id(first), id(second), "sent twice, it is one mail")
	require.Contains(t, id(first), "@exemple.be>")

	bounced := send(right, "personne@exemple.be")
	require.ErrorIs(t, bounced, channel.ErrRefused, "an address that does not exist is a fault")
	require.ErrorIs(t, send(right, "not an address"), channel.ErrRefused)

	wrong := right
	wrong.Password = "faux"
	require.Error(t, send(wrong, "un@exemple.be"))

	unknown := right
	unknown.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1", RootCAs: x509.NewCertPool()}
	require.Error(t, send(unknown, "un@exemple.be"), "a server that nobody vouches for")

	o.later = true
	err = send(right, "un@exemple.be")
	require.Error(t, err)
	require.NotErrorIs(t, err, channel.ErrRefused, "later is not never")
}

func TestEmailNeedsTLS(t *testing.T) {
	o := &office{mails: make(chan string, 8)}
	server := o.open(t, nil)
	e, err := channel.NewEmail(channel.EmailOptions{Server: server, From: "gtc@exemple.be", TLS: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1"}})
	require.NoError(t, err)
	require.Error(t, e.Send(t.Context(), message(), channel.Text{Subject: "s", Body: "b"}), "a server without TLS gets nothing")
	require.Empty(t, o.mails)

	local, err := channel.NewEmail(channel.EmailOptions{Server: server, From: "gtc@exemple.be"})
	require.NoError(t, err)
	require.NoError(t, local.Send(t.Context(), message(), channel.Text{Subject: "s", Body: "b"}), "but on this machine it may go without")
}

func TestEmailSettings(t *testing.T) {
	for _, o := range []channel.EmailOptions{{Server: "mail", From: "a@b.be"}, {Server: "mail:587", From: "nobody"}, {}} {
		_, err := channel.NewEmail(o)
		require.Error(t, err)
	}
}

func splitLines(s string) []string {
	return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
}
