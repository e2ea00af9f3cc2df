package grafana

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Grafana shows a panel's word for "no value", and what an absent value is
// mapped to, also when the question failed: with the hub away, or one path of
// it, a wall would say that all is well. Only an answer may be calm.
func TestPanelsAreNeverCalmByThemselves(t *testing.T) {
	calm := regexp.MustCompile(`(?i)aucun|tous|toutes|normal|pas de compteur|pas d’|rien|répondent|reliés|néant|^$|^0$`)
	checked := 0
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		for _, p := range drawings(d) {
			said := absentTexts(t, p)
			assert.NotEmpty(t, said, "%s %s", p.Title, p.Description)
			for _, text := range said {
				checked++
				assert.NotRegexp(t, calm, text, "%s %s", p.Title, p.Description)
				assert.Regexp(t, "^(▨ |–$)", text, "%s %s", p.Title, p.Description)
			}
			assert.Contains(t, []string{unanswered, unmeasured}, p.FieldConfig.Defaults.NoValue, "%s %s", p.Title, p.Description)
		}
	})
	assert.Greater(t, checked, 100)
}

// absentTexts are all the texts that a panel can show where there is no value.
func absentTexts(t *testing.T, p Panel) []string {
	t.Helper()
	out := []string{p.FieldConfig.Defaults.NoValue}
	fromMappings := func(v any) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		var mappings []struct {
			Type    string
			Options struct {
				Match  string
				Result struct{ Text string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &mappings))
		for _, m := range mappings {
			// Those by value and by expression match what is there.
			if m.Type == "special" {
				out = append(out, m.Options.Result.Text)
			}
		}
	}
	fromMappings(p.FieldConfig.Defaults.Mappings)
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			switch property.ID {
			case "noValue":
				text, ok := property.Value.(string)
				require.True(t, ok)
				out = append(out, text)
			case "mappings":
				fromMappings(property.Value)
			}
		}
	}
	return out
}

// What a list that is answered and empty means is asked for with the question.
func TestEmptyListsHaveWords(t *testing.T) {
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		for _, p := range drawings(d) {
			for _, target := range p.Targets {
				q, ok := target.(Query)
				if !ok {
					continue
				}
				list := p.Type == "table" || q.Fields != nil && q.Fields[len(q.Fields)-1] == "tile" && len(q.Fields) > 1
				if list {
					assert.NotEmpty(t, q.None, "%s %s", p.Title, p.Description)
				}
			}
		}
	})
}

// Beside an expectation stands the consumption of the meters that have one:
// that of all of them would show an excess that is none.
func TestSumsAreHeldAgainstTheirLike(t *testing.T) {
	sums := 0
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		for _, p := range drawings(d) {
			for _, target := range p.Targets {
				q, ok := target.(Query)
				if !ok || q.Group != "park" && (q.Group != "site" || q.Format != "total") {
					continue
				}
				measures := q.Measures
				if len(measures) == 0 {
					measures = []string{"actual", "expected", "low", "high"}
				}
				if slices.Contains(measures, "expected") {
					sums++
					assert.Contains(t, measures, "compared", "%s %s", p.Title, p.Description)
				}
				if q.Group == "park" {
					assert.NotContains(t, measures, "actual", "%s %s", p.Title, p.Description)
				}
			}
		}
	})
	assert.GreaterOrEqual(t, sums, 6)
}
