package hub

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

var errFull = errors.New("no space left")

// fullBus is a bus whose disk can be full.
type fullBus struct {
	eventBus
	full bool
}

func (b *fullBus) PublishEvent(ctx context.Context, ev gtc.Event) error {
	if b.full {
		return errFull
	}
	return b.eventBus.PublishEvent(ctx, ev)
}

// find returns a series of the centre's configuration.
func (c *centre) find(t *testing.T, kind gtc.Kind, point gtc.PointID) gtc.Series {
	t.Helper()
	for _, info := range c.sites {
		for _, p := range info.points {
			if p.Kind == kind && p.Point == point {
				return p.Series
			}
		}
	}
	require.FailNow(t, "no such point", "%s %s", kind, point)
	return gtc.Series{}
}

// storedEvents are the events of a subject in the stream.
func (c *centre) storedEvents(t *testing.T, subject string) (out []gtc.Event) {
	t.Helper()
	js, err := jetstream.New(c.bus.Conn())
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	require.NoError(t, err)
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		var ev gtc.Event
		require.NoError(t, json.Unmarshal(m.Data, &ev))
		if ev.Subject == subject {
			out = append(out, ev)
		}
	}
	return out
}

func TestSamplesAreTakenOnlyWhenWhatTheyDecidedIsPublished(t *testing.T) {
	c := newCentre(t, influxtest.Start(t))
	fire := c.find(t, gtc.KindFirePanel, "fire_alarm")
	id := alarm.ID(fire.Site, fire.Equipment, "fire_alarm")
	c.everything(fire.Site)
	full := &fullBus{eventBus: c.sayer.bus}
	c.sayer.bus = full
	require.NoError(t, c.publishAlarms(t.Context()))

	// A pulse, known by the durable copy alone.
	var samples []gtc.Sample
	for i, on := range []bool{true, false} {
		samples = append(samples, gtc.Sample{Series: fire, At: c.at.Add(time.Duration(i+1) * time.Second), Value: gtc.Bool(on)})
	}
	pulse := []bus.Message{{Site: fire.Site, Data: influx.AppendSamples(nil, samples), Seq: 7}}
	c.at = c.at.Add(5 * time.Second)
	full.full = true
	require.ErrorIs(t, c.onStored(t.Context(), pulse), errFull, "not acknowledged")
	require.ErrorIs(t, c.onStored(t.Context(), pulse), errFull, "nor when it comes again")
	require.Empty(t, c.storedEvents(t, id))

	// The hub is killed; the next one is handed the same samples.
	next := c.again(t)
	require.NoError(t, next.onStored(t.Context(), pulse))
	said := func() (to []string) {
		for _, ev := range c.storedEvents(t, id) {
			to = append(to, ev.To)
		}
		return to
	}
	want := []string{string(gtc.AlarmUnacknowledged), string(gtc.AlarmReturned)}
	require.True(t, slices.Equal(want, said()) || slices.Equal([]string{want[0], string(gtc.AlarmLatchedUnacknowledged)}, said()), "%v", said())

	// The first one was only slow: what it says is known already.
	full.full = false
	before := said()
	require.NoError(t, c.onStored(t.Context(), pulse))
	require.Equal(t, before, said())
}
