package hubapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
)

// Why is what kind of error kept an answer away.
type Why string

// The kinds of errors.
const (
	// Away is that nothing answers at the hub's address.
	Away Why = "away"
	// Slow is that the answer did not come in time.
	Slow Why = "slow"
	// Certificate is that the hub's certificate is not trusted.
	Certificate Why = "certificate"
	// NoHub is that something else answers there.
	NoHub Why = "nohub"
	// Older is that the hub does not know the question.
	Older Why = "older"
	// NoToken is that a token is needed and none is set, WrongToken that the
	// one that is set does not hold.
	NoToken    Why = "notoken"
	WrongToken Why = "wrongtoken"
	// Often is that too much was asked.
	Often Why = "often"
	// TooLong is that the answer is longer than is read.
	TooLong Why = "toolong"
	// Refused is everything else that the hub says: the question's own fault,
	// something unknown or private, InfluxDB away. Detail is the hub's text.
	Refused Why = "refused"
	// Canceled is that nobody waits any more.
	Canceled Why = "canceled"
)

// Error is why an answer did not come.
type Error struct {
	// Status is that of HTTP: the hub's own, 502 or 504 when it did not answer,
	// 501 when it is too old.
	Status int
	Why    Why
	// Kind is the hub's problem type, the last part of its URN.
	Kind string
	// Detail is the hub's text for people, in the language asked for.
	Detail  string
	Address string
	Err     error
}

// Error says what happened, for logs.
func (e *Error) Error() string {
	text := "hub " + e.Address + ": " + string(e.Why)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// away says why nothing was answered.
func (c *Client) away(err error) error {
	e := &Error{Status: http.StatusBadGateway, Why: Away, Address: c.Address(), Err: err}
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		e.Status, e.Why = 499, Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Status, e.Why = http.StatusGatewayTimeout, Slow
	case distrusted(err):
		e.Why = Certificate
	}
	return e
}

func distrusted(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		record  tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &record)
}

// refused says what an answer means that says no.
func (c *Client) refused(resp *http.Response, body []byte) error {
	e := &Error{Status: resp.StatusCode, Why: Refused, Address: c.Address()}
	var says struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
	}
	const urn = "urn:gtc:problem:"
	if json.Unmarshal(body, &says) != nil || !strings.HasPrefix(says.Type, urn) {
		// A proxy before the hub may answer for it.
		if resp.StatusCode >= http.StatusInternalServerError {
			e.Status, e.Why, e.Err = http.StatusBadGateway, Away, errors.New(resp.Status)
			return e
		}
		e.Status, e.Why, e.Err = http.StatusBadGateway, NoHub, errors.New(resp.Status)
		return e
	}
	e.Kind, e.Detail = strings.TrimPrefix(says.Type, urn), says.Detail
	switch {
	case e.Kind == "page":
		e.Status, e.Why = http.StatusNotImplemented, Older
	case resp.StatusCode == http.StatusUnauthorized && c.o.Token == "":
		e.Why = NoToken
	case resp.StatusCode == http.StatusUnauthorized:
		e.Why = WrongToken
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Why = Often
	case resp.StatusCode == http.StatusUnprocessableEntity:
		e.Status = http.StatusBadRequest
	}
	return e
}
