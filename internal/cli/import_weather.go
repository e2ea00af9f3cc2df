package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/importer"
)

// weatherReport says what became of a file of daily temperatures.
type weatherReport struct {
	File     string   `json:"file"`
	Station  string   `json:"station"`
	DryRun   bool     `json:"dry_run"`
	Days     int      `json:"days"`
	Written  int      `json:"written"`
	Kept     int      `json:"kept"`
	Mistakes []string `json:"mistakes"`
}

// weather imports daily temperatures into a station.
func (t *importTool) weather(ctx context.Context, args []string) error {
	site, err := t.stationSite()
	if err != nil {
		return inputError(err)
	}
	loc := site.Domain().Location
	reports := []weatherReport{}
	rejected := 0
	for _, name := range args {
		data, err := readBounded(name)
		if err != nil {
			return inputError(err)
		}
		file := filepath.Base(name)
		days, mistakes, err := importer.ParseWeather(file, data, t.profile, loc)
		if err != nil {
			return inputError(err)
		}
		r := weatherReport{File: file, Station: t.station, DryRun: t.dryRun, Days: len(days), Mistakes: []string{}}
		for _, m := range mistakes {
			r.Mistakes = append(r.Mistakes, m.Error())
		}
		rejected += len(mistakes)
		store := importer.WeatherStore{DB: t.db, Station: t.station, Location: loc, Now: time.Now().UTC(), Replace: t.replace}
		if r.Written, r.Kept, err = store.Write(ctx, file, days, t.dryRun || t.strict && len(mistakes) > 0); err != nil {
			return err
		}
		reports = append(reports, r)
		if !t.out {
			if err := t.printWeather(r); err != nil {
				return err
			}
		}
	}
	return t.conclude(reports, rejected)
}

func (t *importTool) printWeather(r weatherReport) error {
	verb := "écrits"
	if r.DryRun {
		verb = "à écrire (essai : rien n'est écrit)"
	}
	_, err := fmt.Fprintf(t.env.Stdout, "%s → station %s (températures)\n  jours       %d lus, %d %s, %d gardés (mesurés par la station)\n", r.File, r.Station, r.Days, r.Written, verb, r.Kept)
	for _, m := range r.Mistakes[:min(len(r.Mistakes), shownMistakes)] {
		if err == nil {
			_, err = fmt.Fprintln(t.env.Stdout, m)
		}
	}
	return err
}

// stationSite returns a site that uses the station: its calendar is the
// station's.
func (t *importTool) stationSite() (*config.Site, error) {
	if t.site != "" || t.meter != "" {
		return nil, errors.New("--station stands alone, without --site and --meter")
	}
	var known []string
	var found *config.Site
	for _, s := range t.config.Sites {
		for _, id := range append([]string{s.WeatherStation}, s.WeatherFallbacks...) {
			if id != "" && !slices.Contains(known, id) {
				known = append(known, id)
			}
			if id == t.station && found == nil {
				found = s
			}
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no site uses a station %q; known are %s", t.station, strings.Join(known, ", "))
	}
	return found, nil
}
