package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// cameBack notes that a mail to an address did not arrive.
func (w *ways) cameBack(ctx context.Context, a badAddress) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if was, ok := w.addresses[a.Person]; ok && was.Email == a.Email && was.bad(a.Since) {
		a.Since = was.Since
	}
	if err := putJSON(ctx, w.kv, keyAddress+a.Person, a); err != nil {
		return fmt.Errorf("keep that mail to %s came back: %w", a.Person, err)
	}
	w.addresses[a.Person] = a
	return nil
}

// retried notes that a mail to a person was handed over: when it does not come
// back, the address is good again.
func (w *ways) retried(ctx context.Context, to notify.Person, now time.Time, log zerolog.Logger) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, ok := w.addresses[to.ID]
	if !ok || a.Email != to.Email || !a.Retried.IsZero() {
		return
	}
	a.Retried = now
	w.addresses[to.ID] = a
	if err := putJSON(ctx, w.kv, keyAddress+to.ID, a); err != nil { // matters only after a restart
		log.Warn().Err(err).Str("person", to.ID).Msg("state of address not kept")
	}
}

// badAddresses returns the people of the book whose address does not work, in
// their order. One that was changed is another address.
func (s *Service) badAddresses(now time.Time) []badAddress {
	book := s.Book()
	s.ways.mu.Lock()
	defer s.ways.mu.Unlock()
	var out []badAddress
	for _, id := range slices.Sorted(maps.Keys(s.ways.addresses)) {
		a := s.ways.addresses[id]
		if p, ok := book.Person(id); ok && p.Email == a.Email && a.bad(now) {
			out = append(out, a)
		}
	}
	return out
}

// whyBad says in a line which addresses do not work, "" when all do.
func whyBad(bad []badAddress) string {
	all := make([]string, len(bad))
	for i, a := range bad {
		all[i] = fmt.Sprintf("mail to %s came back: %s", a.Person, a.Why)
	}
	return strings.Join(all, "; ")
}
