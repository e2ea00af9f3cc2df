package profile

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// FuzzDecodePayload feeds every shipped topic with whatever a broker may
// carry: it must not panic, and a value is there if and only if it is to be
// trusted or marked as read with a bad clock.
func FuzzDecodePayload(f *testing.F) {
	lib, err := Library()
	require.NoError(f, err)
	cat, err := catalogue.Load()
	require.NoError(f, err)
	topics := []*Topic{{Format: "json", Time: "t", TimeFormat: "unix", Fields: []Field{{Slot: "meter", Point: "power_kw", Path: "a.b - c.0"}}}}
	for _, id := range []string{"belgian-p1", "paradox-pai", "dsmr-reader"} {
		for i := range lib[id].Topics {
			topics = append(topics, &lib[id].Topics[i])
		}
	}
	f.Add(0, []byte(`{"t": 1, "a": {"b": 3}, "c": [1]}`))
	f.Add(1, seal(winter()...))
	f.Add(2, []byte("disarmed"))
	f.Add(5, []byte("True"))
	f.Add(20, []byte(`{"value": "12.5"}`))
	received := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, which int, payload []byte) {
		topic := topics[uint(which)%uint(len(topics))] // any choice will do
		samples, err := DecodePayload(topic, func(slot string, id gtc.PointID) gtc.ValueType {
			for _, p := range lib {
				if point, ok := cat.Point(p.Slots[slot], id); ok {
					return point.Type
				}
			}
			return gtc.TypeFloat
		}, payload, received)
		if err != nil {
			require.Empty(t, samples)
		}
		for _, s := range samples {
			trusted := s.Quality == gtc.QualityGood || s.Quality == gtc.QualityBadClock
			require.Equal(t, trusted, s.Value.Present())
			require.False(t, s.At.IsZero())
			require.False(t, s.At.After(received.Add(maxAhead)))
			require.Equal(t, time.UTC, s.At.Location())
		}
	})
}

// FuzzParse reads whatever is called a profile.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("library/*.yaml")
	require.NoError(f, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	cat, err := catalogue.Load()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, mistakes := Parse("p", data)
		mistakes = append(mistakes, p.Check(cat)...)
		if len(mistakes) > 0 {
			require.NotEmpty(t, mistakes.Error())
			return
		}
		for _, r := range p.Registers { // an accepted register can be decoded
			require.Positive(t, r.Words())
			point, _ := cat.Point(p.Slots[r.Slot], r.Point)
			v, q := Decode(r, p.Modbus.WordOrder, point.Type, make([]uint16, r.Words()))
			require.Equal(t, q == gtc.QualityGood, v.Present())
			_, _ = DecodeBits(r, make([]bool, r.Words()))
		}
		for _, d := range p.Identify {
			_ = d.Accepts(d.Text(p.Modbus.WordOrder, p.IdentityWords(d)))
		}
		_, _ = p.Match("a", "a/b")
	})
}
