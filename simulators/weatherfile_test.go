package simulators_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators"
)

// A park under recorded weather shows what was recorded, and says where a
// record is broken.
func TestRecordedWeather(t *testing.T) {
	t.Parallel()
	const site = "antenne-gilly"
	dir := t.TempDir()
	file := filepath.Join(dir, "park.yaml")
	require.NoError(t, os.WriteFile(file, []byte("seed: 1\nweather_file: w.csv\nsites:\n  "+site+": {}\n"), 0o600))
	var csv strings.Builder
	csv.WriteString("datetime,tempC\n")
	from := origin.AddDate(0, 0, -40)
	for h := range 41 * 24 {
		fmt.Fprintf(&csv, "%s,%.1f\n", from.Add(time.Duration(h)*time.Hour).Format(time.DateTime), -3.5)
	}
	record := filepath.Join(dir, "w.csv")
	require.NoError(t, os.WriteFile(record, []byte(csv.String()), 0o600))
	p, err := simulators.Load(loadDemo(t), file)
	require.NoError(t, err)
	require.NoError(t, p.Prepare(simulators.Options{Epoch: from, Origin: origin}))
	seen := map[float64]int{}
	require.NoError(t, p.History(site, origin.AddDate(0, 0, -2), origin, time.Hour, func(samples []gtc.Sample) error {
		for _, s := range samples {
			if s.Kind == gtc.KindWeather && s.Point == "air_temp" {
				seen[s.Value.Num]++
			}
		}
		return nil
	}))
	require.Equal(t, map[float64]int{-3.5: 48}, seen)

	require.NoError(t, os.WriteFile(record, []byte("datetime,tempC\n2026-01-01 00:00:00,1\n2026-01-01 01:00:00,warm\n"), 0o600))
	_, err = simulators.Load(loadDemo(t), file)
	require.ErrorContains(t, err, "park.yaml:2:15: ")
	require.ErrorContains(t, err, "w.csv:3: column tempC")
}
