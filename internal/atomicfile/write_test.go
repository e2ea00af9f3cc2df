package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "secret")
	for _, text := range []string{"first, and longer", "second"} {
		require.NoError(t, atomicfile.Write(name, []byte(text), 0o600))
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	require.Error(t, atomicfile.Write(filepath.Join(dir, "folder"), []byte("x"), 0o600), "a folder is not replaced")
	require.Error(t, atomicfile.Write(filepath.Join(dir, "missing", "x"), []byte("x"), 0o600))
	files, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "a failure leaves nothing behind")
}
