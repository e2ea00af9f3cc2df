package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// Bucket holds the registers, one key a site.
const Bucket = "works"

const (
	// revisions is how many former registers of a site are kept.
	revisions = 30
	// attempts is how often a change is tried over what others wrote.
	attempts = 5
)

// errBusy says that others change a register all the time.
var errBusy = errors.New("others change it all the time")

// Store keeps the registers. It may be used by several goroutines.
type Store struct {
	kv jetstream.KeyValue

	mu     sync.Mutex
	bySite map[gtc.SiteID]kept
}

type kept struct {
	register works.Register
	revision uint64
}

// Open makes or opens the bucket and reads it.
func Open(ctx context.Context, js jetstream.JetStream) (*Store, error) {
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "works register and moved baselines", History: revisions, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, fmt.Errorf("make bucket %s: %w", Bucket, err)
	}
	s := &Store{kv: kv, bySite: map[gtc.SiteID]kept{}}
	keys, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read works register: %w", err)
	}
	var sites []string
	for key := range keys.Keys() {
		sites = append(sites, key)
	}
	for _, site := range sites {
		if err := s.load(ctx, gtc.SiteID(site)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// load reads one site's register.
func (s *Store) load(ctx context.Context, site gtc.SiteID) error {
	e, err := s.kv.Get(ctx, string(site))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		s.mu.Lock()
		delete(s.bySite, site)
		s.mu.Unlock()
		return nil
	}
	if err != nil {
		return fmt.Errorf("read works register of %s: %w", site, err)
	}
	_, err = s.take(e)
	return err
}

// take goes on with what is stored, unless that is older than what is known.
func (s *Store) take(e jetstream.KeyValueEntry) (bool, error) {
	var r works.Register
	if err := json.Unmarshal(e.Value(), &r); err != nil {
		return false, fmt.Errorf("read works register of %s: %w", e.Key(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	site := gtc.SiteID(e.Key())
	if s.bySite[site].revision >= e.Revision() {
		return false, nil
	}
	s.bySite[site] = kept{r, e.Revision()}
	return true, nil
}

// Of returns the register of a site; it must not be changed.
func (s *Store) Of(site gtc.SiteID) works.Register {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bySite[site].register
}

// All returns the registers of all sites together, in order of site.
func (s *Store) All() works.Register {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out works.Register
	for _, site := range slices.Sorted(maps.Keys(s.bySite)) {
		out.Entries = append(out.Entries, s.bySite[site].register.Entries...)
		out.Moves = append(out.Moves, s.bySite[site].register.Moves...)
	}
	return out
}

// Change keeps what f makes of a site's register. When somebody else changed it
// meanwhile, f is asked again with what that one wrote; an error of f changes
// nothing.
func (s *Store) Change(ctx context.Context, site gtc.SiteID, f func(works.Register) (works.Register, error)) error {
	for range attempts {
		s.mu.Lock()
		was := s.bySite[site]
		s.mu.Unlock()
		next, err := f(was.register)
		if err != nil {
			return err
		}
		data, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("keep works register of %s: %w", site, err)
		}
		var revision uint64
		if was.revision == 0 {
			revision, err = s.kv.Create(ctx, string(site), data)
		} else {
			revision, err = s.kv.Update(ctx, string(site), data, was.revision)
		}
		if errors.Is(err, jetstream.ErrKeyExists) {
			if err := s.load(ctx, site); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("keep works register of %s: %w", site, err)
		}
		s.mu.Lock()
		if s.bySite[site].revision < revision {
			s.bySite[site] = kept{next, revision}
		}
		s.mu.Unlock()
		return nil
	}
	return fmt.Errorf("keep works register of %s: %w", site, errBusy)
}

// Follow tells of every change until ctx ends, also of those of other hubs and
// of commands. A register that cannot be read changes nothing; bad is told.
func (s *Store) Follow(ctx context.Context, changed func(gtc.SiteID), bad func(error)) error {
	w, err := s.kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("follow works register: %w", err)
	}
	return bus.FollowKeys(ctx, w, func(e jetstream.KeyValueEntry) {
		switch news, err := s.take(e); {
		case err != nil:
			bad(err)
		case news:
			changed(gtc.SiteID(e.Key()))
		}
	})
}
