package channel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// LinkLife is how long a link takes an alarm in charge.
const LinkLife = 24 * time.Hour

// ErrLink says that a link is not one of ours, or too old.
var ErrLink = errors.New("link not valid")

// Grant is what a link allows: one person to take one occurrence of one alarm
// in charge, and nothing else.
type Grant struct {
	Person     string    `json:"p"`
	Alarm      string    `json:"a"`
	Occurrence int       `json:"n"`
	Expires    time.Time `json:"e"`
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
	data, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("sign link: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(data) + "." + base64.RawURLEncoding.EncodeToString(s.mac(data)), nil
}

// Check returns what a token grants at now.
func (s Signer) Check(token string, now time.Time) (Grant, error) {
	var g Grant
	head, tail, ok := cut(token)
	if !ok || !hmac.Equal(tail, s.mac(head)) || json.Unmarshal(head, &g) != nil || !now.Before(g.Expires) {
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
	m.Write([]byte("gtc link 1\n"))
	m.Write(data)
	return m.Sum(nil)
}
