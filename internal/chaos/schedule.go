package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is what is done to the installation.
type Kind string

// The kinds of faults.
const (
	KillEdge  Kind = "kill_edge"  // kill -9 of an edge, started again after For
	KillHub   Kind = "kill_hub"   // kill -9 of the hub
	KillStore Kind = "kill_store" // kill -9 of InfluxDB
	CutLink   Kind = "cut_link"   // the link between edge and hub is reset and refused
	StallLink Kind = "stall_link" // the link stays open and nothing passes
	Answers   Kind = "answers"    // InfluxDB answers as Mode says
	DiskFull  Kind = "disk_full"  // the disk of an edge's queue has no room
	ClockStep Kind = "clock_step" // the clock of an edge jumps by Step, and back after For
	ClockLost Kind = "clock_lost" // kill -9 of an edge, which starts in 1970; its clock is set after For
)

// Kinds lists every kind, in the order of reports.
func Kinds() []Kind {
	return []Kind{KillEdge, KillHub, KillStore, CutLink, StallLink, Answers, DiskFull, ClockStep, ClockLost}
}

// Mode is how the way to InfluxDB misbehaves.
type Mode string

// The modes. A status is answered instead of passing the request on.
const (
	Status500 Mode = "500"
	Status503 Mode = "503"
	Status429 Mode = "429"
	Status404 Mode = "404"
	Hang      Mode = "hang"        // no answer at all
	Unheard   Mode = "lost_answer" // the request is carried out, the answer lost
)

// Modes lists every mode.
func Modes() []Mode { return []Mode{Status500, Status503, Status429, Status404, Hang, Unheard} }

// AllSites is the site of a fault that hits every site at once.
const AllSites = -1

// Fault is one thing that goes wrong.
type Fault struct {
	// At is when it begins, from the start of the run.
	At time.Duration
	// For is how long it lasts.
	For  time.Duration
	Kind Kind
	// Site is the number of the site from 0, or AllSites; 0 for the hub and
	// the store.
	Site int
	Mode Mode          // of Answers
	Step time.Duration // of ClockStep
}

// String describes the fault in one line.
func (f Fault) String() string {
	s := fmt.Sprintf("%6.1fs %-10s for %4.1fs", f.At.Seconds(), f.Kind, f.For.Seconds())
	switch f.Kind {
	case KillHub, KillStore:
		return s
	case Answers:
		return s + " " + string(f.Mode)
	case ClockStep:
		return s + fmt.Sprintf(" %s by %v", SiteName(f.Site), f.Step)
	default:
		return s + " " + SiteName(f.Site)
	}
}

// SiteName returns the id of a site.
func SiteName(site int) string {
	if site == AllSites {
		return "all sites"
	}
	return fmt.Sprintf("chaos-%02d", site+1)
}

// DiskSite is the site whose queue is on a small disk.
const DiskSite = 0

// ClockSites returns the sites whose clock can be stepped, of so many.
func ClockSites(sites int) []int {
	if sites < 4 {
		return []int{sites - 1}
	}
	return []int{1, 2, 3}
}

// maxStep bounds the clock steps: a device's own stamp is believed while it is
// at most five minutes ahead of the edge's clock.
const maxStep = 4 * time.Minute

// lane is one thing that is broken again and again, never twice at a time.
type lane struct {
	every    time.Duration // on average
	min, max time.Duration // how long it lasts
	make     func(r *rand.Rand, i int) Fault
}

// Plan returns the faults of a run, in order. It depends on its arguments
// alone: the same seed gives the same faults. Every kind occurs at least once;
// all have ended when length has passed.
func Plan(seed uint64, length time.Duration, sites int) []Fault {
	var faults []Fault
	for i, l := range lanes(sites) {
		// Its own source: a change of one lane leaves the others as they were.
		r := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // must be repeatable
		faults = append(faults, l.plan(r, length)...)
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return int(a.At - b.At) })
	return killable(faults)
}

func lanes(sites int) []lane {
	clocks := ClockSites(sites)
	modes := func(r *rand.Rand, i int) Mode {
		m := Modes()
		if i < len(m) {
			return m[i]
		}
		return m[r.IntN(len(m))]
	}
	return []lane{
		{8 * time.Second, 200 * time.Millisecond, 6 * time.Second, func(r *rand.Rand, _ int) Fault {
			return Fault{Kind: KillEdge, Site: r.IntN(sites)}
		}},
		{45 * time.Second, 500 * time.Millisecond, 8 * time.Second, func(*rand.Rand, int) Fault {
			return Fault{Kind: KillHub}
		}},
		{40 * time.Second, 500 * time.Millisecond, 8 * time.Second, func(*rand.Rand, int) Fault {
			return Fault{Kind: KillStore}
		}},
		{10 * time.Second, time.Second, 8 * time.Second, func(r *rand.Rand, i int) Fault {
			f := Fault{Kind: CutLink, Site: r.IntN(sites)}
			if i%2 == 1 {
				f.Kind = StallLink
			}
			if r.IntN(5) == 0 {
				f.Site = AllSites
			}
			return f
		}},
		{17 * time.Second, 2 * time.Second, 8 * time.Second, func(r *rand.Rand, i int) Fault {
			return Fault{Kind: Answers, Mode: modes(r, i)}
		}},
		{50 * time.Second, 4 * time.Second, 15 * time.Second, func(*rand.Rand, int) Fault {
			return Fault{Kind: DiskFull, Site: DiskSite}
		}},
		{30 * time.Second, 3 * time.Second, 15 * time.Second, func(r *rand.Rand, i int) Fault {
			if i%4 == 1 {
				return Fault{Kind: ClockLost, Site: clocks[r.IntN(len(clocks))]}
			}
			step := 10*time.Second + time.Duration(r.Int64N(int64(maxStep-10*time.Second)))
			if r.IntN(2) == 0 {
				step = -step
			}
			return Fault{Kind: ClockStep, Site: clocks[r.IntN(len(clocks))], Step: step.Truncate(time.Second)}
		}},
	}
}

// plan cuts the run into equal slots, one a fault.
func (l lane) plan(r *rand.Rand, length time.Duration) []Fault {
	n := max(int(length/l.every), 1)
	slot := length / time.Duration(n)
	var out []Fault
	for i := range n {
		f := l.make(r, i)
		longest := min(l.max, slot*8/10)
		shortest := min(l.min, longest)
		f.For = (shortest + time.Duration(r.Int64N(int64(longest-shortest)+1))).Truncate(100 * time.Millisecond)
		f.At = time.Duration(i)*slot + time.Duration(r.Int64N(int64(slot-f.For)+1)).Truncate(100*time.Millisecond)
		out = append(out, f)
	}
	return out
}

// guard is kept between a kill and what forbids it.
const guard = 5 * time.Second

// killable leaves out kills of an edge whose disk is full, and of one that is
// down already. What an edge has read and cannot store is in its memory, not
// taken, and no queue can promise that; such values could be told from lost
// ones only by guessing.
func killable(faults []Fault) []Fault {
	return slices.DeleteFunc(faults, func(k Fault) bool {
		return k.Kind == KillEdge && slices.ContainsFunc(faults, func(f Fault) bool {
			return (f.Kind == DiskFull || f.Kind == ClockLost) && f.Site == k.Site &&
				k.At > f.At-k.For-guard && k.At < f.At+f.For+guard
		})
	})
}
