package cli_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/cli"
)

// runningHub is the bus of a hub, and a configuration of one site that leads to
// it; more is added to gtc.yaml.
func runningHub(t *testing.T, more string) (b *bus.Hub, dir string) {
	t.Helper()
	const password = "password of this test"
	b, err := bus.StartHub(t.Context(), bus.HubOptions{Listen: "127.0.0.1:0", Password: password, Dir: t.TempDir(), NoSync: true, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	u, err := url.Parse(b.ClientURL())
	require.NoError(t, err)
	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sites"), 0o700))
	secret := filepath.Join(dir, "secret")
	for name, text := range map[string]string{
		"secret":          password,
		"gtc.yaml":        fmt.Sprintf("bus: {listen: %q, password_file: %q}\nconsole: {listen: \"127.0.0.1:1\"}\n", u.Host, secret) + more,
		"sites/home.yaml": "site: home\nlabel: {fr: Essai}\ncategory: other\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return b, dir
}

// gtcRun runs the program and returns its status and output.
func gtcRun(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, said bytes.Buffer
	status = cli.Run(t.Context(), cli.Env{Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &said})
	return status, out.String(), said.String()
}
