package modbus

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	mb "github.com/simonvetter/modbus"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// Nothing that this package can reach of a connection can write.
func TestNothingCanWrite(t *testing.T) {
	t.Parallel()
	for _, typ := range []reflect.Type{reflect.TypeFor[reader](), reflect.TypeFor[*Bus](), reflect.TypeFor[*Source]()} {
		for m := range typ.Methods() {
			require.NotContains(t, strings.ToLower(m.Name), "write", typ.String())
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]outcome{
		mb.ErrIllegalFunction:                         refusedAll,
		mb.ErrIllegalDataAddress:                      refusedRange,
		mb.ErrIllegalDataValue:                        refusedRange,
		mb.ErrServerDeviceFailure:                     faulty,
		mb.ErrMemoryParityError:                       faulty,
		mb.ErrAcknowledge:                             busy,
		mb.ErrServerDeviceBusy:                        busy,
		mb.ErrGWPathUnavailable:                       absent,
		mb.ErrGWTargetFailedToRespond:                 absent,
		errors.New("unknown exception code (15)"):     faulty,
		mb.ErrRequestTimedOut:                         broken,
		mb.ErrProtocolError:                           broken,
		mb.ErrBadUnitId:                               broken,
		io.EOF:                                        broken,
		errNotOpen:                                    broken,
		errors.New("write: broken pipe"):              broken,
		fmt.Errorf("wrapped: %w", mb.ErrBadUnitId):    broken,
		fmt.Errorf("w: %w", mb.ErrIllegalDataAddress): refusedRange,
	} {
		require.Equal(t, want, judge(fmt.Errorf("unit 3 holding 1+1: %w", err)), err.Error())
	}
}

func TestBusIsNotUsedBeforeItIsOpen(t *testing.T) {
	t.Parallel()
	b, err := NewBus("modbus://127.0.0.1:1", time.Second, zerolog.Nop())
	require.NoError(t, err)
	_, err = b.Read(3, Request{Table: Holding, Address: 100, Count: 8})
	require.ErrorIs(t, err, errNotOpen)
	require.ErrorContains(t, b.Open(), "open modbus://127.0.0.1:1: ")
	require.False(t, b.IsOpen())
	b.Close() // harmless
	for _, url := range []string{"tcp://h:502", "modbus://h", "modbus:", "http://[", ""} {
		_, err := NewBus(url, 0, zerolog.Nop())
		require.Error(t, err, url)
	}
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
	u, err := newUnit(d)
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
	require.NoError(t, u.enqueue(start))
	require.Len(t, drain(u), 2)
	require.Equal(t, start.Add(time.Second), u.nextDue())

	// A round that comes late does not move the grid, missed ones are left out.
	require.NoError(t, u.enqueue(start.Add(3400*time.Millisecond)))
	require.Len(t, drain(u), 1)
	require.Equal(t, start.Add(4*time.Second), u.nextDue())

	// A round still waiting is not queued twice.
	require.NoError(t, u.enqueue(start.Add(4*time.Second)))
	require.NoError(t, u.enqueue(start.Add(5*time.Second)))
	require.Len(t, drain(u), 1)

	// A clock that is set back stops nothing.
	back := start.Add(-240 * time.Hour)
	require.NoError(t, u.enqueue(back))
	require.Len(t, drain(u), 2)
	require.Equal(t, back.Add(time.Second), u.nextDue())
}

func TestUnitIsLeftAloneAfterFailures(t *testing.T) {
	t.Parallel()
	u := testUnit(t, "alarm", "slow")
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := 1; n <= 200; n++ {
		require.NoError(t, u.enqueue(now))
		p, ok := u.take(true)
		require.True(t, ok)
		require.Same(t, u.groups[0], p.group)
		u.failed(now, 0.5)
		require.Empty(t, drain(u), "nothing more is asked")
		wait := min(time.Duration(n)*2*time.Second, 300*time.Second)
		require.WithinDuration(t, now.Add(wait), u.nextDue(), time.Millisecond)
		require.NoError(t, u.enqueue(u.nextDue().Add(-time.Second)))
		require.Empty(t, drain(u))
		now = u.nextDue()
	}
	// Back again: the slow points too, at once.
	require.NoError(t, u.enqueue(now))
	require.Len(t, drain(u), 2)
	u.answered(u.groups[0])
	require.Zero(t, u.failures)
}

func TestUnitTriesAgainWhatWasRefused(t *testing.T) {
	t.Parallel()
	u := testUnit(t, "normal", "normal")
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, u.enqueue(now))
	for _, p := range drain(u) {
		u.refusedAll(p, now)
		u.answered(p.group)
	}
	require.NoError(t, u.enqueue(now.Add(time.Minute)))
	require.Empty(t, drain(u))
	require.NoError(t, u.enqueue(now.Add(relearn)))
	require.Len(t, drain(u), 2)
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
			require.NoError(t, u.enqueue(now))
			if i%15 == 0 {
				u.groups[1].next = now
				require.NoError(t, u.enqueue(now))
			}
		}
		u, p, ok := s.pick()
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
