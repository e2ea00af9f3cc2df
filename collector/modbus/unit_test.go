package modbus

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]outcome{
		wire.IllegalFunction:                     refusedAll,
		wire.IllegalAddress:                      refusedRange,
		wire.IllegalValue:                        refusedRange,
		wire.DeviceFailure:                       faulty,
		wire.MemoryParity:                        faulty,
		wire.NegativeAck:                         faulty,
		wire.Acknowledge:                         busy,
		wire.DeviceBusy:                          busy,
		wire.GatewayNoPath:                       absent,
		wire.GatewayNoAnswer:                     absent,
		wire.Exception(15):                       faulty,
		ErrTimeout:                               broken,
		ErrTorn:                                  broken,
		ErrDoubt:                                 broken,
		ErrClosed:                                broken,
		io.EOF:                                   broken,
		errNotOpen:                               broken,
		fmt.Errorf("wrapped: %w", ErrDoubt):      broken,
		fmt.Errorf("w: %w", wire.IllegalAddress): refusedRange,
	} {
		require.Equal(t, want, judge(fmt.Errorf("unit 3 holding 1+1: %w", err)), err.Error())
	}
}

func TestBusIsNotUsedBeforeItIsOpen(t *testing.T) {
	t.Parallel()
	b, err := NewBus("modbus://127.0.0.1:1", Timeouts{})
	require.NoError(t, err)
	_, err = b.Read(t.Context(), 3, Request{Table: Holding, Address: 100, Count: 8})
	require.ErrorIs(t, err, errNotOpen)
	require.ErrorContains(t, b.Open(t.Context()), "open modbus://127.0.0.1:1: ")
	require.False(t, b.IsOpen())
	b.Close() // harmless
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	require.Equal(t, 2*time.Second, backoff(1, backoffMax, 0.5).Round(time.Millisecond))
	require.Equal(t, 20*time.Second, backoff(10, backoffMax, 0.5).Round(time.Millisecond))
	require.Equal(t, 300*time.Second, backoff(1000, backoffMax, 0.5).Round(time.Millisecond))
	require.Equal(t, 30*time.Second, backoff(1000, reconnectMax, 0.5).Round(time.Millisecond))
	require.Less(t, backoff(5, backoffMax, 0), backoff(5, backoffMax, 1))
}

func testUnit(t *testing.T, polls ...string) *unit {
	t.Helper()
	d := Device{ID: "d"}
	for i, poll := range polls {
		d.Points = append(d.Points, Point{
			Series: gtc.Series{Point: gtc.PointID(fmt.Sprint("p", i))}, Type: gtc.TypeFloat,
			Register: profile.Register{Table: "holding", Address: uint16(10 * i), Type: "u16", Poll: poll},
		})
	}
	u, err := newUnit(d, Line{})
	require.NoError(t, err)
	return u
}

func drain(u *unit) (taken []pending) {
	for _, urgent := range []bool{true, false} {
		for p, ok := u.take(urgent); ok; p, ok = u.take(urgent) {
			taken = append(taken, p)
		}
	}
	return taken
}

func TestUnitKeepsItsGrid(t *testing.T) {
	t.Parallel()
	u := testUnit(t, "alarm", "normal")
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	u.enqueue(start)
	require.Len(t, drain(u), 2)
	require.Equal(t, start.Add(time.Second), u.nextDue())

	// A round that comes late does not move the grid, missed ones are left out.
	u.enqueue(start.Add(3400 * time.Millisecond))
	require.Len(t, drain(u), 1)
	require.Equal(t, start.Add(4*time.Second), u.nextDue())

	// A round still waiting is not queued twice.
	u.enqueue(start.Add(4 * time.Second))
	u.enqueue(start.Add(5 * time.Second))
	require.Len(t, drain(u), 1)

	// A clock that is set back stops nothing.
	back := start.Add(-240 * time.Hour)
	u.enqueue(back)
	require.Len(t, drain(u), 2)
	require.Equal(t, back.Add(time.Second), u.nextDue())
}

func TestUnitIsLeftAloneAfterFailures(t *testing.T) {
	t.Parallel()
	u := testUnit(t, "alarm", "slow")
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := 1; n <= 200; n++ {
		u.enqueue(now)
		p, ok := u.take(true)
		require.True(t, ok)
		require.Same(t, u.groups[0], p.group)
		u.failed(now, 0.5)
		require.Empty(t, drain(u), "nothing more is asked")
		wait := min(time.Duration(n)*2*time.Second, 300*time.Second)
		require.WithinDuration(t, now.Add(wait), u.nextDue(), time.Millisecond)
		u.enqueue(u.nextDue().Add(-time.Second))
		require.Empty(t, drain(u))
		now = u.nextDue()
	}
	// Back again: the slow points too, at once.
	u.enqueue(now)
	require.Len(t, drain(u), 2)
	u.answered(pending{group: u.groups[0]}, now)
	require.Zero(t, u.failures)
}

func TestUnitTriesAgainWhatWasRefused(t *testing.T) {
	t.Parallel()
	u := testUnit(t, "normal", "normal")
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	u.enqueue(now)
	for _, p := range drain(u) {
		u.refuse(p, now, false)
	}
	u.enqueue(now.Add(time.Minute))
	require.Empty(t, drain(u))
	// One at a time, and twice as long after each time.
	u.enqueue(now.Add(relearnFirst))
	first := drain(u)
	require.Len(t, first, 1)
	require.True(t, first[0].probe)
	require.NotEmpty(t, u.refusedRange(first[0], now.Add(relearnFirst), false))
	u.enqueue(now.Add(relearnFirst + time.Second))
	second := drain(u)
	require.Len(t, second, 1)
	require.NotEqual(t, first[0].Points, second[0].Points)
	u.answered(second[0], now.Add(relearnFirst+time.Second))
	u.enqueue(now.Add(relearnFirst + time.Minute))
	got := drain(u)
	require.Len(t, got, 1, "the one that is served again")
	require.Equal(t, second[0].Points, got[0].Points)
	require.Equal(t, 2*relearnFirst, u.learned.points[first[0].Points[0]].wait)
}

// unitOf reads u16 registers at the addresses, all of one class.
func unitOf(t *testing.T, l Limits, addresses ...uint16) *unit {
	t.Helper()
	d := Device{ID: "d", Limits: l}
	for i, a := range addresses {
		d.Points = append(d.Points, Point{
			Series: gtc.Series{Point: gtc.PointID(fmt.Sprint("p", i))}, Type: gtc.TypeFloat,
			Register: profile.Register{Table: "holding", Address: a, Type: "u16", Poll: "normal"},
		})
	}
	u, err := newUnit(d, Line{})
	require.NoError(t, err)
	return u
}

// round serves one round of a unit against a device that refuses what
// illegal says, and returns what was asked.
func round(u *unit, now time.Time, illegal func(Request) bool) (asked []string) {
	u.enqueue(now)
	for {
		p, ok := u.take(false)
		if !ok {
			return asked
		}
		asked = append(asked, p.String())
		if illegal(p.Request) {
			u.refusedRange(p, now, false)
			continue
		}
		u.answered(p, now)
	}
}

func covers(cell uint16) func(Request) bool {
	return func(r Request) bool { return r.Address <= cell && int(cell) < r.end() }
}

// One illegal register is left out after one round, and costs one request
// more, on either side of it.
func TestUnitLearnsARefusedRegister(t *testing.T) {
	t.Parallel()
	u := unitOf(t, Limits{MaxHole: 9}, 0, 1, 2, 3, 4, 5, 6, 7)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	require.Greater(t, len(round(u, now, covers(5))), 2)
	require.Len(t, u.learned.points, 1)
	require.Contains(t, u.learned.points, 5)
	require.Equal(t, []string{"holding 0+5", "holding 6+2"}, round(u, now.Add(time.Minute), covers(5)))
}

// A hole that is refused divides the read, the others are still spanned.
func TestUnitLearnsARefusedHole(t *testing.T) {
	t.Parallel()
	u := unitOf(t, Limits{MaxHole: 9}, 0, 3, 6, 9, 12)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	round(u, now, covers(7))
	require.Empty(t, u.learned.points)
	require.Equal(t, []string{"holding 0+7", "holding 9+4"}, round(u, now.Add(time.Minute), covers(7)))
	// After a day it is tried again, and learned again.
	require.Equal(t, "holding 0+13", round(u, now.Add(25*time.Hour), covers(7))[0])
	require.Equal(t, []string{"holding 0+7", "holding 9+4"}, round(u, now.Add(26*time.Hour), covers(7)))
}

// A device that takes shorter reads than its profile says is asked for those.
func TestUnitLearnsTheLongestRead(t *testing.T) {
	t.Parallel()
	var addresses []uint16
	for a := range uint16(100) {
		addresses = append(addresses, a)
	}
	u := unitOf(t, Limits{}, addresses...)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	long := func(r Request) bool { return r.Count > 47 }
	round(u, now, long)
	require.Empty(t, u.learned.points)
	require.Equal(t, []string{"holding 0+25", "holding 25+25", "holding 50+25", "holding 75+25"}, round(u, now.Add(time.Minute), long))
}

// A request that never brings an answer from a unit that answers others is
// isolated, and does not keep the others from being read.
func TestUnitIsolatesARequestWithoutAnswer(t *testing.T) {
	t.Parallel()
	u := unitOf(t, Limits{}, 0, 50, 100)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	read := map[uint16]int{}
	dropped := false
	for range 20 {
		u.enqueue(now)
		for {
			p, ok := u.take(false)
			if !ok {
				break
			}
			if p.Address != 50 {
				read[p.Address]++
				u.answered(p, now)
				continue
			}
			if u.missed(p) {
				u.refusedRange(p, now, true)
				dropped = true
				continue
			}
			u.failed(now, 0.5)
		}
		now = now.Add(5 * time.Second)
		if dropped {
			break
		}
	}
	require.True(t, dropped)
	require.GreaterOrEqual(t, read[100], 2, "what comes after it is read")
	require.Contains(t, u.learned.points, 1)
	require.Equal(t, relearnSilent, u.learned.points[1].wait)
}

func TestUnitRestsWhenBusy(t *testing.T) {
	t.Parallel()
	u := unitOf(t, Limits{}, 0)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for try := 1; ; try++ {
		u.enqueue(now)
		p, ok := u.take(false)
		require.True(t, ok)
		if !u.busy(p, now) {
			require.Equal(t, busyTries+1, try)
			break
		}
		require.True(t, u.resting(now))
		require.Equal(t, now.Add(busyPause), u.nextDue())
		now = now.Add(busyPause)
		require.False(t, u.resting(now))
	}
}

func TestPaceReplansASlowLine(t *testing.T) {
	t.Parallel()
	d := Device{ID: "d", Limits: Limits{MaxHole: 40}}
	for i, a := range []uint16{0, 21, 42} {
		d.Points = append(d.Points, Point{
			Series:   gtc.Series{Point: gtc.PointID(fmt.Sprint("p", i))},
			Register: profile.Register{Table: "holding", Address: a, Type: "u16", Poll: "normal"},
		})
	}
	line := Line{Baud: 9600}
	u, err := newUnit(d, line)
	require.NoError(t, err)
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	require.Len(t, round(u, now, func(Request) bool { return false }), 3, "holes of 20 do not pay at 10 ms")
	slow := Request{Table: Holding, Count: 1}
	for range paceAnswers {
		u.pace.took(slow, line.transfer(slow)+80*time.Millisecond)
	}
	require.Equal(t, []string{"holding 0+43"}, round(u, now.Add(time.Minute), func(Request) bool { return false }), "they do at 80 ms")
}

// Units take turns, and alarm points come first without starving the others.
func TestPickIsFair(t *testing.T) {
	t.Parallel()
	s := &Source{units: []*unit{testUnit(t, "alarm", "normal"), testUnit(t, "alarm", "normal"), testUnit(t, "alarm", "normal")}}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	served := map[string]int{}
	for i := range 60 { // every alarm group is due again before each pick
		for _, u := range s.units {
			u.groups[0].next = now
			u.enqueue(now)
			if i%15 == 0 {
				u.groups[1].next = now
				u.enqueue(now)
			}
		}
		u, p, ok := s.pick(now)
		require.True(t, ok)
		served[fmt.Sprintf("%d urgent=%v", indexOf(s.units, u), p.group.urgent)]++
	}
	for i := range s.units {
		require.InDelta(t, 16, served[fmt.Sprintf("%d urgent=true", i)], 3)
		require.Positive(t, served[fmt.Sprintf("%d urgent=false", i)], "unit %d's other points", i)
	}
}

func indexOf(units []*unit, u *unit) int {
	for i := range units {
		if units[i] == u {
			return i
		}
	}
	return -1
}
