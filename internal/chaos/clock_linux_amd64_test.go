package chaos

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clockEnv makes the test program tell the time, wall and monotonic, once a
// line of its input.
const clockEnv = "GTC_TEST_CLOCK"

func TestMain(m *testing.M) {
	if os.Getenv(clockEnv) == "" {
		os.Exit(m.Run()) //nolint:forbidigo // as TestMain must
	}
	begun := time.Now()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		_, _ = fmt.Fprintln(os.Stdout, time.Now().UnixMilli(), time.Since(begun).Milliseconds())
	}
}

// The wall clock of one Go program jumps, its monotonic clock and everybody
// else's do not.
func TestClockOfAChildJumps(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self) //nolint:noctx // ends with its input
	cmd.Env = append(os.Environ(), clockEnv+"=1")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	lines := bufio.NewScanner(out)
	ask := func() (wall time.Time, mono time.Duration) {
		_, err := fmt.Fprintln(in)
		require.NoError(t, err)
		require.True(t, lines.Scan())
		f := strings.Fields(lines.Text())
		ms, err := strconv.ParseInt(f[0], 10, 64)
		require.NoError(t, err)
		m, err := strconv.ParseInt(f[1], 10, 64)
		require.NoError(t, err)
		return time.UnixMilli(ms), time.Duration(m) * time.Millisecond
	}
	c := &clock{ahead: -time.Hour}
	p := &program{prepared: c.install}
	cmd.SysProcAttr = childAttributes(true)
	ready, end := make(chan error), make(chan struct{})
	go func() { // the thread that starts a traced child lets it go
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ready <- p.begin(cmd)
		<-end
	}()
	require.NoError(t, <-ready)
	defer close(end)
	for _, ahead := range []time.Duration{-time.Hour, 0, 3 * time.Minute, -4 * time.Minute, 400 * 24 * time.Hour, 0} {
		got, err := c.set(ahead)
		require.NoError(t, err)
		require.Equal(t, ahead, got)
		before := time.Now()
		wall, mono := ask()
		after := time.Now()
		require.WithinRange(t, wall, before.Add(ahead-time.Millisecond), after.Add(ahead))
		require.Less(t, mono, time.Minute, "the monotonic clock goes on")
	}
	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
	_, err = c.set(time.Hour)
	require.NoError(t, err, "after its end")
}
