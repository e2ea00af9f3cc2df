package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// ErrChanged says that somebody changed the book meanwhile.
var ErrChanged = errors.New("changed by somebody else meanwhile")

// ReadBook returns the book that is kept and its revision; an empty book of
// revision 0 when none is.
func ReadBook(ctx context.Context, kv jetstream.KeyValue) (*notify.Book, uint64, error) {
	e, err := kv.Get(ctx, keyBook)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return &notify.Book{}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read book: %w", err)
	}
	b := &notify.Book{}
	if err := json.Unmarshal(e.Value(), b); err != nil {
		return nil, 0, fmt.Errorf("read book: %w", err)
	}
	return b, e.Revision(), nil
}

// WriteBook keeps a book in the place of the one of that revision, 0 when
// there is none; [ErrChanged] when there is another by now. It returns the new
// revision.
func WriteBook(ctx context.Context, kv jetstream.KeyValue, b *notify.Book, revision uint64) (uint64, error) {
	if err := b.Check(); err != nil {
		return 0, fmt.Errorf("keep book: %w", err)
	}
	data, err := json.Marshal(b)
	if err != nil {
		return 0, fmt.Errorf("keep book: %w", err)
	}
	if revision == 0 {
		revision, err = kv.Create(ctx, keyBook, data)
	} else {
		revision, err = kv.Update(ctx, keyBook, data, revision)
	}
	if errors.Is(err, jetstream.ErrKeyExists) {
		err = ErrChanged
	}
	if err != nil {
		return 0, fmt.Errorf("keep book: %w", err)
	}
	return revision, nil
}

// openBook reads the book, which begins with the seed.
func (s *Service) openBook(ctx context.Context) error {
	book, revision, err := ReadBook(ctx, s.people)
	if err != nil {
		return err
	}
	if revision == 0 && s.o.Seed != nil {
		_, err := WriteBook(ctx, s.people, s.o.Seed, 0)
		if err != nil && !errors.Is(err, ErrChanged) {
			return err
		}
		if book, _, err = ReadBook(ctx, s.people); err != nil {
			return err
		}
		s.log.Info().Int("people", len(book.People)).Int("routes", len(book.Routes)).Msg("book of people seeded from the configuration")
	}
	s.book = book
	return nil
}

// followBook takes over every change of the book, until ctx ends.
func (s *Service) followBook(ctx context.Context) error {
	w, err := s.people.Watch(ctx, keyBook)
	if err != nil {
		return fmt.Errorf("follow book: %w", err)
	}
	return bus.FollowKeys(ctx, w, func(e jetstream.KeyValueEntry) { s.takeBook(e.Value(), e.Revision()) })
}

// takeBook goes on with another book. One that cannot be read changes nothing:
// an old book is better than none.
func (s *Service) takeBook(data []byte, revision uint64) {
	b := &notify.Book{}
	err := json.Unmarshal(data, b)
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		s.log.Error().Err(err).Uint64("revision", revision).Msg("book of people not usable; the former one holds")
		return
	}
	s.turning.Lock()
	s.engine.SetBook(b)
	s.turning.Unlock()
	s.bookMu.Lock()
	s.book = b
	s.bookMu.Unlock()
}

// Book returns the book in force. It must not be changed.
func (s *Service) Book() *notify.Book {
	s.bookMu.RLock()
	defer s.bookMu.RUnlock()
	return s.book
}
