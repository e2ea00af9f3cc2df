package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// watch imports the files that appear in a folder: all into one meter, or
// those of <site>/<meter>/ into that one.
func (t *importTool) watch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return inputError(errors.New("--watch DIR takes no files"))
	}
	if t.dryRun || t.save != "" {
		return inputError(errors.New("--watch goes with neither --dry-run nor --save-profile"))
	}
	if (t.site == "") != (t.meter == "") {
		return inputError(errors.New("--watch: give both --site and --meter, or neither"))
	}
	if t.site != "" {
		if _, err := t.options(t.site, t.meter); err != nil {
			return inputError(err)
		}
	}
	log, err := newLog(t.cmd, t.env.Stderr)
	if err != nil {
		return err
	}
	w := importer.Watcher{
		Dir: t.importFlags.watch, Every: t.every, Log: log, Take: t.takeWatched,
		Retry: func(err error) bool {
			_, away := errors.AsType[*influx.UnavailableError](err)
			return away || errors.Is(err, influx.ErrRefused)
		},
	}
	log.Info().Str("folder", w.Dir).Msg("watching")
	return w.Run(ctx)
}

func (t *importTool) takeWatched(ctx context.Context, path, rel string) ([]string, error) {
	site, meter := t.site, t.meter
	if site == "" {
		meterDir := filepath.Dir(rel)
		site, meter = filepath.Dir(meterDir), filepath.Base(meterDir)
		if site == "." || filepath.Dir(site) != "." {
			return nil, fmt.Errorf("%s: want <site>/<meter>/%s below the watched folder, or --site and --meter", rel, filepath.Base(rel))
		}
	}
	o, err := t.options(site, meter)
	if err != nil {
		return nil, err
	}
	r, err := t.one(ctx, path, o)
	if err != nil {
		return nil, err
	}
	if t.out {
		if err := json.NewEncoder(t.env.Stdout).Encode(r); err != nil {
			return nil, err
		}
	} else if err := printImport(t.env.Stdout, r, o.Store.Target.Location); err != nil {
		return nil, err
	}
	var mistakes []string
	for _, m := range r.Mistakes {
		mistakes = append(mistakes, m.String())
	}
	return mistakes, nil
}
