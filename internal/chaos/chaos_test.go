//go:build chaos

package chaos_test

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/chaos"
	"github.com/cpas-charleroi/gtc/internal/influxd"
	"github.com/cpas-charleroi/gtc/internal/testcert"
)

var (
	seedFlag     = flag.Uint64("chaos.seed", 0, "seed of the faults; 0 takes one from the clock")
	durationFlag = flag.Duration("chaos.duration", 2*time.Minute, "how long faults are injected")
	sitesFlag    = flag.Int("chaos.sites", 20, "simulated sites")
	calmFlag     = flag.Bool("chaos.calm", false, "inject nothing")
	kindsFlag    = flag.String("chaos.kinds", "", "only these kinds of faults, separated by commas")
	keepFlag     = flag.String("chaos.keep", "", "folder to keep everything in: data, configuration, logs")
)

// TestChaos breaks a whole installation at random and then compares InfluxDB
// with what the devices said.
func TestChaos(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("chaos: seed %d; again with: go test -tags chaos -count=1 -timeout 0 -run TestChaos ./internal/chaos -chaos.seed=%d -chaos.duration=%s -chaos.sites=%d",
		seed, seed, *durationFlag, *sitesFlag)
	store, err := influxd.Find(os.Getenv("GTC_INFLUXD"))
	require.NoError(t, err)
	gtc := os.Getenv("GTC")
	require.NotEmpty(t, gtc, "GTC must name the program under test; make chaos does")
	gtc, err = filepath.Abs(gtc)
	require.NoError(t, err)
	dir := *keepFlag
	if dir == "" {
		dir = t.TempDir()
	}
	ca := testcert.New(t)
	cert, key := ca.Issue(t, "hub")
	begun := time.Now()
	log := func(format string, args ...any) {
		_, _ = fmt.Fprintf(os.Stdout, "%6.1fs  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	// What was mounted is unmounted also when the run is interrupted.
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w, err := chaos.Build(ctx, chaos.Options{
		Dir: dir, GTC: gtc, Store: store, Sites: *sitesFlag, CertFile: cert, KeyFile: key, CAFile: ca.CAFile,
		DiskBytes: 64<<20 + int64(durationFlag.Minutes())<<20, Log: log,
	})
	defer func() { require.NoError(t, w.Close()) }()
	require.NoError(t, err)
	log("%d sites run; %s; %d goroutines here", *sitesFlag, w.Use(), runtime.NumGoroutine())

	plan := chaos.Plan(seed, *durationFlag, *sitesFlag)
	if *calmFlag {
		plan = nil
		select {
		case <-time.After(*durationFlag):
		case <-ctx.Done():
		}
	}
	if *kindsFlag != "" {
		plan = slices.DeleteFunc(plan, func(f chaos.Fault) bool { return !slices.Contains(strings.Split(*kindsFlag, ","), string(f.Kind)) })
	}
	effects, err := w.Inflict(ctx, plan)
	require.NoError(t, err)
	log("the last fault is over; %s", w.Use())
	v, err := w.Settle(ctx, 90*time.Second)
	require.NoError(t, v.Print(os.Stdout, effects))
	log("seed %d", seed)
	require.NoError(t, err)
	require.Empty(t, w.Surprises(), "programs that ended by themselves")
	require.False(t, v.Failed(), "see the table; seed %d", seed)
	require.NotZero(t, v.Published.Journalled)
	require.NotZero(t, v.Served.Stored)
}
