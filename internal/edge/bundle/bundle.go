// Package bundle puts all that an edge needs into one file, and takes it out
// again: the site's file, the device profiles of one's own that it uses, the
// hub's authority and the edge's password. The form is in
// docs/formats/bundle.md.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Format names the form of a bundle.
const Format = "gtc-edge/1"

// The files of a bundle besides sites/ and profiles/.
const (
	manifestName = "edge.json"
	passwordName = "hub-password"
	caName       = "ca.crt"
)

// mostFiles and mostBytes bound what is taken out of a bundle.
const (
	mostFiles = 256
	mostBytes = 4 << 20
)

// ErrFormat marks what is not a bundle.
var ErrFormat = errors.New("not a bundle of gtc edge enrol")

// Manifest is edge.json.
type Manifest struct {
	Format string     `json:"format"`
	Site   gtc.SiteID `json:"site"`
	// Made is when the bundle was made.
	Made time.Time `json:"made"`
	// HubURL is where the edge finds the hub.
	HubURL string `json:"hub_url"`
}

// Bundle is the content of a bundle.
type Bundle struct {
	Manifest Manifest
	// Password is the site's at the hub.
	Password string
	// CA is the authority of the hub's certificate in PEM, nil for the
	// system's.
	CA []byte
	// Files are the configuration: sites/<site>.yaml and profiles/*.yaml.
	Files map[string][]byte
}

// Write writes a bundle, a gzipped tar archive.
func (b *Bundle) Write(w io.Writer) error {
	b.Manifest.Format = Format
	manifest, err := json.MarshalIndent(b.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	all := map[string][]byte{manifestName: append(manifest, '\n'), passwordName: []byte(b.Password + "\n")}
	if b.CA != nil {
		all[caName] = b.CA
	}
	names := []string{manifestName}
	for name, data := range b.Files {
		if !configuration(name) {
			return fmt.Errorf("write bundle: file %s does not belong into one", name)
		}
		all[name] = data
	}
	for name := range all {
		if name != manifestName {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	for _, name := range names {
		h := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(all[name])), ModTime: b.Manifest.Made, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return fmt.Errorf("write bundle: %s: %w", name, err)
		}
		if _, err := t.Write(all[name]); err != nil {
			return fmt.Errorf("write bundle: %s: %w", name, err)
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

// Read reads a bundle. What does not belong into one is refused.
func Read(r io.Reader) (*Bundle, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w: %w", ErrFormat, err)
	}
	b := &Bundle{Files: map[string][]byte{}}
	left := int64(mostBytes)
	t := tar.NewReader(z)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read bundle: %w: %w", ErrFormat, err)
		}
		if n >= mostFiles || h.Typeflag != tar.TypeReg || h.Size > left {
			return nil, fmt.Errorf("read bundle: %w: %q is no file or too large", ErrFormat, h.Name)
		}
		left -= h.Size
		data, err := io.ReadAll(io.LimitReader(t, h.Size))
		if err != nil {
			return nil, fmt.Errorf("read bundle: %w: %w", ErrFormat, err)
		}
		if err := b.take(h.Name, data); err != nil {
			return nil, err
		}
	}
	return b, b.check()
}

func (b *Bundle) take(name string, data []byte) error {
	switch {
	case name == manifestName:
		if err := json.Unmarshal(data, &b.Manifest); err != nil {
			return fmt.Errorf("read bundle: %w: %s: %w", ErrFormat, name, err)
		}
	case name == passwordName:
		b.Password = string(bytes.TrimSpace(data))
	case name == caName:
		b.CA = data
	case configuration(name):
		b.Files[name] = data
	default:
		return fmt.Errorf("read bundle: %w: %q", ErrFormat, name)
	}
	return nil
}

func (b *Bundle) check() error {
	switch {
	case b.Manifest.Format != Format:
		return fmt.Errorf("read bundle: %w: format %q, want %s", ErrFormat, b.Manifest.Format, Format)
	case b.Password == "":
		return fmt.Errorf("read bundle: %w: no password", ErrFormat)
	case b.Files["sites/"+string(b.Manifest.Site)+".yaml"] == nil:
		return fmt.Errorf("read bundle: %w: no file of site %q", ErrFormat, b.Manifest.Site)
	}
	return nil
}

// configuration reports whether a name is sites/<name>.yaml or
// profiles/<name>.yaml.
func configuration(name string) bool {
	dir, file := path.Split(name)
	stem, isYAML := strings.CutSuffix(file, ".yaml")
	return (dir == "sites/" || dir == "profiles/") && isYAML && stem != "" && !strings.ContainsAny(stem, `/\.`)
}

// Place is where a bundle was unpacked.
type Place struct {
	// Dir is the configuration folder.
	Dir          string
	PasswordFile string
	// CAFile is "" when the system's authorities serve.
	CAFile string
}

// Unpack replaces the folder dir by the content of the bundle; only its owner
// can read it. A power cut leaves the old folder or the new one.
func (b *Bundle) Unpack(dir string) error {
	fresh := dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("unpack bundle: %w", err)
	}
	all := map[string][]byte{passwordName: []byte(b.Password + "\n")}
	if b.CA != nil {
		all[caName] = b.CA
	}
	maps.Copy(all, b.Files)
	for name, data := range all {
		file := filepath.Join(fresh, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("unpack bundle: %w", err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return fmt.Errorf("unpack bundle: %w", err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("unpack bundle: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("unpack bundle: %w", err)
	}
	return nil
}

// At returns the places within an unpacked bundle.
func At(dir string) (Place, error) {
	p := Place{Dir: dir, PasswordFile: filepath.Join(dir, passwordName), CAFile: filepath.Join(dir, caName)}
	if _, err := os.Stat(p.PasswordFile); err != nil {
		return Place{}, fmt.Errorf("open unpacked bundle: %w", err)
	}
	if _, err := os.Stat(p.CAFile); err != nil {
		p.CAFile = ""
	}
	return p, nil
}
