package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The keys of the store: user.<id>, link.<hash>, session.<hash>.
const (
	keyUser    = "user."
	keyLink    = "link."
	keySession = "session."
)

// store keeps users, links and sessions as JSON in a key-value bucket.
type store struct{ kv jetstream.KeyValue }

// digest is the key under which a secret is kept.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// load reads a record; ok is false when there is none. The revision is for
// [store.replace].
func (s store) load(ctx context.Context, key string, into any) (revision uint64, ok bool, err error) {
	e, err := s.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read %s: %w", kindOf(key), err)
	}
	if err := json.Unmarshal(e.Value(), into); err != nil {
		return 0, false, fmt.Errorf("read %s: %w", kindOf(key), err)
	}
	return e.Revision(), true, nil
}

// create keeps a record that must not be there yet.
func (s store) create(ctx context.Context, key string, record any) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("keep %s: %w", kindOf(key), err)
	}
	if _, err := s.kv.Create(ctx, key, data); err != nil {
		return fmt.Errorf("keep %s: %w", kindOf(key), err)
	}
	return nil
}

// replace keeps a changed record unless somebody changed it meanwhile.
func (s store) replace(ctx context.Context, key string, record any, revision uint64) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("keep %s: %w", kindOf(key), err)
	}
	if _, err := s.kv.Update(ctx, key, data, revision); err != nil {
		return fmt.Errorf("keep %s: %w", kindOf(key), err)
	}
	return nil
}

// take removes a record; of several callers only one succeeds.
func (s store) take(ctx context.Context, key string, revision uint64) error {
	if err := s.kv.Delete(ctx, key, jetstream.LastRevision(revision)); err != nil {
		return fmt.Errorf("remove %s: %w", kindOf(key), err)
	}
	return nil
}

// keys lists the keys with a prefix, without it.
func (s store) keys(ctx context.Context, prefix string) ([]string, error) {
	l, err := s.kv.ListKeysFiltered(ctx, prefix+">")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", kindOf(prefix), err)
	}
	var out []string
	for k := range l.Keys() {
		out = append(out, strings.TrimPrefix(k, prefix))
	}
	return out, nil
}

// kindOf names a key in an error without the secret's digest.
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, ".")
	return kind
}

// link is an invitation, or the permission to choose a new password.
type link struct {
	// User is who it is for; "" lets the first user choose.
	User    string    `json:"user,omitempty"`
	Right   Right     `json:"right"`
	By      string    `json:"by,omitempty"`
	Expires time.Time `json:"expires"`
}

// session is somebody signed in.
type session struct {
	User    string    `json:"user"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}
