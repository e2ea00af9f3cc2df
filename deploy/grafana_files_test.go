package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// grafanaUID is the user of Grafana's image.
const grafanaUID = "472"

// TestGrafanaCanReadItsFiles runs the lines of the README that make files for
// Grafana's container, as far as they need neither Docker nor the hub: the
// container's user is neither root nor its group.
func TestGrafanaCanReadItsFiles(t *testing.T) {
	block := regexp.MustCompile(`(?s)## The hub's server, with containers\n\n(.*?)\n\n[^ ]`).FindStringSubmatch(read(t, "README.md"))
	require.Len(t, block, 2)
	lines := strings.Split(block[1], "\n")
	dir := t.TempDir()
	script := "set -e\numask 022\nchown() { echo \"$@\" >> owned; }\ninstall() { echo \"$@\" >> owned; command install $(echo \"$@\" | sed 's/-o [0-9]*//'); }\nopenssl() { echo secret; }\nmake() { mkdir -p dist && echo x > dist/plugin; }\n"
	token := false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case strings.Contains(line, "> secrets/grafana/hub-token"):
			token = true
			script += "echo token > secrets/grafana/hub-token\n"
		case strings.HasPrefix(line, "docker"), strings.HasPrefix(line, "cp "), strings.Contains(line, "/etc/gtc/secrets"):
		default:
			script += strings.ReplaceAll(line, " /var/lib/gtc", " data") + "\n"
		}
	}
	require.True(t, token, "the README does not make the token")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	owned, err := os.ReadFile(filepath.Join(dir, "owned"))
	require.NoError(t, err)
	mode := func(name string) os.FileMode {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	for _, secret := range []string{"secrets/grafana-password", "secrets/grafana/hub-token"} {
		require.Zero(t, mode(secret)&0o077, "%s is read by others", secret)
		require.Regexp(t, `(?m)(-o `+grafanaUID+` |^`+grafanaUID+`:).*`+secret, string(owned), "%s belongs to root", secret)
		text, err := os.ReadFile(filepath.Join(dir, secret))
		require.NoError(t, err)
		require.NotEmpty(t, text)
	}
	require.EqualValues(t, 0o644, mode("dist/plugin"), "the plugin is made where nobody else may read")
	require.EqualValues(t, 0o755, mode("dist"))
	require.EqualValues(t, 0o755, mode("secrets/grafana"))
	require.Contains(t, read(t, "influx/setup.sh"), "${GRAFANA_UID:-"+grafanaUID+"}", "the token of InfluxDB has the same owner")
}
