package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// The folders below a watched one into which files go once they were taken.
const (
	doneFolder     = "done"
	rejectedFolder = "rejected"
)

// Watcher takes over the files that appear in a folder. It looks at it now and
// then: notices of changes do not come from network shares, where such folders
// usually are.
type Watcher struct {
	Dir string
	// Every is how often the folder is looked at, 10 s when 0. A file is taken
	// when it did not change between two looks, so that one still being
	// copied is let be.
	Every time.Duration
	// Take imports a file; rel is its path below the folder. What it returns
	// goes beside a file with mistakes.
	Take func(ctx context.Context, path, rel string) (mistakes []string, err error)
	// Retry reports whether a file with this error stays to be tried again:
	// the database is away, which is not the file's fault.
	Retry func(error) bool
	Log   zerolog.Logger
	seen  map[string]look
}

type look struct {
	size int64
	at   time.Time
}

// Run takes files until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	if w.Every <= 0 {
		w.Every = 10 * time.Second
	}
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Look looks at the folder once and takes what is complete.
func (w *Watcher) Look(ctx context.Context) error {
	now := map[string]look{}
	err := filepath.WalkDir(w.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != w.Dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == doneFolder || d.Name() == rejectedFolder) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !importable(d.Name()) {
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		now[path] = look{info.Size(), info.ModTime()}
		return nil
	})
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	before := w.seen
	w.seen = now
	for path, l := range now {
		if before[path] != l || ctx.Err() != nil {
			continue
		}
		if err := w.take(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// importable reports whether a name is that of a file to import: not a
// temporary one of an office program, nor a hidden one.
func importable(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".txt", ".tsv", ".xlsx":
		return true
	}
	return false
}

// take imports one file and moves it to where it belongs.
func (w *Watcher) take(ctx context.Context, path string) error {
	rel, err := filepath.Rel(w.Dir, path)
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	mistakes, err := w.Take(ctx, path, rel)
	if err != nil && (ctx.Err() != nil || w.Retry != nil && w.Retry(err)) {
		w.Log.Warn().Err(err).Str("file", rel).Msg("import waits")
		return nil //nolint:nilerr // it is tried again at the next look
	}
	folder := doneFolder
	if err != nil {
		mistakes = append(mistakes, err.Error())
	}
	if len(mistakes) > 0 {
		folder = rejectedFolder
	}
	to := free(filepath.Join(w.Dir, folder, rel))
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	if err := os.Rename(path, to); err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	delete(w.seen, path)
	w.Log.Info().Str("file", rel).Str("to", folder).Int("mistakes", len(mistakes)).Msg("file taken")
	if len(mistakes) == 0 {
		return nil
	}
	if err := os.WriteFile(to+".errors.txt", []byte(strings.Join(mistakes, "\n")+"\n"), 0o640); err != nil {
		return fmt.Errorf("watch %s: %w", w.Dir, err)
	}
	return nil
}

// free returns a path that no file has: a file of the same name came before.
func free(path string) string {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext)
	for i := 2; ; i++ {
		if _, err := os.Lstat(path); err != nil {
			return path
		}
		path = fmt.Sprintf("%s-%d%s", stem, i, ext)
	}
}
