package bus

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// disk is the room of a file system, in bytes.
type disk struct{ total, free uint64 }

// diskOf returns the room where dir lies: free is what this user may still
// write.
func diskOf(dir string) (disk, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return disk{}, fmt.Errorf("read free space of %s: %w", dir, err)
	}
	block := uint64(s.Bsize) //nolint:gosec // never negative
	return disk{total: s.Blocks * block, free: s.Bavail * block}, nil
}

// allocate makes f occupy size bytes of the disk.
func allocate(f *os.File, size int64) error {
	return unix.Fallocate(int(f.Fd()), 0, 0, size) //nolint:gosec // a descriptor fits
}
