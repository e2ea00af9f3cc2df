package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func TestJoin(t *testing.T) {
	o := hubOptions(t, "site-a")
	o.Listen, o.Password = "127.0.0.1:0", "of the hubs"
	o.CertFile, o.KeyFile = selfSigned(t, t.TempDir())
	h := startTestHub(t, o)
	require.True(t, strings.HasPrefix(h.ClientURL(), "tls://"), h.ClientURL())
	join := func(url, password, ca string) (*Joined, error) {
		return Join(t.Context(), JoinOptions{URL: url, Password: password, CAFile: ca, Log: zerolog.Nop()})
	}
	_, err := join(h.ClientURL(), "of the hubs", "")
	require.ErrorContains(t, err, "certificate", "an unknown authority")
	_, err = join(h.ClientURL(), "a guess", o.CertFile)
	require.ErrorContains(t, err, "uthorization")
	plain, err := join(strings.Replace(h.ClientURL(), "tls://", "nats://", 1), "of the hubs", "")
	require.NoError(t, err, "within one machine")
	plain.Close()

	j, err := join(h.ClientURL(), "of the hubs", o.CertFile)
	require.NoError(t, err)
	defer j.Close()
	require.True(t, j.Connected())
	_, err = j.Conn().TLSConnectionState()
	require.NoError(t, err)
	require.NoError(t, j.Reject(t.Context(), "site-a", "gtc", []byte("line"), "because"))
	require.Equal(t, uint64(1), count(t, h, StreamRejected))
	_, err = j.Conn().Request("gtc.site-a._in.x", nil, 50*time.Millisecond)
	require.Error(t, err, "the account of the hub, not of a site")

	o = hubOptions(t, "site-a")
	require.Empty(t, startTestHub(t, o).ClientURL())
}

func TestTheHubSpeaksOfItselfUnderItsReservedID(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	ev := event(gtc.HubSite, "hub/influxdb/store_away/1/unacknowledged")
	require.NoError(t, h.PublishEvent(t.Context(), ev))
	require.NoError(t, h.PublishEvent(t.Context(), ev))
	require.Equal(t, uint64(1), count(t, h, StreamEvents))
}

// The partition of a site is part of what is stored: it never changes.
func TestPartitionsNeverChange(t *testing.T) {
	for site, want := range map[gtc.SiteID]int{"mr-monceau": 3, "abri-nuit": 6, "ec-dampremy": 1, "hub": 4, "a": 4} {
		require.Equal(t, want, Partition(site), site)
	}
	seen := map[int]int{}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			p := Partition(gtc.SiteID([]rune{'s', '-', a, b}))
			require.GreaterOrEqual(t, p, 0)
			require.Less(t, p, Partitions)
			seen[p]++
		}
	}
	for p := range Partitions {
		require.InDelta(t, 26*26/Partitions, seen[p], 30, "even")
	}
	require.Equal(t, "INGEST-3", IngestConsumer(3))
}

func TestALineIsRejectedOnce(t *testing.T) {
	h := startTestHub(t, hubOptions(t, "site-a"))
	for range 3 {
		require.NoError(t, h.Reject(t.Context(), "site-a", "gtc", []byte("bad 1"), "no"))
	}
	require.NoError(t, h.Reject(t.Context(), "site-a", "gtc", []byte("bad 2"), "no"))
	require.Equal(t, uint64(2), count(t, h, StreamRejected))
}
