package user

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Right is what a user may do. Each right includes those before it.
type Right string

// The rights.
const (
	// Read is to look.
	Read Right = "read"
	// Act is to take over alarms, set aside, comment, judge findings.
	Act Right = "act"
	// Manage is to invite, change and block users.
	Manage Right = "manage"
)

// Rights lists the rights, the least first.
func Rights() []Right { return []Right{Read, Act, Manage} }

// Includes reports whether having r is enough for need.
func (r Right) Includes(need Right) bool {
	all := Rights()
	have, want := slices.Index(all, r), slices.Index(all, need)
	return have >= 0 && want >= 0 && have >= want
}

// User is one person who signs in.
type User struct {
	// ID is what the user signs in with: a–z, 0–9, dot, dash; never reused.
	ID string `json:"id"`
	// Name is shown beside what the user did.
	Name  string `json:"name"`
	Right Right  `json:"right"`
	// Hash is the argon2id hash of the password, "" until one was chosen.
	Hash    string    `json:"hash,omitempty"`
	Created time.Time `json:"created"`
	// Blocked is the instant from which the user may not sign in any more.
	Blocked time.Time `json:"blocked,omitzero"`
}

// The errors of a caller's input; their texts are for logs, the console has
// its own words for each.
var (
	// ErrSignIn says that name and password do not fit, or that the user may
	// not sign in. Which of them is nobody's business.
	ErrSignIn = errors.New("sign in refused")
	// ErrTooMany says that too many attempts failed; the caller must wait.
	ErrTooMany = errors.New("too many attempts")
	// ErrLink says that a one-time link is unknown, used or too old.
	ErrLink = errors.New("link not valid")
	// ErrNoSession says that nobody is signed in.
	ErrNoSession = errors.New("not signed in")
	// ErrWeak says that a password is shorter than 12 characters or contains
	// the user's id.
	ErrWeak = errors.New("password too weak")
	// ErrID says that an id cannot be used.
	ErrID = errors.New("user id not usable")
	// ErrTaken says that there is such a user already.
	ErrTaken = errors.New("user exists")
	// ErrUnknown says that there is no such user.
	ErrUnknown = errors.New("no such user")
	// ErrLast says that nobody would be left who manages users.
	ErrLast = errors.New("last user who manages")
)

// TooManyError is [ErrTooMany] with how long the caller must wait.
type TooManyError struct{ Wait time.Duration }

// Error says how long to wait.
func (e TooManyError) Error() string {
	return ErrTooMany.Error() + ": " + e.Wait.Round(time.Second).String() + " to wait"
}

// Unwrap makes it an [ErrTooMany].
func (TooManyError) Unwrap() error { return ErrTooMany }

var ids = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,39}$`)

func checkID(id string) error {
	if !ids.MatchString(id) {
		return ErrID
	}
	return nil
}

// leastPassword is the shortest password, in characters. Length is what makes
// a password hard to guess; no rule about digits or signs does.
const leastPassword = 12

func checkPassword(id, password string) error {
	named := len(id) > 3 && strings.Contains(strings.ToLower(password), id)
	if len([]rune(password)) < leastPassword || named {
		return ErrWeak
	}
	return nil
}
