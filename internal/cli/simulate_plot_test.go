package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/simulators/building"
)

// TestSimulatePlotDrawsEveryCategory: three figures of each category and an
// index that shows them all; a second run gives the same bytes.
func TestSimulatePlotDrawsEveryCategory(t *testing.T) {
	draw := func() string {
		dir := t.TempDir()
		var out bytes.Buffer
		cmd := newSimulatePlotCommand(Env{Stdout: &out, Stderr: io.Discard})
		cmd.SetArgs([]string{"--out", dir})
		require.NoError(t, cmd.ExecuteContext(t.Context()))
		require.Contains(t, out.String(), "figures")
		return dir
	}
	a, b := draw(), draw()
	index, err := os.ReadFile(filepath.Join(a, "README.md"))
	require.NoError(t, err)
	for _, c := range building.Categories() {
		for _, what := range []string{"week", "year", "signature"} {
			name := string(c) + "-" + what + ".svg"
			require.Contains(t, string(index), "("+name+")")
			one, err := os.ReadFile(filepath.Join(a, name))
			require.NoError(t, err)
			two, err := os.ReadFile(filepath.Join(b, name))
			require.NoError(t, err)
			require.True(t, bytes.Equal(one, two), "%s differs between two runs", name)
			require.Less(t, len(one), 300<<10, name)
			require.NotContains(t, strings.ToLower(string(one)), "nan", name)
		}
	}
}
