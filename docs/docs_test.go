package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pages returns every Markdown page of the repository, relative to its root.
func pages(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"var", "bin", "node_modules", "testdata"}, name)) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			out = append(out, path)
		}
		return nil
	}))
	return out
}

// TestLinks follows every relative link and checks its heading too.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages(t, "..") {
		text := prose(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			_, err := os.Stat(path)
			require.NoError(t, err, "%s links to %s", page, m[1])
			if heading != "" {
				require.Contains(t, headings(t, path), heading, "%s links to %s", page, m[1])
			}
		}
	}
}

func headings(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.Lines(prose(t, page)) {
		if h, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			h = drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(h)), "")
			out = append(out, strings.ReplaceAll(h, " ", "-"))
		}
	}
	return out
}

// TestFiles checks that what is named in backticks and looks like a file or a
// folder of the repository exists, seen from its root or from the page.
func TestFiles(t *testing.T) {
	quoted := regexp.MustCompile("`([^`\n]+)`")
	tops := topFolders(t)
	var missing []string
	for _, page := range pages(t, "..") {
		for _, m := range quoted.FindAllStringSubmatch(prose(t, page), -1) {
			name := m[1]
			if !looksLikePath(name, tops) {
				continue
			}
			_, fromRoot := os.Stat(filepath.Join("..", name))
			_, fromPage := os.Stat(filepath.Join(filepath.Dir(page), name))
			if fromRoot != nil && fromPage != nil {
				missing = append(missing, page+": "+name)
			}
		}
	}
	require.Empty(t, missing, "named and not there")
}

func topFolders(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// looksLikePath takes path/file.go, folder/ and names below a top folder; not
// commands, URLs, patterns, import paths of others or files of another machine.
func looksLikePath(name string, tops []string) bool {
	if strings.ContainsAny(name, " *<>{}$:=,()…") || strings.HasPrefix(name, "/") || !strings.Contains(name, "/") {
		return false
	}
	first, _, _ := strings.Cut(name, "/")
	if first == "var" || first == "bin" { // made by running it
		return false
	}
	return slices.Contains(tops, first) || strings.HasSuffix(name, "/") ||
		slices.Contains([]string{".go", ".yaml", ".md", ".sh"}, filepath.Ext(name))
}

// prose returns a page without its code blocks.
func prose(t *testing.T, page string) string {
	t.Helper()
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	var out strings.Builder
	fenced := false
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			out.WriteString(line)
		}
	}
	return out.String()
}
