//go:build linux

package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/cpas-charleroi/gtc"
)

// smallDisk returns a folder on a file system of its own. Without the right to
// mount one, the test runs once more in a process that has it.
func smallDisk(t *testing.T, mib int) (dir string, here bool) {
	t.Helper()
	dir = t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib))
	if err == nil {
		t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
		return dir, true
	}
	const again = "GTC_TEST_MOUNT"
	if os.Getenv(again) != "" {
		t.Fatalf("mount: %v", err)
	}
	if exec.CommandContext(t.Context(), "unshare", "-Urm", "true").Run() != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("neither mount (%v) nor unshare works", err)
		}
		t.Skipf("neither mount (%v) nor unshare works", err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-Urm", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v") //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), again+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in a process that may mount: %v\n%s", err, out)
	}
	return "", false
}

// fillDisk leaves no more than rest bytes free.
func fillDisk(t *testing.T, dir string, rest uint64) (release func()) {
	t.Helper()
	name := filepath.Join(dir, "of-others")
	f, err := os.Create(name)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	for block := make([]byte, 4096); ; {
		d, err := diskOf(dir)
		require.NoError(t, err)
		if d.free <= rest {
			break
		}
		if _, err := f.Write(block[:min(uint64(len(block)), d.free-rest)]); err != nil {
			require.ErrorIs(t, err, unix.ENOSPC)
			break
		}
	}
	return func() { require.NoError(t, os.Remove(name)) }
}

// bulky is a message that S2 hardly makes smaller.
func bulky(site gtc.SiteID, i int) []byte {
	var b bytes.Buffer
	for j := range 200 {
		fmt.Fprintf(&b, "boiler,equipment=boiler-1,site=%s flow_temp=%d.%d %d\n", site, (i*7919+j*31)%1000, (i*104729+j*1299709)%1000003, 1_700_000_000_000+int64(i*1000+j))
	}
	return b.Bytes()
}

// The queue fills a disk; then others do. It refuses at its reserve, goes on
// by itself when there is space, and what was queued arrives.
func TestDiskFull(t *testing.T) {
	dir, here := smallDisk(t, 8)
	if !here {
		return // it passed elsewhere
	}
	h := startTestHub(t, hubOptions(t, "site-a"))
	p := startProxy(t, h.leafAddr)
	o := edgeOptions(t, "site-a", "nats://"+p.addr)
	o.Dir, o.SyncAlways = dir, true
	e := startTestEdge(t, o)
	eventually(t, "linked", e.Linked)
	p.Cut()
	fillDisk(t, dir, 2<<20)
	n := 0
	var err error
	for ; n < 5000; n++ {
		if err = e.PublishSamples(t.Context(), "gtc", bulky("site-a", n)); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, ErrDiskFull)
	require.Greater(t, n, 100)
	d, err := diskOf(dir)
	require.NoError(t, err)
	require.Greater(t, d.free, e.guard.reserve/2, "the server never meets a full disk")
	require.NoError(t, e.PublishEvent(t.Context(), event("site-a", "ev-1")), "events have half of the reserve")
	require.True(t, e.Queue().Refused)

	// Live values go on.
	live, err := h.Conn().SubscribeSync("gtc.site-a.live")
	require.NoError(t, err)
	p.Restore()
	eventually(t, "live lines at the hub", func() bool {
		require.NoError(t, e.PublishLive("gtc", line("site-a", 1)))
		m, err := live.NextMsg(50 * time.Millisecond)
		return err == nil && string(m.Data) == string(line("site-a", 1))
	})

	// The hub takes what is queued: that makes room.
	run(t, h)
	eventually(t, "taking again", func() bool { return e.PublishSamples(t.Context(), "gtc", bulky("site-a", n)) == nil })
	eventually(t, "all at the hub", func() bool { return count(t, h, StreamSamples) == uint64(n+1) })
	for i, m := range stored(t, h, StreamSamples, "in.site-a.sample") {
		require.Equal(t, string(bulky("site-a", i)), string(m.Data), "message %d", i)
	}
	require.Zero(t, e.Queue().Lost)
	require.Zero(t, e.Queue().Restarts)
}

// Others fill the disk to the last byte while the server writes: it never
// writes again by itself and is restarted. Nothing that was stored is lost.
func TestDiskFilledByOthers(t *testing.T) {
	dir, here := smallDisk(t, 8)
	if !here {
		return // it passed elsewhere
	}
	h := startTestHub(t, hubOptions(t, "site-a"))
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.Dir, o.SyncAlways = dir, true
	o.Reserve = 1 // as if the guard had not looked
	e := startTestEdge(t, o)
	const first = 20
	for i := range first {
		require.NoError(t, e.PublishSamples(t.Context(), "gtc", bulky("site-a", i)))
	}
	release := fillDisk(t, dir, 0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := e.js.Publish(ctx, sampleSubject("site-a"), bulky("site-a", first)) // past the guard
	require.Error(t, err)
	e.guard.failed()
	eventually(t, "the guard refuses", func() bool { return errors.Is(e.PublishSamples(t.Context(), "gtc", bulky("site-a", first)), errBroken) })
	release()
	n := first
	eventually(t, "taking again", func() bool { return e.PublishSamples(t.Context(), "gtc", bulky("site-a", n)) == nil })
	require.NotZero(t, e.Queue().Restarts)
	require.NoError(t, e.PublishEvent(t.Context(), event("site-a", "ev-1")))
	run(t, h)
	eventually(t, "all at the hub", func() bool { return count(t, h, StreamSamples) == uint64(n+1) })
	for i, m := range stored(t, h, StreamSamples, "in.site-a.sample") {
		require.Equal(t, string(bulky("site-a", i)), string(m.Data), "message %d", i)
	}
	eventually(t, "the event too", func() bool { return count(t, h, StreamEvents) == 1 })
}

// An edge starts on a disk that others have filled, thanks to its own reserve,
// and what was queued arrives.
func TestStartOnAFullDisk(t *testing.T) {
	dir, here := smallDisk(t, 8)
	if !here {
		return // it passed elsewhere
	}
	h := startTestHub(t, hubOptions(t, "site-a"))
	o := edgeOptions(t, "site-a", h.LeafURL())
	o.Dir = dir
	e := startTestEdge(t, o)
	for i := range 20 {
		require.NoError(t, e.PublishSamples(t.Context(), "gtc", bulky("site-a", i)))
	}
	eventually(t, "a reserve is kept", func() bool { _, err := os.Stat(filepath.Join(dir, ballastFile)); return err == nil })
	e.Close()
	release := fillDisk(t, dir, 0)
	e, err := StartEdge(t.Context(), EdgeOptions{Site: "site-a", Dir: dir, HubURL: h.LeafURL(), Password: o.Password, Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	require.ErrorIs(t, e.PublishSamples(t.Context(), "gtc", bulky("site-a", 20)), ErrDiskFull)
	run(t, h)
	eventually(t, "all at the hub", func() bool { return count(t, h, StreamSamples) == 20 })
	release()
	eventually(t, "taking again", func() bool { return e.PublishSamples(t.Context(), "gtc", bulky("site-a", 20)) == nil })
	eventually(t, "that too", func() bool { return count(t, h, StreamSamples) == 21 })
}
