package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	core "github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// TestTokensOfARunningHub makes, lists, uses and revokes a service token over
// the bus of a hub.
func TestTokensOfARunningHub(t *testing.T) {
	b, dir := runningHub(t, "")
	js, err := jetstream.New(b.Conn())
	require.NoError(t, err)
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: hub.BucketUsers})
	require.NoError(t, err)
	gtc := func(args ...string) (code int, out, errs string) {
		code, out, errs = gtcRun(t, append(append([]string{"token"}, args...), "--config", dir)...)
		return code, strings.TrimSpace(out), errs
	}
	code, secret, errs := gtc("create", "grafana", "--expires", "30d")
	require.Zero(t, code, errs)
	now := time.Now().UTC()
	tok, err := user.OpenTokens(kv).Use(t.Context(), secret, now)
	require.NoError(t, err)
	require.WithinDuration(t, now.AddDate(0, 0, 30), tok.Expires, time.Hour)

	code, out, _ := gtc("list", "--json")
	require.Zero(t, code)
	require.NotContains(t, out, secret)
	var all []user.Token
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	require.Len(t, all, 1)
	require.Equal(t, "gtc token", all[0].By)
	_, out, _ = gtc("list")
	require.Contains(t, out, "grafana")

	for _, wrong := range [][]string{{"create", "grafana"}, {"create", "Pas un nom"}, {"create", "x1", "--expires", "soon"}, {"revoke", "nobody"}, {"create"}} {
		code, _, errs = gtc(wrong...)
		require.NotZero(t, code, wrong)
		require.NotEmpty(t, errs)
	}
	code, _, errs = gtc("revoke", "grafana")
	require.Zero(t, code, errs)
	_, err = user.OpenTokens(kv).Use(t.Context(), secret, now)
	require.ErrorIs(t, err, user.ErrToken)

	// The journal knows both, and nothing of what was refused.
	events, err := js.OrderedConsumer(t.Context(), bus.StreamEvents, jetstream.OrderedConsumerConfig{})
	require.NoError(t, err)
	for _, want := range []string{user.TokenCreated, user.TokenRevoked} {
		m, err := events.Next(jetstream.FetchMaxWait(10 * time.Second))
		require.NoError(t, err)
		require.NotContains(t, string(m.Data()), secret)
		var ev core.Event
		require.NoError(t, json.Unmarshal(m.Data(), &ev))
		require.Equal(t, []string{string(core.HubSite), string(core.EventAccess), "token/grafana", want, "gtc token"},
			[]string{string(ev.Site), string(ev.Kind), ev.Subject, ev.To, ev.Actor})
	}
	info, err := js.Stream(t.Context(), bus.StreamEvents)
	require.NoError(t, err)
	require.EqualValues(t, 2, info.CachedInfo().State.Msgs)
}
