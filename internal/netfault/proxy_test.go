package netfault_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/cpas-charleroi/gtc/internal/netfault"
)

// echo answers with what it gets.
func echo(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return ln.Addr().String()
}

func start(t *testing.T) (*netfault.Proxy, net.Conn) {
	t.Helper()
	p, err := netfault.New(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, dial(t, p)
}

func dial(t *testing.T, p *netfault.Proxy) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// trip sends n bytes and waits for them to come back.
func trip(t *testing.T, c net.Conn, n int) time.Duration {
	t.Helper()
	begun := time.Now()
	sent := bytes.Repeat([]byte("0123456789abcdef"), n/16)
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatal("other bytes came back")
	}
	return time.Since(begun)
}

func TestForward(t *testing.T) {
	t.Parallel()
	p, c := start(t)
	trip(t, c, 1<<20)
	if in, out := p.Bytes(); in != 1<<20 || out != 1<<20 {
		t.Errorf("passed %d in, %d out", in, out)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p, c := start(t)
	trip(t, c, 64)
	p.Cut()
	before := p.Passed()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection lives on")
	}
	again := dial(t, p)
	_, _ = again.Write([]byte("x"))
	if _, err := again.Read(make([]byte, 1)); err == nil {
		t.Error("a new connection passes")
	}
	if p.Passed() != before {
		t.Errorf("%d bytes passed a cut line", p.Passed()-before)
	}
	p.Heal()
	trip(t, dial(t, p), 64)
}

func TestStall(t *testing.T) {
	t.Parallel()
	p, c := start(t)
	trip(t, c, 64)
	p.Stall()
	before := p.Passed()
	if _, err := c.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var ne net.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("read from a silent line: %v", err)
	}
	if p.Passed() != before {
		t.Errorf("%d bytes passed a silent line", p.Passed()-before)
	}
	p.Heal()
	_ = c.SetReadDeadline(time.Time{})
	got := make([]byte, 4)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "held" {
		t.Errorf("after the silence: %q, %v", got, err)
	}
}

// A stall takes effect though a writer waits for a receiver that does not read.
func TestStallWhileFull(t *testing.T) {
	t.Parallel()
	p, c := start(t)
	go func() {
		for { // the echo fills every buffer on the way
			if _, err := c.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}()
	if _, err := io.CopyN(io.Discard, c, 1<<18); err != nil {
		t.Fatal(err)
	}
	p.Stall()
	before := p.Passed()
	// Whoever reads now makes room for the proxy, and finds the line silent.
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent line ends in %v", err)
	}
	if p.Passed() != before {
		t.Error("bytes passed a silent line")
	}
}

// Only lower bounds are asserted: a busy machine makes a line slower, never
// faster.
func TestLimitAndDelay(t *testing.T) {
	t.Parallel()
	p, c := start(t)
	p.Limit(1 << 20)
	if took := trip(t, c, 1<<18); took < 200*time.Millisecond {
		t.Errorf("256 KiB at 1 MiB/s took %v", took)
	}
	p.Limit(0)
	p.Delay(50 * time.Millisecond)
	if took := trip(t, c, 64); took < 100*time.Millisecond {
		t.Errorf("there and back with 50 ms each way took %v", took)
	}
}
