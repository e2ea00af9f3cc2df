// Package usertest gives tests the real bucket in which users, links, sessions
// and tokens are kept.
package usertest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// Bucket returns an empty bucket of a server that listens nowhere and ends with
// the test.
func Bucket(tb testing.TB) jetstream.KeyValue {
	tb.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: tb.TempDir(), NoLog: true, NoSigs: true})
	require.NoError(tb, err)
	s.Start()
	tb.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(tb, s.ReadyForConnections(30*time.Second))
	c, err := nats.Connect("", nats.InProcessServer(s))
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	js, err := jetstream.New(c)
	require.NoError(tb, err)
	kv, err := js.CreateKeyValue(tb.Context(), jetstream.KeyValueConfig{Bucket: "users"})
	require.NoError(tb, err)
	return kv
}
