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
)

const (
	// linkLife is how long a one-time link holds.
	linkLife = 24 * time.Hour
	// hashing bounds how many passwords are hashed at once: each takes 64 MiB.
	hashing = 2
)

// Directory is all users of a hub. It may be used by several goroutines.
type Directory struct {
	store    store
	cost     Cost
	slots    chan struct{}
	nobody   string // a hash that takes as long as a real one
	mu       sync.Mutex
	attempts map[string]attempt
}

// Open returns the users kept in a bucket.
func Open(kv jetstream.KeyValue) *Directory {
	return OpenAt(kv, usualCost())
}

// OpenAt is [Open] with passwords that are hashed at a cost of the caller's.
func OpenAt(kv jetstream.KeyValue, c Cost) *Directory {
	return &Directory{
		store: store{kv}, cost: c, slots: make(chan struct{}, hashing),
		nobody: c.hash(rand.Text()), attempts: map[string]attempt{},
	}
}

// FirstLink returns the secret of a one-time link for the first user, "" when
// there are users. Each call makes a new one and the older ones go on holding
// until they expire or somebody used one.
func (d *Directory) FirstLink(ctx context.Context, now time.Time) (string, error) {
	users, err := d.store.keys(ctx, keyUser)
	if err != nil || len(users) > 0 {
		return "", err
	}
	return d.newLink(ctx, link{Right: Manage, Expires: now.Add(linkLife)})
}

func (d *Directory) newLink(ctx context.Context, l link) (string, error) {
	secret := rand.Text()
	return secret, d.store.create(ctx, keyLink+digest(secret), l)
}

// Invite makes a user without password and returns the secret of the link
// with which the user chooses one.
func (d *Directory) Invite(ctx context.Context, u User, by string, now time.Time) (string, error) {
	u.ID = strings.ToLower(strings.TrimSpace(u.ID))
	if err := checkID(u.ID); err != nil {
		return "", fmt.Errorf("invite %q: %w", u.ID, err)
	}
	if !slices.Contains(Rights(), u.Right) {
		return "", fmt.Errorf("invite %s: right %q is unknown", u.ID, u.Right)
	}
	u.Hash, u.Created, u.Blocked = "", now.UTC(), time.Time{}
	if err := d.store.create(ctx, keyUser+u.ID, u); err != nil {
		if errors.Is(err, jetstream.ErrKeyExists) {
			err = ErrTaken
		}
		return "", fmt.Errorf("invite %s: %w", u.ID, err)
	}
	return d.newLink(ctx, link{User: u.ID, Right: u.Right, By: by, Expires: now.Add(linkLife)})
}

// Reset returns the secret of a link with which a user chooses a new
// password. The old one holds until then.
func (d *Directory) Reset(ctx context.Context, id, by string, now time.Time) (string, error) {
	u, err := d.User(ctx, id)
	if err != nil {
		return "", fmt.Errorf("reset %s: %w", id, err)
	}
	return d.newLink(ctx, link{User: u.ID, Right: u.Right, By: by, Expires: now.Add(linkLife)})
}

// Invited returns whom a link is for: the user's id, "" for the first user.
// [ErrLink] when it does not hold.
func (d *Directory) Invited(ctx context.Context, secret string, now time.Time) (string, error) {
	l, _, err := d.link(ctx, secret, now)
	return l.User, err
}

func (d *Directory) link(ctx context.Context, secret string, now time.Time) (l link, revision uint64, err error) {
	revision, ok, err := d.store.load(ctx, keyLink+digest(secret), &l)
	if err != nil {
		return link{}, 0, err
	}
	if !ok || !now.Before(l.Expires) {
		return link{}, 0, ErrLink
	}
	if l.User != "" {
		return l, revision, nil
	}
	users, err := d.store.keys(ctx, keyUser)
	if err != nil {
		return link{}, 0, err
	}
	if len(users) > 0 {
		return link{}, 0, ErrLink // somebody was first
	}
	return l, revision, nil
}

// Redeem uses a link up: its user gets a password, and the first user an id
// and a name, which for others are ignored.
func (d *Directory) Redeem(ctx context.Context, secret, id, name, password string, now time.Time) (User, error) {
	l, revision, err := d.link(ctx, secret, now)
	if err != nil {
		return User{}, fmt.Errorf("use link: %w", err)
	}
	u := User{ID: strings.ToLower(strings.TrimSpace(id)), Name: strings.TrimSpace(name), Right: l.Right, Created: now.UTC()}
	var known uint64
	if l.User != "" {
		var ok bool
		if known, ok, err = d.store.load(ctx, keyUser+l.User, &u); err != nil || !ok {
			return User{}, fmt.Errorf("use link of %s: %w", l.User, errors.Join(ErrLink, err))
		}
	}
	if err := errors.Join(checkID(u.ID), checkPassword(u.ID, password)); err != nil {
		return User{}, fmt.Errorf("use link: %w", err)
	}
	if u.Name == "" {
		u.Name = u.ID
	}
	u.Hash = d.hash(password)
	// The link goes first: of two who open it at once one gets in.
	if err := d.store.take(ctx, keyLink+digest(secret), revision); err != nil {
		return User{}, fmt.Errorf("use link: %w", errors.Join(ErrLink, err))
	}
	if known > 0 {
		if err := d.store.replace(ctx, keyUser+u.ID, u, known); err != nil {
			return User{}, fmt.Errorf("use link of %s: %w", u.ID, err)
		}
		return u, d.signOutAll(ctx, u.ID)
	}
	return u, d.store.create(ctx, keyUser+u.ID, u)
}

func (d *Directory) hash(password string) string {
	d.slots <- struct{}{}
	defer func() { <-d.slots }()
	return d.cost.hash(password)
}

// User returns one user; [ErrUnknown] when there is none of that id.
func (d *Directory) User(ctx context.Context, id string) (User, error) {
	var u User
	_, ok, err := d.store.load(ctx, keyUser+id, &u)
	if err == nil && !ok {
		err = ErrUnknown
	}
	return u, err
}

// Users returns all users in order of id.
func (d *Directory) Users(ctx context.Context) ([]User, error) {
	ids, err := d.store.keys(ctx, keyUser)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	var out []User
	for _, id := range ids {
		u, err := d.User(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("list users: %s: %w", id, err)
		}
		out = append(out, u)
	}
	return out, nil
}

// Block keeps a user out from now on and ends their sessions; the user's
// name stays beside what they did. The last who manages cannot be blocked.
func (d *Directory) Block(ctx context.Context, id string, now time.Time) error {
	var u User
	revision, ok, err := d.store.load(ctx, keyUser+id, &u)
	if err == nil && !ok {
		err = ErrUnknown
	}
	if err == nil && u.Right.Includes(Manage) {
		err = d.another(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("block %s: %w", id, err)
	}
	u.Blocked = now.UTC()
	if err := d.store.replace(ctx, keyUser+id, u, revision); err != nil {
		return fmt.Errorf("block %s: %w", id, err)
	}
	return d.signOutAll(ctx, id)
}

// another returns an error unless somebody else can manage users.
func (d *Directory) another(ctx context.Context, id string) error {
	users, err := d.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != id && u.Right.Includes(Manage) && u.Blocked.IsZero() && u.Hash != "" {
			return nil
		}
	}
	return ErrLast
}
