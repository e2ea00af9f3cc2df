package modbus_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// A truthful device: every value says which register it is of and when it was
// made, so that a wrong one is told from a right one, and an old one from a
// new one.
const (
	truthPoints = 40
	truthOf     = 1e8 // the register's number counts this much
	truthTick   = 100 * time.Microsecond
)

func truth() *profile.Profile {
	p := &profile.Profile{ID: "truth", Slots: map[string]gtc.Kind{"a": "boiler"}, Modbus: profile.Modbus{MaxHole: 100}}
	for i := range truthPoints {
		p.Registers = append(p.Registers, profile.Register{
			Slot: "a", Point: gtc.PointID(fmt.Sprint("x_", i)), Table: "holding", Address: uint16(2 * i), Type: "u32", Poll: "alarm",
		})
	}
	return p
}

// truthUnits serves the truth of the clock that began at an instant.
func truthUnits(began time.Time, ids ...uint8) map[uint8]*simulator.Unit {
	units := map[uint8]*simulator.Unit{}
	for _, id := range ids {
		units[id] = &simulator.Unit{Profile: truth(), Values: func(_ string, p gtc.PointID) gtc.Value {
			var i int
			_, _ = fmt.Sscanf(string(p), "x_%d", &i)
			return gtc.Float(float64(i)*truthOf + float64(time.Since(began)/truthTick))
		}}
	}
	return units
}

// lie says what is wrong with an answer, "" when nothing is.
func lie(began time.Time, r modbus.Request, got modbus.Reading) string {
	for at := 0; at+1 < len(got.Words); at += 2 {
		v := int(got.Words[at])<<16 | int(got.Words[at+1])
		if i := (int(r.Address) + at) / 2; v/truthOf != i {
			return fmt.Sprintf("register %d instead of %d", v/truthOf, i)
		}
		made := began.Add(time.Duration(v%truthOf) * truthTick)
		if made.Before(got.At.Add(-2*truthTick)) || made.After(got.At.Add(got.Took+2*truthTick)) {
			return fmt.Sprintf("made at %v, asked at %v", made.Sub(began), got.At.Sub(began))
		}
	}
	return ""
}

// stressed is the outcome of a stress run.
type stressed struct {
	reads, wrong, failed, opened int
	lies                         []string
}

// strain says how a server of truthful devices is read.
type strain struct {
	url    string
	began  time.Time
	reads  int
	inStep bool
	units  []uint8
}

// stress reads units through one connection until it has the answers it
// wants, choosing reads at random, and checks every value.
func stress(ctx context.Context, tb testing.TB, s strain) stressed {
	tb.Helper()
	bus, err := modbus.NewBus(s.url, modbus.Timeouts{Request: 12 * time.Millisecond, Frame: 4 * time.Millisecond, Silence: 2 * time.Millisecond})
	require.NoError(tb, err)
	defer bus.Close()
	for _, u := range s.units {
		if s.inStep {
			bus.KeepInStep(u, []modbus.Request{read(0, 2), read(0, 4), read(0, 6), read(0, 8)})
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var out stressed
	for out.reads < s.reads && ctx.Err() == nil {
		if !bus.IsOpen() {
			if err := bus.Open(ctx); err != nil {
				continue
			}
		}
		r := read(uint16(2*rng.IntN(truthPoints-4)), uint16(2+2*rng.IntN(2)))
		got, err := bus.Read(ctx, s.units[rng.IntN(len(s.units))], r)
		if err != nil {
			out.failed++
			continue
		}
		out.reads++
		if what := lie(s.began, r, got); what != "" {
			out.wrong++
			out.lies = append(out.lies, what)
		}
	}
	out.opened = bus.Opened()
	return out
}

func read(address, count uint16) modbus.Request {
	return modbus.Request{Table: modbus.Holding, Address: address, Count: count}
}

// transports starts the same units behind each transport in turn.
func transports() map[string]func(s *simulator.Server) error {
	return map[string]func(s *simulator.Server) error{
		"tcp":          func(s *simulator.Server) error { return s.Listen("127.0.0.1:0") },
		"rtu over tcp": func(s *simulator.Server) error { return s.ListenRTU("127.0.0.1:0") },
		"pty":          (*simulator.Server).OpenPTY,
	}
}

// lateTornSwapped are the faults that make careless clients take one answer
// for another: later than the timeout, in halves, in the wrong order, right
// before the next one.
//
// Rarely stretches the distance between them.
func lateTornSwapped(tb testing.TB, rarely int) []simulator.Fault {
	tb.Helper()
	var out []simulator.Fault
	for _, text := range []string{
		"late:14ms,every=23", "late:40ms,every=61", "torn:2ms,every=29", "torn:9ms,every=31", "half,every=37",
		"swapped,every=41", "behind,every=43", "bit-flip,every=53", "silence,every=59", "hang-up,every=97",
	} {
		f, err := simulator.ParseFault(text)
		require.NoError(tb, err)
		f.Every *= rarely
		out = append(out, f)
	}
	return out
}

// An answer under another unit's number is not taken for that unit's.
func TestNoValueOfAnotherUnit(t *testing.T) {
	t.Parallel()
	for name, open := range transports() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			s := simulator.NewServer(truthUnits(began, 1, 2))
			require.NoError(t, open(s))
			t.Cleanup(s.Close)
			s.Inject(simulator.Fault{Kind: simulator.FaultWrongUnit, Every: 9})
			out := stress(t.Context(), t, strain{s.URL(), began, 100, true, []uint8{1, 2}})
			require.Zero(t, out.wrong, out.lies)
			require.Positive(t, out.failed)
		})
	}
}

// Nothing that a line can do makes a value wrong.
func TestNoWrongValues(t *testing.T) {
	t.Parallel()
	for name, open := range transports() {
		for _, inStep := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/in step %v", name, inStep), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				s := simulator.NewServer(truthUnits(began, 1, 2, 3))
				require.NoError(t, open(s))
				t.Cleanup(s.Close)
				s.Inject(lateTornSwapped(t, 1)...)
				out := stress(t.Context(), t, strain{s.URL(), began, 600, inStep, []uint8{1, 2, 3}})
				require.Equal(t, 600, out.reads)
				require.Zero(t, out.wrong, out.lies)
				require.Positive(t, out.failed)
				require.Len(t, slices.Sorted(maps.Keys(s.Happened())), 8, "every fault happened")
			})
		}
	}
}
