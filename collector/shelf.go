package collector

import (
	"bytes"
	"time"
)

const (
	// shelfMost bounds what is held while the queue takes nothing, in bytes.
	shelfMost = 8 << 20
	// shelfWait is how long a durable emit waits for a queue that takes
	// nothing. Until then what it emits stays with the broker as well; after
	// that it is held in memory only: an alarm contact behind a broker must be
	// seen again, whatever becomes of the record.
	shelfWait = 10 * time.Minute
)

// shelf holds batches that the queue did not take, the oldest first. When it
// is full the oldest are dropped and counted. It has one goroutine.
type shelf struct {
	batches []shelved
	bytes   int
	// since is when the queue stopped taking, zero when it takes.
	since time.Time
}

// shelved is one batch that waits.
type shelved struct {
	lines [databases][]byte
	done  []chan struct{}
}

func (s *shelved) size() int {
	n := 0
	for _, l := range s.lines {
		n += len(l)
	}
	return n
}

func (s *shelved) count() int {
	n := 0
	for _, l := range s.lines {
		n += bytes.Count(l, []byte{'\n'})
	}
	return n
}

// release tells those who wait for the batch to wait no longer.
func (s *shelved) release() {
	for _, done := range s.done {
		close(done)
	}
	s.done = nil
}

// put holds a copy of lines. It returns how many lines had to be dropped.
func (s *shelf) put(lines [databases][]byte, done []chan struct{}) (dropped int) {
	var b shelved
	for db, l := range lines {
		b.lines[db] = bytes.Clone(l)
	}
	b.done = done
	s.batches = append(s.batches, b)
	s.bytes += b.size()
	for s.bytes > shelfMost && len(s.batches) > 1 {
		dropped += s.batches[0].count()
		s.drop()
	}
	return dropped
}

// drop removes the oldest batch.
func (s *shelf) drop() {
	s.bytes -= s.batches[0].size()
	s.batches[0].release()
	s.batches[0] = shelved{}
	s.batches = s.batches[1:]
	if len(s.batches) == 0 {
		s.batches = nil
	}
}

// letGo releases all who wait once the queue has taken nothing for too long.
func (s *shelf) letGo(now time.Time) {
	if s.since.IsZero() || now.Sub(s.since) < shelfWait {
		return
	}
	for i := range s.batches {
		s.batches[i].release()
	}
}
