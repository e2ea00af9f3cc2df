package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

const formats = "../../docs/formats/"

// examples returns the YAML examples (indented blocks) of a page.
func examples(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(formats + page)
	require.NoError(t, err)
	var blocks []string
	inside := false
	for line := range strings.Lines(string(text)) {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented && inside:
			blocks[len(blocks)-1] += code
		case indented:
			blocks = append(blocks, code)
		}
		inside = indented
	}
	return blocks
}

func TestDocumentedExamplesLoad(t *testing.T) {
	blocks := examples(t, "configuration.md")
	require.Len(t, blocks, 3) // the folder, gtc.yaml, a site
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sites"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), []byte(blocks[1]), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "home.yaml"), []byte(blocks[2]), 0o600))
	_, err := Load(dir)
	require.NoError(t, err)

	blocks = examples(t, "profile.md")
	require.Len(t, blocks, 1)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	p, mistakes := profile.Parse("profile.md", []byte(blocks[0]))
	require.Empty(t, append(mistakes, p.Check(cat)...))
}

// Every key of the files is described.
func TestEveryKeyIsDocumented(t *testing.T) {
	for page, v := range map[string][]any{"configuration.md": {Hub{}, Site{}}, "profile.md": {profile.Profile{}}} {
		text, err := os.ReadFile(formats + page)
		require.NoError(t, err)
		for _, file := range v {
			for _, key := range keysOf(reflect.TypeOf(file)) {
				require.True(t, regexp.MustCompile("(?m)[`.]"+key+"`|`"+key+"\\.|^### "+key+"$").Match(text), "%s does not describe %s", page, key)
			}
		}
	}
}

func keysOf(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for f := range t.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		keys = append(append(keys, key), keysOf(f.Type)...)
	}
	return keys
}
