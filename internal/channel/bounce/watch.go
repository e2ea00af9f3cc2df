package bounce

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/cpas-charleroi/gtc/internal/clock"
)

// Options describe the mailbox.
type Options struct {
	// Server is imaps://host or imaps://host:port; imap:// only on this machine.
	Server         string
	User, Password string
	// Folder is INBOX when empty.
	Folder string
	// Every is how often it is looked at; 0 means each minute.
	Every time.Duration
	// TLS, when set, replaces the usual settings (the authorities to trust).
	TLS *tls.Config
	// First is how long to wait after the first failure, which doubles with each
	// up to ten minutes; 0 means 5 s.
	First time.Duration
}

const (
	// lookWithin bounds one look at the mailbox.
	lookWithin = 2 * time.Minute
	// longest is the longest pause after failures.
	longest = 10 * time.Minute
)

// Taker is whom a watch tells what it reads.
type Taker interface {
	// Take takes a report. After an error the mail stays unseen and comes again
	// at the next look.
	Take(ctx context.Context, r Report) error
	// Ignored is told of a mail that is no report ([ErrNoReport],
	// [ErrAutoReply]) or a broken one.
	Ignored(err error)
	// Away is told that the mailbox could not be looked at.
	Away(err error)
}

// Watch reads a mailbox.
type Watch struct {
	o       Options
	address string
	secret  bool // TLS
}

// New returns a watch; the server is not asked yet.
func New(o Options) (*Watch, error) {
	u, err := url.Parse(o.Server)
	if err != nil || u.Hostname() == "" || u.Scheme != "imaps" && u.Scheme != "imap" {
		return nil, fmt.Errorf("mailbox %q: not imaps://host", o.Server)
	}
	w := &Watch{o: o, secret: u.Scheme == "imaps"}
	port := u.Port()
	switch {
	case !w.secret && !local(u.Hostname()):
		return nil, fmt.Errorf("mailbox %q: not encrypted and not on this machine", o.Server)
	case port == "" && w.secret:
		port = "993"
	case port == "":
		port = "143"
	}
	w.address = net.JoinHostPort(u.Hostname(), port)
	if w.o.Folder == "" {
		w.o.Folder = "INBOX"
	}
	if w.o.Every == 0 {
		w.o.Every = time.Minute
	}
	if w.o.First == 0 {
		w.o.First = 5 * time.Second
	}
	return w, nil
}

// local reports whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Run reads what comes until ctx ends, and returns its error. What goes wrong is
// told to the taker and tried again.
func (w *Watch) Run(ctx context.Context, to Taker) error {
	wait := w.o.First
	for ctx.Err() == nil {
		err := w.session(ctx, to, func() { wait = w.o.First })
		if ctx.Err() != nil {
			break
		}
		to.Away(err)
		if clock.Sleep(ctx, wait) != nil {
			break
		}
		wait = min(2*wait, longest)
	}
	return ctx.Err()
}

// Check signs in and opens the folder.
func (w *Watch) Check(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	c, err := w.open(ctx)
	if err != nil {
		return err
	}
	_ = c.Close() // the answer is there
	return nil
}

// session reads with one connection until it fails.
func (w *Watch) session(ctx context.Context, to Taker, went func()) error {
	c, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // what had to be said was said
	for {
		if err := w.look(ctx, c, to); err != nil {
			return fmt.Errorf("read mailbox %s: %w", w.address, err)
		}
		went()
		if err := clock.Sleep(ctx, w.o.Every); err != nil {
			return err
		}
	}
}

// open connects, signs in and opens the folder.
func (w *Watch) open(ctx context.Context) (*imapclient.Client, error) {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	conn, err := w.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach mailbox %s: %w", w.address, err)
	}
	c := imapclient.New(conn, nil)
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // whoever waits for it is told
	err = c.Login(w.o.User, w.o.Password).Wait()
	if err == nil {
		_, err = c.Select(w.o.Folder, nil).Wait()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open mailbox %s of %s: %w", w.o.Folder, w.address, err), c.Close())
	}
	return c, nil
}

func (w *Watch) dial(ctx context.Context) (net.Conn, error) {
	if !w.secret {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", w.address)
	}
	settings := w.o.TLS
	if settings == nil {
		settings = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", w.address)
}

// look reads every mail that was not seen. One that the taker cannot take stays
// unseen and does not keep the others back.
func (w *Watch) look(ctx context.Context, c *imapclient.Client, to Taker) error {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	// Servers tell of new mails when they are asked something.
	if err := c.Noop().Wait(); err != nil {
		return err
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		return err
	}
	for _, uid := range found.AllUIDs() {
		mail, err := fetch(c, uid)
		if err != nil {
			return err
		}
		if mail == nil {
			continue // somebody removed it meanwhile
		}
		if !w.handled(ctx, mail, to) {
			continue
		}
		seen := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
		if err := c.Store(imap.UIDSetNum(uid), seen, nil).Close(); err != nil {
			return err
		}
	}
	return nil
}

// handled tells the taker of a mail; false when it has to come again.
func (w *Watch) handled(ctx context.Context, mail []byte, to Taker) bool {
	r, err := Parse(bytes.NewReader(mail))
	if err != nil {
		to.Ignored(err)
		return true
	}
	return to.Take(ctx, r) == nil
}

// fetch reads a mail without marking it, nil when it is gone.
func fetch(c *imapclient.Client, uid imap.UID) ([]byte, error) {
	all := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: MaxMail}}
	got, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{all}}).Collect()
	if err != nil || len(got) == 0 || len(got[0].BodySection) == 0 {
		return nil, err
	}
	return got[0].BodySection[0].Bytes, nil
}
