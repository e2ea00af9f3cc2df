package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
)

// importBench is a configuration with one meter and an InfluxDB.
func importBench(t *testing.T) (dir string, gtc func(args ...string) (code int, stdout, stderr string)) {
	t.Helper()
	client, server := influxtest.StartServer(t, t.TempDir(), "")
	require.NoError(t, client.EnsureDatabases(t.Context()))
	dir = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sites"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gtc.yaml"), fmt.Appendf(nil, "influx: {url: %q}\n", server.URL), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sites", "banc.yaml"), []byte(`site: banc
label: {fr: Banc}
category: other
time_zone: Europe/Brussels
equipment:
  - {id: compteur, kind: electricity_meter, label: {fr: Compteur}}
meters:
  - {equipment: compteur, point: energy_import_kwh, carrier: electricity}
`), 0o600))
	return dir, func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), Env{Args: append([]string{"import", "--config", dir}, args...), Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr})
		return code, stdout.String(), stderr.String()
	}
}

func TestImportCommand(t *testing.T) {
	dir, gtc := importBench(t)
	day := time.Now().AddDate(-1, 0, 0).Format("02/01/2006")
	file := filepath.Join(dir, "courbe.csv")
	var text strings.Builder
	text.WriteString("Quand;Combien (kWh);Statut\n")
	for h := range 24 {
		fmt.Fprintf(&text, "%s %02d:00;1,5;V\n", day, h)
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))

	code, _, stderr := gtc("--site", "banc", "--meter", "compteur", file)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "courbe.csv:1:1: aucune ligne d'en-tête reconnue")

	code, stdout, stderr := gtc("--site", "banc", "--meter", "compteur", "--map", "time=Quand,value=Combien (kWh)", "--save-profile", "essai", "--dry-run", file)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "24 : 24 prises")
	require.Contains(t, stdout, "lu comme    encodage utf-8 · délimiteur ; · décimale , · unité kWh · quality = Statut · time = Quand · value = Combien (kWh)")
	require.Contains(t, stdout, "à écrire (essai : rien n'est écrit)")
	require.FileExists(t, filepath.Join(dir, "import", "essai.yaml"))

	code, stdout, stderr = gtc("--site", "banc", "--meter", "compteur", "--profile", "essai", "--json", file)
	require.Zero(t, code, stderr)
	var reports []importer.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &reports))
	require.Equal(t, importer.Counts{New: 24}, reports[0].Hours)
	require.InDelta(t, 36, reports[0].TotalKWh, 1e-9)
	require.Equal(t, map[string]int{"V": 24}, reports[0].Codes)
	require.NotNil(t, reports[0].From)

	text.WriteString("31/02/2025 00:00;1;V\n")
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	code, stdout, stderr = gtc("--site", "banc", "--meter", "compteur", "--profile", "essai", file)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "courbe.csv:26:1:")
	require.Contains(t, stdout, "24 déjà là")
	require.Contains(t, stderr, "1 lignes refusées")

	for want, args := range map[string][]string{
		"--site and --meter say where":        {file},
		`there is no site "banque"`:           {"--site", "banque", "--meter", "compteur", file},
		`no meter "c2" counts import`:         {"--site", "banc", "--meter", "c2", file},
		"no file: give CSV or XLSX":           {"--site", "banc", "--meter", "compteur"},
		"import/none.yaml":                    {"--site", "banc", "--meter", "compteur", "--profile", "none", file},
		"colonne \"when\" inconnue":           {"--site", "banc", "--meter", "compteur", "--map", "when=Quand", file},
		"no such file":                        {"--site", "banc", "--meter", "compteur", "none.csv"},
		"--watch DIR takes no files":          {"--watch", dir, file},
		"--watch: give both --site and --met": {"--watch", dir, "--site", "banc"},
	} {
		code, _, stderr := gtc(args...)
		require.Equal(t, 1, code, "%s: %s", want, stderr)
		require.Contains(t, stderr, want)
	}
}

func TestImportWithoutDatabase(t *testing.T) {
	dir, gtc := importBench(t)
	file := filepath.Join(dir, "f.csv")
	require.NoError(t, os.WriteFile(file, []byte("Date;kWh\n01/01/2025;1\n02/01/2025;1\n"), 0o600))
	code, _, stderr := gtc("--influx", "http://127.0.0.1:1", "--site", "banc", "--meter", "compteur", file)
	require.Equal(t, 2, code, stderr)
	require.Contains(t, stderr, "unavailable")
}
