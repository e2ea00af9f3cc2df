package profile

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// FuzzMessage feeds every topic of every shipped MQTT profile with whatever a
// broker may carry, starting from the messages of the devices: no panic, and
// a value if and only if it is to be trusted or marked as read with a bad
// clock.
func FuzzMessage(f *testing.F) {
	lib, err := Library()
	require.NoError(f, err)
	cat, err := catalogue.Load()
	require.NoError(f, err)
	var topics []*Topic
	var owners []*Profile
	for _, id := range slices.Sorted(maps.Keys(lib)) {
		for i := range lib[id].Topics {
			topics, owners = append(topics, &lib[id].Topics[i]), append(owners, lib[id])
		}
	}
	files, err := filepath.Glob(messagesDir + "/*.yaml")
	require.NoError(f, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		var file messageFile
		_, mistakes := strict.Decode(name, data, &file)
		require.Empty(f, mistakes)
		for _, m := range file.Messages {
			for i, topic := range topics {
				if owners[i].ID == file.Profile && topic.Name(file.Topic) == m.Topic {
					f.Add(i, []byte(m.Payload))
				}
			}
		}
	}
	received := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, which int, payload []byte) {
		i := int(uint(which) % uint(len(topics))) //nolint:gosec // any choice will do
		topic, owner := topics[i], owners[i]
		if topic.Availability != nil {
			_, known, err := DecodeAvailability(topic, payload)
			require.False(t, known && err != nil)
			return
		}
		samples, err := DecodePayload(topic, func(slot string, id gtc.PointID) gtc.ValueType {
			kind, _ := owner.Kind(slot)
			point, _ := cat.Point(kind, id)
			return point.Type
		}, payload, received)
		require.False(t, err != nil && len(samples) > 0)
		for _, s := range samples {
			trusted := s.Quality == gtc.QualityGood || s.Quality == gtc.QualityBadClock
			require.Equal(t, trusted, s.Value.Present())
			require.False(t, s.At.After(received.Add(maxAhead)) || s.At.Before(received.Add(-maxBehind)))
		}
	})
}

// FuzzSparkplug reads whatever is called a Sparkplug payload; what it reads it
// reads again after writing it.
func FuzzSparkplug(f *testing.F) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	f.Add(AppendSparkplug(nil, SparkplugPayload{At: at, Seq: 3, HasSeq: true, Metrics: []SparkplugMetric{
		{Name: "Power", Alias: 1, HasAlias: true, At: at, Datatype: SparkplugDouble, Text: "12.5"},
		{Alias: 2, HasAlias: true, Datatype: SparkplugBoolean, Text: "true"},
		{Name: "bdSeq", Datatype: SparkplugUInt64, Text: "7"},
		{Name: "x", Datatype: SparkplugString, Null: true},
	}}))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseSparkplug(data)
		if err != nil {
			require.Empty(t, p.Metrics)
			return
		}
		for _, m := range p.Metrics {
			_ = m.Typed(sparkplugInt32)
		}
		again, err := ParseSparkplug(AppendSparkplug(nil, p))
		require.NoError(t, err)
		require.Len(t, again.Metrics, len(p.Metrics))
		require.Equal(t, p.At, again.At)
		for i, m := range p.Metrics {
			require.Equal(t, m.Name, again.Metrics[i].Name)
			require.Equal(t, m.Alias, again.Metrics[i].Alias)
		}
	})
}
