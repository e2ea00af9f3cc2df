package gtc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVocabularyStaysSmall fences the root package: it is what everything
// imports, so it must import nothing but the standard library, do no I/O,
// declare no interface and stay readable in a few minutes.
func TestVocabularyStaysSmall(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files, lines := 0, 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		files++
		source, err := os.ReadFile(e.Name())
		require.NoError(t, err)
		lines += strings.Count(string(source), "\n")
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), source, 0)
		require.NoError(t, err)
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			require.NoError(t, err)
			first, _, _ := strings.Cut(path, "/")
			require.NotContains(t, first, ".", "%s imports %s", e.Name(), path)
			require.NotContains(t, []string{"os", "io", "net", "log"}, first, "%s imports %s", e.Name(), path)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if _, is := n.(*ast.InterfaceType); is {
				t.Errorf("%s declares an interface", e.Name())
			}
			return true
		})
	}
	require.LessOrEqual(t, files, 8)
	require.LessOrEqual(t, lines, 900)
}
