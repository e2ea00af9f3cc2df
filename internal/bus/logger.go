package bus

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// serverLog passes the embedded server's log to zerolog and keeps its first
// fatal message: the server only logs those and goes on, half started.
type serverLog struct {
	log zerolog.Logger
	// up is set once the server is ready.
	up atomic.Pointer[server.Server]

	mu    sync.Mutex
	fatal string
}

func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }
func (l *serverLog) Debugf(format string, v ...any)  { l.log.Trace().Msgf(format, v...) }
func (l *serverLog) Tracef(format string, v ...any)  { l.log.Trace().Msgf(format, v...) }

// Errorf logs an error, but not as one while the server is being stopped:
// clients that are still there then see what they wanted fail.
func (l *serverLog) Errorf(format string, v ...any) {
	if ns := l.up.Load(); ns != nil && !ns.Running() {
		l.log.Debug().Msgf(format, v...)
		return
	}
	l.log.Error().Msgf(format, v...)
}

func (l *serverLog) Warnf(format string, v ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") {
		return // they are in memory only, and never typed by people
	}
	l.log.Warn().Msgf(format, v...)
}

func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == "" {
		l.fatal = fmt.Sprintf(format, v...)
	}
}

func (l *serverLog) failure() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}
