package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/cli"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// TestTokensOfARunningHub makes, lists, uses and revokes a service token over
// the bus of a hub.
func TestTokensOfARunningHub(t *testing.T) {
	const password = "password of this test"
	b, err := bus.StartHub(t.Context(), bus.HubOptions{Listen: "127.0.0.1:0", Password: password, Dir: t.TempDir(), NoSync: true, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	js, err := jetstream.New(b.Conn())
	require.NoError(t, err)
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: hub.BucketUsers})
	require.NoError(t, err)
	at, err := url.Parse(b.ClientURL())
	require.NoError(t, err)
	dir := t.TempDir()
	secretFile := filepath.Join(dir, "bus-password")
	require.NoError(t, os.WriteFile(secretFile, []byte(password), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sites"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "home.yaml"), []byte("site: home\nlabel: {fr: Essai}\ncategory: other\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), fmt.Appendf(nil, "bus: {listen: %q, password_file: %q}\n", at.Host, secretFile), 0o600))
	gtc := func(args ...string) (code int, out, errs string) {
		var stdout, stderr bytes.Buffer
		code = cli.Run(t.Context(), cli.Env{
			Args: append(append([]string{"token"}, args...), "--config", dir), Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr,
		})
		return code, strings.TrimSpace(stdout.String()), stderr.String()
	}
	code, secret, errs := gtc("create", "grafana", "--expires", "30d")
	require.Zero(t, code, errs)
	now := time.Now().UTC()
	tok, err := user.OpenTokens(kv).Use(t.Context(), secret, now)
	require.NoError(t, err)
	require.WithinDuration(t, now.AddDate(0, 0, 30), tok.Expires, time.Hour)

	code, out, _ := gtc("list", "--json")
	require.Zero(t, code)
	require.NotContains(t, out, secret)
	var all []user.Token
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	require.Len(t, all, 1)
	require.Equal(t, "gtc token", all[0].By)
	_, out, _ = gtc("list")
	require.Contains(t, out, "grafana")

	for _, wrong := range [][]string{{"create", "grafana"}, {"create", "Pas un nom"}, {"create", "x1", "--expires", "soon"}, {"revoke", "nobody"}, {"create"}} {
		code, _, errs = gtc(wrong...)
		require.NotZero(t, code, wrong)
		require.NotEmpty(t, errs)
	}
	code, _, errs = gtc("revoke", "grafana")
	require.Zero(t, code, errs)
	_, err = user.OpenTokens(kv).Use(t.Context(), secret, now)
	require.ErrorIs(t, err, user.ErrToken)
}
