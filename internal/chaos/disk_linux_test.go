package chaos

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	d, err := newDisk(filepath.Join(t.TempDir(), "small"), 4<<20)
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") == "" {
		t.Skip("needs the right to mount: ", err)
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, d.remove()) }()
	require.False(t, d.full())
	proof, err := d.fill()
	require.NoError(t, err)
	require.Contains(t, proof, "no space left")
	require.True(t, d.full())
	require.ErrorIs(t, os.WriteFile(filepath.Join(d.dir, "queue"), make([]byte, 100), 0o600), syscall.ENOSPC)
	require.NoError(t, d.free())
	require.False(t, d.full())
	require.NoError(t, os.WriteFile(filepath.Join(d.dir, "queue"), make([]byte, 100), 0o600))
}
