package datasource

import (
	_ "embed" // texts.json
	"encoding/json"
	"fmt"

	"github.com/cpas-charleroi/gtc"
)

const french = "fr"

func languages() []string { return []string{french, "nl", "en"} }

// allTexts are the sentences of errors, notices and the health check, and the
// names of columns and states, by key and language.
//
//go:embed texts.json
var allTexts []byte

// texts speaks one language; French is the reference.
type texts struct {
	lang string
	all  map[string]gtc.Label
}

func newTexts(lang string) (texts, error) {
	t := texts{lang: lang}
	if err := json.Unmarshal(allTexts, &t.all); err != nil {
		return t, fmt.Errorf("read texts: %w", err)
	}
	return t, nil
}

// f formats a text.
func (t texts) f(key string, args ...any) string {
	format := t.all[key].In(t.lang)
	if format == "" {
		return key
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// column names a column.
func (t texts) column(name string) string { return t.f("col." + name) }

// label is a label in the language, otherwise the id.
func (t texts) label(l gtc.Label, id string) string {
	if s := l.In(t.lang); s != "" {
		return s
	}
	return id
}

func in(fr, nl, en string) gtc.Label { return gtc.Label{"fr": fr, "nl": nl, "en": en} }
