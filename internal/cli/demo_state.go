package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cpas-charleroi/gtc"
	demopark "github.com/cpas-charleroi/gtc/deploy/demo"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// demoState is what a demo remembers from one start to the next, so that
// meters go on counting and faults keep their dates.
type demoState struct {
	// Epoch is the first instant of history, Origin the instant of the first
	// start.
	Epoch  time.Time `json:"epoch"`
	Origin time.Time `json:"origin"`
	// Written is the end of the history written for each site.
	Written map[gtc.SiteID]time.Time `json:"written"`
	path    string
}

func loadDemoState(dir string, days int) (demoState, error) {
	path := filepath.Join(dir, "state.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		now := time.Now().UTC().Truncate(time.Second)
		return demoState{Epoch: now.AddDate(0, 0, -days).Truncate(time.Hour), Origin: now, Written: map[gtc.SiteID]time.Time{}, path: path}, nil
	}
	s := demoState{path: path}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}

func (s demoState) save() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep state of the demo: %w", err)
	}
	return os.Rename(s.path+".new", s.path)
}

// lockDir keeps a second demo out of a folder: two would write the same queues.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("use %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // it was not locked
		return nil, inputError(fmt.Errorf("another gtc demo is using %s: stop it, or give another folder with --dir", dir))
	}
	return func() { _ = f.Close() }, nil // closing it unlocks
}

// writeDemoConfig writes the demo's configuration unless there is one: what
// the user changed or took out stays so.
func writeDemoConfig(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "gtc.yaml")); err == nil {
		return nil
	}
	return fs.WalkDir(demopark.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		if d.IsDir() {
			return os.MkdirAll(to, 0o750)
		}
		data, err := demopark.Files.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
}

// giveSecrets makes a random password for every edge and MQTT client that has
// none, and points the configuration at them.
func giveSecrets(dir string, cfg *config.Config) error {
	cfg.Hub.Bus.CredentialsDir = filepath.Join(dir, "secrets", "sites")
	for _, s := range cfg.Sites {
		s.Hub.PasswordFile = filepath.Join(cfg.Hub.Bus.CredentialsDir, string(s.ID))
		if _, err := secret(s.Hub.PasswordFile); err != nil {
			return err
		}
		for i := range s.Broker.Users {
			u := &s.Broker.Users[i]
			u.PasswordFile = userSecret(dir, s.ID, u.User)
			if _, err := secret(u.PasswordFile); err != nil {
				return err
			}
		}
		for i := range s.Connections {
			if c := &s.Connections[i]; c.User != "" {
				c.PasswordFile = userSecret(dir, s.ID, c.User)
			}
		}
	}
	return nil
}

func userSecret(dir string, site gtc.SiteID, user string) string {
	return filepath.Join(dir, "secrets", "mqtt", string(site)+"."+user)
}

func passwordFor(dir string) func(gtc.SiteID, string) string {
	return func(site gtc.SiteID, user string) string {
		p, err := secret(userSecret(dir, site, user))
		if err != nil {
			return ""
		}
		return p
	}
}

// secret returns the secret kept in a file, made at random when missing.
func secret(path string) (string, error) {
	s, err := config.Secret(nil, "", path)
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	s = rand.Text()
	if err := os.WriteFile(path, []byte(s+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	return s, nil
}
