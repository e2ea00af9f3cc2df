package modbus

import (
	"context"
	"errors"
	"fmt"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// errNoDevice says that an order names a device that is not on the connection.
var errNoDevice = errors.New("no such device on this connection")

// Controller reads like a Source and writes over the same connection, between
// two reads: many devices allow one session only.
type Controller struct {
	*Source
	writer *Writer
}

// NewController is NewSource for an endpoint that may be written to.
func NewController(grant config.WriteGrant, o Options) (*Controller, error) {
	w, err := NewWriter(grant, o.Timeouts)
	if err != nil {
		return nil, err
	}
	s, err := newSource(w.Bus, o)
	if err != nil {
		return nil, err
	}
	s.orders = make(chan func(context.Context))
	return &Controller{Source: s, writer: w}, nil
}

// Write has the write done between two reads and returns what was read back.
// It waits until Run has done it; when ctx ends before it was begun, nothing
// is written.
func (c *Controller) Write(ctx context.Context, id gtc.DeviceID, order Write) (Reading, error) {
	u := c.find(id)
	if u == nil {
		return Reading{}, fmt.Errorf("write to %s: %w", id, errNoDevice)
	}
	type result struct {
		got Reading
		err error
	}
	done := make(chan result, 1)
	do := func(running context.Context) {
		if ctx.Err() != nil {
			done <- result{err: ctx.Err()}
			return
		}
		both, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(running, cancel)()
		var r result
		if r.err = c.writer.Open(both); r.err == nil {
			r.got, r.err = c.writer.Write(both, u.Unit, order)
		}
		done <- r
	}
	select {
	case c.orders <- do:
	case <-ctx.Done():
		return Reading{}, fmt.Errorf("write to %s: %w", id, ctx.Err())
	}
	r := <-done
	return r.got, r.err
}

func (c *Controller) find(id gtc.DeviceID) *unit {
	for _, u := range c.units {
		if u.ID == id {
			return u
		}
	}
	return nil
}
