package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/backup"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// restoreFlags are the flags of gtc restore.
type restoreFlags struct {
	dir, data, secrets, influx, tokenFile, identity, passphrase string
	parts                                                       []string
	force, verify, out                                          bool
}

func newRestoreCommand(env Env) *cobra.Command {
	f := &restoreFlags{}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Remet en place une sauvegarde de gtc backup",
		Long: `Puts a backup back: configuration, secrets, the streams and states of the hub's
bus, and the rollups of InfluxDB. The whole file is verified first, and a folder
that is not empty is refused, unless --force, which moves its content aside. The
hub must not be running. docs/formats/backup.md says what is where.`,
		Example: `  gtc restore --verify gtc-2026-01-31.tar.zst
  gtc restore --config /etc/gtc --data /var/lib/gtc/hub --identity key.txt gtc-2026-01-31.tar.zst.age`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runRestore(cmd, env, f, args[0]) },
	}
	l := cmd.Flags()
	l.StringVar(&f.dir, "config", "", "configuration folder (default: as in the backup)")
	l.StringVar(&f.data, "data", "", "the hub's data folder (default: as in the backup)")
	l.StringVar(&f.secrets, "secrets", "", "folder for secrets that stood elsewhere (default: secrets in the configuration folder)")
	l.StringVar(&f.influx, "influx", "", "address of InfluxDB (default: influx.url of the restored gtc.yaml)")
	l.StringVar(&f.tokenFile, "token-file", "", "file with the token of InfluxDB (default: the restored one; GTC_INFLUX_TOKEN comes first)")
	l.StringSliceVar(&f.parts, "parts", backup.Parts(), "what to restore")
	l.StringVar(&f.identity, "identity", "", "file with the age secret key")
	l.StringVar(&f.passphrase, "passphrase-file", "", "file with the passphrase")
	l.BoolVar(&f.force, "force", false, "move aside what is in the way")
	l.BoolVar(&f.verify, "verify", false, "only read the whole backup and compare it with its checksums")
	l.BoolVar(&f.out, "json", false, "print JSON")
	return cmd
}

func runRestore(cmd *cobra.Command, env Env, f *restoreFlags, path string) error {
	log, err := newLog(cmd, env.Stderr)
	if err != nil {
		return err
	}
	for _, p := range f.parts {
		if !slices.Contains(backup.Parts(), p) {
			return inputError(fmt.Errorf("--parts %q: want %s", p, strings.Join(backup.Parts(), ", ")))
		}
	}
	keys, err := backup.Identities(f.identity, f.passphrase)
	if err != nil {
		return inputError(err)
	}
	if f.verify || f.dir == "" || f.data == "" {
		m, err := backup.Verify(path, keys)
		if err != nil {
			return inputError(err)
		}
		if f.verify {
			return printRestore(env, f, path, backup.Result{Manifest: m})
		}
		f.defaults(m)
	}
	if f.secrets == "" {
		f.secrets = filepath.Join(f.dir, "secrets")
	}
	unlock, err := lockBus(f.data)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := backup.Restore(cmd.Context(), path, backup.Target{
		Parts: f.parts, Config: f.dir, Bus: f.data, Secrets: f.secrets, Force: f.force, Keys: keys, Now: time.Now(), Log: log,
		Tell: teller(env, f.out), Influx: func() (*influx.Client, error) { return f.open(env) },
	})
	if errors.Is(err, backup.ErrNotEmpty) || errors.Is(err, backup.ErrDamaged) {
		return inputError(err)
	}
	if err != nil {
		return err
	}
	return printRestore(env, f, path, r)
}

// defaults are the folders that the backup was made of.
func (f *restoreFlags) defaults(m backup.Manifest) {
	if f.dir == "" {
		f.dir = m.Config
	}
	if f.data == "" {
		f.data = m.Bus
	}
}

// open opens InfluxDB as the restored configuration says, with the restored
// token where its own file is not on this machine.
func (f *restoreFlags) open(env Env) (*influx.Client, error) {
	cfg, err := config.Load(f.dir)
	if err != nil {
		return nil, inputError(err)
	}
	if f.tokenFile != "" {
		cfg.Hub.Influx.TokenFile = f.tokenFile
	} else if restored := filepath.Join(f.secrets, "influx-token"); exists(restored) && !exists(cfg.Hub.Influx.TokenFile) {
		cfg.Hub.Influx.TokenFile = restored
	}
	return backupInflux(cfg, env, f.influx)
}

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}

func printRestore(env Env, f *restoreFlags, path string, r backup.Result) error {
	if f.out {
		return writeJSON(env.Stdout, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s : toutes les sommes de contrôle sont justes\n", path)
	manifestText(&b, r.Manifest)
	if !f.verify {
		fmt.Fprintf(&b, "remis en place : %s ; configuration %s, flux %s\n", strings.Join(f.parts, ", "), f.dir, f.data)
		if r.Lines > 0 {
			fmt.Fprintf(&b, "  InfluxDB    %d lignes\n", r.Lines)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(r.Moved)) {
		fmt.Fprintf(&b, "  mis de côté %s → %s\n", dir, r.Moved[dir])
	}
	for _, stood := range slices.Sorted(maps.Keys(r.Secrets)) {
		fmt.Fprintf(&b, "  secret      %s est maintenant %s\n", stood, r.Secrets[stood])
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}
