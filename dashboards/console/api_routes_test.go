package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheDescriptionHasEveryRouteAndNoOther holds openapi.yaml against the
// routes that the code mounts.
func TestTheDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	doc, _ := contract(t)
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		described[path] = true
		require.NotNil(t, item.Get, "%s reads", path)
		require.Len(t, item.Operations(), 1, "%s only reads", path)
		require.NotEmpty(t, item.Get.OperationID, path)
		require.NotEmpty(t, item.Get.Summary, path)
	}
	mounted := map[string]bool{}
	route := regexp.MustCompile(`HandleFunc\("GET (/api/v1/[^"]*)"`)
	for name, source := range routeFiles(t) {
		for _, m := range route.FindAllStringSubmatch(source, -1) {
			// An id may hold slashes: {id...} of net/http is {id} of OpenAPI.
			mounted[strings.ReplaceAll(m[1], "...}", "}")] = true
		}
		require.NotRegexp(t, `HandleFunc\("(POST|PUT|PATCH|DELETE) /api/`, source, "%s: the API only reads", name)
	}
	require.Equal(t, mounted, described)
}

// routeFiles are the files of this package without its tests, by name.
func routeFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	out := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		out[name] = string(data)
	}
	return out
}
