package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simonvetter/modbus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/truth"
)

// simulate runs gtc simulate and returns its status and what it printed.
func simulate(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), Env{Args: append([]string{"simulate"}, args...), Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

func TestSimulateWritesAConfigurationThatCheckAccepts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "park")
	code, _, errs := simulate(t, "--park", "region", "--sites", "3", "--seed", "9", "--write-config", dir)
	require.Zero(t, code, errs)
	var out, checked bytes.Buffer
	code = Run(t.Context(), Env{Args: []string{"check", dir}, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &checked})
	require.Zero(t, code, checked.String())
	require.Contains(t, out.String(), "3 sites")
	code, _, errs = simulate(t, "--park", "region", "--write-config", dir)
	require.Equal(t, 1, code, "a folder that is there is left alone")
	require.Contains(t, errs, "exists")
}

func TestSimulateWritesAHistoryAndItsTruth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	park := filepath.Join(dir, "park")
	code, _, errs := simulate(t, "--park", "region", "--sites", "2", "--write-config", park)
	require.Zero(t, code, errs)
	run := func(name string) (written, map[string][]byte, *truth.File) {
		out, file := filepath.Join(dir, name), filepath.Join(dir, name+".json")
		code, stdout, errs := simulate(t, "--config", park, "--history", "2025-10-01..2025-11-15", "--out", out, "--truth", file, "--json")
		require.Zero(t, code, errs)
		var w written
		require.NoError(t, json.Unmarshal([]byte(stdout), &w))
		lines := map[string][]byte{}
		for _, db := range []string{"gtc", "gtc_rollup"} {
			names, err := filepath.Glob(filepath.Join(out, db, "*.lp"))
			require.NoError(t, err)
			require.Len(t, names, 2, "a file a site")
			for _, n := range names {
				data, err := os.ReadFile(n)
				require.NoError(t, err)
				lines[db+"/"+filepath.Base(n)] = data
			}
		}
		f, err := os.Open(file)
		require.NoError(t, err)
		defer f.Close() //nolint:errcheck // it was only read
		told, err := truth.Read(f)
		require.NoError(t, err)
		return w, lines, told
	}
	w, lines, told := run("first")
	require.Equal(t, 2, w.Sites)
	require.Positive(t, w.Values)
	require.Equal(t, w.From, told.From)
	require.Len(t, told.Meters, 8)
	for name, data := range lines {
		require.NotEmpty(t, data, name)
	}
	_, again, toldAgain := run("second")
	require.Equal(t, lines, again, "the same on any machine")
	require.Equal(t, told, toldAgain)
}

func TestSimulateServesTheDevices(t *testing.T) {
	t.Parallel()
	park := filepath.Join(t.TempDir(), "park")
	code, _, errs := simulate(t, "--park", "region", "--sites", "1", "--write-config", park)
	require.Zero(t, code, errs)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- Run(ctx, Env{Args: []string{"simulate", "--config", park, "--json", "--speed", "1000"}, Getenv: func(string) string { return "" }, Stdout: in, Stderr: io.Discard})
		_ = in.Close()
	}()
	var addresses []simulators.Address
	require.NoError(t, json.NewDecoder(out).Decode(&addresses))
	go func() { _, _ = io.Copy(io.Discard, out) }()
	require.Len(t, addresses, 3)
	client, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp" + strings.TrimPrefix(addresses[0].URL, "modbus")})
	require.NoError(t, err)
	require.NoError(t, client.Open())
	defer client.Close() //nolint:errcheck // the test ends
	require.NoError(t, client.SetUnitId(2))
	first, err := client.ReadUint32(60, modbus.INPUT_REGISTER)
	require.NoError(t, err)
	require.Positive(t, first, "the gas meter counts")
	stop()
	require.Zero(t, <-done, "Ctrl-C is not a failure")
}

func TestSimulateRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"park":        {[]string{"--park", "town", "--write-config", "x"}, "demo, full or region"},
		"speed":       {[]string{"--speed", "20000"}, "between 1 and 10000"},
		"sites":       {[]string{"--park", "region", "--sites", "0"}, "at least one"},
		"history":     {[]string{"--history", "2025-01-01", "--out", "x"}, "FROM..TO"},
		"backwards":   {[]string{"--history", "2025-02-01..2025-01-01", "--out", "x"}, "ends before it begins"},
		"nowhere":     {[]string{"--history", "2025-01-01..2025-01-02"}, "give one of them"},
		"out alone":   {[]string{"--out", "x"}, "say which days"},
		"two parks":   {[]string{"--config", "x", "--write-config", "y"}, "there is one in --config"},
		"no folder":   {[]string{"--config", "/nowhere"}, "nowhere"},
		"since":       {[]string{"--speed", "10", "--since", "yesterday"}, "--since"},
		"no such day": {[]string{"--history", "2025-02-30..2025-03-01", "--out", "x"}, "not a day"},
	} {
		code, _, errs := simulate(t, c.args...)
		require.Equal(t, 1, code, name)
		require.Contains(t, errs, c.want, name)
	}
}
