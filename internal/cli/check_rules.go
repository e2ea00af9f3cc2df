package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/why"
)

// rulesFolder is the folder of a configuration that holds its rules.
const rulesFolder = "rules"

// checked collects what is wrong in a configuration folder.
type checked struct {
	mistakes, warnings config.Mistakes
}

// take takes over the mistakes of a file; another error is returned.
func (c *checked) take(err error) error {
	var more config.Mistakes
	if err == nil {
		return nil
	}
	if !errors.As(err, &more) {
		return err
	}
	c.mistakes = append(c.mistakes, more...)
	return nil
}

// rules checks the files under rules as serve reads them; cfg is nil when the
// configuration has mistakes.
func (c *checked) rules(dir string, cfg *config.Config) error {
	folder := os.DirFS(dir)
	_, err := why.Load(folder)
	if err := c.take(err); err != nil {
		return err
	}
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	classes, err := alarm.Load(cat, folder)
	var known config.Mistakes
	if err != nil && !errors.As(err, &known) { // said of all classes together
		err = config.Mistakes{{File: ownAlarms, What: err.Error()}}
	}
	if err := c.take(err); err != nil {
		return err
	}
	if err := c.strangers(folder); err != nil {
		return err
	}
	if cfg == nil {
		return nil
	}
	return c.seed(dir, cfg, classes)
}

// strangers refuses what nobody reads: a misspelt file says nothing, and its
// rules are missed when they are needed.
func (c *checked) strangers(folder fs.FS) error {
	names := []string{path.Base(ownAlarms), path.Base(why.OwnFile), path.Base(alert.SeedFile)}
	err := fs.WalkDir(folder, rulesFolder, func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == rulesFolder:
			return nil // no rules of its own
		case err != nil:
			return err
		case d.IsDir(), strings.HasPrefix(base, "."), path.Ext(base) == ".txtar", path.Ext(base) == ".md":
			return nil
		case path.Dir(name) == rulesFolder && slices.Contains(names, base):
			return nil
		}
		c.mistakes = append(c.mistakes, config.Mistake{
			File: name, Hint: strict.Near(base, names),
			What: "nobody reads this file: " + strings.Join(names, ", ") + " and scenarios (*.txtar) are read",
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("check rules: %w", err)
	}
	return nil
}

// seed checks the book that the folder gives against its configuration.
func (c *checked) seed(dir string, cfg *config.Config, classes []alarm.Class) error {
	book, err := alert.LoadSeed(dir)
	if err != nil || book == nil {
		return c.take(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(alert.SeedFile)))
	if err != nil {
		return fmt.Errorf("check book: %w", err)
	}
	places := alert.BookPlaces(alert.SeedFile, data)
	held := heldAgainst(cfg, book)
	held.unrouted(classes)
	for _, m := range held.mistakes {
		one := places.At(m.Path, "%s", m.What)
		one.Hint = m.Hint
		c.mistakes = append(c.mistakes, one)
	}
	for _, m := range held.warnings {
		c.warnings = append(c.warnings, places.At(m.Path, "%s", m.What))
	}
	return nil
}
