package alarm

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/library"
)

// Library returns the alarm classes that are built into the program.
func Library(cat *catalogue.Catalogue) ([]Class, error) {
	shipped, err := readLibrary(cat)
	if err != nil {
		return nil, err
	}
	return shipped.checked()
}

// Load returns the shipped classes with those of rules/alarms.yaml in a
// configuration folder over them: a class of the same id replaces the shipped
// one whole, any other is added. A folder without that file adds nothing. A
// class of life safety keeps what it looks at, and how soon and how urgently it
// calls. The error is [strict.Mistakes] where the file is at fault.
func Load(cat *catalogue.Catalogue, folder fs.FS) ([]Class, error) {
	classes, err := readLibrary(cat)
	if err != nil {
		return nil, err
	}
	const name = "rules/alarms.yaml"
	data, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return classes.checked()
	}
	if err != nil {
		return nil, fmt.Errorf("read alarm classes: %w", err)
	}
	own, mistakes := parseSet(name, data, cat)
	if len(mistakes) == 0 {
		mistakes = classes.weakened(own)
	}
	if len(mistakes) > 0 {
		mistakes.Sort()
		return nil, mistakes
	}
	classes.merge(own)
	return classes.checked()
}

func readLibrary(cat *catalogue.Catalogue) (*set, error) {
	files, err := library.Alarms()
	if err != nil {
		return nil, err
	}
	out := &set{from: map[string]source{}}
	for _, f := range files {
		more, mistakes := parseSet(f.Name, f.Data, cat)
		if len(mistakes) > 0 {
			return nil, mistakes
		}
		out.merge(more)
	}
	for id, s := range out.from {
		s.shipped = true
		out.from[id] = s
	}
	return out, nil
}

// set are classes, with where each is written.
type set struct {
	classes []Class
	from    map[string]source
}

// source is where a class is written.
type source struct {
	doc     *strict.Document
	path    string
	shipped bool
}

func (s source) mistake(key, format string, args ...any) strict.Mistake {
	return s.doc.At(s.path+key, format, args...)
}

// merge puts classes over those of the set.
func (s *set) merge(own *set) {
	place := make(map[string]int, len(s.classes))
	for i := range s.classes {
		place[s.classes[i].ID] = i
	}
	for _, c := range own.classes {
		s.from[c.ID] = own.from[c.ID]
		if i, ok := place[c.ID]; ok {
			s.classes[i] = c
			continue
		}
		place[c.ID] = len(s.classes)
		s.classes = append(s.classes, c)
	}
}

// weakened tells where own classes would take something away from the set's
// classes of life safety.
func (s *set) weakened(own *set) strict.Mistakes {
	var out strict.Mistakes
	for i := range s.classes {
		was := &s.classes[i]
		for k := range own.classes {
			if c := &own.classes[k]; c.ID == was.ID && was.LifeSafety {
				out = append(out, weaker(was, c, own.from[c.ID])...)
			}
		}
	}
	return out
}

func weaker(was, is *Class, at source) strict.Mistakes {
	var out strict.Mistakes
	stays := func(ok bool, key, what string, args ...any) {
		if !ok {
			out = append(out, at.mistake(key, "class %s is life safety: "+what, append([]any{is.ID}, args...)...))
		}
	}
	stays(is.LifeSafety, ".life_safety", "life_safety: true stays")
	stays(is.Kind == was.Kind, ".kind", "its kind stays %s", was.Kind)
	what := "point: " + string(was.When.Point)
	if was.When.Each != "" {
		what = "each: " + string(was.When.Each)
	}
	stays(is.When.Point == was.When.Point && is.When.Each == was.When.Each, ".when", "its condition stays %s", what)
	stays(is.OnDelay <= was.OnDelay, ".on_delay", "it is never delayed")
	stays(is.Priority <= was.Priority, ".priority", "its priority stays %d", was.Priority)
	stays(is.Latch || !was.Latch, ".latch", "latch: true stays")
	return out
}
