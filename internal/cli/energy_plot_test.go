package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// svgOf reads a figure that must be one.
func svgOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(data), "<svg")
	require.Contains(t, string(data), "</svg>")
	return string(data)
}

func TestEnergySignatureDrawsTheFit(t *testing.T) {
	file := meterFile(t, "")
	svg := filepath.Join(t.TempDir(), "s.svg")
	args := []string{file, "--from", "2024-01-01", "--to", "2024-12-31"}
	out, _, err := runEnergy(append([]string{"signature", "--out", svg}, args...)...)
	require.NoError(t, err)
	require.Contains(t, out, svg+": ")
	text := svgOf(t, svg)
	require.Contains(t, text, "équilibre")
	require.Contains(t, text, "366 jours")

	out, _, err = runEnergy(append([]string{"signature", "--json", "-o", svg}, args...)...)
	require.NoError(t, err)
	var got struct {
		File     string    `json:"file"`
		Baseline energyFit `json:"baseline"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, svg, got.File)
	fit, _, err := runEnergy(append([]string{"fit", "--json"}, args...)...)
	require.NoError(t, err)
	var want energyFit
	require.NoError(t, json.Unmarshal([]byte(fit), &want))
	require.Equal(t, want, got.Baseline, "the same fit")

	t.Chdir(t.TempDir())
	_, _, err = runEnergy(append([]string{"signature"}, args...)...)
	require.NoError(t, err)
	svgOf(t, "meter-signature.svg")
}

func TestEnergyDriftDrawsWhatItFound(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "m")
	_, errs, err := runEnergy("drift", meterFile(t, ""), "--baseline", "2024-01-01..2024-12-31", "--plot", prefix)
	require.NoError(t, err)
	for _, what := range []string{"signature", "consumption", "cusum"} {
		require.Contains(t, errs, prefix+"-"+what+".svg")
		svgOf(t, prefix+"-"+what+".svg")
	}
	require.Contains(t, svgOf(t, prefix+"-cusum.svg"), "dérive depuis le")

	for _, args := range [][]string{
		{"signature", meterFile(t, ""), "--from", "2040-01-01"},
		{"signature", meterFile(t, ""), "--out", filepath.Join(prefix, "absent", "s.svg")},
		{"signature", filepath.Join(prefix, "absent.csv")},
		{"drift", meterFile(t, ""), "--baseline", "2024-01-01..2024-12-31", "--plot", filepath.Join(prefix, "absent", "x")},
	} {
		_, _, err := runEnergy(args...)
		require.ErrorIs(t, err, ErrInput, "%v", args)
	}
}
