// Package influxtest gives tests a real InfluxDB of their own.
package influxtest

import (
	"os"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influxd"
)

// Start runs a fresh InfluxDB for the test and returns a client on it, its
// databases made. Without an influxd program the test is skipped with the
// reason, and fails in CI.
func Start(tb testing.TB) *influx.Client {
	tb.Helper()
	client, _ := StartServer(tb, tb.TempDir(), "")
	require.NoError(tb, client.EnsureDatabases(tb.Context()))
	return client
}

// StartServer runs an InfluxDB with its data in dir, at listen or at a free
// port, and returns it with a client on it.
func StartServer(tb testing.TB, dir, listen string) (*influx.Client, *influxd.Server) {
	tb.Helper()
	bin, err := influxd.Find(os.Getenv("GTC_INFLUXD"))
	if err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	server, err := influxd.Start(tb.Context(), influxd.Options{Binary: bin, Dir: dir, Listen: listen, Log: zerolog.Nop()})
	require.NoError(tb, err)
	tb.Cleanup(server.Stop)
	client, err := influx.Open(influx.Options{URL: server.URL})
	require.NoError(tb, err)
	tb.Cleanup(client.Close)
	return client, server
}
