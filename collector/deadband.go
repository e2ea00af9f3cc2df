package collector

import (
	"fmt"
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// defaultHeartbeat is how old the last written value of a point with a
// deadband may become.
const defaultHeartbeat = 15 * time.Minute

// band says which values of a point are left out: those within width of the
// last one written, while that is younger than heartbeat.
type band struct {
	width     float64
	heartbeat time.Duration
}

// band notes the deadband of a register, if it has one.
func (w *wiring) band(id gtc.EquipmentID, r profile.Register, total bool) error {
	if r.Deadband == 0 && r.Heartbeat == 0 {
		return nil
	}
	if total || r.Deadband < 0 || r.Heartbeat < 0 {
		return fmt.Errorf("point %s: no deadband %v with heartbeat %v: a total has none, and neither is negative", r.Point, r.Deadband, r.Heartbeat)
	}
	b := band{width: r.Deadband, heartbeat: r.Heartbeat}
	if b.heartbeat == 0 {
		b.heartbeat = defaultHeartbeat
	}
	w.bands[pointKey{id, r.Point}] = b
	return nil
}

// banded is a band with the value last written.
type banded struct {
	band
	written bool
	value   gtc.Value
	at      time.Time
}

// leavesOut reports whether a value is not worth writing, and remembers it
// when it is. A change of quality always is. A nil band leaves nothing out.
func (b *banded) leavesOut(s *gtc.Sample, changed bool) bool {
	if b == nil {
		return false
	}
	age := s.At.Sub(b.at)
	same := b.written && s.Value.Type == b.value.Type && math.Abs(s.Value.Num-b.value.Num) <= b.width
	if same && !changed && age >= 0 && age < b.heartbeat {
		return true
	}
	b.written, b.value, b.at = true, s.Value, s.At
	return false
}
