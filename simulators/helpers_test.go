package simulators_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

// onlySite writes a park file that knows one site.
func onlySite(t *testing.T, id gtc.SiteID) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "park.yaml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "seed: 1\nweather_seed: 1\nsites:\n  %s: {}\n", id), 0o600))
	return path
}
