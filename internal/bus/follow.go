package bus

import (
	"cmp"
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

var errWatchEnded = errors.New("follow keys: the watch ended")

// FollowKeys hands every value that w sees to put, those that are there first,
// until ctx ends, and returns its error, or one when w ends first. It stops w.
// That a key was deleted is not told.
func FollowKeys(ctx context.Context, w jetstream.KeyWatcher, put func(jetstream.KeyValueEntry)) error {
	defer func() { _ = w.Stop() }() // it ends with ctx
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-w.Updates():
			if !ok {
				return cmp.Or(ctx.Err(), errWatchEnded)
			}
			// Nil parts what was there from what comes.
			if e != nil && e.Operation() == jetstream.KeyValuePut {
				put(e)
			}
		}
	}
}
