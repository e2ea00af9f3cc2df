package user

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATokenReadsUntilItIsRevokedOrTooOld(t *testing.T) {
	d := directory(t)
	tokens := OpenTokens(d.store.kv)
	secret, err := tokens.Create(t.Context(), Token{ID: " Grafana ", By: "garde"}, noon)
	require.NoError(t, err)
	short, err := tokens.Create(t.Context(), Token{ID: "essai", Expires: noon.Add(time.Hour)}, noon)
	require.NoError(t, err)
	require.NotEqual(t, secret, short)

	tok, err := tokens.Use(t.Context(), secret, noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, "grafana", tok.ID)
	_, err = tokens.Use(t.Context(), short, noon.Add(59*time.Minute))
	require.NoError(t, err)
	_, err = tokens.Use(t.Context(), short, noon.Add(time.Hour))
	require.ErrorIs(t, err, ErrToken, "it has ended")
	for _, wrong := range []string{"", "gtc_", secret + "A", secret[4:], "GTC_" + secret[4:]} {
		_, err = tokens.Use(t.Context(), wrong, noon)
		require.ErrorIs(t, err, ErrToken, wrong)
	}

	all, err := tokens.List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "essai", all[0].ID)
	require.Equal(t, noon.Add(time.Minute), all[1].LastUsed)
	require.Equal(t, "garde", all[1].By)

	require.ErrorIs(t, tokens.Revoke(t.Context(), "nobody"), ErrUnknown)
	require.NoError(t, tokens.Revoke(t.Context(), "grafana"))
	_, err = tokens.Use(t.Context(), secret, noon.Add(time.Minute))
	require.ErrorIs(t, err, ErrToken)
	_, err = tokens.Create(t.Context(), Token{ID: "grafana"}, noon)
	require.NoError(t, err, "its name is free again")
}

func TestATokenIsNoSecretInTheStore(t *testing.T) {
	d := directory(t)
	tokens := OpenTokens(d.store.kv)
	secret, err := tokens.Create(t.Context(), Token{ID: "grafana"}, noon)
	require.NoError(t, err)
	keys, err := d.store.kv.ListKeys(t.Context())
	require.NoError(t, err)
	for key := range keys.Keys() {
		e, err := d.store.kv.Get(t.Context(), key)
		require.NoError(t, err)
		require.NotContains(t, key+string(e.Value()), secret[4:20])
	}
	// It is neither a session nor a link.
	_, err = d.SignedIn(t.Context(), secret, noon)
	require.ErrorIs(t, err, ErrNoSession)
	_, err = d.Invited(t.Context(), secret, noon)
	require.ErrorIs(t, err, ErrLink)
}

func TestATokenThatAsksTooOftenWaits(t *testing.T) {
	tokens := OpenTokens(directory(t).store.kv)
	secret, err := tokens.Create(t.Context(), Token{ID: "grafana"}, noon)
	require.NoError(t, err)
	other, err := tokens.Create(t.Context(), Token{ID: "autre"}, noon)
	require.NoError(t, err)
	for range tokenBurst {
		_, err := tokens.Use(t.Context(), secret, noon)
		require.NoError(t, err)
	}
	_, err = tokens.Use(t.Context(), secret, noon)
	var many TooManyError
	require.ErrorAs(t, err, &many)
	require.Equal(t, time.Second/tokenRate, many.Wait)
	_, err = tokens.Use(t.Context(), other, noon)
	require.NoError(t, err, "each has its own measure")
	_, err = tokens.Use(t.Context(), secret, noon.Add(many.Wait))
	require.NoError(t, err)
}

func TestATokenNeedsAName(t *testing.T) {
	tokens := OpenTokens(directory(t).store.kv)
	for _, id := range []string{"", "A B", "-x", "é"} {
		_, err := tokens.Create(t.Context(), Token{ID: id}, noon)
		require.ErrorIs(t, err, ErrID, id)
	}
	_, err := tokens.Create(t.Context(), Token{ID: "grafana"}, noon)
	require.NoError(t, err)
	_, err = tokens.Create(t.Context(), Token{ID: "grafana"}, noon)
	require.ErrorIs(t, err, ErrTaken)
}
