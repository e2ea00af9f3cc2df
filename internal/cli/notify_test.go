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
		"! routes: P1 fire of home reaches nobody", "  running hub: judges alarms and tells people", "  outbox: 0 messages",
	} {
		require.Contains(t, out, want)
	}
	require.Contains(t, said, "checks must be mended")
	require.NotContains(t, out, "OK")
	status, out, _ = gtcRun(t, "doctor", "--json", "--config", dir)
	require.Equal(t, 1, status)
	require.Contains(t, out, `"check": "outside watcher"`)
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
