package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
)

// ErrDamaged says that a file is no backup, or not as it was made.
var ErrDamaged = errors.New("the backup cannot be used")

// Verify reads a whole backup and compares every file with the manifest.
func Verify(path string, keys []age.Identity) (Manifest, error) {
	m, err := walk(path, keys, "", nil)
	if err != nil {
		return m, fmt.Errorf("verify %s: %w", path, err)
	}
	return m, nil
}

// walk reads and verifies a whole archive; what is wrong with it is ErrDamaged.
func walk(path string, keys []age.Identity, into string, parts []string) (Manifest, error) {
	m, err := read(path, keys, into, parts)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return m, nil
}

// read reads a whole archive, unpacks the files of some parts into a folder,
// and verifies all of it against the manifest, which is its last file. It
// refuses names that would leave the folder, links, and names given twice.
func read(path string, keys []age.Identity, into string, parts []string) (m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	in, err := openArchive(f, keys)
	if err != nil {
		return m, err
	}
	defer in.close()
	seen := map[string]File{}
	for {
		head, err := in.tar.Next()
		if errors.Is(err, io.EOF) {
			// The archive ends before its file does: the sums of the packing
			// are behind it.
			if _, err := io.Copy(io.Discard, in.rest); err != nil {
				return m, fmt.Errorf("the backup is damaged or cut short: %w", err)
			}
			return m, compare(m, seen)
		}
		if err != nil {
			return m, fmt.Errorf("the backup is damaged or cut short: %w", err)
		}
		if err := checkName(head.Name); err != nil {
			return m, err
		}
		if _, twice := seen[head.Name]; twice || m.Format != "" {
			return m, fmt.Errorf("file %q of the archive is given twice, or after the manifest", head.Name)
		}
		if head.Typeflag != tar.TypeReg {
			return m, fmt.Errorf("file %q of the archive is no regular file", head.Name)
		}
		if head.Name == manifestName {
			if m, err = readManifest(in.tar); err != nil {
				return m, err
			}
			continue
		}
		part, _, _ := strings.Cut(head.Name, "/")
		to := ""
		if into != "" && slices.Contains(parts, part) {
			to = filepath.Join(into, filepath.FromSlash(head.Name))
		}
		if seen[head.Name], err = unpack(in.tar, head, to); err != nil {
			return m, err
		}
	}
}

func readManifest(r io.Reader) (m Manifest, err error) {
	if err := json.NewDecoder(io.LimitReader(r, 64<<20)).Decode(&m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	if m.Format != Format {
		return Manifest{}, fmt.Errorf("the backup has the form %q, this program knows %s", m.Format, Format)
	}
	return m, nil
}

// unpack writes a file, or only sums it up when to is "".
func unpack(r io.Reader, head *tar.Header, to string) (File, error) {
	out := io.Discard
	sum := sha256.New()
	var f *os.File
	if to != "" {
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return File{}, err
		}
		var err error
		if f, err = os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, fs.FileMode(head.Mode).Perm()|0o600); err != nil {
			return File{}, err
		}
		out = f
	}
	n, err := io.Copy(io.MultiWriter(out, sum), r)
	if f != nil {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return File{}, fmt.Errorf("the backup is damaged or cut short at %s: %w", head.Name, err)
	}
	return File{Name: head.Name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Mode: fs.FileMode(head.Mode).Perm()}, nil
}

// compare compares what is in an archive with its manifest.
func compare(m Manifest, seen map[string]File) error {
	if m.Format == "" {
		return errors.New("the backup has no manifest: it is cut short")
	}
	if len(m.Files) != len(seen) {
		return fmt.Errorf("the backup has %d files, its manifest %d", len(seen), len(m.Files))
	}
	for _, want := range m.Files {
		got, ok := seen[want.Name]
		if !ok {
			return fmt.Errorf("%s is missing in the backup", want.Name)
		}
		if got.SHA256 != want.SHA256 || got.Size != want.Size {
			return fmt.Errorf("%s in the backup is not what was put into it (sha256 %s, want %s)", want.Name, got.SHA256, want.SHA256)
		}
	}
	return nil
}
