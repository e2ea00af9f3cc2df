package mqtt_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/internal/clock"
	simulator "github.com/cpas-charleroi/gtc/simulators/mqtt"
)

// What goes wrong in the field never becomes a value, is counted, and ends
// when it ends.
func TestSourceStandsEveryFault(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	for _, fault := range simulator.AllFaults() {
		if fault == simulator.SequenceGap {
			continue // see TestSparkplug
		}
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			name := "tasmota-" + string(fault)
			r := &recorder{}
			d := device(t, "plug-"+string(fault), "tasmota-meter", name, map[string]gtc.EquipmentID{"meter": "elec-1"})
			s, err := mqtt.NewSource(mqtt.Options{
				Site: "s1", Broker: mqtt.Broker{URL: b.url()}, ClientID: name, Devices: []mqtt.Device{d}, Clock: clock.Wall{}, Log: zerolog.Nop(),
			})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			t.Cleanup(func() { cancel(); running.Wait() })
			running.Go(func() { _ = s.Run(ctx, r.emit) })
			require.Eventually(t, s.Linked, patience, 5*time.Millisecond)
			var n atomic.Int64
			plug := &simulator.Device{
				Publisher: publisher(t, b, "plug-"+string(fault)), Profile: d.Profile, Topic: name, Every: 20 * time.Millisecond,
				Clock: clock.Wall{}, Log: zerolog.Nop(), Faults: map[simulator.Fault]int{fault: 3}, Republish: 1,
				Values: func(_ string, p gtc.PointID) gtc.Value {
					if p == "energy_import_kwh" {
						return gtc.Float(float64(n.Add(1)))
					}
					return gtc.Value{}
				},
			}
			running.Go(func() { _ = plug.Run(ctx) })
			require.Eventually(t, func() bool { return shows(fault, s, r) }, patience, 5*time.Millisecond)
			for _, sample := range r.of("elec-1", "energy_import_kwh") {
				if sample.Value.Present() {
					require.Contains(t, []gtc.Quality{gtc.QualityGood, gtc.QualityBadClock}, sample.Quality)
				}
				require.WithinDuration(t, time.Now(), sample.At, 3*time.Hour)
			}
			before := len(r.of("elec-1", "energy_import_kwh"))
			require.Eventually(t, func() bool {
				got := r.of("elec-1", "energy_import_kwh")
				return len(got) > before && slices.ContainsFunc(got[before:], func(s gtc.Sample) bool { return s.Quality == gtc.QualityGood })
			}, patience, 5*time.Millisecond, "good again")
		})
	}
}

// shows reports whether a fault has left its trace, and good values around it.
func shows(fault simulator.Fault, s *mqtt.Source, r *recorder) bool {
	refused := func(reason mqtt.Reason) bool {
		return slices.ContainsFunc(s.Refusals(), func(f mqtt.Refusal) bool {
			return f.Reason == reason && f.Count > 1 && f.Last != "" && (f.Example != "" || reason == mqtt.Oversized)
		})
	}
	q := r.qualities("elec-1", "energy_import_kwh")
	if !slices.Contains(q, gtc.QualityGood) || len(q) < 8 {
		return false
	}
	switch fault {
	case simulator.HalfJSON:
		return refused(mqtt.Undecodable)
	case simulator.Huge:
		return refused(mqtt.Oversized)
	case simulator.ClockAhead:
		return slices.Contains(q, gtc.QualityBadClock)
	case simulator.Flapping:
		return slices.Contains(q, gtc.QualityCommLost)
	default:
		return len(s.Refusals()) == 0
	}
}
