package bus

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// TestFollowKeysHandsOverEveryValue: what is there, what comes, nothing of what
// goes; a watch that ends by itself is an error.
func TestFollowKeysHandsOverEveryValue(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	js, err := jetstream.New(h.Conn())
	require.NoError(t, err)
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "follow", History: 5})
	require.NoError(t, err)
	put := func(key, value string) {
		_, err := kv.PutString(t.Context(), key, value)
		require.NoError(t, err)
	}
	put("a", "1")
	ctx, stop := context.WithCancel(t.Context())
	w, err := kv.WatchAll(ctx)
	require.NoError(t, err)
	seen, done := make(chan string, 8), make(chan error, 1)
	go func() {
		done <- FollowKeys(ctx, w, func(e jetstream.KeyValueEntry) { seen <- e.Key() + string(e.Value()) })
	}()
	require.Equal(t, "a1", <-seen)
	require.NoError(t, kv.Delete(t.Context(), "a"))
	put("b", "2")
	require.Equal(t, "b2", <-seen)
	stop()
	require.ErrorIs(t, <-done, context.Canceled)

	w, err = kv.WatchAll(t.Context())
	require.NoError(t, err)
	go func() {
		done <- FollowKeys(t.Context(), w, func(jetstream.KeyValueEntry) { _ = w.Stop() })
	}()
	require.ErrorIs(t, <-done, errWatchEnded)
}
