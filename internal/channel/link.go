package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// macLength is how much of the signature a link carries, in bytes.
const macLength = 16

// LinkLife is how long a link takes an alarm in charge.
const LinkLife = 24 * time.Hour

// ErrLink says that a link is not one of ours, or too old.
var ErrLink = errors.New("link not valid")

// Grant is what a link allows: one person to take one occurrence of one alarm
// in charge, and nothing else.
type Grant struct {
	Person     string
	Alarm      string
	Occurrence int
	// Expires is to the second.
	Expires time.Time
}

// Signer makes and checks the links of messages. A link only shows the alarm;
// it is taken in charge by a second step, so that a program that looks at
// links does not do it.
type Signer struct{ key []byte }

// NewSigner signs with a secret key of at least 32 bytes.
func NewSigner(key []byte) (Signer, error) {
	if len(key) < 32 {
		return Signer{}, errors.New("sign links: key shorter than 32 bytes")
	}
	return Signer{key}, nil
}

// Token returns the text of a grant, safe in an address.
func (s Signer) Token(g Grant) (string, error) {
	if len(g.Person) > 255 || g.Occurrence < 0 {
		return "", fmt.Errorf("sign link for %s: not a person or occurrence", g.Person)
	}
	// As short as can be: it has to fit into an SMS beside what is said.
	data := binary.AppendUvarint(nil, uint64(g.Expires.Unix()))
	data = binary.AppendUvarint(data, uint64(g.Occurrence))
	data = append(data, byte(len(g.Person)))
	data = append(data, g.Person...)
	data = append(data, g.Alarm...)
	return base64.RawURLEncoding.EncodeToString(data) + "." + base64.RawURLEncoding.EncodeToString(s.mac(data)), nil
}

// Check returns what a token grants at now.
func (s Signer) Check(token string, now time.Time) (Grant, error) {
	var g Grant
	head, tail, ok := cut(token)
	if !ok || !hmac.Equal(tail, s.mac(head)) {
		return Grant{}, ErrLink
	}
	expires, n := binary.Uvarint(head)
	occurrence, k := binary.Uvarint(head[max(n, 0):])
	if n <= 0 || k <= 0 || len(head) < n+k+1 || len(head) < n+k+1+int(head[n+k]) {
		return Grant{}, ErrLink
	}
	rest := head[n+k:]
	g.Expires, g.Occurrence = time.Unix(int64(expires), 0).UTC(), int(occurrence)
	g.Person, g.Alarm = string(rest[1:1+rest[0]]), string(rest[1+rest[0]:])
	if !now.Before(g.Expires) {
		return Grant{}, ErrLink
	}
	return g, nil
}

func cut(token string) (head, tail []byte, ok bool) {
	for i := range len(token) {
		if token[i] != '.' {
			continue
		}
		head, err := base64.RawURLEncoding.DecodeString(token[:i])
		tail, err2 := base64.RawURLEncoding.DecodeString(token[i+1:])
		return head, tail, err == nil && err2 == nil
	}
	return nil, nil, false
}

func (s Signer) mac(data []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte("gtc link 2\n"))
	m.Write(data)
	return m.Sum(nil)[:macLength]
}
