package influxd_test

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influxd"
)

func TestPasswordAndTakenPort(t *testing.T) {
	bin, err := influxd.Find(os.Getenv("GTC_INFLUXD"))
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // the test owns the listener.
	require.NoError(t, err)
	defer taken.Close() //nolint:errcheck // the test ends.

	dir := t.TempDir()
	o := influxd.Options{Binary: bin, Dir: dir, Listen: taken.Addr().String(), User: "gtc", Password: "secret-of-this-test", Log: zerolog.Nop()}
	s, err := influxd.Start(t.Context(), o)
	require.NoError(t, err)
	require.NotEqual(t, "http://"+taken.Addr().String(), s.URL)

	good, err := influx.Open(influx.Options{URL: s.URL, Token: "gtc:secret-of-this-test"})
	require.NoError(t, err)
	require.NoError(t, good.EnsureDatabases(t.Context()))
	require.NoError(t, good.Write(t.Context(), influx.Raw, fmt.Appendf(nil, "boiler,site=a flow_temp=1 %d\n", time.Now().UnixMilli())))

	bad, err := influx.Open(influx.Options{URL: s.URL, Token: "gtc:guess"})
	require.NoError(t, err)
	require.ErrorIs(t, bad.Write(t.Context(), influx.Raw, []byte("boiler,site=a flow_temp=2 1\n")), influx.ErrRefused)

	s.Stop()
	again, err := influxd.Start(t.Context(), o)
	require.NoError(t, err, "the same data folder opens again")
	require.False(t, again.Kill().Success(), "killed")

	o.Password = "another"
	_, err = influxd.Start(t.Context(), o)
	require.ErrorContains(t, err, "administrator")
}
