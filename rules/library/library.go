// Package library holds the rules that are built into the program, as data:
// the alarm classes, a file a subject. A configuration folder may replace or
// add to them in its own rules/alarms.yaml.
package library

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// File is one file of the library.
type File struct {
	// Name is its path in the source.
	Name string
	Data []byte
}

// Alarms returns the shipped alarm classes as YAML, read by rules/alarm, in
// order of name.
func Alarms() ([]File, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list shipped rules: %w", err)
	}
	var out []File
	for _, n := range names {
		data, err := files.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read shipped rules: %w", err)
		}
		out = append(out, File{Name: "rules/library/" + n, Data: data})
	}
	return out, nil
}
