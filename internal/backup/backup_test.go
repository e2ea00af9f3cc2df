package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// made is a hub with something of everything in it.
type made struct {
	config, bus string
	source      Source
	db          *influx.Client
}

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
}

func startHub(t *testing.T, dir string) *bus.Hub {
	t.Helper()
	h, err := bus.StartHub(t.Context(), bus.HubOptions{Dir: dir, Sites: map[gtc.SiteID]string{"s1": "x"}, NoSync: true, Log: zerolog.Nop()})
	require.NoError(t, err)
	return h
}

func newMade(t *testing.T, withInflux bool) *made {
	t.Helper()
	base := t.TempDir()
	m := &made{config: filepath.Join(base, "config"), bus: filepath.Join(base, "hub")}
	put(t, filepath.Join(m.config, "gtc.yaml"), "influx: {}\n", 0o640)
	put(t, filepath.Join(m.config, "sites", "s1.yaml"), "site: s1\n", 0o644)
	put(t, filepath.Join(m.config, ".git", "HEAD"), "x", 0o644)
	put(t, filepath.Join(base, "token"), "tok\n", 0o600)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(m.config, "link.yaml")))
	h := startHub(t, m.bus)
	for i := range 500 {
		require.NoError(t, h.PublishEvent(t.Context(), gtc.Event{ID: fmt.Sprintf("e%d", i), Site: "s1", At: now.Add(time.Duration(i) * time.Second), Kind: gtc.EventAlarm, Subject: "x", From: "normal", To: "unacknowledged"}))
	}
	for _, k := range []string{"alarm.a", "finding.b"} {
		_, err := h.State().Put(t.Context(), k, []byte(`{"state":"`+k+`"}`))
		require.NoError(t, err)
	}
	_, err := h.State().Put(t.Context(), "alarm.a", []byte(`{"state":"again"}`))
	require.NoError(t, err)
	js, err := jetstream.New(h.Conn())
	require.NoError(t, err)
	c, err := js.CreateOrUpdateConsumer(t.Context(), "EVENTS", jetstream.ConsumerConfig{Durable: "INGEST", AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(t, err)
	batch, err := c.Fetch(200)
	require.NoError(t, err)
	for msg := range batch.Messages() {
		require.NoError(t, msg.DoubleAck(t.Context()))
	}
	h.Close()
	m.source = Source{Version: "test", Now: now, Config: m.config, Bus: m.bus, Samples: SamplesAuto, Secrets: map[string]string{"influx-token": filepath.Join(base, "token"), "tls/hub.key": filepath.Join(base, "none"), "inside": filepath.Join(m.config, "gtc.yaml")}}
	if withInflux {
		m.db = influxtest.Start(t)
		m.source.Influx = m.db
		var lines []byte
		for i := range 12_000 {
			lines = influx.NewLine("energy").Tag("meter", "gaz é,=").Tag("site", "s1").Tag("step", "hour").Float("coverage", 1).Float("kwh", float64(i)/7).Str("source", `a "b" \ c`).
				At(now.AddDate(-2, 0, 0).Add(time.Duration(i) * time.Hour)).Append(lines)
		}
		lines = influx.NewLine("import").Tag("site", "s1").Int("lines", 1<<53+1).Bool("readings", true).Str("file", "x").At(now).Append(lines)
		require.NoError(t, m.db.Write(t.Context(), influx.Rollup, lines))
	}
	return m
}

// create makes a backup of the stopped hub.
func (m *made) create(t *testing.T, path string) Manifest {
	t.Helper()
	store, err := bus.OpenOffline(t.Context(), m.bus, zerolog.Nop())
	require.NoError(t, err)
	defer store.Close()
	m.source.Conn = store.Conn()
	man, err := Create(t.Context(), path, m.source)
	require.NoError(t, err)
	return man
}

// content is all of a hub's bus: messages with their numbers and times, states
// with their revisions, and how far a consumer came.
func content(t *testing.T, dir string) []string {
	t.Helper()
	h := startHub(t, dir)
	defer h.Close()
	js, err := jetstream.New(h.Conn())
	require.NoError(t, err)
	var out []string
	s, err := js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
		msg, err := s.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		out = append(out, fmt.Sprint(msg.Sequence, msg.Time.UnixNano(), msg.Subject, string(msg.Data), msg.Header))
	}
	keys, err := h.State().Keys(t.Context())
	require.NoError(t, err)
	for _, k := range keys {
		history, err := h.State().History(t.Context(), k)
		require.NoError(t, err)
		for _, e := range history {
			out = append(out, fmt.Sprint(e.Key(), e.Revision(), e.Created().UnixNano(), string(e.Value())))
		}
	}
	c, err := s.Consumer(t.Context(), "INGEST")
	require.NoError(t, err)
	out = append(out, fmt.Sprint("INGEST ", c.CachedInfo().AckFloor.Stream))
	// The same event again is still the same.
	require.NoError(t, h.PublishEvent(t.Context(), gtc.Event{ID: "e499", Site: "s1", At: now, Kind: gtc.EventAlarm, Subject: "x"}))
	after, err := s.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, info.State.Msgs, after.State.Msgs)
	return out
}

func lines(t *testing.T, c *influx.Client) string {
	t.Helper()
	var b bytes.Buffer
	_, err := exportLines(t.Context(), c, influx.Rollup, &b, func(int) {})
	require.NoError(t, err)
	return b.String()
}

func TestBackupAndRestore(t *testing.T) {
	m := newMade(t, true)
	path := filepath.Join(t.TempDir(), "b.tar.zst")
	man := m.create(t, path)
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), st.Mode())
	require.Equal(t, map[string]int{"energy": 12_000, "import": 1}, man.Rollups)
	require.Equal(t, map[string]string{"influx-token": filepath.Join(filepath.Dir(m.config), "token")}, man.Secrets)
	require.Len(t, man.Notes, 2, "the link, and the key that is not there: %v", man.Notes)
	names := map[string]uint64{}
	for _, s := range man.Streams {
		names[s.Name] = s.Messages
	}
	require.Equal(t, map[string]uint64{"EVENTS": 500, "KV_state": 3, "REJECTED": 0}, names, "samples are in InfluxDB")

	_, err = Create(t.Context(), path, m.source)
	require.ErrorIs(t, err, os.ErrExist, "a backup is never written over")

	clean := t.TempDir()
	other, _ := influxtest.StartServer(t, t.TempDir(), "")
	target := Target{Config: filepath.Join(clean, "etc"), Bus: filepath.Join(clean, "hub"), Secrets: filepath.Join(clean, "secrets"), Now: now, Log: zerolog.Nop()}
	target.Influx = func() (*influx.Client, error) { return influx.Open(influx.Options{URL: other.URL()}) }
	r, err := Restore(t.Context(), path, target)
	require.NoError(t, err)
	require.Equal(t, 12_001, r.Lines)
	require.Equal(t, content(t, m.bus), content(t, target.Bus))
	require.Equal(t, lines(t, m.db), lines(t, other))
	for name, mode := range map[string]os.FileMode{"etc/gtc.yaml": 0o640, "etc/sites/s1.yaml": 0o644, "secrets/influx-token": 0o600} {
		st, err := os.Stat(filepath.Join(clean, name))
		require.NoError(t, err)
		require.Equal(t, mode, st.Mode(), name)
	}
	require.NoDirExists(t, filepath.Join(clean, "etc", ".git"))
	left, err := filepath.Glob(filepath.Join(clean, ".gtc-*"))
	require.NoError(t, err)
	require.Empty(t, left)

	_, err = Restore(t.Context(), path, target)
	require.ErrorIs(t, err, ErrNotEmpty)
	target.Force = true
	r, err = Restore(t.Context(), path, target)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(r.Moved[target.Config], "gtc.yaml"))
	require.DirExists(t, filepath.Join(r.Moved[target.Bus], "jetstream"))
	require.Equal(t, content(t, m.bus), content(t, target.Bus))
	require.Equal(t, lines(t, m.db), lines(t, other), "lines that are there stay one")
}

// TestRunningHub copies the streams while events go on.
func TestRunningHub(t *testing.T) {
	m := newMade(t, false)
	h := startHub(t, m.bus)
	defer h.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if h.PublishEvent(ctx, gtc.Event{ID: fmt.Sprintf("live%d", n), Site: "s1", At: now, Kind: gtc.EventAlarm, Subject: "x"}) != nil {
				break
			}
		}
		done <- n
	}()
	m.source.Conn, m.source.Live = h.Conn(), true
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	man, err := Create(t.Context(), path, m.source)
	require.NoError(t, err)
	cancel()
	require.Positive(t, <-done)
	require.True(t, man.Live)
	clean := t.TempDir()
	_, err = Restore(t.Context(), path, Target{Parts: []string{PartStreams}, Bus: filepath.Join(clean, "hub"), Now: now, Log: zerolog.Nop()})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(content(t, filepath.Join(clean, "hub"))), 500)
}

func TestEncrypted(t *testing.T) {
	m := newMade(t, false)
	dir := t.TempDir()
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	put(t, filepath.Join(dir, "key"), id.String()+"\n", 0o600)
	put(t, filepath.Join(dir, "phrase"), "a long passphrase of this test\n", 0o600)
	put(t, filepath.Join(dir, "other"), "another\n", 0o600)

	m.source.To, err = Recipients([]string{id.Recipient().String()}, "")
	require.NoError(t, err)
	path := filepath.Join(dir, "b.tar.zst.age")
	m.create(t, path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(data), "gtc.yaml")
	_, err = Verify(path, nil)
	require.ErrorIs(t, err, errEncrypted)
	keys, err := Identities(filepath.Join(dir, "key"), "")
	require.NoError(t, err)
	man, err := Verify(path, keys)
	require.NoError(t, err)
	require.Equal(t, "test", man.Version)

	m.source.To, err = Recipients(nil, filepath.Join(dir, "phrase"))
	require.NoError(t, err)
	phrase, ok := m.source.To[0].(*age.ScryptRecipient)
	require.True(t, ok)
	phrase.SetWorkFactor(10) // a second less
	path = filepath.Join(dir, "p.tar.gz.age")
	m.create(t, path)
	keys, err = Identities("", filepath.Join(dir, "other"))
	require.NoError(t, err)
	_, err = Verify(path, keys)
	require.ErrorIs(t, err, ErrDamaged)
	keys, err = Identities("", filepath.Join(dir, "phrase"))
	require.NoError(t, err)
	_, err = Verify(path, keys)
	require.NoError(t, err)

	_, err = Recipients([]string{"age1nonsense"}, "")
	require.Error(t, err)
	_, err = Recipients([]string{id.Recipient().String()}, filepath.Join(dir, "phrase"))
	require.ErrorContains(t, err, "not both")
}

// TestDamaged flips and cuts bytes all over a backup: it is never restored.
func TestDamaged(t *testing.T) {
	m := newMade(t, false)
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	m.create(t, path)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	bad := filepath.Join(t.TempDir(), "bad.tar.gz")
	clean := filepath.Join(t.TempDir(), "x")
	target := Target{Config: filepath.Join(clean, "etc"), Bus: filepath.Join(clean, "hub"), Secrets: clean, Now: now, Log: zerolog.Nop()}
	try := func(what string, data []byte) {
		t.Helper()
		require.NoError(t, os.WriteFile(bad, data, 0o600))
		_, err := Restore(t.Context(), bad, target)
		require.ErrorIs(t, err, ErrDamaged, what)
		require.NoDirExists(t, target.Config, what)
		require.NoDirExists(t, target.Bus, what)
	}
	for cut := 0; cut < len(whole)-10; cut += max(1, len(whole)/15) {
		try(fmt.Sprintf("cut at %d", cut), whole[:cut])
	}
	for short := 1; short < 64; short++ {
		try(fmt.Sprintf("%d short", short), whole[:len(whole)-short])
	}
	for at := 20; at < len(whole)-10; at += max(1, len(whole)/15) {
		data := bytes.Clone(whole)
		data[at] ^= 0x55
		try(fmt.Sprintf("flipped at %d", at), data)
	}
	require.NoError(t, os.WriteFile(bad, whole, 0o600))
	_, err = Verify(bad, nil)
	require.NoError(t, err)
}

// TestHostileArchives are made by somebody who means harm.
func TestHostileArchives(t *testing.T) {
	type file struct {
		tar.Header
		text string
	}
	manifest := func(files ...File) file {
		text, err := json.Marshal(Manifest{Format: Format, Files: files})
		require.NoError(t, err)
		return file{tar.Header{Name: manifestName, Typeflag: tar.TypeReg}, string(text)}
	}
	reg := func(name string) file { return file{tar.Header{Name: name, Typeflag: tar.TypeReg}, "x"} }
	for what, x := range map[string]struct {
		files []file
		want  string
	}{
		"up":            {[]file{reg("config/../../evil")}, "not allowed"},
		"absolute":      {[]file{reg("/etc/evil")}, "not allowed"},
		"backslash":     {[]file{reg(`config\..\evil`)}, "not allowed"},
		"no part":       {[]file{reg("evil")}, "belongs to no part"},
		"link":          {[]file{{tar.Header{Name: "config/a", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, ""}}, "no regular file"},
		"hard link":     {[]file{{tar.Header{Name: "config/a", Typeflag: tar.TypeLink, Linkname: "config/b"}, ""}}, "no regular file"},
		"twice":         {[]file{reg("config/a"), reg("config/a")}, "given twice"},
		"after":         {[]file{manifest(), reg("config/a")}, "after the manifest"},
		"no manifest":   {[]file{reg("config/a")}, "no manifest"},
		"not listed":    {[]file{reg("config/a"), manifest()}, "1 files, its manifest 0"},
		"not there":     {[]file{reg("config/a"), manifest(File{Name: "config/b"})}, "config/b is missing"},
		"another":       {[]file{reg("config/a"), manifest(File{Name: "config/a", Size: 1, SHA256: "00"})}, "not what was put into it"},
		"other format":  {[]file{{tar.Header{Name: manifestName, Typeflag: tar.TypeReg}, `{"format":"gtc-backup/99"}`}}, "gtc-backup/99"},
		"no json":       {[]file{{tar.Header{Name: manifestName, Typeflag: tar.TypeReg}, `no`}}, "manifest"},
		"not a backup":  {nil, "no manifest"},
		"dots are fine": {[]file{reg("config/..."), manifest(File{Name: "config/...", Size: 1, SHA256: "00"})}, "not what was put"},
	} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for _, f := range x.files {
			f.Size, f.Mode = int64(len(f.text)), 0o600
			require.NoError(t, w.WriteHeader(&f.Header))
			_, err := w.Write([]byte(f.text))
			require.NoError(t, err)
		}
		require.NoError(t, errors.Join(w.Close(), z.Close()))
		dir := t.TempDir()
		path := filepath.Join(dir, "h.tar.gz")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		_, err := Restore(t.Context(), path, Target{Config: filepath.Join(dir, "a", "etc"), Bus: filepath.Join(dir, "a", "hub"), Secrets: filepath.Join(dir, "a", "s"), Now: now, Log: zerolog.Nop()})
		require.ErrorIs(t, err, ErrDamaged, what)
		require.ErrorContains(t, err, x.want, what)
	}
}

func TestSamplesThatInfluxDoesNotHave(t *testing.T) {
	m := newMade(t, false)
	h := startHub(t, m.bus)
	js, err := jetstream.New(h.Conn())
	require.NoError(t, err)
	for range 3 {
		_, err = js.Publish(t.Context(), "in.s1.sample", []byte("boiler,equipment=b,site=s1 flow_temp=1 1\n"))
		require.NoError(t, err)
	}
	h.Close()
	for mode, want := range map[Samples]bool{SamplesAuto: true, SamplesNever: false, SamplesAlways: true} {
		m.source.Samples = mode
		man := m.create(t, filepath.Join(t.TempDir(), "b.tar.zst"))
		require.EqualValues(t, 3, man.NotStored)
		var names []string
		for _, s := range man.Streams {
			names = append(names, s.Name)
		}
		require.Equal(t, want, strings.Contains(strings.Join(names, " "), "SAMPLES"), "%s: %v", mode, names)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(path, nil); err == nil {
			t.Fatal("nothing that was not made by Create has right checksums")
		}
	})
}
