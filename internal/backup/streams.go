package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
)

// The names and sizes of JetStream's own way to copy a stream with its
// numbers, times and consumers (nats-server, jetstream_api.go).
const (
	apiNames    = "$JS.API.STREAM.NAMES"
	apiInfo     = "$JS.API.STREAM.INFO."
	apiSnapshot = "$JS.API.STREAM.SNAPSHOT."
	apiRestore  = "$JS.API.STREAM.RESTORE."
	chunkSize   = 128 << 10
	answerIn    = 30 * time.Second
)

// apiError is how JetStream says no.
type apiError struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// snapshot is a stream's configuration and state, as JetStream describes them.
type snapshot struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// streamState is the part of a state that a manifest shows.
type streamState struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	First    uint64 `json:"first_seq"`
	Last     uint64 `json:"last_seq"`
}

// request asks JetStream and decodes its answer.
func request(ctx context.Context, nc *nats.Conn, subject string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	var text []byte
	if in != nil {
		var err error
		if text, err = json.Marshal(in); err != nil {
			return err
		}
	}
	m, err := nc.RequestWithContext(ctx, subject, text)
	if err != nil {
		return fmt.Errorf("%s: %w", subject, err)
	}
	return decodeAnswer(subject, m.Data, out)
}

func decodeAnswer(subject string, data []byte, out any) error {
	var says struct {
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(data, &says); err != nil {
		return fmt.Errorf("%s: answer not understood: %w", subject, err)
	}
	if says.Error != nil {
		return fmt.Errorf("%s: %s (%d)", subject, says.Error.Description, says.Error.Code)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}

// streamNames lists the streams, buckets of states among them (KV_…).
func streamNames(ctx context.Context, nc *nats.Conn) ([]string, error) {
	var all []string
	for {
		var page struct {
			Total   int      `json:"total"`
			Streams []string `json:"streams"`
		}
		if err := request(ctx, nc, apiNames, map[string]int{"offset": len(all)}, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Streams...)
		if len(all) >= page.Total || len(page.Streams) == 0 {
			return all, nil
		}
	}
}

// saveStream writes a copy of a stream, its messages with their numbers and
// times and its consumers with how far they came.
func saveStream(ctx context.Context, nc *nats.Conn, name string, w io.Writer) (snapshot, error) {
	inbox := nats.NewInbox()
	chunks := make(chan *nats.Msg, 64)
	sub, err := nc.ChanSubscribe(inbox, chunks)
	if err != nil {
		return snapshot{}, fmt.Errorf("copy stream %s: %w", name, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be gone already
	var s snapshot
	ask := map[string]any{"deliver_subject": inbox, "chunk_size": chunkSize, "jsck": true}
	if err := request(ctx, nc, apiSnapshot+name, ask, &s); err != nil {
		return s, fmt.Errorf("copy stream %s: %w", name, err)
	}
	for {
		var m *nats.Msg
		select {
		case m = <-chunks:
		case <-time.After(answerIn):
			return s, fmt.Errorf("copy stream %s: nothing came for %s", name, answerIn)
		case <-ctx.Done():
			return s, ctx.Err()
		}
		if len(m.Data) == 0 {
			if status := m.Header.Get("Status"); status != "" && status != "204" {
				return s, fmt.Errorf("copy stream %s: status %s: %s", name, status, m.Header.Get("Description"))
			}
			return s, nil
		}
		if _, err := w.Write(m.Data); err != nil {
			return s, fmt.Errorf("copy stream %s: %w", name, err)
		}
		if m.Reply != "" {
			if err := m.Respond(nil); err != nil {
				return s, fmt.Errorf("copy stream %s: %w", name, err)
			}
		}
	}
}

// loadStream makes a stream of its copy; there must be none of that name.
func loadStream(ctx context.Context, nc *nats.Conn, name string, s snapshot, r io.Reader) error {
	var begin struct {
		Deliver string `json:"deliver_subject"`
	}
	if err := request(ctx, nc, apiRestore+name, s, &begin); err != nil {
		return fmt.Errorf("restore stream %s: %w", name, err)
	}
	send := func(chunk []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, answerIn)
		defer cancel()
		m, err := nc.RequestWithContext(ctx, begin.Deliver, chunk)
		if err != nil {
			return nil, fmt.Errorf("restore stream %s: %w", name, err)
		}
		return m.Data, nil
	}
	in := bufio.NewReaderSize(r, chunkSize)
	buf := make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(in, buf)
		if n > 0 {
			answer, err := send(buf[:n])
			if err != nil {
				return err
			}
			if len(answer) > 0 { // an early answer is a refusal
				return decodeAnswer("restore stream "+name, answer, nil)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("restore stream %s: %w", name, err)
		}
	}
	answer, err := send(nil)
	if err != nil {
		return err
	}
	return decodeAnswer("restore stream "+name, answer, nil)
}
