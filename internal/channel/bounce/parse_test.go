package bounce_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/channel/bounce"
)

// ours is the name of the mail that the reports of testdata are about.
const ours = "00112233445566778899aabbccddeeff@exemple.be"

func TestParse(t *testing.T) {
	for name, want := range map[string]bounce.Report{
		"postfix": {MessageID: ours, Server: "mx1.exemple.be", Recipients: []bounce.Recipient{{
			Address: "parti@exemple.org", Original: "garde@exemple.org", Action: bounce.Failed, Status: "5.1.1",
			Diagnostic: "550 5.1.1 <parti@exemple.org>: Recipient address rejected: User unknown",
		}}},
		// Returns no part of the mail: the answer names it.
		"exchange": {MessageID: ours, Server: "DB9EX01.campus.exemple.org", Recipients: []bounce.Recipient{{
			Address: "pleine@campus.exemple.org", Original: "pleine@campus.exemple.org", Action: bounce.Failed, Status: "5.2.2",
			Diagnostic: "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
		}}},
		"gmail": {MessageID: ours, Server: "relais.exemple.com", Recipients: []bounce.Recipient{{
			Address: "inconnu@exemple.net", Action: bounce.Failed, Status: "5.1.1",
			Diagnostic: "550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 Please check the recipient's email address",
		}}},
		"delayed": {MessageID: ours, Server: "mx1.exemple.be", Recipients: []bounce.Recipient{{
			Address: "garde@exemple.org", Action: bounce.Delayed, Status: "4.4.1", Diagnostic: "connect to mail.exemple.org[192.0.2.25]:25: Connection timed out",
		}}},
		// Capital letters, base64, an unknown charset, two empty lines.
		"two": {MessageID: ours, Server: "liste.exemple.be", Recipients: []bounce.Recipient{
			{Address: "un@exemple.be", Action: bounce.Relayed, Status: "2.0.0"},
			{Address: "deux@exemple.be", Action: bounce.Failed, Status: "4.4.7"},
		}},
	} {
		got, err := bounce.Parse(bytes.NewReader(mail(t, name)))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		_, failed := got.Failed()
		require.Equal(t, name != "delayed", failed, name)
		_, delayed := got.Delayed()
		require.Equal(t, name == "delayed", delayed, name)
	}
}

func TestParseIgnores(t *testing.T) {
	for name, want := range map[string]error{
		"plain": bounce.ErrNoReport, "read": bounce.ErrNoReport, "nobody": bounce.ErrNoReport, "letter": bounce.ErrNoReport, "absent": bounce.ErrAutoReply,
	} {
		_, err := bounce.Parse(bytes.NewReader(mail(t, name)))
		require.ErrorIs(t, err, want, name)
	}
	_, err := bounce.Parse(strings.NewReader("no mail at all\x00\n"))
	require.Error(t, err)
	require.NotErrorIs(t, err, bounce.ErrNoReport)
}

// A report is understood although the mail that it returns is cut.
func TestParseCut(t *testing.T) {
	whole := mail(t, "postfix")
	got, err := bounce.Parse(bytes.NewReader(whole[:bytes.Index(whole, []byte("Auto-Submitted: auto-generated"))]))
	require.NoError(t, err)
	require.Equal(t, ours, got.MessageID)
	r, ok := got.Failed()
	require.True(t, ok)
	require.Equal(t, "failed parti@exemple.org 5.1.1 550 5.1.1 <parti@exemple.org>: Recipient address rejected: User unknown", r.String())
}

func FuzzParse(f *testing.F) {
	all, err := filepath.Glob("testdata/*.eml")
	require.NoError(f, err)
	require.NotEmpty(f, all)
	for _, name := range all {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
		f.Add(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := bounce.Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		require.NotEmpty(t, got.Recipients)
		require.LessOrEqual(t, len(got.Recipients), 100)
		for _, r := range got.Recipients {
			require.NotEmpty(t, r.Action)
			require.NotContains(t, r.String(), "\n")
			require.LessOrEqual(t, len(r.Diagnostic), 1500)
		}
	})
}

func mail(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	require.NoError(t, err)
	return data
}
