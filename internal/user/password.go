package user

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what one argon2id hash takes.
type Cost struct {
	// Memory is in KiB, at least 8.
	Memory uint32
	Passes uint32
	Lanes  uint8
}

// usualCost is what RFC 9106 §4 recommends where 2 GiB are too much: 64 MiB and
// three passes.
func usualCost() Cost { return Cost{Memory: 64 << 10, Passes: 3, Lanes: 2} }

const (
	saltBytes = 16
	hashBytes = 32
)

var errHash = errors.New("not an argon2id hash")

// hash returns the PHC string of a password with a new salt.
func (c Cost) hash(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Lanes, hashBytes)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Lanes, b.EncodeToString(salt), b.EncodeToString(key))
}

// matches reports whether a password is the one of a PHC string. It takes as
// long whether it is or not.
func matches(encoded, password string) (bool, error) {
	h, err := parseHash(encoded)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), h.salt, h.Passes, h.Memory, h.Lanes, uint32(len(h.key))) //nolint:gosec // parseHash bounds it
	return subtle.ConstantTimeCompare(got, h.key) == 1, nil
}

// parsed is a PHC string, taken apart.
type parsed struct {
	Cost
	salt, key []byte
}

// parseHash reads a PHC string; what would cost more than a hash of ours may
// is refused, so that a damaged store cannot exhaust the memory.
func parseHash(encoded string) (parsed, error) {
	part := strings.Split(encoded, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return parsed{}, errHash
	}
	var h parsed
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Passes, &h.Lanes); n != 3 || err != nil {
		return parsed{}, errHash
	}
	if h.Memory < 8 || h.Memory > 1<<20 || h.Passes < 1 || h.Passes > 16 || h.Lanes < 1 || h.Lanes > 16 {
		return parsed{}, errHash
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil || len(h.salt) < 8 {
		return parsed{}, errHash
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return parsed{}, errHash
	}
	return h, nil
}
