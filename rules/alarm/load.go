package alarm

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/library"
)

// Library returns the alarm classes that are built into the program.
func Library(cat *catalogue.Catalogue) ([]Class, error) {
	files, err := library.Alarms()
	if err != nil {
		return nil, err
	}
	var classes []Class
	for _, f := range files {
		more, err := Parse(f.Name, f.Data, cat)
		if err != nil {
			return nil, err
		}
		classes = append(classes, more...)
	}
	return classes, checkParents(classes)
}

// Load returns the shipped classes with those of rules/alarms.yaml in a
// configuration folder over them: a class of the same id replaces the shipped
// one whole, any other is added. A folder without that file adds nothing.
func Load(cat *catalogue.Catalogue, folder fs.FS) ([]Class, error) {
	classes, err := Library(cat)
	if err != nil {
		return nil, err
	}
	const name = "rules/alarms.yaml"
	data, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return classes, checkParents(classes)
	}
	if err != nil {
		return nil, fmt.Errorf("read alarm classes: %w", err)
	}
	own, err := Parse(name, data, cat)
	if err != nil {
		return nil, err
	}
	classes = merge(classes, own)
	return classes, checkParents(classes)
}

func merge(shipped, own []Class) []Class {
	place := make(map[string]int, len(shipped))
	for i := range shipped {
		place[shipped[i].ID] = i
	}
	for _, c := range own {
		if i, ok := place[c.ID]; ok {
			shipped[i] = c
			continue
		}
		place[c.ID] = len(shipped)
		shipped = append(shipped, c)
	}
	return shipped
}
