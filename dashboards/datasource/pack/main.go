// Command pack makes the archive of the Grafana plugin from its built folder:
// one zip under the plugin's id, the manifest of the Go sources that Grafana's
// validator looks for, and checksums. The same sources give the same bytes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	dist := flag.String("dist", "dashboards/datasource/dist", "the built plugin")
	out := flag.String("out", "var/plugin", "folder of the archive")
	epoch := flag.Int64("epoch", 0, "seconds since 1970 that every file is dated")
	flag.Parse()
	path, err := run(*dist, *out, flag.Args(), time.Unix(*epoch, 0).UTC())
	if err != nil {
		fmt.Fprintln(os.Stderr, "pack plugin:", err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, path)
}

// run packs dist, whose backend was built from the Go files below sources.
func run(dist, out string, sources []string, date time.Time) (string, error) {
	id, version, err := identity(filepath.Join(dist, "plugin.json"))
	if err != nil {
		return "", err
	}
	if err := writeManifest(filepath.Join(dist, "go_plugin_build_manifest"), sources); err != nil {
		return "", err
	}
	files, err := complete(dist)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(out, fmt.Sprintf("%s-%s.zip", id, version))
	if err := writeZip(path, dist, id, files, date); err != nil {
		return "", err
	}
	return path, writeSum(path)
}

// identity reads what the plugin calls itself.
func identity(path string) (id, version string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	var p struct {
		ID   string
		Info struct{ Version string }
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return "", "", fmt.Errorf("%s: %w", path, err)
	}
	if p.ID == "" || p.Info.Version == "" || p.Info.Version == "%VERSION%" {
		return "", "", fmt.Errorf("%s: id %q, version %q: is the frontend built?", path, p.ID, p.Info.Version)
	}
	return p.ID, p.Info.Version, nil
}
