// Package library holds the rules that are built into the program, as data:
// the alarm classes, a file a subject, and the energy rules. A configuration
// folder may replace or add to the classes in its own rules/alarms.yaml and
// set the energy rules in its rules/energy.yaml.
package library

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// The files that hold no alarm classes.
const (
	energyRules = "energy.yaml"
	factors     = "factors.yaml"
	degreeDays  = "degree-days.yaml"
)

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
		if n == energyRules || n == factors || n == degreeDays {
			continue
		}
		data, err := files.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read shipped rules: %w", err)
		}
		out = append(out, File{Name: "rules/library/" + n, Data: data})
	}
	return out, nil
}

// Energy returns the shipped energy rules as YAML, read by rules/why.
func Energy() (File, error) {
	data, err := files.ReadFile(energyRules)
	if err != nil {
		return File{}, fmt.Errorf("read shipped energy rules: %w", err)
	}
	return File{Name: "rules/library/" + energyRules, Data: data}, nil
}

// Factors returns the shipped CO2 factor sets as YAML, read by
// internal/config.
func Factors() (File, error) { return one(factors, "CO2 factors") }

// DegreeDays returns the published degree-days as YAML, read by
// internal/config.
func DegreeDays() (File, error) { return one(degreeDays, "degree-days") }

func one(name, what string) (File, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return File{}, fmt.Errorf("read shipped %s: %w", what, err)
	}
	return File{Name: "rules/library/" + name, Data: data}, nil
}
