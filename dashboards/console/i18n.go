package console

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
)

//go:embed i18n/*.yaml
var dictionaries embed.FS

// reference is the language every text exists in first.
const reference = "fr"

// tongue is one language: its texts and how it writes numbers and dates.
type tongue struct {
	Lang   string
	texts  map[string]string
	zone   *time.Location
	locale chart.Locale
}

// languages are those the console speaks, the reference first.
func languages() []string { return []string{reference, "nl", "en"} }

func loadTongues(zone *time.Location) (map[string]*tongue, error) {
	out := map[string]*tongue{}
	for _, lang := range languages() {
		texts, err := readTexts(lang)
		if err != nil {
			return nil, err
		}
		t := &tongue{Lang: lang, texts: texts, zone: zone}
		t.locale = chart.Locale{
			Decimal: texts["number.decimal"], Group: texts["number.group"],
			Absent: texts["chart.absent"], Summer: texts["chart.summer"], Winter: texts["chart.winter"],
		}
		for m := range t.locale.Months {
			t.locale.Months[m] = texts[fmt.Sprintf("month.%02d", m+1)]
		}
		for d := range t.locale.Weekdays {
			t.locale.Weekdays[d] = texts[fmt.Sprintf("weekday.%d", d)]
		}
		out[lang] = t
	}
	return out, nil
}

func readTexts(lang string) (map[string]string, error) {
	data, err := dictionaries.ReadFile("i18n/" + lang + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read texts of %s: %w", lang, err)
	}
	texts := map[string]string{}
	if err := yaml.Unmarshal(data, &texts); err != nil {
		return nil, fmt.Errorf("read texts of %s: %w", lang, err)
	}
	return texts, nil
}

// Text returns the text of a key with its arguments filled in. An unknown key
// is an error: a page with a hole in it is not shown.
func (t *tongue) Text(key string, args ...any) (string, error) {
	format, ok := t.texts[key]
	if !ok {
		return "", fmt.Errorf("text %q: unknown in %s", key, t.Lang)
	}
	if len(args) == 0 {
		return format, nil
	}
	return fmt.Sprintf(format, args...), nil
}

// must is Text for the keys the program itself names; a test renders them all.
func (t *tongue) must(key string, args ...any) string {
	s, err := t.Text(key, args...)
	if err != nil {
		return key
	}
	return s
}

// Markup is Text whose arguments may be markup; everything else is escaped.
func (t *tongue) Markup(key string, args ...any) (template.HTML, error) {
	format, ok := t.texts[key]
	if !ok {
		return "", fmt.Errorf("text %q: unknown in %s", key, t.Lang)
	}
	safe := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case template.HTML:
			safe[i] = string(v)
		case string:
			safe[i] = html.EscapeString(v)
		default:
			safe[i] = v
		}
	}
	return template.HTML(fmt.Sprintf(html.EscapeString(format), safe...)), nil
}

// Count returns the text of key.one or key.many for n, with n written in it.
func (t *tongue) Count(key string, n int) (string, error) {
	form := ".many"
	// French says "0 site" in the singular, Dutch and English do not.
	if n == 1 || n == 0 && t.Lang == reference {
		form = ".one"
	}
	return t.Text(key+form, t.Number(float64(n), 0))
}

func (t *tongue) count(key string, n int) string {
	s, err := t.Count(key, n)
	if err != nil {
		return key
	}
	return s
}

// Named returns the text of prefix.id, or the id itself when nobody has named
// it: a word from a newer rule or profile is shown, not hidden.
func (t *tongue) Named(prefix string, id any) string {
	name := fmt.Sprint(id)
	if s, ok := t.texts[prefix+"."+name]; ok {
		return s
	}
	return name
}

// Remark says what is to be known of a baseline: the sentence of its kind,
// which stands before a colon. The figures behind it are in English, as
// `gtc energy fit` says them, and so is a kind that has no sentence.
func (t *tongue) Remark(reason string) string {
	kind, _, _ := strings.Cut(reason, ":")
	said, ok := t.texts["reason."+strings.ReplaceAll(kind, " ", "_")]
	if !ok || t.Lang == "en" && kind != reason {
		return reason
	}
	return said
}
