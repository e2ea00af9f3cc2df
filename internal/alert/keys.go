package alert

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/internal/channel"
)

// hubKeys are secrets that the hub makes for itself once. They never leave the
// bus.
type hubKeys struct {
	// Link signs links.
	Link []byte           `json:"link"`
	Push channel.PushKeys `json:"push"`
}

// OpenPeople makes or opens the bucket of the book. Its older revisions stay.
func OpenPeople(ctx context.Context, js jetstream.JetStream) (jetstream.KeyValue, error) {
	return openBucket(ctx, js, BucketPeople, "who is told of alarms", 20)
}

// loadKeys returns the keys, which the first hub makes.
func loadKeys(ctx context.Context, kv jetstream.KeyValue) (hubKeys, error) {
	var k hubKeys
	e, err := kv.Get(ctx, keyKeys)
	if err == nil {
		if err := json.Unmarshal(e.Value(), &k); err != nil {
			return k, fmt.Errorf("read keys: %w", err)
		}
		return k, nil
	}
	if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return k, fmt.Errorf("read keys: %w", err)
	}
	k.Link = make([]byte, 32)
	if _, err := rand.Read(k.Link); err != nil {
		return k, fmt.Errorf("make keys: %w", err)
	}
	if k.Push, err = channel.NewPushKeys(); err != nil {
		return k, err
	}
	data, err := json.Marshal(k)
	if err != nil {
		return k, fmt.Errorf("keep keys: %w", err)
	}
	_, err = kv.Create(ctx, keyKeys, data)
	if errors.Is(err, jetstream.ErrKeyExists) { // another hub was first
		return loadKeys(ctx, kv)
	}
	if err != nil {
		return k, fmt.Errorf("keep keys: %w", err)
	}
	return k, nil
}
