//go:build e2e && bench

package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/simulators/modbus"
)

const (
	memoryMeters = 10
	memoryPoints = 20 // of each
	memoryMost   = 64.0
)

// memoryProfile is a meter of 20 points read every 10 s.
func memoryProfile() string {
	points := []string{"power_kw", "reactive_kvar", "apparent_kva", "power_factor", "current_n_a", "frequency_hz", "demand_kw", "demand_max_month_kw"}
	for _, f := range []string{"power_%s_kw", "voltage_%s_v", "current_%s_a", "thd_u_%s_pct"} {
		for _, phase := range []string{"l1", "l2", "l3"} {
			points = append(points, fmt.Sprintf(f, phase))
		}
	}
	text := "profile: twenty\nmaker: Test\nmodel: Twenty\nprotocol: modbus\nsource: test\nslots: {meter: electricity_meter}\nmodbus: {word_order: high}\nregisters:\n"
	for i, p := range points[:memoryPoints] {
		text += fmt.Sprintf("  - {slot: meter, point: %s, table: holding, address: %d, type: f32, poll: fast}\n", p, 2*i)
	}
	return text
}

// BenchmarkEdgeMemory starts the program as an edge with 200 points at 10 s
// and an MQTT broker, without a hub, and reports what it occupies in memory
// after a while and at most.
func BenchmarkEdgeMemory(b *testing.B) {
	program := os.Getenv("GTC")
	if program == "" {
		program = filepath.Join("..", "..", "bin", "gtc")
	}
	dir := b.TempDir()
	p, mistakes := profile.Parse("twenty.yaml", []byte(memoryProfile()))
	require.Empty(b, mistakes)
	begun := time.Now()
	device := &modbus.Unit{Profile: p, Values: func(_ string, id gtc.PointID) gtc.Value {
		return gtc.Float(float64(len(id)) + time.Since(begun).Seconds())
	}}
	units := map[uint8]*modbus.Unit{}
	equipment, devices := "equipment:\n", "devices:\n"
	for i := range memoryMeters {
		units[uint8(i+1)] = device //nolint:gosec // few
		equipment += fmt.Sprintf("  - {id: meter-%d, kind: electricity_meter, label: {fr: Compteur}}\n", i)
		devices += fmt.Sprintf("  - {id: dev-%d, connection: line, profile: twenty, unit: %d, equipment: {meter: meter-%d}}\n", i, i+1, i)
	}
	server := modbus.NewServer(units)
	require.NoError(b, server.Listen("127.0.0.1:0"))
	defer server.Close()
	for name, text := range map[string]string{
		"profiles/twenty.yaml": memoryProfile(),
		"sites/banc.yaml": fmt.Sprintf("site: banc\nlabel: {fr: Banc}\ncategory: other\nbroker: {listen: \"127.0.0.1:0\"}\nconnections:\n  - {id: line, url: \"modbus://%s\"}\n%s%s",
			server.Addr(), equipment, devices),
	} {
		file := filepath.Join(dir, name)
		require.NoError(b, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	}
	for b.Loop() {
		var log bytes.Buffer
		cmd := exec.CommandContext(b.Context(), program, "collect", "--config", dir, "--data", filepath.Join(dir, "data"), "--metrics", "127.0.0.1:0") //nolint:gosec // the program under test
		cmd.Stderr = &log
		require.NoError(b, cmd.Start())
		time.Sleep(60 * time.Second) // six rounds
		now, most := memoryOf(b, cmd.Process.Pid)
		require.NoError(b, cmd.Process.Signal(os.Interrupt))
		require.NoError(b, cmd.Wait(), log.String())
		require.NotContains(b, log.String(), "source ended")
		b.ReportMetric(now, "MB-rss")
		b.ReportMetric(most, "MB-rss-max")
		require.Less(b, most, memoryMost)
	}
}

// memoryOf returns what a process occupies now and occupied at most, in MiB.
func memoryOf(b *testing.B, pid int) (now, most float64) {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(b, err)
	figure := func(name string) float64 {
		m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindStringSubmatch(strings.TrimSpace(string(data)))
		require.Len(b, m, 2)
		kib, err := strconv.ParseFloat(m[1], 64)
		require.NoError(b, err)
		return kib / 1024
	}
	return figure("VmRSS"), figure("VmHWM")
}
