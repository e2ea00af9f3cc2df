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
	"time"

	"filippo.io/age"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// Target is where a backup goes.
type Target struct {
	// Parts to restore, all when empty.
	Parts []string
	// Config, Bus and Secrets are the folders for the parts of those names.
	Config, Bus, Secrets string
	// Influx opens the database for the rollups once the configuration is
	// restored.
	Influx func() (*influx.Client, error)
	// Force moves aside what is in the way, to <folder>.before-<time>.
	Force bool
	Keys  []age.Identity
	Now   time.Time
	Log   zerolog.Logger
	Tell  func(what string)
}

// Result says what a restore did.
type Result struct {
	Manifest Manifest `json:"manifest"`
	// Moved gives for each folder that was in the way where it is now.
	Moved map[string]string `json:"moved"`
	// Secrets gives for each secret file where it stood and where it is now.
	Secrets map[string]string `json:"secrets"`
	Lines   int               `json:"lines"`
}

// ErrNotEmpty says that a target folder holds something.
var ErrNotEmpty = errors.New("it is not empty; --force moves its content aside")

// Restore puts a backup back. All of it is unpacked beside the targets and
// verified before anything is touched.
func Restore(ctx context.Context, path string, t Target) (Result, error) {
	r, err := restore(ctx, path, t)
	if err != nil {
		return r, fmt.Errorf("restore %s: %w", path, err)
	}
	return r, nil
}

func restore(ctx context.Context, path string, t Target) (Result, error) {
	if t.Tell == nil {
		t.Tell = func(string) {}
	}
	if len(t.Parts) == 0 {
		t.Parts = Parts()
	}
	r := Result{Moved: map[string]string{}, Secrets: map[string]string{}}
	if err := t.refuseFull(); err != nil {
		return r, err
	}
	at := filepath.Dir(filepath.Clean(t.Bus))
	if err := os.MkdirAll(at, 0o750); err != nil {
		return r, err
	}
	staging, err := os.MkdirTemp(at, ".gtc-restore-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(staging) //nolint:errcheck // what is left of it is hidden
	t.Tell("verify " + filepath.Base(path))
	if r.Manifest, err = walk(path, t.Keys, staging, t.Parts); err != nil {
		return r, err
	}
	for _, part := range []struct {
		name string
		do   func(context.Context, string, *Result) error
	}{{PartConfig, t.config}, {PartSecrets, t.secrets}, {PartStreams, t.streams}, {PartRollups, t.rollups}} {
		if slices.Contains(t.Parts, part.name) {
			if err := part.do(ctx, staging, &r); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// folders are the targets of the parts that are folders.
func (t Target) folders() map[string]string {
	out := map[string]string{}
	for part, dir := range map[string]string{PartConfig: t.Config, PartStreams: t.Bus} {
		if slices.Contains(t.Parts, part) {
			out[part] = dir
		}
	}
	return out
}

// refuseFull refuses a folder that holds something, before the long work.
func (t Target) refuseFull() error {
	if t.Force {
		return nil
	}
	for _, part := range slices.Sorted(maps.Keys(t.folders())) {
		dir := t.folders()[part]
		if full, err := holdsSomething(dir); err != nil {
			return err
		} else if full {
			return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
		}
	}
	return nil
}

// holdsSomething reports whether there is anything in a folder but the lock.
func holdsSomething(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != LockName }), nil
}

// LockName is the file in a hub's data folder that a running hub locks.
const LockName = "lock"

// clear moves what is in a folder aside.
func (t Target) clear(dir string, r *Result) error {
	full, err := holdsSomething(dir)
	if err != nil || !full {
		return err
	}
	aside := filepath.Clean(dir) + ".before-" + t.Now.UTC().Format("20060102T150405Z")
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == LockName {
			continue
		}
		if err := os.Rename(filepath.Join(dir, e.Name()), filepath.Join(aside, e.Name())); err != nil {
			return err
		}
	}
	r.Moved[dir] = aside
	return nil
}

func (t Target) config(_ context.Context, staging string, r *Result) error {
	t.Tell("configuration " + t.Config)
	if err := t.clear(t.Config, r); err != nil {
		return err
	}
	return copyTree(filepath.Join(staging, PartConfig), t.Config, nil)
}

// secrets puts the secrets into one folder: where they stood may be lent by
// the system, or not be on this machine. Nothing there is written over.
func (t Target) secrets(_ context.Context, staging string, r *Result) error {
	if len(r.Manifest.Secrets) == 0 {
		return nil
	}
	t.Tell("secrets " + t.Secrets)
	for name, stood := range r.Manifest.Secrets {
		r.Secrets[stood] = filepath.Join(t.Secrets, filepath.FromSlash(name))
	}
	return copyTree(filepath.Join(staging, PartSecrets), t.Secrets, func(path string) error {
		if _, err := os.Lstat(path); err == nil && !t.Force {
			return fmt.Errorf("%s is there already; --force writes over it", path)
		}
		return nil
	})
}

// copyTree copies the files below a folder with their modes.
func copyTree(from, to string, may func(path string) error) error {
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o750)
		}
		if may != nil {
			if err := may(target); err != nil {
				return err
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, data, info.Mode().Perm()); err != nil {
			return err
		}
		return os.Chmod(target, info.Mode().Perm())
	})
}

// streams makes the streams in the data folder, which no hub may be using.
func (t Target) streams(ctx context.Context, staging string, r *Result) error {
	if len(r.Manifest.Streams) == 0 {
		return nil
	}
	if err := t.clear(t.Bus, r); err != nil {
		return err
	}
	store, err := bus.OpenOffline(ctx, t.Bus, t.Log)
	if err != nil {
		return err
	}
	defer store.Close()
	for _, stream := range r.Manifest.Streams {
		t.Tell("stream " + stream.Name)
		base := filepath.Join(staging, PartStreams, stream.Name)
		text, err := os.ReadFile(base + ".json")
		if err != nil {
			return err
		}
		var s snapshot
		if err := json.Unmarshal(text, &s); err != nil {
			return fmt.Errorf("stream %s: %w", stream.Name, err)
		}
		f, err := os.Open(base + ".snapshot")
		if err != nil {
			return err
		}
		err = errors.Join(loadStream(ctx, store.Conn(), stream.Name, s, f), f.Close())
		if err != nil {
			return err
		}
	}
	return nil
}

// rollups writes the lines back: a line that is there stays one.
func (t Target) rollups(ctx context.Context, staging string, r *Result) error {
	f, err := os.Open(filepath.Join(staging, filepath.FromSlash(rollupsName())))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	client, err := t.Influx()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.EnsureDatabases(ctx); err != nil {
		return err
	}
	t.Tell("InfluxDB " + string(influx.Rollup))
	r.Lines, err = importLines(ctx, client, influx.Rollup, f, func(n int) { t.Tell(fmt.Sprintf("InfluxDB %s: %d lines", influx.Rollup, n)) })
	return err
}
