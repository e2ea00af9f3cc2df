package register

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// Parse reads a register from a YAML file and returns every mistake in it, of
// type [strict.Mistakes].
func Parse(file string, data []byte) (works.Register, error) {
	var r works.Register
	doc, mistakes := strict.Decode(file, data, &r)
	ids := map[string]bool{}
	for i, e := range r.Entries {
		path := "works[" + strconv.Itoa(i) + "]"
		err := e.Check()
		if err != nil && !doc.Misspelt(path) {
			mistakes = append(mistakes, doc.At(path, "works %s: %v", e.ID, err))
		}
		if e.ID == "" || ids[e.ID] {
			mistakes = append(mistakes, doc.At(path+".id", "works %q: an id is given, and once", e.ID))
		}
		ids[e.ID] = true
		if e.Struck != nil && (e.Struck.By == "" || e.Struck.Reason == "") {
			mistakes = append(mistakes, doc.At(path+".struck", "works %s: struck by somebody, for a reason", e.ID))
		}
	}
	for i, m := range r.Moves {
		if err := m.Check(); err != nil {
			path := "baselines[" + strconv.Itoa(i) + "]"
			mistakes = append(mistakes, doc.At(path, "baseline of %s/%s: %v", m.Site, m.Meter, err))
		}
	}
	if len(mistakes) > 0 {
		mistakes.Sort()
		return works.Register{}, mistakes
	}
	return r, nil
}

// Format writes a register as YAML.
func Format(r works.Register) ([]byte, error) {
	text, err := yaml.MarshalWithOptions(r, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write works register: %w", err)
	}
	return text, nil
}
