// Package bouncetest runs a real IMAP server for tests.
package bouncetest

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/stretchr/testify/require"
)

// Server is an IMAP server with one user, whose INBOX it holds in memory.
type Server struct {
	// Address is host:port.
	Address string

	user *imapmemserver.User

	mu    sync.Mutex
	conns []net.Conn
}

// Start starts a server, with TLS from the beginning when there is a
// certificate. It ends with the test.
func Start(t *testing.T, certificate *tls.Certificate, user, password string) *Server {
	t.Helper()
	mem := imapmemserver.New()
	s := &Server{user: imapmemserver.NewUser(user, password)}
	require.NoError(t, s.user.Create("INBOX", nil))
	mem.AddUser(s.user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.conns = append(s.conns, c.NetConn())
			return mem.NewSession(), nil, nil
		},
		Caps:   imap.CapSet{imap.CapIMAP4rev1: {}},
		Logger: nothing{}, InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the server
	require.NoError(t, err)
	s.Address = l.Addr().String()
	if certificate != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12})
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

// nothing is a log that nobody reads.
type nothing struct{}

func (nothing) Printf(string, ...any) {}

// literal is a mail that is put into a mailbox.
type literal struct{ *bytes.Reader }

// Deliver puts a mail into INBOX, unseen.
func (s *Server) Deliver(t *testing.T, mail []byte) {
	t.Helper()
	_, err := s.user.Append("INBOX", literal{bytes.NewReader(mail)}, &imap.AppendOptions{})
	require.NoError(t, err)
}

// Unseen counts the mails that are not marked as seen.
func (s *Server) Unseen(t *testing.T) int {
	t.Helper()
	st, err := s.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	require.NoError(t, err)
	return int(*st.NumUnseen)
}

// Break ends every connection.
func (s *Server) Break() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close() // whoever has it sees it
	}
	s.conns = nil
}
