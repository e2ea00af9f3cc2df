package hub

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

var errDied = errors.New("the hub died")

// dyingState is a state bucket of a hub that dies after some writes.
type dyingState struct {
	jetstream.KeyValue
	left int
}

func (d *dyingState) Create(ctx context.Context, key string, value []byte, o ...jetstream.KVCreateOpt) (uint64, error) {
	if d.left--; d.left < 0 {
		return 0, errDied
	}
	return d.KeyValue.Create(ctx, key, value, o...)
}

func (d *dyingState) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if d.left--; d.left < 0 {
		return 0, errDied
	}
	return d.KeyValue.Update(ctx, key, value, revision)
}

// outOfService counts the alarms that are so.
func (c *centre) outOfService() (n int) {
	for _, a := range c.alarms.list() {
		if _, is := alarm.Inhibited(a, gtc.AlarmOutOfService); is {
			n++
		}
	}
	return n
}

// dieWhile lets a hub die after some writes of what is done; it returns whether
// it did, and the hub that starts after it.
func (c *centre) dieWhile(t *testing.T, writes int, do func() error) (died bool, next *centre) {
	t.Helper()
	c.keeper.kv = &dyingState{KeyValue: c.keeper.kv, left: writes}
	err := do()
	if err != nil {
		require.ErrorIs(t, err, errDied)
	}
	next = c.again(t)
	next.alarms.pass(next.at)
	require.NoError(t, next.publishAlarms(t.Context()))
	return err != nil, next
}

func TestAHubThatDiesAmongWorksLeavesNothingOutOfService(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	boiler := c.find(t, "boiler", "lockout")
	work := func(c *centre) alarm.Work {
		return alarm.Work{
			Kind: alarm.WorkMaintenance, Site: boiler.Site, Equipment: boiler.Equipment, Alarm: alarm.ID(boiler.Site, boiler.Equipment, "boiler_lockout"), By: "un", Reason: "entretien",
			From: c.at, Until: c.at.Add(time.Hour),
		}
	}
	finish := func(c *centre) error { return c.Finish(t.Context(), c.alarms.works()[0].ID, "un") }
	for _, ends := range []bool{false, true} {
		died := true
		for writes := 0; died; writes++ {
			do := func() error { return c.Plan(t.Context(), work(c)) }
			if ends {
				require.NoError(t, c.Plan(t.Context(), work(c)))
				do = func() error { return finish(c) }
			}
			died, c = c.dieWhile(t, writes, do)
			if len(c.alarms.works()) > 0 {
				require.False(t, ends && !died, "the work is over")
				if !ends {
					require.Positive(t, c.outOfService(), "%d writes: a work that is known sets aside", writes)
				}
				require.NoError(t, finish(c))
			}
			require.Zero(t, c.outOfService(), "ends %t, %d writes: nothing is left out of service", ends, writes)
			c = c.again(t)
			require.Zero(t, c.outOfService(), "ends %t, %d writes: nor kept so", ends, writes)
		}
	}
}
