package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/atomicfile"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge/bundle"
)

// enrol makes a site's bundle, then its password: after a failure the hub
// knows what it knew before.
func (t *edgeTool) enrol(id gtc.SiteID) error {
	s, err := t.find(id)
	if err != nil {
		return err
	}
	if s.Hub.URL == "" {
		return inputError(fmt.Errorf("%s: hub.url is missing: the edge would not find the hub", s.File))
	}
	c, err := credentialOf(t.config, id)
	if err != nil {
		return err
	}
	if c.state == enrolled && !t.renew {
		return inputError(fmt.Errorf("site %s is enrolled already (%s): --renew makes a new password and locks its present edge out", id, c.file))
	}
	out := t.out
	if out == "" {
		out = string(id) + ".edge.tar.gz"
	}
	if _, err := os.Stat(out); err == nil && !t.renew {
		return inputError(fmt.Errorf("%s exists already: --renew replaces it", out))
	}
	b, err := t.bundle(s)
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if err := b.Write(&data); err != nil {
		return err
	}
	if err := atomicfile.Write(out, data.Bytes(), 0o600); err != nil {
		return err
	}
	if err := c.set(b.Password); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	return t.tellEnrolled(s, out)
}

func (t *edgeTool) bundle(s *config.Site) (*bundle.Bundle, error) {
	b := &bundle.Bundle{
		Manifest: bundle.Manifest{Site: s.ID, Made: time.Now().UTC().Truncate(time.Second), HubURL: s.Hub.URL},
		Password: newPassword(), Files: map[string][]byte{},
	}
	data, err := os.ReadFile(filepath.Join(t.config.Dir, s.File))
	if err != nil {
		return nil, inputError(fmt.Errorf("read file of site %s: %w", s.ID, err))
	}
	b.Files["sites/"+string(s.ID)+".yaml"] = data
	if err := t.ownProfiles(s, b.Files); err != nil {
		return nil, err
	}
	if ca := t.config.Hub.Bus.CAFile; ca != "" {
		if b.CA, err = os.ReadFile(ca); err != nil {
			return nil, inputError(fmt.Errorf("read bus.ca_file: %w", err))
		}
	}
	return b, nil
}

// ownProfiles adds the profiles of the folder that the site uses; the shipped
// ones are in the program.
func (t *edgeTool) ownProfiles(s *config.Site, files map[string][]byte) error {
	dir := os.DirFS(t.config.Dir)
	var names []string
	for _, pattern := range []string{"profiles/*.yaml", "profiles/*.yml"} {
		found, err := fs.Glob(dir, pattern)
		if err != nil {
			return fmt.Errorf("look for profiles: %w", err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return inputError(fmt.Errorf("read profile: %w", err))
		}
		p, _ := profile.Parse(name, data) // its mistakes were looked for at load
		if slices.ContainsFunc(s.Devices, func(d config.Device) bool { return d.Profile == p.ID }) {
			files["profiles/"+p.ID+".yaml"] = data
		}
	}
	return nil
}

// secretsOf are the files with secrets that a site's file names and that no
// bundle holds, as they are the site's own.
func secretsOf(s *config.Site) []string {
	var out []string
	add := func(files ...string) {
		for _, f := range files {
			if f != "" && !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	for _, c := range s.Connections {
		add(c.PasswordFile, c.KeyFile, c.CertFile, c.CAFile)
	}
	add(s.Broker.CertFile, s.Broker.KeyFile, s.Broker.CAFile)
	for _, u := range s.Broker.Users {
		add(u.PasswordFile)
	}
	return out
}

func (t *edgeTool) tellEnrolled(s *config.Site, out string) error {
	missing := secretsOf(s)
	if t.asJSON {
		return json.NewEncoder(t.env.Stdout).Encode(map[string]any{"site": s.ID, "state": enrolled, "bundle": out, "missing": missing})
	}
	_, err := fmt.Fprintf(t.env.Stdout, "%s : enrôlé. Boîtier : gtc collect --bundle %s\nCe fichier contient le mot de passe du site : le porter au boîtier, puis l'effacer ici.\n", s.ID, out)
	if err != nil || len(missing) == 0 {
		return err
	}
	_, _ = fmt.Fprintln(t.env.Stdout, "À porter aussi, aux chemins que le fichier du site leur donne :")
	for _, f := range missing {
		if _, err := fmt.Fprintln(t.env.Stdout, "  "+f); err != nil {
			return err
		}
	}
	return nil
}
