package chaos

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// disk is a small file system of its own. It needs the right to mount.
type disk struct{ dir string }

// newDisk mounts an empty file system of so many bytes at dir.
func newDisk(dir string, size int64) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make small disk: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size)); err != nil {
		return nil, fmt.Errorf("make small disk: mount at %s: %w", dir, err)
	}
	return &disk{dir}, nil
}

// fill takes all room that is left, again if need be, and returns the proof
// that there is none.
func (d *disk) fill() (string, error) {
	f, err := os.OpenFile(filepath.Join(d.dir, "filler"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("fill disk: %w", err)
	}
	defer f.Close() //nolint:errcheck // its content is of no interest
	block := make([]byte, 1<<20)
	var total int64
	for {
		n, err := f.Write(block)
		total += int64(n)
		if errors.Is(err, syscall.ENOSPC) && len(block) > 1 {
			block = block[:len(block)/2]
			continue
		}
		if errors.Is(err, syscall.ENOSPC) {
			return fmt.Sprintf("%d KiB taken, then %v", total>>10, syscall.ENOSPC), nil
		}
		if err != nil {
			return "", fmt.Errorf("fill disk: %w", err)
		}
	}
}

// full reports whether one byte more cannot be written.
func (d *disk) full() bool {
	name := filepath.Join(d.dir, "probe")
	defer os.Remove(name) //nolint:errcheck // may not have been made
	return errors.Is(os.WriteFile(name, []byte{1}, 0o600), syscall.ENOSPC)
}

// free gives the room back.
func (d *disk) free() error { return os.Remove(filepath.Join(d.dir, "filler")) }

// remove unmounts the disk.
func (d *disk) remove() error { return syscall.Unmount(d.dir, syscall.MNT_DETACH) }
