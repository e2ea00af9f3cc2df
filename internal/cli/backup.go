package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/backup"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// errBusInUse says that another process has a hub's data folder.
var errBusInUse = errors.New("a running hub uses it")

// lockBus keeps a hub's data folder to this process until unlock.
func lockBus(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("use %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, backup.LockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // it was not locked
		return nil, inputError(fmt.Errorf("use %s: %w", dir, errBusInUse))
	}
	return func() { _ = f.Close() }, nil // closing it unlocks
}

// backupFlags are the flags of gtc backup.
type backupFlags struct {
	dir, data, influx, samples, passphrase string
	recipients                             []string
	noRollups, noSecrets, out              bool
}

func newBackupCommand(env Env) *cobra.Command {
	f := &backupFlags{}
	rollups := true
	cmd := &cobra.Command{
		Use:   "backup FILE.tar.zst|FILE.tar.gz",
		Short: "Sauvegarde l'état, la configuration, les secrets et les consommations du centre",
		Long: `Puts a hub into one file: the streams and states of its bus (events, alarms,
findings, acknowledgements), its configuration folder, its secrets, and the
rollups of InfluxDB. A running hub is asked over its bus (bus.listen and
bus.password_file); a stopped one is read from its folder. Raw samples are
InfluxDB's own to back up: docs/formats/backup.md.

The file is readable by its owner alone. With --recipient or --passphrase-file
it is encrypted (age); without, it holds secrets in clear.`,
		Example: `  gtc backup --config /etc/gtc --recipient age1… /srv/backup/gtc-2026-01-31.tar.zst.age`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.noRollups = !rollups
			return runBackup(cmd, env, f, args[0])
		},
	}
	l := cmd.Flags()
	l.StringVar(&f.dir, "config", ".", "configuration folder")
	l.StringVar(&f.data, "data", "", "the hub's data folder (default: bus.dir of gtc.yaml)")
	l.StringVar(&f.influx, "influx", "", "address of InfluxDB (default: influx.url of gtc.yaml)")
	l.BoolVar(&rollups, "with-rollups", true, "take the hours and days of consumption along")
	l.StringVar(&f.samples, "with-samples", string(backup.SamplesAuto), "auto (when InfluxDB does not have all of them), always or never")
	l.BoolVar(&f.noSecrets, "without-secrets", false, "leave out passwords and keys that stand outside of the configuration folder")
	l.StringSliceVar(&f.recipients, "recipient", nil, "encrypt for this age public key (age1…)")
	l.StringVar(&f.passphrase, "passphrase-file", "", "encrypt with the passphrase in this file")
	l.BoolVar(&f.out, "json", false, "print JSON")
	return cmd
}

func runBackup(cmd *cobra.Command, env Env, f *backupFlags, path string) error {
	log, err := newLog(cmd, env.Stderr)
	if err != nil {
		return err
	}
	cfg, err := config.Load(f.dir)
	if err != nil {
		return inputError(err)
	}
	s := backup.Source{Version: Version, Now: time.Now(), Config: f.dir, Bus: f.data, Samples: backup.Samples(f.samples), Tell: teller(env, f.out)}
	switch s.Samples {
	case backup.SamplesAuto, backup.SamplesAlways, backup.SamplesNever:
	default:
		return inputError(fmt.Errorf("--with-samples %q: want auto, always or never", f.samples))
	}
	if s.To, err = backup.Recipients(f.recipients, f.passphrase); err != nil {
		return inputError(err)
	}
	if !strings.HasSuffix(strings.TrimSuffix(path, ".age"), ".tar.zst") && !strings.HasSuffix(strings.TrimSuffix(path, ".age"), ".tar.gz") {
		return inputError(fmt.Errorf("%s: want a name that ends on .tar.zst or .tar.gz (and .age when it is encrypted)", path))
	}
	if s.Bus == "" {
		s.Bus = cfg.Hub.Bus.Dir
	}
	if !f.noSecrets {
		s.Secrets = secretFiles(cfg)
	}
	if !f.noRollups {
		if s.Influx, err = backupInflux(cfg, env, f.influx); err != nil {
			return err
		}
		defer s.Influx.Close()
	}
	done, err := openBus(cmd.Context(), cfg, env, &s, log)
	if err != nil {
		return err
	}
	defer done()
	m, err := backup.Create(cmd.Context(), path, s)
	if err != nil {
		return err
	}
	return printBackup(env, f, path, m, len(s.To) > 0)
}

// backupInflux opens the configured InfluxDB.
func backupInflux(cfg *config.Config, env Env, url string) (*influx.Client, error) {
	if url != "" {
		cfg.Hub.Influx.URL = url
	}
	if cfg.Hub.Influx.URL == "" {
		return nil, inputError(errors.New("no InfluxDB: give --influx URL, or influx.url in gtc.yaml, or leave the rollups out"))
	}
	return openInflux(cfg, env, "")
}

// openBus reaches the streams: over the bus of a hub that runs, in the folder
// of one that does not. It gives s the connection; done ends it.
func openBus(ctx context.Context, cfg *config.Config, env Env, s *backup.Source, log zerolog.Logger) (done func(), err error) {
	unlock, err := lockBus(s.Bus)
	if errors.Is(err, errBusInUse) {
		password, err := config.Secret(env.Getenv, "GTC_BUS_PASSWORD", cfg.Hub.Bus.PasswordFile)
		if err != nil {
			return nil, inputError(fmt.Errorf("read password of the bus: %w", err))
		}
		if password == "" {
			return nil, inputError(fmt.Errorf("the hub runs: give it bus.password_file (or GTC_BUS_PASSWORD), so that it can be asked at %s, or stop it first", cfg.Hub.Bus.Listen))
		}
		s.Live = true
		if s.Conn, err = bus.DialHub(cfg.Hub.Bus.Listen, password); err != nil {
			return nil, err
		}
		return s.Conn.Close, nil
	}
	if err != nil {
		return nil, err
	}
	store, err := bus.OpenOffline(ctx, s.Bus, log)
	if err != nil {
		unlock()
		return nil, err
	}
	s.Conn = store.Conn()
	return func() { store.Close(); unlock() }, nil
}

// secretFiles are the files that gtc.yaml names and that hold secrets, and the
// edges' passwords, by their names in a backup.
func secretFiles(cfg *config.Config) map[string]string {
	b := cfg.Hub.Bus
	out := map[string]string{}
	for name, path := range map[string]string{
		"influx-token": cfg.Hub.Influx.TokenFile, "bus-password": b.PasswordFile,
		"tls/hub.crt": b.CertFile, "tls/hub.key": b.KeyFile, "tls/ca.crt": b.CAFile,
	} {
		if path != "" {
			out[name] = path
		}
	}
	entries, err := os.ReadDir(b.CredentialsDir)
	if err != nil {
		return out // none yet
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			out["sites/"+e.Name()] = filepath.Join(b.CredentialsDir, e.Name())
		}
	}
	return out
}
