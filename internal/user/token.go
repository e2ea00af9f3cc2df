package user

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

// What happens to a token.
const (
	TokenCreated = "created"
	TokenRevoked = "revoked"
)

const (
	keyToken = "token."
	// tokenPrefix is how every service token begins, so that one that leaked
	// is found by those who look for secrets.
	tokenPrefix = "gtc_"
	// usedEvery is how often the last use of a token is written down.
	usedEvery = time.Minute
	// tokenRate and tokenBurst bound the questions of one token: on average a
	// second, and at once.
	tokenRate  = 50
	tokenBurst = 200
)

// ErrToken says that a service token is unknown, revoked or too old. Which of
// them is nobody's business.
var ErrToken = errors.New("token not valid")

// Token is the permission of a program to read through the HTTP API. It never
// lets anybody act or sign in.
type Token struct {
	// ID names the program, written like a user's id; free again when revoked.
	ID string `json:"id"`
	// By is who made it: a user's id, or the command.
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	// Expires is when it ends by itself, zero for never.
	Expires time.Time `json:"expires,omitzero"`
	// LastUsed is to the minute, zero before the first use.
	LastUsed time.Time `json:"last_used,omitzero"`
}

// Event is what the journal keeps of a token: what was done to it
// ([TokenCreated], [TokenRevoked]), by whom and when, and until when it holds.
// The secret is no part of it.
func (t Token) Event(what, by string, at time.Time) gtc.Event {
	at = at.UTC().Truncate(time.Millisecond)
	ev := gtc.Event{
		ID: fmt.Sprintf("access/token/%s/%s/%d", t.ID, what, at.UnixMilli()), Site: gtc.HubSite, At: at, Received: at,
		Kind: gtc.EventAccess, Subject: "token/" + t.ID, To: what, Actor: by,
	}
	if what == TokenCreated {
		ev.Until = t.Expires
	}
	return ev
}

// Tokens are the service tokens of a hub. What is kept is the SHA-256 of each
// secret. It may be used by several goroutines.
type Tokens struct {
	store store
	mu    sync.Mutex
	uses  map[string]bucket
}

// bucket holds what a token may still ask at an instant.
type bucket struct {
	left float64
	at   time.Time
}

// OpenTokens returns the tokens kept in a bucket, that of [Open].
func OpenTokens(kv jetstream.KeyValue) *Tokens {
	return &Tokens{store: store{kv}, uses: map[string]bucket{}}
}

// Create makes a token and returns its secret, which nobody can read again.
// [ErrTaken] when there is one of that id, [ErrID] when the id cannot be used.
func (t *Tokens) Create(ctx context.Context, tok Token, now time.Time) (string, error) {
	tok.ID = strings.ToLower(strings.TrimSpace(tok.ID))
	if err := checkID(tok.ID); err != nil {
		return "", fmt.Errorf("create token %q: %w", tok.ID, err)
	}
	all, err := t.List(ctx)
	if err != nil {
		return "", fmt.Errorf("create token %s: %w", tok.ID, err)
	}
	if slices.ContainsFunc(all, func(o Token) bool { return o.ID == tok.ID }) {
		return "", fmt.Errorf("create token %s: %w", tok.ID, ErrTaken)
	}
	tok.Created, tok.LastUsed = now.UTC(), time.Time{}
	secret := tokenPrefix + rand.Text() + rand.Text()
	return secret, t.store.create(ctx, keyToken+digest(secret), tok)
}

// List returns all tokens in order of id.
func (t *Tokens) List(ctx context.Context) ([]Token, error) {
	var out []Token
	err := t.each(ctx, func(_ string, tok Token) error {
		out = append(out, tok)
		return nil
	})
	slices.SortFunc(out, func(a, b Token) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

func (t *Tokens) each(ctx context.Context, do func(key string, tok Token) error) error {
	hashes, err := t.store.keys(ctx, keyToken)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		var tok Token
		if _, ok, err := t.store.load(ctx, keyToken+h, &tok); err != nil || !ok {
			if err != nil {
				return err
			}
			continue // revoked meanwhile
		}
		if err := do(keyToken+h, tok); err != nil {
			return err
		}
	}
	return nil
}

// Revoke ends a token at once; [ErrUnknown] when there is none of that id.
func (t *Tokens) Revoke(ctx context.Context, id string) error {
	found := false
	err := t.each(ctx, func(key string, tok Token) error {
		if tok.ID != id {
			return nil
		}
		found = true
		return t.store.kv.Purge(ctx, key)
	})
	if err == nil && !found {
		err = ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// Use returns whose a secret is and counts one question of it: [ErrToken] when
// it does not hold, a [TooManyError] when it asks too often.
func (t *Tokens) Use(ctx context.Context, secret string, now time.Time) (Token, error) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return Token{}, ErrToken
	}
	var tok Token
	key := keyToken + digest(secret)
	revision, ok, err := t.store.load(ctx, key, &tok)
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	if !ok || !tok.Expires.IsZero() && !now.Before(tok.Expires) {
		return Token{}, ErrToken
	}
	if wait := t.take(tok.ID, now); wait > 0 {
		return tok, fmt.Errorf("token %s: %w", tok.ID, TooManyError{wait})
	}
	if now.Sub(tok.LastUsed) >= usedEvery {
		tok.LastUsed = now.UTC().Truncate(time.Second)
		// Another question may have written it in the same moment, or somebody
		// revoked it: then this one was the last.
		_ = t.store.replace(ctx, key, tok, revision)
	}
	return tok, nil
}

// take counts a question and returns how long to wait when there were too many.
func (t *Tokens) take(id string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.uses[id]
	if !ok {
		b = bucket{left: tokenBurst, at: now}
	}
	b.left = min(tokenBurst, b.left+now.Sub(b.at).Seconds()*tokenRate)
	b.at = now
	if b.left < 1 {
		t.uses[id] = b
		return time.Duration((1 - b.left) / tokenRate * float64(time.Second))
	}
	b.left--
	t.uses[id] = b
	return 0
}
