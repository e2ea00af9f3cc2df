package main

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// built makes a folder as the build leaves it.
func built(t *testing.T, without ...string) (dist, source string) {
	t.Helper()
	dist, source = t.TempDir(), t.TempDir()
	for _, name := range append(required(), "module.js.map") {
		write(t, filepath.Join(dist, name), name)
	}
	write(t, filepath.Join(dist, "plugin.json"), `{"id":"cpas-gtc-datasource","info":{"version":"0.9.0"}}`)
	for _, name := range without {
		require.NoError(t, os.Remove(filepath.Join(dist, name)))
	}
	write(t, filepath.Join(source, "query.go"), "package datasource\n")
	write(t, filepath.Join(source, "query_test.go"), "package datasource\n")
	write(t, filepath.Join(source, "node_modules", "other.go"), "package other\n")
	return dist, source
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestPack(t *testing.T) {
	dist, source := built(t)
	date := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	path, err := run(dist, filepath.Join(t.TempDir(), "a"), []string{source}, date)
	require.NoError(t, err)
	require.Equal(t, "cpas-gtc-datasource-0.9.0.zip", filepath.Base(path))

	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close() //nolint:errcheck // only read
	modes := map[string]os.FileMode{}
	for _, f := range z.File {
		modes[f.Name] = f.Mode()
	}
	require.EqualValues(t, 0o755, modes["cpas-gtc-datasource/gpx_gtc_linux_arm64"])
	require.EqualValues(t, 0o644, modes["cpas-gtc-datasource/plugin.json"])
	require.Contains(t, modes, "cpas-gtc-datasource/go_plugin_build_manifest")
	require.Len(t, modes, len(required())+2)

	manifest, err := os.ReadFile(filepath.Join(dist, "go_plugin_build_manifest"))
	require.NoError(t, err)
	require.Regexp(t, `^[0-9a-f]{64}:.*/query\.go\n$`, string(manifest), "the program's own files, no tests, nothing of others")

	check := exec.CommandContext(t.Context(), "sha256sum", "-c", filepath.Base(path)+".sha256")
	check.Dir = filepath.Dir(path)
	said, err := check.CombinedOutput()
	require.NoError(t, err, string(said))

	again, err := run(dist, filepath.Join(t.TempDir(), "b"), []string{source}, date)
	require.NoError(t, err)
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	second, err := os.ReadFile(again)
	require.NoError(t, err)
	require.Equal(t, first, second, "the same sources give the same bytes")
}

func TestPackRefuses(t *testing.T) {
	dist, source := built(t, "gpx_gtc_linux_arm64", "LICENSE")
	_, err := run(dist, t.TempDir(), []string{source}, time.Time{})
	require.ErrorContains(t, err, "no LICENSE")
	require.ErrorContains(t, err, "no gpx_gtc_linux_arm64")

	dist, source = built(t)
	write(t, filepath.Join(dist, "plugin.json"), `{"id":"cpas-gtc-datasource","info":{"version":"%VERSION%"}}`)
	_, err = run(dist, t.TempDir(), []string{source}, time.Time{})
	require.ErrorContains(t, err, "is the frontend built?")
}
