package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoReadsTheConsole(t *testing.T) {
	for _, c := range []struct {
		yaml     string
		loopback bool
		want     bool
		warned   bool
	}{
		{"", true, true, false},
		{"", false, false, false},
		{"notify: {public_url: \"https://gtc.example.org\"}\n", true, false, false},
		{"notify: {public_url: \"https://gtc.example.org\"}\nconsole: {open_read: true}\n", true, true, true},
		{"console: {open_read: false}\n", true, false, false},
		{"console: {open_read: true}\n", true, true, false},
		{"console: {open_read: true, listen: \"0.0.0.0:8080\"}\n", false, true, true},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), []byte("bus: {}\n"+c.yaml), 0o600))
		cfg, err := Load(dir)
		require.NoError(t, err, c.yaml)
		require.Equal(t, c.want, cfg.Hub.OpenRead(c.loopback), c.yaml)
		require.Equal(t, c.warned, len(cfg.Warnings) > 0, "%s%v", c.yaml, cfg.Warnings)
	}
}

func TestProxies(t *testing.T) {
	c := Console{TrustedProxies: []string{"127.0.0.1", "10.0.0.9/24", "::1", "::ffff:10.1.0.1"}}
	want := []netip.Prefix{}
	for _, s := range []string{"127.0.0.1/32", "10.0.0.0/24", "::1/128", "10.1.0.1/32"} {
		want = append(want, netip.MustParsePrefix(s))
	}
	require.Equal(t, want, c.Proxies())
}
