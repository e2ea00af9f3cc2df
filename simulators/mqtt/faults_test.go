package mqtt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/simulators/mqtt"
)

// fixture is what tests of simulated devices share.
type fixture struct {
	library map[string]*profile.Profile
	points  *catalogue.Catalogue
}

func load(t *testing.T) fixture {
	t.Helper()
	library, err := profile.Library()
	require.NoError(t, err)
	points, err := catalogue.Load()
	require.NoError(t, err)
	return fixture{library, points}
}

func (f fixture) typeOf(p *profile.Profile) profile.TypeOf {
	return func(slot string, id gtc.PointID) gtc.ValueType {
		kind, _ := p.Kind(slot)
		known, _ := f.points.Point(kind, id)
		return known.Type
	}
}

// Every shipped MQTT profile has a simulated device that it reads: each point
// that is published comes back with the value that it had.
func TestEveryProfileReadsItsSimulatedDevice(t *testing.T) {
	t.Parallel()
	f := load(t)
	at := time.Date(2026, 1, 15, 12, 3, 20, 0, time.UTC)
	for id, p := range f.library {
		if p.Protocol != "mqtt" {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			prefix := "group/node/device"
			typeOf := f.typeOf(p)
			values := func(slot string, point gtc.PointID) gtc.Value {
				switch typeOf(slot, point) {
				case gtc.TypeFloat:
					return gtc.Float(12.5)
				case gtc.TypeBool:
					return gtc.Bool(false)
				case gtc.TypeEnum:
					return gtc.Enum(2)
				case gtc.TypeNone:
				}
				return gtc.Value{}
			}
			read := 0
			for _, m := range mqtt.Round(t, p, prefix, at, values) {
				topic, ok := p.Match(prefix, m.Topic)
				require.True(t, ok, m.Topic)
				if topic.Availability != nil {
					online, known, err := profile.DecodeAvailability(topic, m.Payload)
					require.NoError(t, err)
					require.True(t, online && known)
					continue
				}
				samples, err := profile.DecodePayload(topic, typeOf, m.Payload, at.Add(time.Second))
				require.NoError(t, err, string(m.Payload))
				for _, s := range samples {
					want := values(s.Slot, s.Point)
					if !s.Value.Present() || sums()[s.Point] {
						continue // a state that shares its text with others; a sum of others
					}
					require.Equal(t, want.Type, s.Value.Type)
					require.InDelta(t, want.Num, s.Value.Num, 1e-6, "%s %s", s.Point, m.Payload)
					require.Equal(t, gtc.QualityGood, s.Quality)
					read++
				}
			}
			require.Positive(t, read)
		})
	}
}

// sums are the points that a P1 telegram shows as two registers.
func sums() map[gtc.PointID]bool {
	return map[gtc.PointID]bool{"energy_import_kwh": true, "energy_export_kwh": true, "delta_temp_k": true, "breaker_closed": true, "tariff": true}
}
