package bounce_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/channel/bounce"
	"github.com/cpas-charleroi/gtc/internal/channel/bounce/bouncetest"
	"github.com/cpas-charleroi/gtc/internal/testcert"
)

// patience bounds a test that would otherwise wait for ever.
const patience = time.Minute

// desk is told what a watch reads.
type desk struct {
	reports chan bounce.Report
	ignored chan error
	away    chan error
	take    func() error
}

func newDesk() *desk {
	return &desk{reports: make(chan bounce.Report, 64), ignored: make(chan error, 64), away: make(chan error, 64), take: func() error { return nil }}
}

func (d *desk) Take(_ context.Context, r bounce.Report) error {
	d.reports <- r
	return d.take()
}

func (d *desk) Ignored(err error) { d.ignored <- err }
func (d *desk) Away(err error)    { d.away <- err }

func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("not reached")
	}
}

// office is a mail server with TLS, and what to reach it with.
func office(t *testing.T) (*bouncetest.Server, bounce.Options) {
	t.Helper()
	ca := testcert.New(t)
	certificate, err := tls.LoadX509KeyPair(ca.Issue(t, "imap"))
	require.NoError(t, err)
	pem, err := os.ReadFile(ca.CAFile)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	s := bouncetest.Start(t, &certificate, "gtc", "juste")
	return s, bounce.Options{
		Server: "imaps://" + s.Address, User: "gtc", Password: "juste", Every: 5 * time.Millisecond, First: 5 * time.Millisecond,
		TLS: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12},
	}
}

func run(t *testing.T, o bounce.Options, to bounce.Taker) (stop func()) {
	t.Helper()
	w, err := bounce.New(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, to) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
		}
	}
	t.Cleanup(stop)
	return stop
}

func TestWatch(t *testing.T) {
	s, o := office(t)
	s.Deliver(t, mail(t, "letter"))
	s.Deliver(t, mail(t, "absent"))
	s.Deliver(t, mail(t, "postfix"))
	d := newDesk()
	stop := run(t, o, d)
	require.ErrorIs(t, await(t, d.ignored), bounce.ErrNoReport)
	require.ErrorIs(t, await(t, d.ignored), bounce.ErrAutoReply)
	require.Equal(t, ours, await(t, d.reports).MessageID)
	s.Deliver(t, mail(t, "gmail")) // while it looks
	require.Equal(t, "relais.exemple.com", await(t, d.reports).Server)
	require.Eventually(t, func() bool { return s.Unseen(t) == 0 }, patience, time.Millisecond)
	stop()

	// Another watch finds nothing that was seen.
	s.Deliver(t, mail(t, "delayed"))
	run(t, o, d)
	require.Equal(t, bounce.Delayed, await(t, d.reports).Recipients[0].Action)
	require.Empty(t, d.reports)
	require.Empty(t, d.ignored)
	require.Empty(t, d.away)
}

// What cannot be taken stays unseen and comes again; what follows is not held
// back by it.
func TestWatchKeepsWhatWasNotTaken(t *testing.T) {
	s, o := office(t)
	d := newDesk()
	refusals := 2 // used by the watch only
	d.take = func() error {
		if refusals > 0 {
			refusals--
			return errors.New("bus away")
		}
		return nil
	}
	s.Deliver(t, mail(t, "postfix"))
	s.Deliver(t, mail(t, "gmail"))
	run(t, o, d)
	for _, server := range []string{"mx1.exemple.be", "relais.exemple.com", "mx1.exemple.be", "relais.exemple.com"} {
		require.Equal(t, server, await(t, d.reports).Server)
	}
	require.Eventually(t, func() bool { return s.Unseen(t) == 0 }, patience, time.Millisecond)
	require.Empty(t, d.reports, "each once when it was taken")
}

func TestWatchConnectsAgain(t *testing.T) {
	s, o := office(t)
	d := newDesk()
	run(t, o, d)
	s.Deliver(t, mail(t, "postfix"))
	await(t, d.reports)
	require.Eventually(t, func() bool { return s.Unseen(t) == 0 }, patience, time.Millisecond)
	s.Break()
	require.Error(t, await(t, d.away))
	s.Deliver(t, mail(t, "gmail"))
	require.Equal(t, "relais.exemple.com", await(t, d.reports).Server)
}

func TestWatchIsStrict(t *testing.T) {
	_, o := office(t)
	check := func(o bounce.Options) error {
		w, err := bounce.New(o)
		require.NoError(t, err)
		return w.Check(t.Context())
	}
	require.NoError(t, check(o))
	wrong := o
	wrong.Password = "faux"
	require.Error(t, check(wrong))
	wrong = o
	wrong.Folder = "Ailleurs"
	require.Error(t, check(wrong))
	wrong = o
	wrong.TLS = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	require.Error(t, check(wrong), "a server that nobody vouches for")
	for _, server := range []string{"", "mail.exemple.be", "imap://mail.exemple.be", "https://mail.exemple.be", "imaps://"} {
		_, err := bounce.New(bounce.Options{Server: server})
		require.Error(t, err, server)
	}
	plain := bouncetest.Start(t, nil, "gtc", "juste")
	require.NoError(t, check(bounce.Options{Server: "imap://" + plain.Address, User: "gtc", Password: "juste"}), "on this machine it may go without")
}
