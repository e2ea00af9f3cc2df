package grafana

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the dashboards' files")

// each runs a test for every dashboard.
func each(t *testing.T, test func(t *testing.T, d Dashboard)) {
	t.Helper()
	for _, d := range Dashboards() {
		t.Run(d.UID, func(t *testing.T) { test(t, d) })
	}
}

// drawings are the panels that show data.
func drawings(d Dashboard) []Panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p Panel) bool { return p.Type == "row" || p.Type == "text" })
}

func TestFilesAreCurrent(t *testing.T) {
	seen := map[string]bool{}
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		text, err := d.JSON()
		require.NoError(t, err)
		path := filepath.Join("dashboards", d.UID+".json")
		seen[path] = true
		if *update {
			require.NoError(t, os.MkdirAll("dashboards", 0o755))
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(kept), string(text), "go test ./dashboards/grafana -update")
	})
	files, err := filepath.Glob("dashboards/*.json")
	require.NoError(t, err)
	for _, path := range files {
		assert.True(t, seen[path], "%s belongs to no dashboard", path)
	}
}

func TestNoFixedIdentifiers(t *testing.T) {
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		text, err := d.JSON()
		require.NoError(t, err)
		var document map[string]any
		require.NoError(t, json.Unmarshal(text, &document))
		walk(document, "", func(path string, v any) {
			key := path[strings.LastIndex(path, ".")+1:]
			if key == "id" {
				assert.IsType(t, "", v, "%s: a number belongs to one installation", path)
			}
			if strings.HasSuffix(path, "datasource.uid") {
				assert.Equal(t, "${source}", v, path)
			}
		})
		assert.NotContains(t, string(text), "http://")
		assert.NotContains(t, string(text), "https://")
	})
}

// walk visits every value of a document with its path.
func walk(v any, path string, visit func(path string, v any)) {
	visit(path, v)
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			walk(e, path+"."+k, visit)
		}
	case []any:
		for i, e := range v {
			walk(e, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}

func TestEveryPanelSaysWhatItShows(t *testing.T) {
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		titles := map[string]bool{}
		for _, p := range drawings(d) {
			if p.Title != "" {
				assert.False(t, titles[p.Title], "%q twice", p.Title)
				titles[p.Title] = true
			} else {
				// A wall's titles are drawn as large as its numbers.
				assert.Contains(t, d.Tags, "mur")
			}
			assert.Regexp(t, `[.?]$`, p.Description, p.Title)
			if p.FieldConfig.Defaults.Unit == "" {
				assert.Equal(t, "unité du point", p.FieldConfig.Defaults.Custom["axisLabel"], "%s: no unit", p.Title)
			}
			assert.NotEmpty(t, p.Targets, "%s asks nothing", p.Title)
		}
	})
}

// Grafana writes a decimal point unless a number goes by the browser's
// language; a unit that Grafana appends with a fraction would show one.
func TestNumbersFollowTheLanguage(t *testing.T) {
	allowed := []string{plain, clockFormat, instantFormat, dayFormat, "percentunit", "string"}
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		for _, p := range drawings(d) {
			if p.FieldConfig.Defaults.Custom["axisLabel"] != "unité du point" {
				assert.Contains(t, allowed, p.FieldConfig.Defaults.Unit, p.Title)
			}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID == "unit" {
						assert.Contains(t, allowed, property.Value, p.Title)
					}
				}
			}
			if p.Type == "timeseries" || p.Type == "trend" {
				assert.NotEmpty(t, p.FieldConfig.Defaults.Custom["axisLabel"], "%s: no unit on the axis", p.Title)
			}
		}
	})
}

// Only the colours of the screens, and none of them says "all is well".
func TestColours(t *testing.T) {
	known := []string{
		colorText, colorNormal, colorGround, colorP1, colorP2, colorP3, colorP4, colorSaving, colorUnknown, colorFocus,
		colorCurve, colorPale,
	}
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		text, err := d.JSON()
		require.NoError(t, err)
		for _, c := range regexp.MustCompile(`#[0-9A-Fa-f]{6}`).FindAllString(string(text), -1) {
			assert.Contains(t, known, c)
		}
		assert.NotContains(t, string(text), "palette-classic", "a colour that means nothing")
		assert.NotRegexp(t, `"(green|red|orange|yellow|blue)"`, string(text))
	})
}

// What is unknown must say so in every single number.
func TestUnknownIsSaid(t *testing.T) {
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		for _, p := range drawings(d) {
			assert.NotEmpty(t, p.FieldConfig.Defaults.NoValue, p.Title)
			switch p.Type {
			case "stat", "bargauge":
				special := slices.ContainsFunc(p.FieldConfig.Defaults.Mappings, func(m Mapping) bool { return m.Type == "special" })
				assert.True(t, special, "%s: no word for an absent value", p.Title)
			case "timeseries":
				assert.Equal(t, false, p.FieldConfig.Defaults.Custom["spanNulls"], "%s joins its gaps", p.Title)
			}
		}
	})
}

func TestPanelsDoNotOverlap(t *testing.T) {
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		taken := map[[2]int]string{}
		for _, p := range d.Panels {
			g := p.GridPos
			assert.LessOrEqual(t, g.X+g.W, 24, p.Title)
			assert.Positive(t, g.W*g.H, p.Title)
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					assert.Empty(t, taken[[2]int{x, y}], "%s", p.Title)
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	})
}

// A wall fits one screen of 1080 lines, is asked every 10 s, shows that it
// lives, and has no control that nobody could reach.
func TestWalls(t *testing.T) {
	const screen = 28 // rows of 38 pixels
	walls := 0
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		if !slices.Contains(d.Tags, "mur") {
			return
		}
		walls++
		assert.Equal(t, "10s", d.Refresh)
		assert.True(t, d.Timepicker.Hidden)
		assert.Len(t, d.Templating.List, 1, "only the data source")
		for _, v := range d.Templating.List {
			source, ok := v.(Variable)
			require.True(t, ok)
			assert.Equal(t, 2, source.Hide, "Grafana keeps the row of variables in kiosk mode, and the last panels fall off the screen")
		}
		titles := []string{}
		for _, p := range d.Panels {
			titles = append(titles, p.FieldConfig.Defaults.DisplayName)
			assert.Empty(t, p.Title, "a panel's own title is too small for a wall")
			readable(t, p)
			assert.LessOrEqual(t, p.GridPos.Y+p.GridPos.H, screen, p.Title)
		}
		assert.Contains(t, titles, clockName)
		assert.Contains(t, titles, newestName)
	})
	assert.Equal(t, 3, walls)
}

// readable holds the characters of a wall's panel against what is read at 4 m on
// a 55″ screen of 1080 lines: 53 pixels, and 42 for what only names a value.
func readable(t *testing.T, p Panel) {
	t.Helper()
	switch p.Type {
	case "text":
		content, ok := p.Options["content"].(string)
		require.True(t, ok)
		size := regexp.MustCompile(`font:600 (\d+)px/`).FindStringSubmatch(content)
		require.Len(t, size, 2, content)
		pixels, err := strconv.Atoi(size[1])
		require.NoError(t, err)
		assert.GreaterOrEqual(t, pixels, 42, content)
	case "timeseries":
		// Grafana writes axes and legends with 12 pixels, whatever is asked.
		assert.Equal(t, "hidden", p.FieldConfig.Defaults.Custom["axisPlacement"], p.Description)
		text, err := json.Marshal(p.FieldConfig.Overrides)
		require.NoError(t, err)
		assert.Contains(t, string(text), `{"matcher":{"id":"byType","options":"time"},"properties":[{"id":"custom.axisPlacement","value":"hidden"}]}`)
		shown, ok := p.Options["legend"].(map[string]any)
		require.True(t, ok)
		assert.Equal(t, false, shown["showLegend"], p.Description)
	default:
		text, ok := p.Options["text"].(map[string]any)
		require.True(t, ok, "no size of characters: %s", p.Description)
		assert.GreaterOrEqual(t, text["titleSize"], 42, p.Description)
		assert.GreaterOrEqual(t, text["valueSize"], 53, p.Description)
		fits(t, p)
	}
}

// fits holds the lines of a tile against the room that it has: Grafana's lines
// are 1.2 characters high, its tiles 4 pixels apart, its rows 38 pixels, and a
// line has a fifth of its height above and below the letters to spare.
func fits(t *testing.T, p Panel) {
	t.Helper()
	text, ok := p.Options["text"].(map[string]any)
	require.True(t, ok)
	name, isNumber := text["titleSize"].(int)
	require.True(t, isNumber)
	value, isNumber := text["valueSize"].(int)
	require.True(t, isNumber)
	reduce, ok := p.Options["reduceOptions"].(map[string]any)
	require.True(t, ok)
	tiles := 1
	if n, ok := reduce["limit"].(int); ok {
		tiles = n
	}
	for _, m := range p.FieldConfig.Defaults.Mappings {
		if options, isMap := m.Options.(map[string]any); isMap && m.Type == "special" && p.GridPos.W < 12 {
			result, hasText := options["result"].(map[string]any)
			require.True(t, hasText)
			assert.Equal(t, "▨ ?", result["text"], "too wide for the tile: %s", p.Description)
		}
	}
	room := float64(38*p.GridPos.H-8-2-4*(tiles-1)) / float64(tiles)
	needed := 1.2 * float64(name+value)
	if p.Options["wideLayout"] == true {
		needed = 1.2 * float64(value)
	}
	assert.GreaterOrEqual(t, room, needed-8, "%d tiles of %.0f pixels: %s", tiles, room, p.Description)
}

func TestLinksLeadSomewhere(t *testing.T) {
	known := map[string]bool{}
	for _, d := range Dashboards() {
		assert.False(t, known[d.UID], "%s twice", d.UID)
		assert.LessOrEqual(t, len(d.UID), 40)
		known[d.UID] = true
	}
	each(t, func(t *testing.T, d Dashboard) {
		t.Helper()
		text, err := d.JSON()
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`/d/([a-z-]+)`).FindAllSubmatch(text, -1) {
			assert.True(t, known[string(m[1])], "%s", bytes.TrimSpace(m[0]))
		}
	})
}

// What a fire panel says is never shown without saying what the view is not.
func TestFireNotice(t *testing.T) {
	for _, d := range []Dashboard{wallTechnique(), site(), equipment()} {
		text, err := d.JSON()
		require.NoError(t, err)
		assert.Contains(t, string(text), fireNotice, d.UID)
	}
}
