package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func TestExampleIsRight(t *testing.T) {
	cfg, err := config.Load("example")
	require.NoError(t, err)
	require.Len(t, cfg.Sites, 2)
	require.Contains(t, cfg.Profiles, "compteur-modele")
	cat, err := catalogue.Load()
	require.NoError(t, err)
	shipped, err := alarm.Library(cat)
	require.NoError(t, err)
	classes, err := alarm.Load(cat, os.DirFS("example"))
	require.NoError(t, err)
	require.Len(t, classes, len(shipped)+1)
}

// TestExampleShowsEveryKey: whoever adds a key shows it.
func TestExampleShowsEveryKey(t *testing.T) {
	hub := read(t, "example/gtc.yaml")
	for _, key := range keys(reflect.TypeFor[config.Hub]()) {
		require.Regexp(t, `(?m)[\s{,-]`+key+`:`, hub, "gtc.yaml does not show %s", key)
	}
	site := read(t, "example/sites/maison-exemple.yaml") + read(t, "example/sites/campus-exemple.yaml")
	for _, key := range keys(reflect.TypeFor[config.Site]()) {
		require.Regexp(t, `(?m)(^|[\s{,-])`+key+`:`, site, "the site file does not show %s", key)
	}
}

// keys returns the YAML keys of a configuration type and those below it.
func keys(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[profile.Profile]() {
		return nil
	}
	var out []string
	for field := range t.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if key == "" || key == "-" {
			continue
		}
		out = append(out, key)
		out = append(out, keys(field.Type)...)
	}
	return out
}

type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
	} `yaml:"services"`
}

func TestComposeIsPinnedAndClosed(t *testing.T) {
	var c compose
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c))
	require.Subset(t, []string{"influxdb", "influxdb-setup", "hub", "grafana"}, names(c.Services))
	for name, s := range c.Services {
		require.Regexp(t, `^([a-z/-]+:[0-9]+\.[0-9]+\.[0-9]+|gtc-hub:local)$`, s.Image, "%s: pin the whole version", name)
		for _, p := range s.Ports {
			require.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s publishes %s beyond this machine", name, p)
		}
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") || strings.Contains(key, "TOKEN") {
				require.True(t, strings.HasPrefix(value, "/run/secrets/"), "%s: %s is no file", name, key)
			}
		}
	}
	require.Regexp(t, `(?m)^FROM golang:\d+\.\d+\.\d+-`, read(t, "Dockerfile"))
}

func names[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// TestSetupMakesTheDatabases: the script and the program agree.
func TestSetupMakesTheDatabases(t *testing.T) {
	script := read(t, "influx/setup.sh")
	for _, r := range influx.Databases() {
		days := "0"
		if r.Days > 0 {
			days = strconv.Itoa(r.Days) + "d"
		}
		require.Contains(t, script, "bucket "+string(r.Database)+" "+days+" "+strconv.Itoa(r.ShardDays)+"d\n")
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	out, err := exec.CommandContext(t.Context(), sh, "-n", "influx/setup.sh").CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestGrafanaNeverSeesPrivateData(t *testing.T) {
	require.NoError(t, filepath.WalkDir("grafana", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			require.NotRegexp(t, `(?m)^\s*[^#\s].*gtc_private`, read(t, path))
		}
		return err
	}))
	token := regexp.MustCompile(`(?s)"gtc grafana" (.*?)\n\n`).FindStringSubmatch(read(t, "influx/setup.sh"))
	require.Len(t, token, 2)
	require.NotContains(t, token[1], "private")
	require.NotContains(t, token[1], "--write")
}

func TestUnitsAreHardened(t *testing.T) {
	for _, unit := range []string{"systemd/gtc-hub.service", "systemd/gtc-edge@.service"} {
		text := read(t, unit)
		for _, line := range []string{
			"NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateDevices=yes",
			"RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "Restart=always", "StartLimitIntervalSec=0",
		} {
			require.Contains(t, text, "\n"+line+"\n", unit)
		}
		require.Regexp(t, `\nLoadCredential=`, text)
		require.Regexp(t, `\nMemoryMax=\d+[MG]\n`, text)
		require.Regexp(t, `\n(DynamicUser=yes|User=gtc)\n`, text)
		require.NotContains(t, text, "WatchdogSec", "the program does not answer a watchdog yet")
	}
}

// TestUnitsAreUnderstood lets systemd read them, where there is one. The
// program is not installed here, so another one stands for it.
func TestUnitsAreUnderstood(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	for _, unit := range []string{"gtc-hub.service", "gtc-edge@.service"} {
		text := strings.ReplaceAll(read(t, "systemd/"+unit), "/usr/bin/gtc ", "/bin/true ")
		path := filepath.Join(t.TempDir(), unit)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
		require.NoError(t, err, string(out))
		require.NotContains(t, string(out), unit+":", "systemd warns")
	}
}

// TestNoSecretsHere: what looks like a secret in deploy is a path to one.
func TestNoSecretsHere(t *testing.T) {
	secret := regexp.MustCompile(`(?im)^\s*-?\s*(password|token|secret|passphrase)\s*[:=]\s*["']?[^\s"'$/{#]+`)
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		require.Empty(t, secret.FindString(read(t, path)), path)
		return nil
	}))
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}
