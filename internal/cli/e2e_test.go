//go:build e2e

package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// running is a gtc demo under test: the program itself, started through Run.
type running struct {
	url    string
	stop   func() int
	stderr *syncBuffer
	stdout *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var consoleURL = regexp.MustCompile(`console\s+(http://\S+)`)

// startDemo starts gtc demo inside the test, under the race detector, and
// returns when it announces its console.
func startDemo(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return await(t, cancel, func(out io.Writer, errs io.Writer) int {
		return Run(ctx, Env{Args: append([]string{"demo"}, args...), Getenv: func(string) string { return "" }, Stdout: out, Stderr: errs})
	})
}

// startProgram starts the built program (GTC names it), as a user does; it is
// stopped with Ctrl-C. Without GTC it is the same as startDemo.
func startProgram(t *testing.T, args ...string) *running {
	t.Helper()
	path := os.Getenv("GTC")
	if path == "" {
		return startDemo(t, args...)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, append([]string{"demo"}, args...)...)
	cmd.Dir = filepath.Dir(filepath.Dir(path))
	return await(t, func() { _ = cmd.Process.Signal(os.Interrupt) }, func(out, errs io.Writer) int {
		cmd.Stdout, cmd.Stderr = out, errs
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	})
}

// await runs a demo and returns when it announces its console.
func await(t *testing.T, interrupt func(), run func(out, errs io.Writer) int) *running {
	t.Helper()
	out, in := io.Pipe()
	r := &running{stderr: &syncBuffer{}, stdout: &syncBuffer{}}
	done := make(chan int, 1)
	go func() {
		done <- run(in, r.stderr)
		_ = in.Close()
	}()
	announced := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(out)
		for sc.Scan() {
			_, _ = fmt.Fprintln(r.stdout, sc.Text())
			if m := consoleURL.FindStringSubmatch(sc.Text()); m != nil {
				announced <- m[1]
			}
		}
	}()
	var once sync.Once
	code := -1
	r.stop = func() int {
		once.Do(func() { interrupt(); code = <-done })
		return code
	}
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, tail(r.stderr.String(), 6000))
		}
	})
	select {
	case r.url = <-announced:
	case code := <-done:
		done <- code
		t.Fatalf("gtc demo ended with %d\n%s\n%s", code, r.stdout, r.stderr)
	case <-time.After(3 * time.Minute):
		t.Fatal("gtc demo did not announce its console")
	}
	return r
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// get reads one answer of the API.
func get[T any](t *testing.T, r *running, path string) T {
	t.Helper()
	var v T
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // the test reads it whole
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", path, body)
	require.NoError(t, json.Unmarshal(body, &v), "%s", path)
	return v
}

// eventually asks again every 200 ms until ok, for at most limit.
func eventually[T any](t *testing.T, r *running, path string, limit time.Duration, ok func(T) bool, what string) T {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		v := get[T](t, r, path)
		if ok(v) {
			return v
		}
		if time.Now().After(deadline) {
			data, _ := json.MarshalIndent(v, "", " ")
			t.Fatalf("%s: not within %s\n%s", what, limit, tail(string(data), 4000))
		}
		<-tick.C
	}
}

func siteOf(p console.Park, id gtc.SiteID) console.SiteSummary {
	for _, s := range p.Sites {
		if s.ID == id {
			return s
		}
	}
	return console.SiteSummary{}
}

// TestDemo is the newcomer's way: one command, and what the console shows.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close() //nolint:errcheck // the test ends
	r := startProgram(t, "--dir", dir, "--listen", taken.Addr().String())
	require.NotContains(t, r.url, taken.Addr().String(), "a used port is not taken")
	require.Contains(t, r.stderr.String(), "in use by another program")

	park := eventually(t, r, "/api/v1/park", 90*time.Second, func(p console.Park) bool {
		for _, s := range p.Sites {
			if !s.Linked || s.LastSample.IsZero() {
				return false
			}
		}
		return len(p.Sites) == 12
	}, "every site live")
	require.True(t, park.Store.Up)

	t.Run("values of every protocol are live", func(t *testing.T) {
		eventually(t, r, "/api/v1/sites/siege-charleroi", time.Minute, func(s console.SiteDetail) bool {
			kinds := map[gtc.Kind]bool{}
			for _, e := range s.Equipment {
				for _, v := range e.Values {
					if v.Value != nil && v.Quality == "good" && !v.Stale {
						kinds[e.Kind] = true
					}
				}
			}
			return kinds["heating_circuit"] && kinds["fire_panel"] && kinds["gas_meter"] && kinds["heat_meter"] && kinds["electricity_meter"]
		}, "live equipment")
	})
	t.Run("a silent device is shown as such and is an alarm", func(t *testing.T) {
		s := eventually(t, r, "/api/v1/sites/ec-dampremy", 4*time.Minute, func(s console.SiteDetail) bool {
			return len(s.Standing) > 0
		}, "alarm of the silent device")
		require.Equal(t, "device_lost", s.Standing[0].Class)
		for _, d := range s.Devices {
			require.Equal(t, d.ID != "compteur-chaleur", d.Online, "device %s", d.ID)
		}
		for _, e := range s.Equipment {
			for _, v := range e.Values {
				if e.ID == "chaleur" {
					require.NotEqual(t, "good", v.Quality, "%s is not trusted", v.Point)
				}
			}
		}
	})
	t.Run("the fire panel's disablement and the boiler's lockout are alarms", func(t *testing.T) {
		eventually(t, r, "/api/v1/park", 2*time.Minute, func(p console.Park) bool {
			// The disablement lasts since this morning: it has gone up to priority 2.
			monceau := siteOf(p, "mr-monceau").Alarms
			return monceau[2]+monceau[3] > 1 && siteOf(p, "ec-gosselies").Alarms[2] > 0
		}, "alarms")
	})
	t.Run("drift is found where it is and nowhere else", func(t *testing.T) {
		drifting := []gtc.SiteID{"ec-docherie", "mr-marcinelle", "siege-charleroi", "passage-45"} // as in park.yaml
		p := eventually(t, r, "/api/v1/park", 3*time.Minute, func(p console.Park) bool {
			for _, id := range drifting {
				if siteOf(p, id).Findings == 0 {
					return false
				}
			}
			return true
		}, "findings")
		for _, s := range p.Sites {
			if slices.Contains(drifting, s.ID) {
				continue
			}
			for _, f := range get[console.SiteDetail](t, r, "/api/v1/sites/"+string(s.ID)).Open {
				require.NotEqual(t, gtc.FindingDrift, f.Kind, "%s is healthy: %s", s.ID, f.ID)
			}
		}
		require.NotNil(t, siteOf(p, "ec-docherie").EURPerWeek)
		require.NotNil(t, siteOf(p, "ec-docherie").KgCO2PerWeek)
	})
	index := func(r *running) float64 {
		s := eventually(t, r, "/api/v1/sites/antenne-gilly", time.Minute, func(s console.SiteDetail) bool {
			return value(s, "elec", "energy_import_kwh") > 0
		}, "index")
		return value(s, "elec", "energy_import_kwh")
	}
	before := index(r)
	require.Zero(t, r.stop(), "Ctrl-C is not a failure")
	require.NotContains(t, r.stderr.String(), `"level":"error"`)

	t.Run("a second start goes on with the same data", func(t *testing.T) {
		again := startProgram(t, "--dir", dir, "--listen", "127.0.0.1:0")
		require.NotContains(t, again.stdout.String(), "historique")
		after := index(again)
		require.GreaterOrEqual(t, after, before, "the meter went on counting")
		require.InDelta(t, before, after, 200)
		p := get[console.Park](t, again, "/api/v1/park")
		require.Positive(t, siteOf(p, "ec-docherie").Findings, "findings are remembered")
		require.Positive(t, siteOf(p, "ec-gosselies").Alarms[2], "alarms are remembered")
		require.Zero(t, again.stop())
	})
}

func value(s console.SiteDetail, eq gtc.EquipmentID, p gtc.PointID) float64 {
	for _, e := range s.Equipment {
		for _, v := range e.Values {
			if e.ID == eq && v.Point == p && v.Value != nil {
				return *v.Value
			}
		}
	}
	return 0
}

// TestWrongConfigurationStartsNothing: every mistake is listed with its place.
func TestWrongConfigurationStartsNothing(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeDemoConfig(filepath.Join(dir, "config")))
	file := filepath.Join(dir, "config", "sites", "mr-monceau.yaml")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	bad := strings.Replace(string(data), "profile: wb-mcm8", "profile: wb-mcm9", 1)
	bad = strings.Replace(bad, "area_m2: 4100", "aera_m2: 4100", 1)
	require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
	var out, errs bytes.Buffer
	code := Run(t.Context(), Env{Args: []string{"demo", "--dir", dir}, Getenv: os.Getenv, Stdout: &out, Stderr: &errs})
	require.Equal(t, 1, code)
	require.Contains(t, errs.String(), "wb-mcm8", "the suggestion")
	require.Contains(t, errs.String(), "area_m2", "the suggestion")
	require.Regexp(t, `mr-monceau\.yaml:\d+:\d+: `, errs.String())
	require.NoDirExists(t, filepath.Join(dir, "influx"), "nothing was started")
}
