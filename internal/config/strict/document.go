package strict

import (
	"fmt"
	"strings"
)

// place is where a key and its value stand in the file.
type place struct{ line, col int }

// Document remembers where each value of a decoded file stands, so that a
// later check of its meaning can point at it too. A path is written as in
// devices[3].equipment.meter. The zero Document knows no place.
type Document struct {
	file   string
	values map[string]place
	keys   map[string]place
	// misspelt holds the paths that an unknown key was probably meant to be.
	misspelt map[string]bool
}

// File returns the name that was given to Decode.
func (d *Document) File() string { return d.file }

// Has reports whether the file gives a value at the path.
func (d *Document) Has(path string) bool {
	_, ok := d.values[path]
	return ok
}

// Misspelt reports whether the file has an unknown key in the place of the
// path that was probably meant to be it: that it is missing is then no news.
func (d *Document) Misspelt(path string) bool { return d.misspelt[path] }

// At returns a mistake at the value of the path, or of the nearest enclosing
// value when the path itself is not in the file.
func (d *Document) At(path, format string, args ...any) Mistake {
	return d.mistake(d.values, path, fmt.Sprintf(format, args...))
}

// AtKey is At, pointing at the key of the path instead of its value.
func (d *Document) AtKey(path, format string, args ...any) Mistake {
	return d.mistake(d.keys, path, fmt.Sprintf(format, args...))
}

func (d *Document) mistake(places map[string]place, path, what string) Mistake {
	m := Mistake{File: d.file, What: what}
	for p := path; ; p = parent(p) {
		at, ok := places[p]
		if !ok {
			at, ok = d.values[p]
		}
		if ok {
			m.Line, m.Col = at.line, at.col
			return m
		}
		if p == "" {
			return m
		}
	}
}

// parent returns the path without its last step.
func parent(path string) string {
	i := strings.LastIndexAny(path, ".[")
	return path[:max(i, 0)]
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
