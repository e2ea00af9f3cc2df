package main

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// required is what a plugin without which Grafana, or who installs it, is stuck.
func required() []string {
	return []string{
		"plugin.json", "module.js", "README.md", "CHANGELOG.md", "LICENSE", "img/logo.svg",
		"gpx_gtc_linux_amd64", "gpx_gtc_linux_arm64",
	}
}

// complete lists the files of dist in order, and refuses one that lacks any.
func complete(dist string) ([]string, error) {
	files, err := filesOf(dist, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	var missing []error
	for _, name := range required() {
		if !slices.Contains(files, name) {
			missing = append(missing, fmt.Errorf("%s: no %s", dist, name))
		}
	}
	return files, errors.Join(missing...)
}

// filesOf lists the files below dir that keep wants, with slashes, in order.
func filesOf(dir string, keep func(name string) bool) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err == nil && keep(rel) {
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	return files, err
}

// writeManifest writes the sums of the Go files of the backend, one a line, in
// the form of Grafana's own build tools.
func writeManifest(path string, sources []string) error {
	var text strings.Builder
	for _, dir := range sources {
		files, err := filesOf(dir, func(name string) bool {
			return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
		})
		if err != nil {
			return err
		}
		for _, name := range files {
			sum, err := sumOf(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			fmt.Fprintf(&text, "%x:%s\n", sum, filepath.ToSlash(filepath.Join(dir, name)))
		}
	}
	return os.WriteFile(path, []byte(text.String()), 0o644) //nolint:gosec // everybody may read what is shipped
}

func writeZip(path, dist, id string, files []string, date time.Time) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	for _, name := range files {
		if err := add(z, filepath.Join(dist, name), id+"/"+name, date); err != nil {
			return err
		}
	}
	return z.Close()
}

func add(z *zip.Writer, path, name string, date time.Time) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: date}
	h.SetMode(0o644)
	if strings.Contains(name, "/gpx_") {
		h.SetMode(0o755)
	}
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	_, err = io.Copy(w, f)
	return err
}

// writeSum leaves the checksum beside the archive, as sha256sum -c reads it.
func writeSum(path string) error {
	sum, err := sumOf(path)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", sum, filepath.Base(path))
	return os.WriteFile(path+".sha256", []byte(line), 0o644) //nolint:gosec // everybody may read what is shipped
}

func sumOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}
