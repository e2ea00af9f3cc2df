package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/edge/bundle"
)

func sample() *bundle.Bundle {
	return &bundle.Bundle{
		Manifest: bundle.Manifest{Site: "site-a", Made: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), HubURL: "tls://hub.example.org:7422"},
		Password: "0123456789abcdef",
		CA:       []byte("-----BEGIN CERTIFICATE-----\n"),
		Files:    map[string][]byte{"sites/site-a.yaml": []byte("site: site-a\n"), "profiles/own.yaml": []byte("profile: own\n")},
	}
}

func pack(tb testing.TB, b *bundle.Bundle) []byte {
	tb.Helper()
	var out bytes.Buffer
	require.NoError(tb, b.Write(&out))
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := sample()
	data := pack(t, want)
	got, err := bundle.Read(bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, data, pack(t, sample()), "the same content makes the same file")

	dir := filepath.Join(t.TempDir(), "bundle")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sites"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "old.yaml"), nil, 0o600))
	require.NoError(t, got.Unpack(dir))
	require.NoFileExists(t, filepath.Join(dir, "sites", "old.yaml"), "what was there is replaced")
	place, err := bundle.At(dir)
	require.NoError(t, err)
	password, err := os.ReadFile(place.PasswordFile)
	require.NoError(t, err)
	require.Equal(t, "0123456789abcdef\n", string(password))
	require.FileExists(t, place.CAFile)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is for its owner only", path)
		return nil
	}))
	got.CA = nil
	require.NoError(t, got.Unpack(dir))
	place, err = bundle.At(dir)
	require.NoError(t, err)
	require.Empty(t, place.CAFile)
	_, err = bundle.At(t.TempDir())
	require.Error(t, err)
}

func TestWriteRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sites/../../etc/passwd.yaml", "gtc.yaml", "/sites/a.yaml", "sites/a.b.yaml", "sites/.yaml", "secrets/x"} {
		b := sample()
		b.Files[name] = nil
		require.Error(t, b.Write(&bytes.Buffer{}), name)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	archive := func(headers ...tar.Header) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		w := tar.NewWriter(z)
		for _, h := range headers {
			require.NoError(t, w.WriteHeader(&h))
			if h.Typeflag == tar.TypeReg {
				_, _ = w.Write(make([]byte, h.Size))
			}
		}
		_ = w.Close() // what was announced may be missing
		require.NoError(t, z.Close())
		return out.Bytes()
	}
	whole := pack(t, sample())
	noSite := sample()
	noSite.Manifest.Site = "site-b"
	noPassword := sample()
	noPassword.Password = ""
	for name, data := range map[string][]byte{
		"empty":        nil,
		"text":         []byte("site: site-a"),
		"cut":          whole[:len(whole)/2],
		"nothing":      archive(),
		"outside":      archive(tar.Header{Name: "../sites/site-a.yaml", Typeflag: tar.TypeReg}),
		"absolute":     archive(tar.Header{Name: "/etc/passwd", Typeflag: tar.TypeReg}),
		"link":         archive(tar.Header{Name: "ca.crt", Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"}),
		"too large":    archive(tar.Header{Name: "ca.crt", Typeflag: tar.TypeReg, Size: 5 << 20}),
		"another site": pack(t, noSite),
		"no password":  pack(t, noPassword),
	} {
		_, err := bundle.Read(bytes.NewReader(data))
		require.ErrorIs(t, err, bundle.ErrFormat, name)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pack(f, sample()))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := bundle.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := bundle.Read(bytes.NewReader(pack(t, b)))
		require.NoError(t, err)
		require.Equal(t, b.Files, again.Files)
	})
}
