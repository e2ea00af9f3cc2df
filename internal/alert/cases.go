package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

// The buckets and their keys.
const (
	// BucketPeople holds the book, the browsers to be told and the hub's keys.
	BucketPeople = "people"
	bucketNotify = "notify"

	keyBook = "book"
	keyKeys = "keys"
	keyCase = "case/"
	keyWay  = "way/"
	// keyChannel is under what the state of a channel is kept.
	keyChannel = "channel/"
	keyPush    = "push/"
)

func openBucket(ctx context.Context, js jetstream.JetStream, name, what string, history uint8) (jetstream.KeyValue, error) {
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name, Description: what, History: history, Storage: jetstream.FileStorage})
	if err != nil {
		return nil, fmt.Errorf("make bucket %s: %w", name, err)
	}
	return kv, nil
}

// mark is what of a case says that it changed since it was stored.
type mark struct {
	event, held, state     string
	next, told, unsent     int
	again, failed, hurried int
	stopped, nobody        time.Time
}

func markOf(c *notify.Case) mark {
	m := mark{
		event: c.Event, state: string(c.Subject.Alarm.State), next: c.Next, told: len(c.Told), unsent: len(c.Unsent),
		again: c.Again, failed: len(c.Failed), hurried: c.Hurried, stopped: c.Stopped, nobody: c.Nobody,
	}
	if c.Held != nil {
		m.held = c.Held.Event
	}
	return m
}

func (s *Service) loadCases(ctx context.Context) ([]notify.Case, error) {
	var out []notify.Case
	err := each(ctx, s.kept, keyCase, func(c notify.Case) {
		s.stored[c.Subject.Alarm.ID] = markOf(&c)
		out = append(out, c)
	})
	return out, err
}

// storeCases keeps the cases that changed and forgets those that are gone.
func (s *Service) storeCases(ctx context.Context, cases []notify.Case) error {
	gone := make(map[string]bool, len(s.stored))
	for id := range s.stored {
		gone[id] = true
	}
	for i := range cases {
		c := &cases[i]
		id := c.Subject.Alarm.ID
		delete(gone, id)
		m := markOf(c)
		if s.stored[id] == m {
			continue
		}
		if err := putJSON(ctx, s.kept, keyCase+id, c); err != nil {
			return fmt.Errorf("keep case of %s: %w", id, err)
		}
		s.stored[id] = m
	}
	for id := range gone {
		if err := s.kept.Purge(ctx, keyCase+id); err != nil {
			return fmt.Errorf("forget case of %s: %w", id, err)
		}
		delete(s.stored, id)
	}
	return nil
}

func putJSON(ctx context.Context, kv jetstream.KeyValue, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = kv.Put(ctx, key, data)
	return err
}

// each hands every value whose key begins with a prefix to f.
func each[T any](ctx context.Context, kv jetstream.KeyValue, prefix string, f func(T)) error {
	l, err := kv.ListKeys(ctx)
	if err != nil {
		return fmt.Errorf("list %s: %w", kv.Bucket(), err)
	}
	var keys []string
	for k := range l.Keys() {
		if len(k) > len(prefix) && k[:len(prefix)] == prefix {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		e, err := kv.Get(ctx, k)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // gone meanwhile
		}
		var v T
		if err == nil {
			err = json.Unmarshal(e.Value(), &v)
		}
		if err != nil {
			return fmt.Errorf("read %s/%s: %w", kv.Bucket(), k, err)
		}
		f(v)
	}
	return nil
}
