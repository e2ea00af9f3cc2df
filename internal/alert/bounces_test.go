package alert

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/channel/bounce/bouncetest"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/testcert"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// post is a mail server that takes every mail, and a mailbox in which it says
// later what did not arrive.
type post struct {
	box   *bouncetest.Server
	mails chan string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &counterClerk{p}, nil }

type counterClerk struct{ *post }

func (*counterClerk) Mail(string, *smtp.MailOptions) error { return nil }
func (*counterClerk) Reset()                               {}
func (*counterClerk) Logout() error                        { return nil }

func (*counterClerk) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to == "personne@exemple.be" {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	return nil
}

func (c *counterClerk) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	c.mails <- string(body)
	return err
}

var messageID = regexp.MustCompile(`(?mi)^Message-ID: <([^>]+)>`)

// mail waits for a mail and returns its id.
func (p *post) mail(t *testing.T) string {
	t.Helper()
	m := messageID.FindStringSubmatch(await(t, p.mails))
	require.NotNil(t, m)
	return m[1]
}

// report says what became of a mail.
func (p *post) report(t *testing.T, id, action, status string) {
	t.Helper()
	const form = `From: MAILER-DAEMON@exemple.be
To: gtc@exemple.be
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx1.exemple.be

Final-Recipient: rfc822; un@exemple.be
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: text/rfc822-headers

Message-ID: <%s>

--b--
`
	p.box.Deliver(t, []byte(strings.ReplaceAll(fmt.Sprintf(form, action, status, id), "\n", "\r\n")))
}

// openPost starts the servers and returns the way that gtc.yaml would describe.
func openPost(t *testing.T) (*post, Way) {
	t.Helper()
	ca := testcert.New(t)
	certificate, err := tls.LoadX509KeyPair(ca.Issue(t, "mail"))
	require.NoError(t, err)
	p := &post{box: bouncetest.Start(t, &certificate, "gtc", "juste"), mails: make(chan string, 64)}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the server
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	ways, err := Ways(&config.Notify{Email: config.NotifyEmail{
		Server: l.Addr().String(), From: "GTC <gtc@exemple.be>", CAFile: ca.CAFile,
		Bounces: config.NotifyBounces{Server: "imaps://" + p.box.Address, User: "gtc", Every: 5 * time.Millisecond, CAFile: ca.CAFile},
	}}, func(name string) string {
		if name == "GTC_IMAP_PASSWORD" {
			return "juste"
		}
		return ""
	}, time.Now)
	require.NoError(t, err)
	require.Len(t, ways, 1)
	return p, ways[0]
}

// bounces is how many mails of the mailbox had an outcome.
func (d *desk) bounces(outcome string) float64 {
	return testutil.ToFloat64(d.service.metrics.bounces.WithLabelValues(outcome))
}

// counts waits until so many mails of the mailbox had an outcome.
func (d *desk) counts(n float64, outcome string) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return d.bounces(outcome) == n }, patience, time.Millisecond, outcome)
}

// bad reports whether the alarm engine is told that e-mail does not arrive.
func (d *desk) bad() bool {
	for _, c := range d.service.Channels(d.clock()) {
		if c.Name == gtc.EquipmentID(notify.Email) {
			return c.Unsent
		}
	}
	return false
}

// A mail that the server took and that comes back is what a refusal is: the
// person is told by the next way, at once and once, and the fault is an alarm.
func TestAMailComesBack(t *testing.T) {
	p, email := openPost(t)
	sms := newCounter()
	book := bookOf(notify.Email)
	d := newDesk(t, book, email, Way{Name: "gateway", Channel: notify.SMS, Sender: sms})
	require.NoError(t, email.Check(t.Context()))
	alarm := d.change(1, 2, gtc.AlarmUnacknowledged)
	id := p.mail(t)
	require.Regexp(t, `^[0-9a-f]{32}@exemple\.be$`, id)

	// What others may write there does nothing: a stranger does not know the name.
	p.box.Deliver(t, []byte("From: x@exemple.be\r\nSubject: Bonjour\r\n\r\nBonjour.\r\n"))
	p.box.Deliver(t, []byte("From: x@exemple.be\r\nAuto-Submitted: auto-replied\r\n\r\nAbsent.\r\n"))
	p.report(t, "00000000000000000000000000000000@exemple.be", "failed", "5.1.1")
	p.report(t, "../book@exemple.be", "failed", "5.1.1")
	p.report(t, id, "delayed", "4.4.1")
	d.counts(1, bounceNoReport)
	d.counts(1, bounceAutoReply)
	d.counts(2, bounceUnknown)
	d.counts(1, bounceDelayed)
	require.False(t, d.bad())
	require.Empty(t, sms.sent)

	p.report(t, id, "failed", "5.1.1")
	m := await(t, sms.sent)
	require.Equal(t, alarm, m.Alarms[0].ID)
	require.Equal(t, "un", m.To.ID)
	d.counts(1, bounceTaken)
	require.True(t, d.bad())
	st, err := d.service.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "mail to un came back: failed un@exemple.be 5.1.1 550 no such user", st.Unsent[notify.Email])

	// Told again, also to another hub, it is the same.
	p.report(t, id, "failed", "5.1.1")
	d.counts(1, bounceAgain)
	d.stop()
	d.start()
	require.True(t, d.bad())
	p.report(t, id, "failed", "5.1.1")
	d.counts(1, bounceAgain)
	require.Empty(t, sms.sent)
	require.Eventually(t, func() bool { return p.box.Unseen(t) == 0 }, patience, time.Millisecond)
}

// A mail that comes back when its alarm is over still says that the address is
// wrong, until it is another one or a later mail does not come back.
func TestAMailComesBackLate(t *testing.T) {
	p, email := openPost(t)
	sms := newCounter()
	d := newDesk(t, bookOf(notify.Email), email, Way{Name: "gateway", Channel: notify.SMS, Sender: sms})
	d.change(1, 2, gtc.AlarmUnacknowledged)
	id := p.mail(t)
	d.change(1, 2, gtc.AlarmNormal)
	over := p.mail(t)
	require.NotEqual(t, id, over)
	p.report(t, id, "failed", "5.1.1")
	d.counts(1, bounceTaken)
	require.True(t, d.bad())

	// The next mail was taken by the server: that says nothing for a day.
	d.change(2, 2, gtc.AlarmUnacknowledged)
	p.mail(t)
	require.Eventually(t, func() bool { return !retriedAt(d).IsZero() }, patience, time.Millisecond)
	d.pass(trustedAfter - time.Second)
	require.True(t, d.bad())
	d.pass(time.Second)
	require.False(t, d.bad())
	p.report(t, over, "failed", "5.1.1")
	d.counts(2, bounceTaken)
	require.True(t, d.bad())
	require.Empty(t, sms.sent, "nobody is called for what is over")

	changed := bookOf(notify.Email)
	changed.People[0].Email = "autre@exemple.be"
	_, revision, err := ReadBook(t.Context(), d.service.people)
	require.NoError(t, err)
	_, err = WriteBook(t.Context(), d.service.people, changed, revision)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !d.bad() }, patience, time.Millisecond, "another address")
}

func retriedAt(d *desk) time.Time {
	d.service.ways.mu.Lock()
	defer d.service.ways.mu.Unlock()
	return d.service.ways.addresses["un"].Retried
}

// A message refused for good goes by the person's next way as well.
func TestARefusalGoesByTheNextWay(t *testing.T) {
	p, email := openPost(t)
	sms := newCounter()
	book := bookOf(notify.Email)
	book.People[0].Email = "personne@exemple.be"
	d := newDesk(t, book, email, Way{Name: "gateway", Channel: notify.SMS, Sender: sms})
	d.change(1, 2, gtc.AlarmUnacknowledged)
	require.Equal(t, notify.SMS, await(t, sms.sent).Channel)
	require.True(t, d.bad())
	require.Empty(t, p.mails)
}
