package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc/internal/atomicfile"
)

// QueueState is how the queue of an edge stands.
type QueueState struct {
	// Waiting is the number of messages that the hub has not taken yet, Bytes
	// about what they occupy, Oldest when the first of them was stored (zero
	// when none waits or the clock was wrong then).
	Waiting uint64
	Bytes   uint64
	Oldest  time.Time
	// Fill is how near the queue is to discarding what the hub has not taken,
	// by size or by age, from 0 to 1.
	Fill float64
	// Lost is the number of messages that were discarded (age, size) before
	// the hub took them, since the queue was made; LostBefore what of them was
	// known when the edge started.
	Lost       uint64
	LostBefore uint64
	// Refused tells that the queue takes nothing at present, Reason why.
	Refused bool
	Reason  string
	// Free is the free space of the disk in bytes.
	Free uint64
	// Restarts counts the restarts of the edge's server after a failed write.
	Restarts uint64
}

// ledger is what an edge remembers of discarded messages, by stream. It is
// kept in a file beside the streams, so that the count survives restarts.
type ledger map[string]account

// account is the loss of one stream: Through is the last sequence that is
// accounted for, as taken or as lost.
type account struct {
	Created int64  `json:"created"`
	Through uint64 `json:"through"`
	Lost    uint64 `json:"lost"`
}

const ledgerFile = "lost.json"

// book brings an account up to date: first is the oldest message of the
// stream, floor the last one that the hub acknowledged. It reports whether the
// account changed in a way that must be kept.
func (a *account) book(created int64, first, floor uint64) bool {
	before := *a
	if a.Created != created { // another stream, as after a new disk
		a.Created, a.Through = created, 0
	}
	taken := max(a.Through, floor)
	if first > 0 && first-1 > taken {
		a.Lost += first - 1 - taken
		taken = first - 1
	}
	a.Through = taken
	// That more was taken needs no writing: it is known from the stream.
	return a.Lost != before.Lost || a.Created != before.Created
}

func readLedger(dir string) (ledger, error) {
	data, err := os.ReadFile(filepath.Join(dir, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ledger{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read count of lost messages: %w", err)
	}
	l := ledger{}
	if err := json.Unmarshal(data, &l); err != nil {
		// Half a file after a power cut must not keep an edge from starting.
		return ledger{}, nil //nolint:nilerr // counted anew
	}
	return l, nil
}

func (l ledger) write(dir string) error {
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode count of lost messages: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, ledgerFile), data, 0o600); err != nil {
		return fmt.Errorf("keep count of lost messages: %w", err)
	}
	return nil
}

// standing is where one stream stands.
type standing struct {
	created     int64
	first, last uint64
	bytes, msgs uint64
	floor       uint64 // the last message that the hub acknowledged
}

// waiting is the number of messages that the hub has not taken.
func (s standing) waiting() uint64 {
	taken := s.floor
	if s.first > 0 {
		taken = max(taken, s.first-1)
	}
	if s.last <= taken {
		return 0
	}
	return s.last - taken
}

func (e *Edge) standing(ctx context.Context, name string) (standing, jetstream.Stream, error) {
	// What is acknowledged is a place in the stream; the consumer's own counts
	// of pending messages move while a pull is under way.
	c, err := e.js.Consumer(ctx, name, hubConsumer)
	if err != nil {
		return standing{}, nil, fmt.Errorf("look at queue %s: %w", name, err)
	}
	s, err := e.js.Stream(ctx, name)
	if err != nil {
		return standing{}, nil, fmt.Errorf("look at queue %s: %w", name, err)
	}
	info := s.CachedInfo()
	return standing{
		created: info.Created.UnixNano(), first: info.State.FirstSeq, last: info.State.LastSeq,
		bytes: info.State.Bytes, msgs: info.State.Msgs, floor: c.CachedInfo().AckFloor.Stream,
	}, s, nil
}

// Queued returns the number of messages that the hub has not taken yet.
func (e *Edge) Queued(ctx context.Context) (uint64, error) {
	var n uint64
	for _, name := range []string{StreamSamples, StreamEvents} {
		s, _, err := e.standing(ctx, name)
		if err != nil {
			return 0, err
		}
		n += s.waiting()
	}
	return n, nil
}

// Queue returns how the queue stood about a second ago.
func (e *Edge) Queue() QueueState {
	s := *e.guard.state.Load()
	s.Restarts, s.LostBefore = e.guard.restarts.Load(), e.guard.lostBefore
	if why := e.guard.refusal(); why != nil {
		s.Refused, s.Reason = true, why.Error()
	}
	return s
}

// Newest returns the newest instant that the queue knows: of the last line
// stored, or of its storing; zero when nothing was stored yet. A clock that
// shows less is wrong.
func (e *Edge) Newest(ctx context.Context) (time.Time, error) {
	s, err := e.js.Stream(ctx, StreamSamples)
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the newest sample: %w", err)
	}
	newest := s.CachedInfo().State.LastTime
	m, err := s.GetLastMsgForSubject(ctx, sampleSubject(e.site))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return newest, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the newest sample: %w", err)
	}
	if at := newestLine(m.Data); at.After(newest) {
		newest = at
	}
	return newest, nil
}
