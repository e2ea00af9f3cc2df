package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

// SetSites replaces the sites, their passwords and limits while the hub runs.
// A new site can link at once; an edge whose site is gone or whose password
// changed is disconnected and does not come back with the old one. All other
// sites stay linked. On an error nothing has changed, unless it says which
// site could not be opened.
func (h *Hub) SetSites(_ context.Context, passwords map[gtc.SiteID]string, limits map[gtc.SiteID]int) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	if err := h.setSites(passwords, limits); err != nil {
		return fmt.Errorf("set sites: %w", err)
	}
	return nil
}

// SetPassword replaces the password of one site while the hub runs; an edge
// with the old one is disconnected and stays out.
func (h *Hub) SetPassword(_ context.Context, site gtc.SiteID, password string) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	sites := maps.Clone(h.o.Sites)
	if _, ok := sites[site]; !ok {
		return fmt.Errorf("set password of %q: unknown site", site)
	}
	sites[site] = password
	if err := h.setSites(sites, h.o.Limits); err != nil {
		return fmt.Errorf("set password of %s: %w", site, err)
	}
	return nil
}

// setSites is SetSites; the caller holds changing.
func (h *Hub) setSites(passwords map[gtc.SiteID]string, limits map[gtc.SiteID]int) error {
	if err := checkSites(passwords); err != nil {
		return err
	}
	o := h.o
	o.Sites, o.Limits = maps.Clone(passwords), maps.Clone(limits)
	opts, err := hubServerOptions(o, h.inProcess)
	if err != nil {
		return err
	}
	expelled := h.expelled(o)
	if err := h.server.ReloadOptions(opts); err != nil {
		return fmt.Errorf("reload server: %w", err)
	}
	// The server asks nobody who is linked for the new password.
	for _, id := range expelled {
		_ = h.server.DisconnectClientByID(id) // it may have left meanwhile
	}
	h.o = o
	return h.exchangeSites(o)
}

// Revoke locks the edge of a site out, within the time of the call: whoever
// holds the box or its password is disconnected and cannot link again until
// SetPassword or SetSites gives another one. Other sites stay linked.
func (h *Hub) Revoke(ctx context.Context, site gtc.SiteID) error {
	return h.SetPassword(ctx, site, secret())
}

// expelled returns the connections of the edges that may not stay.
func (h *Hub) expelled(next HubOptions) []uint64 {
	var out []uint64
	for id, password := range h.o.Sites {
		if next.Sites[id] == password {
			continue
		}
		z, err := h.server.Leafz(&server.LeafzOptions{Account: siteAccount(id)})
		if err != nil { // nobody is linked there
			continue
		}
		for _, l := range z.Leafs {
			out = append(out, l.ID)
		}
	}
	return out
}

// exchangeSites opens new sites and closes those that are gone.
func (h *Hub) exchangeSites(o HubOptions) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, s := range h.sites {
		if _, ok := o.Sites[id]; !ok {
			s.endPull()
			s.conn.Close()
			delete(h.sites, id)
			h.metrics.forget(id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.Sites)) {
		if s := h.sites[id]; s != nil {
			s.limit.Store(int64(o.Limits[id]))
			continue
		}
		if err := h.addSite(id, o.Limits[id]); err != nil {
			return err
		}
		if h.pulling == nil {
			continue
		}
		if err := h.startPull(h.pulling, h.sites[id]); err != nil {
			return fmt.Errorf("pull from %s: %w", id, err)
		}
	}
	return nil
}

// addSite connects as the hub in the account of a site.
func (h *Hub) addSite(id gtc.SiteID, limit int) error {
	nc, err := connect(h.server, siteUser(id), h.inProcess, h.log, nats.CustomInboxPrefix(inboxPrefix(id)))
	if err != nil {
		return err
	}
	s := &hubSite{id: id, conn: nc, wake: make(chan struct{}, 1)}
	s.limit.Store(int64(limit))
	if s.js, err = jetstream.NewWithDomain(nc, string(id)); err == nil {
		err = h.carryLive(s)
	}
	if err != nil {
		nc.Close()
		return fmt.Errorf("open site %s: %w", id, err)
	}
	h.sites[id] = s
	return nil
}

// carryLive passes the live messages of a site on into the hub's account, with
// the headers that may pass and no other.
func (h *Hub) carryLive(s *hubSite) error {
	for _, subject := range []string{sampleSubject(s.id), liveSubject(s.id), eventSubject(s.id), healthSubject(s.id)} {
		_, err := s.conn.Subscribe(subject, func(m *nats.Msg) {
			out := nats.NewMsg(m.Subject)
			out.Data, out.Header = m.Data, carried(m.Header)
			_ = h.conn.PublishMsg(out) // closed with the hub
		})
		if err != nil {
			return fmt.Errorf("listen to %s: %w", subject, err)
		}
	}
	return nil
}

func (h *Hub) site(id gtc.SiteID) (*hubSite, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s, ok := h.sites[id]
	return s, ok
}
