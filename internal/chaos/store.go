package chaos

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// store stands between the hub and InfluxDB and misbehaves as told. It also
// sees when each line was really stored.
type store struct {
	URL    string
	server *http.Server
	pass   *http.Transport

	mu       sync.Mutex
	target   *url.URL // InfluxDB, nil while it is dead
	mode     Mode     // "" when all is well
	answered map[Mode]int
	held     chan struct{} // closed when a hang ends
	written  Written
}

// Written is what the store saw of the lines that InfluxDB took.
type Written struct {
	Requests int
	Lines    int // a line written again counts again
	// Slowest is the longest time from a line's own stamp to its storage, and
	// the line.
	Slowest     time.Duration
	SlowestLine string
}

func startStore(ctx context.Context) (*store, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start store proxy: %w", err)
	}
	s := &store{URL: "http://" + ln.Addr().String(), answered: map[Mode]int{}, held: make(chan struct{})}
	s.pass = &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: ioLimit}
	go func() { _ = s.server.Serve(ln) }() // ends with close
	return s, nil
}

func (s *store) close() { _ = s.server.Close() }

// to says where InfluxDB is, "" for nowhere.
func (s *store) to(target string) {
	u, _ := url.Parse(target) // was made by influxd
	if target == "" {
		u = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = u
}

// behave sets a mode and ends another; "" is good behaviour.
func (s *store) behave(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mode == Hang {
		close(s.held)
		s.held = make(chan struct{})
	}
	s.mode = m
}

// count returns how often a mode was answered.
func (s *store) count(m Mode) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered[m]
}

// seen returns what was written so far.
func (s *store) seen() Written {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

func (s *store) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	mode, held, target := s.mode, s.held, s.target
	if mode != "" && mode != Unheard {
		s.answered[mode]++
	}
	s.mu.Unlock()
	switch mode {
	case "", Unheard:
		if target == nil || s.forward(w, r, target) != nil {
			reset(w) // what is dead does not answer at all
		}
	case Hang:
		select {
		case <-held:
		case <-r.Context().Done():
		}
		reset(w)
	default:
		status, _ := strconv.Atoi(string(mode))
		w.Header().Set("Content-Type", "application/json")
		if mode == Status429 {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":"chaos","message":"status %d","error":"status %d"}`, status, status)
	}
}

// forward passes a request on, notes the lines of a write, and passes the
// answer back, unless it is to be lost.
func (s *store) forward(w http.ResponseWriter, r *http.Request, target *url.URL) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	to := *r.URL
	to.Scheme, to.Host = target.Scheme, target.Host
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	out.Header = r.Header
	resp, err := s.pass.RoundTrip(out)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or broken
	write := strings.HasSuffix(r.URL.Path, "/write")
	if write && resp.StatusCode == http.StatusNoContent {
		s.note(body, r.Header.Get("Content-Encoding") == "gzip", time.Now())
	}
	if write && s.unheard() {
		return errUnheard
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("pass the answer on: %w", err)
	}
	return nil
}

var errUnheard = errors.New("the answer is lost")

// unheard reports whether the answer to a write is lost now, and counts it.
func (s *store) unheard() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mode != Unheard {
		return false
	}
	s.answered[Unheard]++
	return true
}

// note counts the lines of a write and how late they are.
func (s *store) note(body []byte, zipped bool, now time.Time) {
	var r io.Reader = bytes.NewReader(body)
	if zipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return
		}
		r = z
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return
	}
	lines, oldest, line := 0, int64(0), ""
	published := []byte(Measurement + ",equipment=" + Publisher + ",")
	for l := range bytes.Lines(text) {
		l = bytes.TrimSpace(l)
		if len(l) == 0 {
			continue
		}
		lines++
		if !bytes.HasPrefix(l, published) {
			continue // not stamped by the true time
		}
		ms, err := strconv.ParseInt(string(l[bytes.LastIndexByte(l, ' ')+1:]), 10, 64)
		if err == nil && (oldest == 0 || ms < oldest) {
			oldest, line = ms, string(l[:bytes.IndexByte(l, ' ')])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written.Requests++
	s.written.Lines += lines
	if oldest != 0 && now.Sub(time.UnixMilli(oldest)) > s.written.Slowest {
		s.written.Slowest, s.written.SlowestLine = now.Sub(time.UnixMilli(oldest)), line
	}
}

// reset breaks the connection of a request without an answer.
func reset(w http.ResponseWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	c, _, err := h.Hijack()
	if err != nil {
		return
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
