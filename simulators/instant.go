package simulators

import (
	"slices"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc/simulators/building"
)

// course gives the state of a site at any instant: a building, or a replay.
type course interface {
	At(t time.Time) building.State
}

// instant is what points are read from: the state of the site, what its
// controllers were last told, and the states at the instants that faults look
// back to.
type instant struct {
	building.State
	told  *told
	marks []mark
}

// told is what was commanded since the beginning. A controller shows a set
// point at once; the building follows with its next step.
type told struct{ first, last building.Controls }

// mark is a state to look back to, such as that at which a sensor got stuck.
type mark struct {
	at    time.Time
	state building.State
}

// lane follows a course for one reader and remembers the states at the
// instants that are due. It is not safe for concurrent use; what it returns is.
type lane struct {
	course course
	due    []time.Time // in order
	marks  []mark      // the first of due that were passed
	told   *told
}

// at returns the instant t. States that are due on the way there are taken
// along, so that looking back costs nothing.
func (l *lane) at(t time.Time) instant {
	for len(l.marks) < len(l.due) && !l.due[len(l.marks)].After(t) {
		at := l.due[len(l.marks)]
		// A new slice: instants that were given out keep theirs.
		l.marks = append(slices.Clip(l.marks), mark{at, l.course.At(at)})
	}
	return instant{State: l.course.At(t), told: l.told, marks: l.marks}
}

// back returns the instant at which a mark was made; before it, the present.
func (s *instant) back(t time.Time) *instant {
	for i := range s.marks {
		if s.marks[i].at.Equal(t) {
			return &instant{State: s.marks[i].state, told: s.told}
		}
	}
	return s
}

// remember makes the lanes of the site keep the state at t.
func (s *site) remember(t time.Time) {
	if i, ok := slices.BinarySearchFunc(s.due, t, time.Time.Compare); !ok {
		s.due = slices.Insert(s.due, i, t)
	}
}

// lane returns a lane of its own, from the beginning of the course.
func (s *site) lane() *lane {
	l := &lane{course: s.fresh(), due: s.due}
	if b, ok := l.course.(*building.Building); ok {
		l.told = &told{b.Controls(), b.Controls()}
	}
	return l
}

// stepBack is how much earlier than the last one an instant may be asked and
// still get that one: readers look at the clock at slightly different times.
const stepBack = time.Minute

// live is the lane of those who read now.
type live struct {
	mu   sync.Mutex
	lane *lane
	last *instant
	// asked is the instant that last was made for.
	asked time.Time
}

// now returns the site at t, to the whole second: what is read within one
// second belongs together and is computed once.
func (s *site) now(t time.Time) *instant {
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.nowLocked(t)
}

func (s *site) nowLocked(t time.Time) *instant {
	l := &s.live
	t = t.Truncate(time.Second)
	if l.last != nil && !t.After(l.asked) && l.asked.Sub(t) < stepBack {
		return l.last
	}
	if l.lane == nil {
		l.lane = s.lane()
	}
	now := l.lane.at(t)
	l.last, l.asked = &now, t
	return l.last
}

// begin brings the live lane to t and lets it go on from there in other steps.
func (s *site) begin(t time.Time, step time.Duration) error {
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	s.nowLocked(t)
	if b, ok := l.lane.course.(*building.Building); ok {
		return b.Finer(step)
	}
	return nil
}

// liveStep is the step of the physics of a park that is read live: a second,
// more where a second of the wall clock is longer than that.
func liveStep(speed float64) time.Duration {
	for _, s := range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute} {
		if speed <= s.Seconds() {
			return s
		}
	}
	return building.Step
}
