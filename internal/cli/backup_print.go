package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/cpas-charleroi/gtc/internal/backup"
)

// teller shows on a terminal what a long work is at.
func teller(env Env, quiet bool) func(string) {
	if quiet || !terminal(env.Stderr) {
		return func(string) {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(env.Stderr), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSpinnerType(14), progressbar.OptionClearOnFinish())
	return func(what string) {
		bar.Describe(what)
		_ = bar.Add(1) // a bar that cannot be drawn stops nothing
	}
}

func printBackup(env Env, f *backupFlags, path string, m backup.Manifest, encrypted bool) error {
	if f.out {
		return writeJSON(env.Stdout, m)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", path)
	manifestText(&b, m)
	if !encrypted {
		fmt.Fprintf(&b, "  attention   non chiffrée : elle contient des secrets en clair (--recipient ou --passphrase-file les protègent)\n")
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

// manifestText says in French what a backup holds.
func manifestText(b *strings.Builder, m backup.Manifest) {
	var size int64
	files := 0
	for _, f := range m.Files {
		size += f.Size
		if strings.HasPrefix(f.Name, backup.PartConfig+"/") {
			files++
		}
	}
	state := "centre arrêté"
	if m.Live {
		state = "centre en marche"
	}
	fmt.Fprintf(b, "  faite       %s, gtc %s, %s, %.1f Mo déployés\n", m.Made.Local().Format("02/01/2006 15:04"), m.Version, state, float64(size)/1e6)
	fmt.Fprintf(b, "  config      %d fichiers de %s, %d secrets\n", files, m.Config, len(m.Secrets))
	for _, s := range m.Streams {
		fmt.Fprintf(b, "  flux        %-10s %d messages\n", s.Name, s.Messages)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Rollups)) {
		fmt.Fprintf(b, "  InfluxDB    %-10s %d lignes\n", name, m.Rollups[name])
	}
	for _, n := range m.Notes {
		fmt.Fprintf(b, "  note        %s\n", n)
	}
}
