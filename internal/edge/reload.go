package edge

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"time"

	"github.com/cpas-charleroi/gtc/internal/config"
)

// lookEvery is how often the configuration folder is looked at.
const lookEvery = 2 * time.Second

// watch takes over changes of the configuration folder while the edge runs.
// A folder with a mistake changes nothing: it is logged, and the edge goes on
// as it was.
func (e *Edge) watch(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	seen := fingerprint(e.configDir)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := fingerprint(e.configDir)
		if now == seen {
			continue
		}
		seen = now
		if err := e.reload(); err != nil {
			e.reloads.WithLabelValues("refused").Inc()
			e.log.Error().Err(err).Msg("changed configuration refused; the edge goes on as before")
			continue
		}
		e.reloads.WithLabelValues("taken").Inc()
	}
}

func (e *Edge) reload() error {
	cfg, err := config.Load(e.configDir)
	if err != nil {
		return err
	}
	site, ok := cfg.Site(e.site.ID)
	if !ok {
		return fmt.Errorf("site %s is no longer in %s", e.site.ID, e.configDir)
	}
	changes, err := e.collector.Reload(site, cfg.Profiles)
	if err != nil {
		return err
	}
	if e.publisher != nil {
		e.publisher.Update(site)
	}
	if !reflect.DeepEqual(site.Hub, e.site.Hub) || !reflect.DeepEqual(site.Broker, e.site.Broker) || !reflect.DeepEqual(site.Publish, e.site.Publish) {
		e.log.Warn().Msg("hub, broker and publish sections are taken over at the next start")
	}
	if !changes.None() {
		e.log.Info().Strs("added", changes.Added).Strs("changed", changes.Changed).Strs("removed", changes.Removed).Msg("configuration taken over")
	}
	return nil
}

// fingerprint changes when a file of the folder does.
func fingerprint(dir string) string {
	var out string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			out += err.Error() // what vanishes meanwhile is a change too
			return nil         //nolint:nilerr // the rest is still looked at
		}
		if ext := filepath.Ext(path); d.IsDir() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		if info, err := d.Info(); err == nil {
			out += fmt.Sprintf("%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return out
}
