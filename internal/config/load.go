// Package config reads a configuration folder: what the hub needs (gtc.yaml),
// one file a site (sites/*.yaml) and device profiles (profiles/*.yaml). It is
// strict: what it does not understand it refuses, and it reports every mistake
// of every file at once, with its place. The files are described in
// docs/formats/configuration.md.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// Mistake is one thing that is wrong in a file, with the place to look at.
type Mistake = strict.Mistake

// Mistakes are all the mistakes of a configuration, in the order of files and
// lines; as an error, one a line.
type Mistakes = strict.Mistakes

// Load reads a configuration folder: gtc.yaml (which an edge does not need),
// sites/*.yaml and profiles/*.yaml beside the shipped profiles. Defaults are
// filled in. The error is of type Mistakes and holds every mistake of every
// file, unless the program's own data cannot be read.
func Load(dir string) (*Config, error) {
	cat, err := catalogue.Load()
	if err != nil {
		return nil, err
	}
	profiles, err := profile.Library()
	if err != nil {
		return nil, err
	}
	return load(dir, cat, profiles)
}

// load is Load with the program's own data; it adds to profiles.
func load(dir string, cat *catalogue.Catalogue, profiles map[string]*profile.Profile) (*Config, error) {
	l := &loader{dir: dir, cat: cat, config: &Config{Dir: dir, Profiles: profiles}}
	l.hub()
	l.profiles()
	l.sites()
	l.between()
	if len(l.config.Sites) == 0 && !l.hasHub && len(l.mistakes) == 0 {
		l.mistakes = append(l.mistakes, Mistake{File: dir, What: "no configuration here: neither gtc.yaml nor sites/*.yaml"})
	}
	if len(l.mistakes) > 0 {
		l.mistakes.Sort()
		return nil, l.mistakes
	}
	share(l.config.Sites)
	l.config.Warnings.Sort()
	return l.config, nil
}

// loader reads the files of a folder and collects their mistakes.
type loader struct {
	dir      string
	cat      *catalogue.Catalogue
	config   *Config
	hasHub   bool
	hubRead  bool // without a mistake in its form
	hubDoc   *strict.Document
	docs     []*strict.Document
	mistakes Mistakes
}

// read returns a file's content; name is relative to the folder.
func (l *loader) read(name string) ([]byte, bool) {
	data, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		l.mistakes = append(l.mistakes, Mistake{File: name, What: cause(err)})
		return nil, false
	}
	return data, true
}

// cause returns an error without the path that the mistake names already.
func cause(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return "cannot be read: " + err.Error()
}

func (l *loader) hub() {
	const name = "gtc.yaml"
	if _, err := os.Stat(filepath.Join(l.dir, name)); errors.Is(err, fs.ErrNotExist) {
		l.config.Hub.setDefaults()
		return
	}
	l.hasHub = true
	data, ok := l.read(name)
	if !ok {
		return
	}
	doc, mistakes := strict.Decode(name, data, &l.config.Hub)
	l.hubRead = len(mistakes) == 0
	l.mistakes = append(l.mistakes, mistakes...)
	l.config.Hub.setDefaults()
	l.hubDoc = doc
	c := &checker{doc: doc}
	c.hub(&l.config.Hub)
	l.mistakes = append(l.mistakes, c.mistakes...)
	l.config.Warnings = append(l.config.Warnings, c.warnings...)
}

// files returns the YAML files of a folder by name, relative to the whole.
func (l *loader) files(folder string) []string {
	var names []string
	for _, ending := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(l.dir, folder, ending))
		if err != nil { // only for a malformed pattern
			continue
		}
		for _, f := range found {
			names = append(names, filepath.ToSlash(filepath.Join(folder, filepath.Base(f))))
		}
	}
	slices.Sort(names)
	return names
}

func (l *loader) profiles() {
	for _, name := range l.files("profiles") {
		data, ok := l.read(name)
		if !ok {
			continue
		}
		p, mistakes := profile.Parse(name, data)
		mistakes = append(mistakes, p.Check(l.cat)...)
		l.mistakes = append(l.mistakes, mistakes...)
		switch {
		case p.ID == "":
		case l.config.Profiles[p.ID] != nil:
			l.mistakes = append(l.mistakes, p.Mistake("profile", fmt.Sprintf("profile: there is already a profile %s: give this one an id of its own", p.ID)))
		default:
			l.config.Profiles[p.ID] = p
		}
	}
}

func (l *loader) sites() {
	across := newAcross()
	for _, name := range l.files("sites") {
		data, ok := l.read(name)
		if !ok {
			continue
		}
		site, doc, mistakes := parseSite(name, data, l.cat, l.config.Profiles)
		l.mistakes = append(l.mistakes, mistakes...)
		l.mistakes = append(l.mistakes, across.check(site, doc)...)
		l.config.Sites = append(l.config.Sites, site)
		l.config.Warnings = append(l.config.Warnings, site.warnings...)
		l.docs = append(l.docs, doc)
	}
}

// between checks what one file says of another. An edge has its own site's
// file only and needs none of it.
func (l *loader) between() {
	if l.hubRead {
		c := checker{doc: l.hubDoc}
		c.perimeter(l.config)
		l.mistakes = append(l.mistakes, c.mistakes...)
	}
	for i, s := range l.config.Sites {
		s.gas = l.config.Hub.CalorificValues
		if !l.hubRead {
			continue
		}
		c := siteChecker{checker: checker{doc: l.docs[i]}, site: s}
		c.networksOf(s, s.gas)
		c.served(s, l.config.Sites)
		l.mistakes = append(l.mistakes, c.mistakes...)
	}
}

// parseSite reads and checks one site file.
func parseSite(name string, data []byte, cat *catalogue.Catalogue, profiles map[string]*profile.Profile) (*Site, *strict.Document, Mistakes) {
	site := &Site{File: name}
	doc, mistakes := strict.Decode(name, data, site)
	site.setDefaults(cat)
	c := &siteChecker{checker: checker{doc: doc}, site: site, cat: cat, profiles: profiles}
	c.check()
	site.warnings = c.warnings
	return site, doc, append(mistakes, c.mistakes...)
}
