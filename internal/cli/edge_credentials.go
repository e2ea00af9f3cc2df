package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// lookAtCredentials is how often a running hub looks at the sites' passwords.
const lookAtCredentials = 2 * time.Second

// credentials are the sites' passwords as the hub uses them.
type credentials struct {
	config *config.Config
	getenv func(string) string
	// nobody is the password of a site that is not enrolled.
	nobody string
}

func newCredentials(cfg *config.Config, getenv func(string) string) *credentials {
	return &credentials{config: cfg, getenv: getenv, nobody: newPassword()}
}

// passwords reads each site's password from the credentials folder. A site
// without one is not enrolled: its edge cannot link yet.
func (c *credentials) passwords() (map[gtc.SiteID]string, error) {
	out := map[gtc.SiteID]string{}
	for _, s := range c.config.Sites {
		p, err := config.Secret(c.getenv, "", filepath.Join(c.config.Hub.Bus.CredentialsDir, string(s.ID)))
		if errors.Is(err, fs.ErrNotExist) {
			p, err = c.nobody, nil
		}
		if err != nil {
			return nil, inputError(fmt.Errorf("read password of site %s: %w", s.ID, err))
		}
		out[s.ID] = p
	}
	return out, nil
}

// limits are the sites' limits of what is pulled, in bytes a second.
func (c *credentials) limits() map[gtc.SiteID]int {
	out := map[gtc.SiteID]int{}
	for _, s := range c.config.Sites {
		out[s.ID] = s.Hub.Limit
	}
	return out
}

// follow takes changed passwords over until ctx ends: an edge that is enrolled
// can link, one that is revoked is disconnected.
func (c *credentials) follow(ctx context.Context, b *bus.Hub, known map[gtc.SiteID]string, log zerolog.Logger) error {
	tick := time.NewTicker(lookAtCredentials)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := c.passwords()
		if err != nil {
			log.Error().Err(err).Msg("passwords of the sites stay as they are")
			continue
		}
		if maps.Equal(now, known) {
			continue
		}
		if err := b.SetSites(ctx, now, c.limits()); err != nil {
			log.Error().Err(err).Msg("changed passwords are not taken over")
			continue
		}
		for id, p := range now {
			if known[id] != p {
				log.Warn().Str("site", string(id)).Msg("password of the site changed: an edge with the old one is locked out")
			}
		}
		known = now
	}
}
