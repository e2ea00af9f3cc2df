package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/channel"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// post is a way that takes everything.
type post chan notify.Message

func (p post) Send(_ context.Context, m notify.Message, _ channel.Text) error {
	p <- m
	return nil
}

// telling is the part of a running hub that gtc notify and gtc doctor ask, with
// the configuration that leads to it.
func telling(t *testing.T) (dir string, sent post) {
	t.Helper()
	b, dir := runningHub(t, "")
	sent = make(post, 64)
	s, err := alert.New(t.Context(), alert.Options{
		Conn: b.Conn(), Ways: []alert.Way{{Name: "gateway", Channel: notify.SMS, Sender: sent}}, Log: zerolog.Nop(),
		Now:    func() time.Time { return time.Now().UTC() },
		Locate: func(gtc.SiteID) *time.Location { return time.UTC },
		Places: func(gtc.SiteID, gtc.EquipmentID) (site, eq gtc.Label) { return nil, nil },
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	require.Eventually(t, func() bool {
		_, err := alert.AskStatus(ctx, b.Conn())
		return err == nil
	}, time.Minute, time.Millisecond)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "book.yaml"), []byte(`people:
  - {id: un, phone: "+32475000001"}
routes:
  - {id: tout, steps: [{to: ["person:un"], channels: [sms]}]}
`), 0o600))
	return dir, sent
}

func TestNotifyBookAndTest(t *testing.T) {
	dir, sent := telling(t)
	book := filepath.Join(dir, "book.yaml")
	status, out, said := gtcRun(t, "notify", "book", "import", book, "--config", dir)
	require.Equal(t, 0, status, said)
	require.Contains(t, out, "1 people, 0 rotas, 1 routes: revision")
	status, out, said = gtcRun(t, "notify", "book", "export", "--config", dir)
	require.Equal(t, 0, status, said)
	_, err := alert.ParseBook("export", []byte(out))
	require.NoError(t, err)

	require.Eventually(t, func() bool {
		status, out, _ = gtcRun(t, "notify", "test", "un", "--config", dir)
		return status == 0
	}, time.Minute, 10*time.Millisecond, "the hub takes the book over")
	require.Contains(t, out, "sms gateway\thanded over")
	require.Equal(t, notify.Test, (<-sent).Why)
	status, _, said = gtcRun(t, "notify", "test", "deux", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, said, "no such person in the book")
	status, _, said = gtcRun(t, "notify", "test", "un", "--channel", "email", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, said, "cannot be reached by it")

	require.NoError(t, os.WriteFile(book, []byte("people: [{id: un, phone: 1}]\nroutes: [{id: x, sites: [nowhere], steps: []}]\n"), 0o600))
	status, _, said = gtcRun(t, "notify", "book", "import", book, "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, said, "book.yaml:2:10: route x: no step")
	require.Contains(t, said, "is not of the form +32475000000")
}

func TestDoctorSaysWhatIsMissing(t *testing.T) {
	dir, _ := telling(t)
	status, out, said := gtcRun(t, "doctor", "--config", dir)
	require.Equal(t, 1, status)
	for _, want := range []string{
		"! SMS: no path", "! e-mail:", "! outside watcher:", "! console address:", "! console: not reached",
		"! routes: P1 fire, safety of home reaches nobody", "! routes: P2 fire, safety, intrusion, ", "  routes: warning: P3 ", "  running hub: judges alarms and tells people", "  outbox: 0 messages",
	} {
		require.Contains(t, out, want)
	}
	require.Contains(t, said, "checks must be mended")
	require.NotContains(t, out, "OK")
	status, out, _ = gtcRun(t, "doctor", "--json", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, out, `"check": "outside watcher"`)
}

// Quiet hours and leave hold for what is urgent too: the doctor knows when
// nobody is left.
func TestDoctorLooksWhomTheRoutesReach(t *testing.T) {
	dir, _ := telling(t)
	cfg := filepath.Join(dir, "gtc.yaml")
	text, err := os.ReadFile(cfg)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cfg, append(text, "notify: {push: {contact: \"mailto:gtc@example.org\"}}\n"...), 0o600))
	doctor := func(more string) string {
		book := filepath.Join(dir, "book.yaml")
		require.NoError(t, os.WriteFile(book, []byte(`people: [{id: un, push: true, quiet: "21:00-07:00"}]
rotas: [{id: garde, start: 2026-11-02T08:00:00+01:00, turn_days: 7, members: [un]}]
`+more), 0o600))
		status, _, said := gtcRun(t, "notify", "book", "import", book, "--config", dir)
		require.Equal(t, 0, status, said)
		_, out, _ := gtcRun(t, "doctor", "--config", dir)
		return out
	}
	asleep := doctor("routes: [{id: r, priorities: [1, 2], steps: [{to: [\"person:un\"], channels: [push]}]}]\n")
	require.Contains(t, asleep, "! routes: P2 fire, safety, intrusion, heating, dhw, ventilation, electricity, water, cold, communication of home reaches nobody at ")
	require.Contains(t, asleep, "! routes: P2 communication of hub reaches nobody at ")
	require.NotContains(t, asleep, "routes: P1", "life safety rings")
	require.Contains(t, asleep, "  routes: warning: P3 fire, ")
	onCall := doctor("routes: [{id: r, steps: [{to: [\"rota:garde\"], channels: [push]}]}]\n")
	require.Contains(t, onCall, "  routes: P1 and P2 of every site reach somebody in each hour of 14 days")
	require.NotContains(t, onCall, "P3")
}

func TestDoctorWarnsOfMailThatNobodyReads(t *testing.T) {
	dir := t.TempDir()
	doctor := func(bounces string) string {
		text := "notify: {email: {server: \"127.0.0.1:25\", from: gtc@example.org" + bounces + "}}\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), []byte(text), 0o600))
		status, out, _ := gtcRun(t, "doctor", "--config", dir)
		require.Equal(t, 1, status) // of other checks
		return out
	}
	require.Contains(t, doctor(""), "  returned mail: warning: notify.email.bounces is missing")
	require.Contains(t, doctor(`, bounces: {server: "imaps://mail.example.org", user: gtc}`), "  returned mail: INBOX of imaps://mail.example.org is read every 1m0s")
}

func TestCheckReadsTheSeedOfTheBook(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "rules"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), []byte("console: {language: fr}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules", "notify.yaml"), []byte("people: [{id: un}]\nroutes: []\n"), 0o600))
	status, _, said := gtcRun(t, "check", dir)
	require.Equal(t, 1, status)
	require.Contains(t, said, "rules/notify.yaml:1:10: person un: has neither phone, email nor push")
}
