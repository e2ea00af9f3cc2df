package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// archive writes the files of a backup one after the other: tar, compressed,
// and encrypted when there is a recipient.
type archive struct {
	tar    *tar.Writer
	closer []io.Closer
	made   time.Time
	files  []File
}

// newArchive begins an archive; its name tells how it is compressed.
func newArchive(w io.Writer, name string, to []age.Recipient, made time.Time) (*archive, error) {
	a := &archive{made: made}
	if len(to) > 0 {
		secret, err := age.Encrypt(w, to...)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		a.closer, w = append(a.closer, secret), secret
	}
	var packed io.WriteCloser
	var err error
	switch stem := strings.TrimSuffix(name, ".age"); {
	case strings.HasSuffix(stem, ".tar.zst"):
		packed, err = zstd.NewWriter(w)
	case strings.HasSuffix(stem, ".tar.gz"), strings.HasSuffix(stem, ".tgz"):
		packed = gzip.NewWriter(w)
	default:
		err = fmt.Errorf("%s: want a name that ends on .tar.zst or .tar.gz (and .age when it is encrypted)", name)
	}
	if err != nil {
		return nil, err
	}
	a.closer = append(a.closer, packed)
	a.tar = tar.NewWriter(packed)
	return a, nil
}

// add puts a file of a known size into the archive.
func (a *archive) add(name string, mode fs.FileMode, size int64, r io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	head := &tar.Header{Name: name, Mode: int64(mode.Perm()), Size: size, ModTime: a.made, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(head); err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, sum), r)
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	if n != size {
		return fmt.Errorf("archive %s: it has %d bytes and had %d a moment ago", name, n, size)
	}
	a.files = append(a.files, File{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)), Mode: mode.Perm()})
	return nil
}

// addFile puts a file of the disk into the archive.
func (a *archive) addFile(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	return a.add(name, st.Mode(), st.Size(), f)
}

// finish writes the manifest and ends the archive.
func (a *archive) finish(m *Manifest) error {
	m.Files = a.files
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := a.add(manifestName, 0o600, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	m.Files = a.files[:len(a.files)-1]
	errs := []error{a.tar.Close()}
	for _, c := range slices.Backward(a.closer) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// opened is an archive that is read.
type opened struct {
	tar *tar.Reader
	// rest is what the archive is read from: to its end, or it is cut short.
	rest io.Reader
	zstd *zstd.Decoder
}

// errEncrypted says that keys are missing.
var errEncrypted = errors.New("the backup is encrypted: give --identity FILE or --passphrase-file FILE")

// openArchive finds out how an archive is packed by its first bytes.
func openArchive(r io.Reader, keys []age.Identity) (*opened, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if head, _ := b.Peek(21); string(head) == "age-encryption.org/v1" {
		if len(keys) == 0 {
			return nil, errEncrypted
		}
		plain, err := age.Decrypt(b, keys...)
		if err != nil {
			return nil, fmt.Errorf("decrypt: %w", err)
		}
		b = bufio.NewReaderSize(plain, 1<<16)
	}
	head, err := b.Peek(4)
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a backup: %w", err)
	case head[0] == 0x1f && head[1] == 0x8b:
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("not a backup: %w", err)
		}
		return &opened{tar: tar.NewReader(z), rest: z}, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, fmt.Errorf("not a backup: %w", err)
		}
		return &opened{tar: tar.NewReader(z), rest: z, zstd: z}, nil
	}
	return nil, errors.New("not a backup: neither zstd nor gzip")
}

func (o *opened) close() {
	if o.zstd != nil {
		o.zstd.Close()
	}
}
