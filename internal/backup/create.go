package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/nats-io/nats.go"

	"github.com/cpas-charleroi/gtc/internal/influx"
)

// Samples says whether the stream of samples is part of a backup: it is large,
// and what InfluxDB has is not needed.
type Samples string

// The choices for the samples.
const (
	// SamplesAuto takes them along when InfluxDB does not have all of them.
	SamplesAuto   Samples = "auto"
	SamplesAlways Samples = "always"
	SamplesNever  Samples = "never"
)

const (
	streamSamples = "SAMPLES"
	ingestPrefix  = "INGEST"
)

// Source is what a backup is made of.
type Source struct {
	Version string
	Now     time.Time
	// Config is the configuration folder.
	Config string
	// Secrets are files outside of it, by their names in the backup.
	Secrets map[string]string
	// Bus is the hub's data folder, Conn the way to its streams, Live whether
	// the hub runs.
	Bus  string
	Conn *nats.Conn
	Live bool
	// Influx is where the rollups are, nil to leave them out.
	Influx  *influx.Client
	Samples Samples
	// To are the recipients, nil for a backup in clear.
	To []age.Recipient
	// Tell, when not nil, follows the work.
	Tell func(what string)
}

// Create makes a backup in a file, readable by its owner alone, which must not
// be there yet. A backup that fails leaves none.
func Create(ctx context.Context, path string, s Source) (Manifest, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return Manifest{}, fmt.Errorf("make backup: %w", err)
	}
	m, err := create(ctx, f, path, s)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return m, errors.Join(fmt.Errorf("make backup %s: %w", path, err), os.Remove(path))
	}
	return m, nil
}

// maker makes one backup.
type maker struct {
	Source
	archive *archive
	spool   string
	m       Manifest
}

func create(ctx context.Context, f *os.File, path string, s Source) (Manifest, error) {
	if s.Tell == nil {
		s.Tell = func(string) {}
	}
	k := &maker{Source: s, m: Manifest{
		Format: Format, Version: s.Version, Made: s.Now.UTC(), Config: s.Config, Bus: s.Bus, Live: s.Live,
		Secrets: map[string]string{}, Streams: []Stream{}, Rollups: map[string]int{}, Notes: []string{},
	}}
	var err error
	if k.archive, err = newArchive(f, path, s.To, s.Now); err != nil {
		return k.m, err
	}
	// What is not a file yet goes through one: its size comes first.
	if k.spool, err = os.MkdirTemp(filepath.Dir(path), ".gtc-backup-"); err != nil {
		return k.m, err
	}
	defer os.RemoveAll(k.spool) //nolint:errcheck // what is left of it is empty or hidden
	for _, step := range []func(context.Context) error{k.config, k.secrets, k.streams, k.rollups} {
		if err := step(ctx); err != nil {
			return k.m, err
		}
	}
	return k.m, k.archive.finish(&k.m)
}

func (k *maker) note(format string, args ...any) {
	k.m.Notes = append(k.m.Notes, fmt.Sprintf(format, args...))
}

// config adds the regular files of the configuration folder.
func (k *maker) config(ctx context.Context) error {
	k.Tell("configuration " + k.Config)
	return filepath.WalkDir(k.Config, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(k.Config, path)
		if err != nil {
			return err
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir():
			if rel != "." && (d.Name() == ".git" || samePath(path, k.Bus)) {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			k.note("%s is no regular file and is left out", path)
			return nil
		}
		return k.archive.addFile(PartConfig+"/"+filepath.ToSlash(rel), path)
	})
}

func samePath(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// secrets adds the files that the configuration names and that lie elsewhere.
func (k *maker) secrets(context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(k.Secrets)) {
		path := k.Secrets[name]
		abs, errA := filepath.Abs(path)
		dir, errB := filepath.Abs(k.Config)
		if errA == nil && errB == nil && strings.HasPrefix(abs, dir+string(filepath.Separator)) {
			continue // a part of the configuration already
		}
		err := k.archive.addFile(PartSecrets+"/"+name, path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			k.note("%s is left out: %v", path, errors.Unwrap(err))
			continue
		}
		if err != nil {
			return err
		}
		k.m.Secrets[name] = path
	}
	return nil
}

// streams adds every stream of the bus.
func (k *maker) streams(ctx context.Context) error {
	if k.Conn == nil {
		k.note("streams and states are left out")
		return nil
	}
	names, err := streamNames(ctx, k.Conn)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if name == streamSamples {
			take, err := k.wantSamples(ctx)
			if err != nil {
				return err
			}
			if !take {
				continue
			}
		}
		if err := k.stream(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// wantSamples decides about the samples.
func (k *maker) wantSamples(ctx context.Context) (bool, error) {
	n, err := notStored(ctx, k.Conn)
	if err != nil {
		return false, err
	}
	k.m.NotStored = n
	switch {
	case k.Samples == SamplesAlways, k.Samples != SamplesNever && n > 0:
		return true, nil
	case n > 0:
		k.note("%d messages of samples that InfluxDB does not have are left out", n)
	}
	return false, nil
}

// notStored counts the messages of samples that ingest has not yet written.
func notStored(ctx context.Context, nc *nats.Conn) (uint64, error) {
	var list struct {
		Consumers []struct {
			Name       string `json:"name"`
			Pending    uint64 `json:"num_pending"`
			AckPending uint64 `json:"num_ack_pending"`
		} `json:"consumers"`
	}
	if err := request(ctx, nc, "$JS.API.CONSUMER.LIST."+streamSamples, nil, &list); err != nil {
		return 0, err
	}
	n, found := uint64(0), false
	for _, c := range list.Consumers {
		if strings.HasPrefix(c.Name, ingestPrefix) {
			n, found = n+c.Pending+c.AckPending, true
		}
	}
	if found {
		return n, nil
	}
	var info struct {
		State streamState `json:"state"`
	}
	err := request(ctx, nc, apiInfo+streamSamples, nil, &info)
	return info.State.Messages, err
}

// stream adds the copy of a stream and how JetStream describes it.
func (k *maker) stream(ctx context.Context, name string) error {
	k.Tell("stream " + name)
	path := filepath.Join(k.spool, "stream")
	var s snapshot
	if err := writeFile(path, func(f *os.File) (err error) {
		s, err = saveStream(ctx, k.Conn, name, f)
		return err
	}); err != nil {
		return err
	}
	var state streamState
	if err := json.Unmarshal(s.State, &state); err != nil {
		return fmt.Errorf("copy stream %s: %w", name, err)
	}
	k.m.Streams = append(k.m.Streams, Stream{Name: name, Messages: state.Messages, Bytes: state.Bytes, First: state.First, Last: state.Last})
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := k.archive.add(PartStreams+"/"+name+".json", 0o600, int64(len(text)), strings.NewReader(string(text))); err != nil {
		return err
	}
	return k.archive.addFile(PartStreams+"/"+name+".snapshot", path)
}

// rollups adds the lines of gtc_rollup.
func (k *maker) rollups(ctx context.Context) error {
	if k.Influx == nil {
		k.note("the rollups of InfluxDB are left out")
		return nil
	}
	k.Tell("InfluxDB " + string(influx.Rollup))
	path := filepath.Join(k.spool, "lines")
	var e *exporter
	if err := writeFile(path, func(f *os.File) (err error) {
		e, err = exportLines(ctx, k.Influx, influx.Rollup, f, func(n int) { k.Tell(fmt.Sprintf("InfluxDB %s: %d lines", influx.Rollup, n)) })
		return err
	}); err != nil {
		return err
	}
	k.m.Rollups = e.lines
	if e.altered > 0 {
		k.note("%d texts in %s had line ends, which became spaces", e.altered, influx.Rollup)
	}
	return k.archive.addFile(rollupsName(), path)
}

func rollupsName() string { return PartRollups + "/" + string(influx.Rollup) + ".lp" }

// writeFile makes a file anew by what fill writes.
func writeFile(path string, fill func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}
