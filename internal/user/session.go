package user

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// SessionLife is how long somebody stays signed in.
	SessionLife = 8 * time.Hour
	// freeAttempts fail without waiting; each further one doubles the pause,
	// from firstPause to longestPause.
	freeAttempts = 5
	firstPause   = 2 * time.Second
	longestPause = 15 * time.Minute
)

// attempt counts the failures of one user id from one address.
type attempt struct {
	failed int
	until  time.Time
}

// SignIn returns the secret of a new session. From is the visitor's address:
// failures are counted for each id and address, so that nobody can lock
// another out from elsewhere. [ErrSignIn] and [ErrTooMany] are the visitor's.
func (d *Directory) SignIn(ctx context.Context, id, password, from string, now time.Time) (string, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	key := id + " " + from
	if wait := d.wait(key, now); wait > 0 {
		return "", fmt.Errorf("sign in %s: %w", id, TooManyError{wait})
	}
	u, err := d.User(ctx, id)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return "", fmt.Errorf("sign in %s: %w", id, err)
	}
	if !d.fits(u, password) {
		d.fail(key, now)
		return "", fmt.Errorf("sign in %s: %w", id, ErrSignIn)
	}
	d.mu.Lock()
	delete(d.attempts, key)
	d.mu.Unlock()
	secret := rand.Text() + rand.Text()
	s := session{User: u.ID, Created: now.UTC(), Expires: now.UTC().Add(SessionLife)}
	return secret, d.store.create(ctx, keySession+digest(secret), s)
}

// fits reports whether the user may sign in with the password. It takes as
// long for a user that does not exist.
func (d *Directory) fits(u User, password string) bool {
	hash, may := u.Hash, u.Hash != "" && u.Blocked.IsZero()
	if !may {
		hash = d.nobody
	}
	d.slots <- struct{}{}
	defer func() { <-d.slots }()
	ok, err := matches(hash, password)
	return err == nil && ok && may
}

func (d *Directory) wait(key string, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.attempts[key].until.Sub(now)
}

// fail counts a failure; old ones are forgotten so that the table stays small.
func (d *Directory) fail(key string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, a := range d.attempts {
		if now.Sub(a.until) > longestPause {
			delete(d.attempts, k)
		}
	}
	a := d.attempts[key]
	a.failed++
	a.until = now
	if n := a.failed - freeAttempts; n >= 0 {
		a.until = now.Add(min(firstPause<<min(n, 20), longestPause))
	}
	d.attempts[key] = a
}

// SignedIn returns who a session's secret belongs to; [ErrNoSession] when it
// is unknown, over, or its user was blocked.
func (d *Directory) SignedIn(ctx context.Context, secret string, now time.Time) (User, error) {
	var s session
	_, ok, err := d.store.load(ctx, keySession+digest(secret), &s)
	if err != nil {
		return User{}, fmt.Errorf("read session: %w", err)
	}
	if !ok || !now.Before(s.Expires) {
		return User{}, ErrNoSession
	}
	u, err := d.User(ctx, s.User)
	if errors.Is(err, ErrUnknown) || err == nil && !u.Blocked.IsZero() {
		return User{}, ErrNoSession
	}
	return u, err
}

// SignOut ends a session; one that is unknown is over already.
func (d *Directory) SignOut(ctx context.Context, secret string) error {
	if err := d.store.kv.Purge(ctx, keySession+digest(secret)); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// signOutAll ends all sessions of a user.
func (d *Directory) signOutAll(ctx context.Context, id string) error {
	return d.sweep(ctx, func(s session) bool { return s.User == id })
}

// Tidy removes sessions and links that are over.
func (d *Directory) Tidy(ctx context.Context, now time.Time) error {
	if err := d.sweep(ctx, func(s session) bool { return !now.Before(s.Expires) }); err != nil {
		return err
	}
	hashes, err := d.store.keys(ctx, keyLink)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		var l link
		if _, ok, err := d.store.load(ctx, keyLink+h, &l); err != nil || !ok || now.Before(l.Expires) {
			continue // what cannot be read lets nobody in either
		}
		if err := d.store.kv.Purge(ctx, keyLink+h); err != nil {
			return fmt.Errorf("remove link: %w", err)
		}
	}
	return nil
}

// sweep ends the sessions that over names.
func (d *Directory) sweep(ctx context.Context, over func(session) bool) error {
	hashes, err := d.store.keys(ctx, keySession)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		var s session
		if _, ok, err := d.store.load(ctx, keySession+h, &s); err != nil || !ok || !over(s) {
			continue
		}
		if err := d.store.kv.Purge(ctx, keySession+h); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	return nil
}

// FormToken returns what a form of a session must carry: another site can
// make a browser send the cookie, but does not know this.
func FormToken(sessionSecret string) string {
	mac := hmac.New(sha256.New, []byte(sessionSecret))
	mac.Write([]byte("form"))
	return hex.EncodeToString(mac.Sum(nil))
}

// FormTokenFits reports whether a form's token is the session's.
func FormTokenFits(sessionSecret, token string) bool {
	return hmac.Equal([]byte(FormToken(sessionSecret)), []byte(token))
}
