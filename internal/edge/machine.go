package edge

import (
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/cpas-charleroi/gtc/collector"
	"github.com/cpas-charleroi/gtc/collector/stamp"
)

// synchronisedFile exists while systemd-timesyncd has set the clock
// (systemd-timesyncd.service(8)).
const synchronisedFile = "/run/systemd/timesync/synchronized"

// lookAtServer is how often the machine is asked whether a time server sets
// its clock.
const lookAtServer = time.Second

// machineTime reads the machine's clocks.
type machineTime struct {
	begun  time.Time
	asked  atomic.Int64 // monotonic nanoseconds
	synced atomic.Bool
}

func (m *machineTime) read() stamp.Reading {
	now := time.Now()
	mono := now.Sub(m.begun)
	if last := m.asked.Load(); (last == 0 || mono-time.Duration(last) >= lookAtServer) && m.asked.CompareAndSwap(last, max(1, int64(mono))) {
		m.synced.Store(synchronised())
	}
	return stamp.Reading{Wall: now, Mono: mono, Synchronised: m.synced.Load()}
}

// synchronised reports whether a time server sets the clock. A service that is
// kept from asking the kernel looks for the file.
func synchronised() bool {
	if yes, known := kernelSynchronised(); known {
		return yes
	}
	_, err := os.Stat(synchronisedFile)
	return err == nil
}

// built is when the program was made, as far as it knows.
func built() time.Time {
	least := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return least
	}
	for _, s := range info.Settings {
		if s.Key != "vcs.time" {
			continue
		}
		if t, err := time.Parse(time.RFC3339, s.Value); err == nil && t.After(least) {
			return t
		}
	}
	return least
}

// timekeeping looks after the machine's clock; newest is the newest instant
// that the queue has.
func timekeeping(newest time.Time) *collector.Timekeeping {
	m := &machineTime{begun: time.Now()}
	return &collector.Timekeeping{Read: m.read, Built: built(), Newest: newest}
}

// ClockSynchronised reports whether a time server sets this machine's clock.
func ClockSynchronised() bool { return synchronised() }
