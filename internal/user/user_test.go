package user

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/user/usertest"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const good = "un mot de passe assez long"

// directory returns an empty directory on a real bucket, with hashes that
// cost little.
func directory(t *testing.T) *Directory {
	t.Helper()
	return OpenAt(usertest.Bucket(t), Cost{Memory: 64, Passes: 1, Lanes: 1})
}

// first makes the first user and returns a session of hers.
func first(t *testing.T, d *Directory) (session string) {
	t.Helper()
	link, err := d.FirstLink(t.Context(), noon)
	require.NoError(t, err)
	_, err = d.Redeem(t.Context(), link, "garde", "Service bâtiments", good, noon)
	require.NoError(t, err)
	session, err = d.SignIn(t.Context(), "garde", good, "127.0.0.1", noon)
	require.NoError(t, err)
	return session
}

func TestFirstUserComesByTheLink(t *testing.T) {
	d := directory(t)
	session := first(t, d)
	u, err := d.SignedIn(t.Context(), session, noon)
	require.NoError(t, err)
	require.Equal(t, "garde", u.ID)
	require.True(t, u.Right.Includes(Manage))

	again, err := d.FirstLink(t.Context(), noon)
	require.NoError(t, err)
	require.Empty(t, again, "there is a user")
}

func TestOnlyOneIsFirst(t *testing.T) {
	d := directory(t)
	links := make([]string, 4)
	for i := range links {
		var err error
		links[i], err = d.FirstLink(t.Context(), noon)
		require.NoError(t, err)
	}
	_, err := d.Redeem(t.Context(), links[0], "un", "", good, noon)
	require.NoError(t, err)
	for _, l := range links {
		_, err := d.Redeem(t.Context(), l, "deux", "", good, noon)
		require.ErrorIs(t, err, ErrLink)
	}
}

func TestLinkHoldsOnce(t *testing.T) {
	d := directory(t)
	first(t, d)
	link, err := d.Invite(t.Context(), User{ID: "energie", Name: "Maison de l’énergie", Right: Read}, "garde", noon)
	require.NoError(t, err)
	var wins sync.Map
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := d.Redeem(t.Context(), link, "", "", good, noon); err == nil {
				wins.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	wins.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 1, n)
}

func TestLinkRefused(t *testing.T) {
	d := directory(t)
	first(t, d)
	link, err := d.Invite(t.Context(), User{ID: "energie", Right: Act}, "garde", noon)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		secret, password string
		at               time.Time
		want             error
	}{
		"unknown":                  {"nothing", good, noon, ErrLink},
		"of a key, not a secret":   {digest(link), good, noon, ErrLink},
		"too old":                  {link, good, noon.Add(linkLife), ErrLink},
		"short password":           {link, "court", noon, ErrWeak},
		"password with the id":     {link, "Energie-2026-abc", noon, ErrWeak},
		"strange characters alone": {"../user.garde", good, noon, ErrLink},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := d.Redeem(t.Context(), c.secret, "", "", c.password, c.at)
			require.ErrorIs(t, err, c.want)
		})
	}
	_, err = d.Redeem(t.Context(), link, "", "", good, noon)
	require.NoError(t, err, "what was refused did not use the link up")
}

func TestSignInRefused(t *testing.T) {
	d := directory(t)
	first(t, d)
	_, err := d.Invite(t.Context(), User{ID: "sans-mot", Right: Read}, "garde", noon)
	require.NoError(t, err)
	for _, id := range []string{"garde", "personne", "sans-mot", "", "a b", strings.Repeat("x", 100)} {
		_, err := d.SignIn(t.Context(), id, "wrong password", "127.0.0.1", noon)
		require.ErrorIs(t, err, ErrSignIn, id)
	}
}

func TestFailuresSlowDownOneAddressOnly(t *testing.T) {
	d := directory(t)
	first(t, d)
	at := noon
	for range freeAttempts {
		_, err := d.SignIn(t.Context(), "garde", "wrong", "192.0.2.1", at)
		require.ErrorIs(t, err, ErrSignIn)
	}
	_, err := d.SignIn(t.Context(), "garde", good, "192.0.2.1", at)
	require.ErrorIs(t, err, ErrTooMany, "even the right password waits")
	_, err = d.SignIn(t.Context(), "garde", good, "192.0.2.2", at)
	require.NoError(t, err, "another address is not locked out")
	_, err = d.SignIn(t.Context(), "garde", good, "192.0.2.1", at.Add(longestPause))
	require.NoError(t, err)
}

func TestSessionEnds(t *testing.T) {
	type ending = func(t *testing.T, d *Directory, session string) time.Time
	for name, end := range map[string]ending{
		"with time":                func(*testing.T, *Directory, string) time.Time { return noon.Add(SessionLife) },
		"by signing out":           signOut,
		"with a new password":      newPassword,
		"when the user is blocked": blocked,
	} {
		t.Run(name, func(t *testing.T) {
			d := directory(t)
			session := first(t, d)
			_, err := d.SignedIn(t.Context(), session, noon)
			require.NoError(t, err)
			_, err = d.SignedIn(t.Context(), session, end(t, d, session))
			require.ErrorIs(t, err, ErrNoSession)
		})
	}
}

func signOut(t *testing.T, d *Directory, session string) time.Time {
	t.Helper()
	require.NoError(t, d.SignOut(t.Context(), session))
	return noon
}

func newPassword(t *testing.T, d *Directory, _ string) time.Time {
	t.Helper()
	reset(t, d, "garde")
	return noon
}

func blocked(t *testing.T, d *Directory, _ string) time.Time {
	t.Helper()
	link, err := d.Invite(t.Context(), User{ID: "chef", Right: Manage}, "garde", noon)
	require.NoError(t, err)
	require.ErrorIs(t, d.Block(t.Context(), "garde", noon), ErrLast, "an invited user cannot manage yet")
	_, err = d.Redeem(t.Context(), link, "", "", good, noon)
	require.NoError(t, err)
	require.NoError(t, d.Block(t.Context(), "garde", noon))
	return noon
}

func reset(t *testing.T, d *Directory, id string) {
	t.Helper()
	link, err := d.Reset(t.Context(), id, "garde", noon)
	require.NoError(t, err)
	_, err = d.Redeem(t.Context(), link, "", "", good+" 2", noon)
	require.NoError(t, err)
	_, err = d.SignIn(t.Context(), id, good, "127.0.0.1", noon)
	require.ErrorIs(t, err, ErrSignIn, "the old password is gone")
}

func TestTidyKeepsWhatHolds(t *testing.T) {
	d := directory(t)
	session := first(t, d)
	_, err := d.Reset(t.Context(), "garde", "garde", noon)
	require.NoError(t, err)
	require.NoError(t, d.Tidy(t.Context(), noon.Add(time.Hour)))
	_, err = d.SignedIn(t.Context(), session, noon.Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, d.Tidy(t.Context(), noon.Add(48*time.Hour)))
	for _, prefix := range []string{keyLink, keySession} {
		left, err := d.store.keys(t.Context(), prefix)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	users, err := d.Users(t.Context())
	require.NoError(t, err)
	require.Len(t, users, 1)
}

func TestInviteRefused(t *testing.T) {
	d := directory(t)
	first(t, d)
	for id, want := range map[string]error{"garde": ErrTaken, "": ErrID, "a": ErrID, "é": ErrID, "a*": ErrID, "a>": ErrID} {
		_, err := d.Invite(t.Context(), User{ID: id, Right: Read}, "garde", noon)
		require.ErrorIs(t, err, want, id)
	}
	_, err := d.Invite(t.Context(), User{ID: "bien", Right: "root"}, "garde", noon)
	require.Error(t, err)
}

func TestStoreHoldsNoSecret(t *testing.T) {
	d := directory(t)
	session := first(t, d)
	link, err := d.Reset(t.Context(), "garde", "garde", noon)
	require.NoError(t, err)
	keys, err := d.store.kv.Keys(t.Context())
	require.NoError(t, err)
	for _, k := range keys {
		e, err := d.store.kv.Get(t.Context(), k)
		require.NoError(t, err)
		for _, secret := range []string{session, link, good} {
			require.NotContains(t, k+string(e.Value()), secret)
		}
	}
}

func TestRights(t *testing.T) {
	for _, c := range []struct {
		have, need Right
		want       bool
	}{
		{Read, Read, true},
		{Read, Act, false},
		{Act, Read, true},
		{Act, Manage, false},
		{Manage, Act, true},
		{"", Read, false},
		{Manage, "", false},
	} {
		require.Equal(t, c.want, c.have.Includes(c.need), c)
	}
}

func TestFormToken(t *testing.T) {
	require.True(t, FormTokenFits("a", FormToken("a")))
	require.False(t, FormTokenFits("a", FormToken("b")))
	require.False(t, FormTokenFits("a", ""))
}

func FuzzParseHash(f *testing.F) {
	f.Add(Cost{Memory: 64, Passes: 1, Lanes: 1}.hash("x"))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err != nil {
			if !errors.Is(err, errHash) {
				t.Fatal(err)
			}
			return
		}
		if h.Memory > 1<<20 || h.Passes > 16 || len(h.salt) < 8 || len(h.key) > 64 {
			t.Fatalf("would cost %+v", h.Cost)
		}
	})
}

func BenchmarkSignIn(b *testing.B) {
	c := usualCost()
	h := c.hash(good)
	for b.Loop() {
		if ok, err := matches(h, good); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
